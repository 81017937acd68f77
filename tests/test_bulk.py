"""Rows written in bulk are the rows Core would have written, on both engines."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from sync.store import Store, WriteSession, new_uuid
from sync.tables import flow, key_informant, organisation, place, project, submission, tag

MANY = 12
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
        for table, named, values in (
            (tag, "record_id", tags),
            (flow, "record_id", flows),
            (submission, "uuid", sent),
        ):
            rows = [{named: f"{table.name} {number}", **values} for number in range(MANY)]
            if table is submission:
                rows = [{**row, "instance_id": row["uuid"]} for row in rows]
            session.insert(table, rows[:-2])
            session.insert(table, rows[-2:-1])  # too few for COPY
            session.execute(insert(table), rows[-1])

    store.write(write)
    with store.read() as session:
        for table in (tag, flow, submission):
            columns = [c for c in table.columns if c.name not in ("record_id", "id", "uuid", "instance_id")]
            written = [tuple(row.values()) for row in session.all(select(*columns))]
            assert (len(written), len(set(map(repr, written)))) == (MANY, 1)
        assert session.scalar(select(submission.c.received_at).limit(1)) == NOON.astimezone(UTC)


def test_a_row_the_constraints_refuse_fails_the_whole_insert(store: Store) -> None:
    twice = [{"uuid": new_uuid(), "code": code, "name": code} for code in (*"ABCDEFGHIJKLMN", "A")]
    with pytest.raises(IntegrityError):
        store.write(lambda session: session.insert(organisation, twice))
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(organisation)) == 0


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
