"""Rows written in bulk are the rows Core would have written, on both engines."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

from sqlalchemy import insert, select

from sync.store import Store, WriteSession, new_uuid
from sync.tables import flow, key_informant, place, project, submission, tag

NOON = datetime(2026, 11, 2, 12, 30, 0, 250_000, tzinfo=timezone(timedelta(hours=3)))


def test_every_type_of_value_comes_back_as_core_writes_it(store: Store) -> None:
    tags = {
        "release_id": 1,
        "root_id": 1,
        "method": "gps",
        "flag": "ok",
        "distance_m": 1.5,
        "pcodes": {"1": "ML07"},
    }
    flows = {
        "project_uuid": "p", "instance_id": "i", "form_id": "f", "form_version": "",
        "vocabulary_version": "1.0", "sensitivity": "public", "root_id": 1, "n_ind": None,
        "geotag_method": "none", "geotag_flag": "ok", "status": "valid",
        "under_review": True, "reporting_date": date(2026, 11, 2), "lat": 16.27, "adm1_name": "Gao, Nord",
    }  # fmt: skip
    sent = {"project_uuid": "p", "xml_form_id": "f", "received_at": NOON, "device_id": None}

    def write(session: WriteSession) -> None:
        session.insert(tag, [{"record_id": "bulk", **tags}])
        session.execute(insert(tag), {"record_id": "core", **tags})
        session.insert(flow, [{"record_id": "bulk", **flows}])
        session.execute(insert(flow), {"record_id": "core", **flows})
        session.insert(submission, [{"uuid": "bulk", "instance_id": "bulk", **sent}])
        session.execute(insert(submission), {"uuid": "core", "instance_id": "core", **sent})

    store.write(write)
    with store.read() as session:
        for table, named in (
            (tag, ("record_id",)),
            (flow, ("record_id",)),
            (submission, ("id", "uuid", "instance_id")),
        ):
            columns = [column for column in table.columns if column.name not in named]
            bulk, core = (tuple(row.values()) for row in session.all(select(*columns)))
            assert bulk == core
        assert session.scalar(select(submission.c.received_at).limit(1)) == NOON.astimezone(UTC)


def test_a_column_that_makes_its_own_value_still_does(store: Store) -> None:
    def write(session: WriteSession) -> None:
        made = {"uuid": new_uuid(), "name": "Border", "created_at": NOON, "settings": {"purpose": "counting"}}
        project_id = session.insert_returning(project, made)
        row = {"project_id": project_id, "kind": "fmp", "name": "Gao", "timezone": "UTC", "properties": {}}
        session.insert(place, [{"uuid": new_uuid(), "code": code, **row} for code in ("FMP-01", "FMP-02")])
        sealed = {"project_id": project_id, "pseudonym": "KI-07", "sealed": b"\x00\xff"}
        session.insert(key_informant, [{"uuid": new_uuid(), **sealed}])

    store.write(write)
    with store.read() as session:
        assert all(row["updated_at"].tzinfo for row in session.all(select(place.c.updated_at)))
        assert session.scalar(select(key_informant.c.sealed)) == b"\x00\xff"
