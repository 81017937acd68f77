"""Reading whole tables over OData and as csv.zip, against plain loops over the same rows, and single pages.

The plain loops are `sqlite3`, `orjson` and `csv` by hand: fetch, parse, write, without scope, names, keys or
links. Alone: `python -m bench.odata`.
"""

from __future__ import annotations

import csv
import io
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from server.exports.export import Export, ExportOptions
from server.exports.records import Records
from server.odata.opening import Which, open_service
from server.odata.options import Options
from sync.collecting import collect_seldom
from sync.odata.kept import KeptRows, kept_rows
from sync.registry import compiled_form, create_project, publish_form
from sync.setup import initialise
from sync.store import Store, WriteSession, new_uuid
from sync.tables import answer_row, submission, submission_version

SUBMISSIONS, REPEATS = 6000, 9
_KINDS = ("text", "integer", "decimal", "date", "select_multiple a", "geopoint", "text")
_QUESTIONS = [(f"q{number}", kind) for number, kind in enumerate(_KINDS * 4)]
_INSIDE = [(f"r{number}", kind) for number, kind in enumerate(("text", "integer", "decimal", "date", "text"))]
_ANSWERS: dict[str, Any] = {
    "text": "some text",
    "integer": 41,
    "decimal": 1.5,
    "date": "2026-11-02",
    "select_multiple a": ["x", "y"],
    "geopoint": {"type": "Point", "coordinates": [1.5, 2.5, 3.0], "properties": {"accuracy": 4.9}},
}
_START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Reads:
    """Processor time of a row, and milliseconds of a page."""

    root_us: float  # 28 answers, all of `__system`
    repeat_us: float
    plain_root_us: float
    plain_repeat_us: float
    csv_us: float  # of a row of a csv.zip of both tables
    plain_csv_us: float
    first_page_ms: float  # 250 rows of the repeat's table
    deep_page_ms: float

    @property
    def root_ratio(self) -> float:
        return self.root_us / self.plain_root_us

    @property
    def repeat_ratio(self) -> float:
        return self.repeat_us / self.plain_repeat_us

    @property
    def csv_ratio(self) -> float:
        return self.csv_us / self.plain_csv_us


def measure(rounds: int, say: Callable[[str], None]) -> Reads:
    """Figures on SQLite: medians of `rounds`, the two ways taking turns."""
    collect_seldom()  # as `waypost serve` does
    with tempfile.TemporaryDirectory(prefix="waypost-bench-") as folder:
        data = Path(folder)
        store = initialise(data, f"sqlite:///{data / 'waypost.sqlite'}")
        try:
            project_id = _fill(store)
            found = []
            for number in range(rounds):
                say(f"odata, round {number + 1} of {rounds}")
                found.append(_round(store, project_id))
        finally:
            store.close()
    names = Reads.__dataclass_fields__
    return Reads(**{name: statistics.median(getattr(one, name) for one in found) for name in names})


def _round(store: Store, project_id: int) -> Reads:
    rows = SUBMISSIONS * REPEATS
    return Reads(
        _cpu_us(lambda: _read(store, project_id, "Submissions", Options())) / SUBMISSIONS,
        _cpu_us(lambda: _read(store, project_id, "Submissions.r", Options())) / rows,
        _cpu_us(lambda: _plain(store, "")) / SUBMISSIONS,
        _cpu_us(lambda: _plain(store, "/data/r")) / rows,
        _cpu_us(lambda: _zip(store, project_id)) / (rows + SUBMISSIONS),
        _cpu_us(lambda: _plain_zip(store)) / (rows + SUBMISSIONS),
        _ms(lambda: _read(store, project_id, "Submissions.r", Options(top=250))),
        _ms(lambda: _read(store, project_id, "Submissions.r", Options(top=250, skip=rows - 500))),
    )


def _read(store: Store, project_id: int, table: str, options: Options) -> int:
    with store.read() as session:
        service, _ = open_service(session, store, None, Which(project_id, "big"), "https://bench")
        return sum(len(piece) for piece in service.stream(table, options, [], session))


def _plain(store: Store, path: str) -> int:
    connection = store.engine.raw_connection()
    try:
        asked = (
            "SELECT s.instance_id, a.answers FROM submission s JOIN answer_row a ON a.root_id = s.id"
            " WHERE a.table_path = ? ORDER BY s.received_at DESC, s.id DESC, a.ordinal"
        )
        fetched = connection.cursor().execute(asked, (path,))
        return sum(len(orjson.dumps({"__id": key, **orjson.loads(text)})) for key, text in fetched)
    finally:
        connection.close()


