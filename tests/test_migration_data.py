"""An office goes from one version to the next: what its database held is there afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import select, text

from forms import vocabulary
from sync import migrate, queue
from sync.engine import plain_engine
from sync.setup import initialise
from sync.tables import code, code_crosswalk, receipt_event, submission
from sync.tables.base import UtcInstant

MONDAY = datetime(2026, 11, 2, 18, 30, tzinfo=UTC)

CODES = [
    ("sex", "f", "Female", "Femme", "1.0", None),
    ("sex", "x", "Not stated", "Non indiqué", "1.0", "1.1"),  # retired, and gone from the files since
]
CROSSWALK = [("their_list", "sex", "2", "f", None, None)]
EVENTS = [(11, "waiting", 1, "parse", "The child was killed.", None), (12, "done", 1, None, None, MONDAY)]

_CODE = sa.table(
    "code", *map(sa.column, ("list_name", "code", "label_en", "label_fr", "valid_from", "retired_in"))
)
_CROSSWALK = sa.table(
    "code_crosswalk",
    *map(sa.column, ("source", "list_name", "foreign_code", "code", "valid_from", "valid_to")),
)
_EVENT = sa.table(
    "event",
    *map(sa.column, ("submission_id", "state", "attempts", "step", "reason")),
    sa.column("done_at", UtcInstant()),
    sa.column("created_at", UtcInstant()),
)
_SUBMISSION = sa.table(
    "submission",
    *map(sa.column, ("id", "uuid", "project_uuid", "xml_form_id", "instance_id", "root_id")),
    sa.column("received_at", UtcInstant()),
)
_VERSION = sa.table(
    "submission_version",
    *map(sa.column, ("id", "uuid", "submission_id", "body_hash", "state", "form_version", "size")),
    sa.column("received_at", UtcInstant()),
)
_DECISION = sa.table(
    "decision",
    *map(sa.column, ("uuid", "project_uuid", "kind", "subject_uuid", "outcome")),
    sa.column("decided_at", UtcInstant()),
)


def _add(connection: sa.Connection, table: Any, rows: Sequence[tuple[Any, ...]], **further: Any) -> None:
    names = [column.name for column in table.columns if column.name not in further]
    connection.execute(table.insert(), [dict(zip(names, row, strict=True)) | further for row in rows])


@pytest.fixture
def before(database: str) -> str:
    """A database as the first version left it: the code lists of vocabulary 1.0, and a queue."""
    migrate.downgrade(database, "0001")
    engine = plain_engine(database)
    with engine.begin() as connection:
        for table in (_CODE, _CROSSWALK, _EVENT):
            connection.execute(table.delete())
        _add(connection, _CODE, CODES)
        _add(connection, _CROSSWALK, CROSSWALK)
        _add(connection, _EVENT, EVENTS, created_at=MONDAY)
    engine.dispose()
    return database


def test_what_the_first_version_held_is_carried_over(before: str) -> None:
    migrate.upgrade(before)
    engine = plain_engine(before)
    with engine.connect() as connection:
        codes = connection.execute(select(code).order_by(code.c.code)).mappings().all()
        assert [dict(row) for row in codes] == [
            {
                "list_name": "sex",
                "code": name,
                "label": english,
                "labels": {"fr": french},
                "valid_from": "1.0",
                "retired_in": retired,
            }
            for _, name, english, french, _, retired in CODES
        ]
        crosswalks = connection.execute(select(code_crosswalk)).mappings().all()
        assert [dict(row) for row in crosswalks] == [
            {
                "project_uuid": "",
                "source": "their_list",
                "list_name": "sex",
                "foreign_code": "2",
                "valid_from": "",
                "valid_to": None,
                "code": "f",
                "note": "",
            }
        ]
        e = receipt_event.c
        names = (e.submission_id, e.state, e.attempts, e.step, e.reason, e.done_at)
        events = connection.execute(select(*names, e.created_at).order_by(e.id)).all()
        assert [tuple(event) for event in events] == [(*event, MONDAY) for event in EVENTS]
    engine.dispose()


def test_old_codes_keep_the_version_they_are_from_and_new_ones_get_theirs(before: str, data: Path) -> None:
    store = initialise(data, before)
    with store.read() as session:
        found = {(r["list_name"], r["code"]): dict(r) for r in session.all(select(code))}
    store.close()
    assert vocabulary.VERSION != "1.0"
    assert found["sex", "f"]["valid_from"] == "1.0"
    assert found["sex", "f"]["label"] == vocabulary.codes("sex")["f"].label
    assert found["sex", "m"]["valid_from"] == vocabulary.VERSION  # was not in the old table
    assert (found["sex", "x"]["valid_from"], found["sex", "x"]["retired_in"]) == ("1.0", "1.1")


def test_what_waited_for_the_pipeline_is_still_worked_off(before: str, data: Path) -> None:
    store = initialise(data, before)
    claimed = store.write(lambda session: queue.claim(session, 10))
    store.close()
    assert [one.submission_id for one in claimed] == [11]


def test_going_back_leaves_the_old_tables_as_they_were(before: str) -> None:
    migrate.upgrade(before)
    migrate.downgrade(before, "0001")
    engine = plain_engine(before)
    with engine.connect() as connection:
        assert [tuple(r) for r in connection.execute(select(_CODE).order_by(text("code")))] == CODES
        assert [tuple(r) for r in connection.execute(select(_CROSSWALK))] == CROSSWALK
        events = connection.execute(select(_EVENT).order_by(text("submission_id")))
        assert [tuple(r) for r in events] == [(*event, MONDAY) for event in EVENTS]
    engine.dispose()


def test_what_was_withdrawn_and_edited_is_noted_with_the_records(database: str) -> None:
    migrate.downgrade(database, "0007")
    engine = plain_engine(database)
    at = [MONDAY + timedelta(hours=hour) for hour in range(4)]
    with engine.begin() as connection:
        names = ("uuid", "project_uuid", "xml_form_id", "instance_id")
        for id_, root_id in ((1, 1), (2, 2), (3, 3), (4, 3), (5, None)):
            row = dict.fromkeys(names, str(id_)) | {"id": id_, "root_id": root_id, "received_at": at[0]}
            connection.execute(_SUBMISSION.insert(), row)
            version = {
                "id": id_,
                "uuid": str(id_),
                "submission_id": id_,
                "body_hash": b"",
                "form_version": "",
            }
            state = "edit" if id_ == 4 else "current"
            connection.execute(
                _VERSION.insert(),
                version | {"state": state, "form_version": "", "size": 1, "received_at": at[id_ % 4]},
            )
        for number, (subject, outcome, hour) in enumerate(
            (("1", "withdraw", 1), ("2", "withdraw", 1), ("2", "undecided", 2), ("5", "withdraw", 3))
        ):
            decided = {"uuid": str(number), "project_uuid": "1", "kind": "withdraw", "outcome": outcome}
            connection.execute(
                _DECISION.insert(), decided | {"subject_uuid": subject, "decided_at": at[hour]}
            )
    migrate.upgrade(database)
    with engine.connect() as connection:
        s = submission.c
        found = connection.execute(select(s.id, s.deleted_at, s.review_state, s.updated_at).order_by(s.id))
        assert [tuple(row) for row in found] == [
            (1, at[1], None, None),
            (2, None, None, None),
            (3, None, "edited", at[0]),
            (4, None, None, None),
            (5, at[3], None, None),
        ]
    engine.dispose()
