"""Erasure: after it, nothing anybody answered is in any table, file, log or dataset."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from server.datasets.definitions import DATASETS
from server.datasets.export import export
from sync.decisions import apply_decisions, decide_duplicate, reject
from sync.erase import erase_submission
from sync.originals import blob_context, body_context, key_context
from sync.problems import NotFound
from sync.seal import SealKey
from sync.store import Store, WriteSession, new_uuid, now
from sync.tables import (
    answer_row,
    attachment,
    audit,
    change,
    duplicate_candidate,
    duplicate_key,
    flag,
    flow,
    metadata,
    raw_body,
    receipt_event,
    record_key,
    submission,
    submission_version,
    tag,
)
from sync.tables.log import ChangeKind
from tests.datasets.rows import FMP_01, MONDAY, Country, country

CANARY = "Amina-Kanari-7391"


@pytest.fixture
def sahelia(store: Store) -> Country:
    return country(store)


def record(of: Country, canary: str, edit_of: dict[str, Any] | None = None) -> dict[str, Any]:
    """One submission with body, photo and everything derived, the canary in every place an answer can be."""
    links = {} if edit_of is None else {"deprecated_id": edit_of["instance_id"], "root_id": edit_of["id"]}
    made = of.submission(**links)
    key = SealKey.new()
    writer = of.store.blobs.writer()
    writer.write(canary.encode() * 1000)
    photo = writer.finish()
    version = {
        "id": made["id"] + 1000,
        "uuid": new_uuid(),
        "submission_id": made["id"],
        "body_hash": key.digest(canary.encode()),
        "state": "edit" if edit_of else "current",
        "form_version": "1",
        "size": 100,
        "received_at": now(),
    }
    sealed = key.seal(f"<data>{canary}</data>".encode(), body_context(version["uuid"]))
    answers = {"/data/name": canary, "/data/long": canary * 2000}

    def work(session: WriteSession) -> None:
        root = {"root_id": made["root_id"]}
        wrapped = of.store.keyring.wrap(key, key_context(made["uuid"]))
        session.insert(
            record_key, [{"submission_id": made["id"], "wrapped": wrapped, "master_key_id": "master"}]
        )
        session.insert(submission_version, [version])
        session.insert(raw_body, [{"version_id": version["id"], "month": 202611, "sealed": sealed}])
        session.insert(
            attachment,
            [
                {
                    "uuid": new_uuid(),
                    "submission_id": made["id"],
                    "name": f"{canary}.jpg",
                    "digest": key.digest(photo.sha256),
                    "size": photo.size,
                    "blob": photo.name,
                    "blob_key": key.seal(photo.key, blob_context(photo.name)),
                    "received_at": now(),
                }
            ],
        )
        row = {"version_id": version["id"], "table_path": "", "ordinal": 0, "answers": answers, **root}
        session.insert(answer_row, [row])
        session.insert(
            flag, [{"step": "quality", "code": "x", "reason": canary, "detail": {"said": canary}, **root}]
        )
        session.insert(
            tag,
            [
                {
                    "record_id": f"{canary} {made['id']}",
                    "release_id": 0,
                    "method": "gps",
                    "flag": "ok",
                    "pcodes": {},
                    **root,
                }
            ],
        )
        told_twice = {"record_id": f"{canary} {made['id']}", **root}
        session.insert(duplicate_key, [{"block": canary, **told_twice}])
        session.insert(
            duplicate_candidate, [{"features": {"said": canary}, "table_name": "flow", **told_twice}]
        )
        said = receipt_event.update().where(receipt_event.c.submission_id == made["id"])
        session.execute(said.values(state="parked", step="project", reason=f"cannot read {canary}"))

    of.store.write(work)
    return {**made, "blob": photo.name}


def whole(of: Country) -> tuple[dict[str, Any], str]:
    """A record with an edit, its harmonised rows, one of them suspected. Also a bystander's row."""
    original = record(of, CANARY)
    record(of, CANARY, edit_of=original)
    mine = of.add("flow", original, reporting_date=MONDAY, n_ind=12, origin_place=CANARY, **FMP_01)
    of.split(mine, "nationality", CANARY, 12, original["id"])
    other = of.flow(MONDAY, FMP_01, 13)
    pair = of.pair(mine, other)
    of.store.write(lambda session: apply_decisions(session, [mine, other]))
    decide_duplicate(of.store, pair, reject(other), note=f"{CANARY} told it twice")
    return original, other


def traces(of: Country, data: Path) -> list[str]:
    """Where the canary is: files of the data folder byte by byte, every table as text, every dataset."""
    return [*_in_files(data), *_in_tables(of.store), *_in_datasets(of)]


def _in_files(data: Path) -> Iterator[str]:
    for path in data.rglob("*"):
        if path.is_file() and CANARY.encode() in path.read_bytes():
            yield path.suffix


def _in_tables(store: Store) -> Iterator[str]:
    with store.read() as session:
        for table in metadata.sorted_tables:
            if any(CANARY in str(tuple(row.values())) for row in session.all(select(table))):
                yield table.name


def _in_datasets(of: Country) -> Iterator[str]:
    for name in DATASETS:
        for format_ in ("csv", "geojson", "json"):
            out = io.BytesIO()
            export(of.store, None, of.project_id, name, format_, out)
            if CANARY.encode() in out.getvalue():
                yield f"{name}.{format_}"


