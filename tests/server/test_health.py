"""Health: what a restarter, a balancer and an operator ask; numbers only."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text, update
from starlette.testclient import TestClient

from server.app import create_app
from server.settings import Settings
from sync.store import now
from sync.tables import receipt_event
from tests.server.office import Office
from tests.server.test_registry import hold


def test_server_is_ready_when_all_is_well(office: Office) -> None:
    assert office.client.get("/health/live").json() == {"status": "ok"}
    ready = office.client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (
        200,
        {"status": "ok", "checks": {"schema": "ok", "disk": "ok", "writer": "ok"}},
    )
    assert office.client.head("/health/ready").status_code == 200


def test_full_disk_and_old_schema_are_not_ready(office: Office) -> None:
    assert office.client.get("/health/ready").status_code == 200
    overrides = {"data": office.settings.data, "reserve_bytes": 2**62}
    full = TestClient(create_app(Settings.from_env(overrides, {}), office.store))
    answer = full.get("/health/ready")
    assert (answer.status_code, answer.json()["checks"]["disk"]) == (503, "storage-full")
    office.store.write(lambda s: s.execute(text("UPDATE alembic_version SET version_num = 'older'")))
    answer = office.client.get("/health/ready")
    assert (answer.status_code, answer.json()["checks"]["schema"]) == (503, "schema-mismatch")


def test_stopped_writer_is_not_ready(office: Office) -> None:
    office.store.writer.close()
    answer = office.client.get("/health/ready")
    assert (answer.status_code, answer.json()["checks"]["writer"]) == (503, "unavailable")
    assert office.client.get("/health/live").status_code == 200


def test_backlog_is_counted(office: Office) -> None:
    empty = {"status": "ok", "waiting": 0, "oldest_waiting_s": None, "parked": 0, "held": 0}
    here = TestClient(office.app, client=("127.0.0.1", 50_000))
    assert here.get("/health").json() == empty
    assert office.client.get("/health").json() == {"status": "ok"}, "no counts for everybody"
    uuid = office.project["uuid"]
    for _ in range(3):
        office.store.write(lambda s: hold(s, uuid, "fmr", "1", "unknown_form"))
    office.publishes("fmr", "1")
    office.store.write(
        lambda s: s.execute(
            update(receipt_event).where(receipt_event.c.submission_id == 3).values(state="parked")
        )
    )
    office.store.write(
        lambda s: s.execute(
            update(receipt_event).where(receipt_event.c.submission_id == 1).values(created_at=now())
        )
    )
    found = here.get("/health").json()
    assert found.pop("oldest_waiting_s") >= 0
    assert found == {"status": "ok", "waiting": 2, "parked": 1, "held": 3}


def test_server_refuses_to_start_on_another_schema(office: Office, data: Path) -> None:
    with TestClient(office.app):
        pass
    office.store.write(lambda s: s.execute(text("UPDATE alembic_version SET version_num = 'older'")))
    with pytest.raises(Exception, match="revision older"), TestClient(office.app):
        pass