def _zip(store: Store, project_id: int) -> int:
    with store.read() as session:
        service, _ = open_service(session, store, None, Which(project_id, "big"), "https://bench")
        records = Records(session, service.service, service.records)
        return sum(len(piece) for piece in Export(store, records, ExportOptions()).zip())


def _plain_zip(store: Store) -> int:
    connection, file = store.engine.raw_connection(), io.BytesIO()
    asked = (
        "SELECT s.instance_id, a.answers FROM submission s JOIN answer_row a ON a.root_id = s.id"
        " WHERE a.table_path = ? ORDER BY s.received_at DESC, s.id DESC, a.ordinal"
    )
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for path in ("", "/data/r"):
                with archive.open(f"big{path[5:]}.csv", "w") as entry:
                    writer = csv.writer(io.TextIOWrapper(entry, newline=""))
                    fetched = connection.cursor().execute(asked, (path,))
                    writer.writerows([key, *orjson.loads(text).values()] for key, text in fetched)
        return file.tell()
    finally:
        connection.close()


def _cpu_us(work: Callable[[], Any]) -> float:
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1e6


def _ms(work: Callable[[], Any]) -> float:
    before = time.perf_counter()
    work()
    return (time.perf_counter() - before) * 1e3


def _fill(store: Store) -> int:
    """A form of 28 questions and a repeat of 5, answered; written as the pipeline leaves it."""
    project = store.write(lambda session: create_project(session, "Bench"))
    publish_form(store, project["id"], _form().encode(), "big.md")
    form = compiled_form(store, project["uuid"], "big", "1")
    assert form is not None
    kept = kept_rows(form)
    own = _answered(kept, "", {f"/data/{name}": _ANSWERS[kind] for name, kind in _QUESTIONS}, {"/data/r"})
    inside = _answered(kept, "/data/r", {f"/data/r/{name}": _ANSWERS[kind] for name, kind in _INSIDE}, set())

    def work(session: WriteSession) -> None:
        keys = range(1, SUBMISSIONS + 1)
        session.insert(submission, [_submission(key, project["uuid"]) for key in keys])
        session.insert(submission_version, [_version(key) for key in keys])
        session.insert(answer_row, [row for key in keys for row in _rows(key, own, inside)])

    store.write(work)
    return int(project["id"])


def _answered(kept: KeptRows, path: str, answers: dict[str, Any], repeats: set[str]) -> dict[str, Any]:
    return {"table_path": path, "answers": answers, "odata": kept.text(path, answers, repeats)}


def _submission(key: int, project_uuid: str) -> dict[str, Any]:
    return {
        "id": key,
        "uuid": new_uuid(),
        "project_uuid": project_uuid,
        "xml_form_id": "big",
        "instance_id": f"uuid:{new_uuid()}",
        "received_at": _START + timedelta(seconds=key),
        "root_id": key,
    }


def _version(key: int) -> dict[str, Any]:
    row = {"id": key, "uuid": new_uuid(), "submission_id": key, "body_hash": b"x", "state": "current"}
    return {**row, "form_version": "1", "size": 1, "received_at": _START}


def _rows(key: int, own: dict[str, Any], inside: dict[str, Any]) -> Iterable[dict[str, Any]]:
    row = {"root_id": key, "version_id": key}
    yield {**row, **own, "ordinal": 0, "parent_ordinal": None}
    for ordinal in range(REPEATS):
        yield {**row, **inside, "ordinal": ordinal, "parent_ordinal": 0}


def _form() -> str:
    lines = ["| survey |", "| | type | name | label |"]
    lines += [f"| | {kind} | {name} | Q |" for name, kind in _QUESTIONS]
    lines += ["| | begin_repeat | r | R |", *(f"| | {kind} | {name} | Q |" for name, kind in _INSIDE)]
    lines += ["| | end_repeat | | |", "| choices |", "| | list_name | name | label |"]
    lines += ["| | a | x | X |", "| | a | y | Y |", "| settings |"]
    lines += ["| | form_id | form_title | version |", "| | big | Big | 1 |"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(measure(3, lambda what: print(f"  {what}", file=sys.stderr)))