def test_an_erased_records_answers_are_nowhere(sahelia: Country, data: Path) -> None:
    original, other = whole(sahelia)
    before = traces(sahelia, data)
    derived = {"answer_row", "flag", "tag", "duplicate_key", "duplicate_candidate", "flow", "flow_split"}
    assert derived | {"attachment", "receipt_event", "decision", "flow.csv", "flow.geojson"} <= set(before)
    if sahelia.store.dialect == "sqlite":
        assert ".sqlite-wal" in before  # the scan does find it in the write-ahead log
    report = erase_submission(sahelia.store, original["uuid"], "coordinator", "request 12")
    assert report.overwritten
    assert traces(sahelia, data) == []
    assert not sahelia.store.blobs.path(original["blob"]).exists()
    with sahelia.store.read() as session:
        assert session.all(select(record_key)) == []
        assert session.all(select(raw_body)) == []
        rows = session.all(select(flow.c.record_id, flow.c.status))
        assert [(row["record_id"], row["status"]) for row in rows] == [(other, "rejected_duplicate")]


def test_the_database_file_itself_held_it_before_and_not_after(sahelia: Country, data: Path) -> None:
    if sahelia.store.dialect != "sqlite":
        pytest.skip("PostgreSQL's files are the server's: its tables are scanned as text instead")
    original, _ = whole(sahelia)
    sahelia.store.overwrite_deleted([])  # everything out of the log, into the file
    assert list(_in_files(data)) == [".sqlite"]
    erase_submission(sahelia.store, original["uuid"], None, "request 12")
    assert list(_in_files(data)) == []


def test_the_tombstone_stays_and_is_told_without_an_answer(sahelia: Country) -> None:
    original, _ = whole(sahelia)
    report = erase_submission(sahelia.store, original["uuid"], "coordinator", "request 12")
    with sahelia.store.read() as session:
        mine = submission.c.xml_form_id == "fmr"
        stones = session.all(select(submission).where(mine).order_by(submission.c.id))
        assert [row["erased_at"] is not None for row in stones] == [True, True, False]
        assert [row["instance_id"] for row in stones[:2]] == list(report.instance_ids)
        told = select(change.c.object_uuid).where(change.c.kind == ChangeKind.ERASURE).order_by(change.c.seq)
        assert [row["object_uuid"] for row in session.all(told)] == [row["uuid"] for row in stones[:2]]
        trail = session.first(select(audit).where(audit.c.action == "submission.erase"))
        assert trail is not None
        assert (trail["object_uuid"], trail["actor_uuid"]) == (original["uuid"], "coordinator")
        assert trail["detail"] == {
            "reason": "request 12",
            "versions": 2,
            "attachments": 2,
            "submissions": [row["uuid"] for row in stones[:2]],
        }


def test_a_dry_run_says_what_would_go_and_takes_nothing(sahelia: Country, data: Path) -> None:
    original, _ = whole(sahelia)
    before = traces(sahelia, data)
    would = erase_submission(sahelia.store, original["uuid"], "coordinator", "request 12", dry_run=True)
    assert traces(sahelia, data) == before
    did = erase_submission(sahelia.store, original["uuid"], "coordinator", "request 12")
    assert orjson.loads(orjson.dumps(would.as_dict())) == {
        "instance_ids": list(did.instance_ids),
        "versions": 2,
        "attachments": 2,
        "rows": {"flow": 1, "flow_split": 1, "tag": 2, "flag": 2, "duplicate_key": 2,
                 "duplicate_candidate": 2, "duplicate_pair": 1, "answer_row": 2},
        "dry_run": True,
        "overwritten": False,
    }  # fmt: skip
    assert did.rows == would.rows


def test_erasing_starts_from_any_submission_of_the_record_and_runs_again(
    sahelia: Country, data: Path
) -> None:
    original, _ = whole(sahelia)
    with sahelia.store.read() as session:
        edit = session.scalar(select(submission.c.uuid).where(submission.c.deprecated_id.is_not(None)))
    first = erase_submission(sahelia.store, edit, None, "request 12")
    again = erase_submission(sahelia.store, original["uuid"], None, "request 12")
    assert first.instance_ids == again.instance_ids
    assert (first.versions, again.versions, again.rows) == (2, 0, {})
    assert traces(sahelia, data) == []
    late = record(sahelia, CANARY, edit_of=original)  # an edit the tablet had not yet sent
    assert traces(sahelia, data) != []
    erase_submission(sahelia.store, late["uuid"], None, "request 12")
    assert traces(sahelia, data) == []
    with pytest.raises(NotFound):
        erase_submission(sahelia.store, new_uuid(), None, "request 12")


def test_a_long_read_in_the_way_is_said_and_the_erasure_completed_later(sahelia: Country, data: Path) -> None:
    if sahelia.store.dialect != "sqlite":
        pytest.skip("on PostgreSQL a read keeps old rows from nobody but itself")
    original, _ = whole(sahelia)
    with sahelia.store.read() as session:
        session.all(select(answer_row))
        assert not erase_submission(sahelia.store, original["uuid"], None, "request 12").overwritten
    assert erase_submission(sahelia.store, original["uuid"], None, "request 12").overwritten
    assert traces(sahelia, data) == []
