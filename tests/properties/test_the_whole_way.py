"""All forms of the library, filled at random, through receipt, worker and figures, on both engines."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import func, select, update

from forms.library_index import library
from server.datasets.definitions import DATASETS
from server.datasets.export import FORMATS, export
from server.datasets.figures import FIGURES
from server.datasets.filters import Filters
from server.datasets.network import locator
from server.datasets.scope import scope
from sync.canonical import harmonised_hash, review_hash
from sync.places.releases import import_release
from sync.places.sites import import_sites
from sync.rebuild import rebuild
from sync.registry import create_project, publish_form
from sync.store import Store
from sync.tables import HARMONISED, duplicate_pair, receipt_event, submission, submission_version
from sync.tables import project as projects
from sync.worker import Worker
from tests.identifying import found_in_files, found_in_tables
from tests.library.fieldworker import PLACES
from tests.places.sahelia import cod_ab, geojson
from tests.properties import by_hand
from tests.properties.answers import CANARIES, extreme, fillings
from tests.properties.depth import depths, some
from tests.properties.writing import submission as written
from tests.steps.fieldwork import PROJECT, library_form
from tests.test_confluence import lose_what_was_derived
from tests.test_identifiers_stay_sealed import log, temporary
from tests.test_worker import Desk

__all__ = ["log", "temporary"]

WORDS = tuple(canary.encode() for canary in CANARIES)
PER_FORM = {True: 1, False: 6}


@dataclass(frozen=True)
class Sent:
    """What tablets send of one form."""

    originals: list[bytes]
    twins: list[bytes]  # the same answers under another instanceID
    edits: list[bytes]
    others: list[bytes]  # other answers under an instanceID that came before
    extreme: list[bytes]  # answers longer than any key


def sent_of(name: str, count: int) -> Sent:
    form = library_form(name)
    drawn = some(fillings(form), 2 * count + 1)[1:]  # the first one is empty
    mine, other = drawn[:count], drawn[count:]
    return Sent(
        [written(form, filling, f"uuid:{name}-{n}") for n, filling in enumerate(mine)],
        [written(form, filling, f"uuid:{name}-twin-{n}") for n, filling in enumerate(mine[count // 2 :])],
        [
            written(form, filling, f"uuid:{name}-edit-{n}", edits=f"uuid:{name}-{n}")
            for n, filling in enumerate(other[: count // 2])
        ],
        [written(form, filling, f"uuid:{name}-{n}") for n, filling in enumerate(other[count // 2 : count])],
        [written(form, extreme(form), f"uuid:{name}-extreme")],
    )


@pytest.fixture
def desk(temporary: Path, log: io.StringIO, store: Store, tmp_path: Path) -> Iterator[Desk]:
    """A project with every form of the library, its places and boundaries. Statements are logged, the rows
    they give are not: those are looked through in the tables."""
    logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)
    project = store.write(lambda session: create_project(session, "Everything"))
    same = update(projects).where(projects.c.id == project["id"]).values(uuid=PROJECT)
    store.write(lambda session: session.execute(same))
    for name in library():
        publish_form(store, project["id"], library_form(name).xform, f"{name}.xml")
    rows = [f"{p.code},{p.name},{p.kind},{p.lon},{p.lat}" for p in PLACES.values()]
    import_sites(store, project["id"], "\n".join(["place_id,name,kind,lon,lat", *rows]).encode())
    files = [geojson(tmp_path / f"admin{level}.geojson", cod_ab(level)) for level in (0, 1, 2)]
    import_release(store, files, "v01", project["id"])
    worker = Worker(store, step_seconds=10)
    yield Desk(store, project["id"], PROJECT, worker)
    worker.stop()


@pytest.fixture(scope="module")
def on_the_other_engine() -> dict[int, tuple[str, str]]:
    """The hashes of what the story ended with on the engine before, by submissions of each form."""
    return {}


def hashes(desk: Desk) -> tuple[str, str]:
    with desk.store.read() as session:
        return harmonised_hash(session, desk.project_uuid), review_hash(session, desk.project_uuid)


def all_rows(desk: Desk) -> dict[str, list[by_hand.Row]]:
    with desk.store.read() as session:
        return {name: list(map(dict, session.all(select(table)))) for name, table in HARMONISED.items()}


def figures(desk: Desk, name: str) -> by_hand.Told:
    """A dataset's rows by what tells them apart, with the numbers that are worked out by hand."""
    dataset, worked_out = FIGURES[name]
    _, key = by_hand.FIGURES[name]
    with desk.store.read() as session:
        seen = scope(session, None, desk.project_id)
        locate = locator(desk.store, session, desk.project_id)
        batches = worked_out(session, seen, Filters(), date(2026, 12, 31), locate)
        rows = [dict(row) for batch in batches for row in batch if row.get("level") != "network"]
    assert len({key(row) for row in rows}) == len(rows), f"two rows of {dataset.name} tell of the same"
    return {key(row): row for row in rows}


def sends_everything(desk: Desk, count: int) -> int:
    """Returns how many different originals and twins there are."""
    number = 0
    for name in library():
        sent = sent_of(name, count)
        number += len(sent.originals) + len(sent.twins) + len(sent.extreme)
        for body in (*sent.originals, *sent.twins, *sent.extreme):
            assert desk.receives(body) == 201
        desk.worker.drain()
        for body in sent.edits:
            assert desk.receives(body) == 201
        for body in sent.others:
            assert desk.receives(body) == 202  # kept beside the first, and looked at
    desk.worker.drain()
    return number


def resends(desk: Desk, count: int) -> None:
    for name in library():
        for body in sent_of(name, count).twins:
            assert desk.receives(body) == 201


def count(desk: Desk, table: Any, *where: Any) -> int:
    with desk.store.read() as session:
        return int(session.scalar(select(func.count()).select_from(table).where(*where)))


def is_the_same_after_resends(desk: Desk, per_form: int) -> None:
    """A lost answer: everything comes again, and changes nothing."""
    before, versions = hashes(desk), count(desk, submission_version)
    resends(desk, per_form)
    desk.worker.drain()
    assert hashes(desk) == before
    assert count(desk, submission_version) == versions


def is_the_same_when_derived_again(desk: Desk) -> None:
    """Twice over what is there, and once out of nothing."""
    before = hashes(desk)
    for _ in range(2):
        again = rebuild(desk.store, desk.project_id, worker=desk.worker)
        assert (again.hash_before, again.hash_after, again.parked) == (before[0], before[0], 0)
    desk.store.write(lose_what_was_derived)
    rebuild(desk.store, desk.project_id, worker=desk.worker)
    assert hashes(desk) == before


def keeps_twins_counted(desk: Desk, tables: by_hand.Tables) -> None:
    rows = [row for name, some_rows in tables.items() if name != "flow_split" for row in some_rows]
    paired = {id_ for pair in desk.rows(duplicate_pair, "record_a", "record_b") for id_ in pair}
    assert paired
    assert {row["record_id"] for row in rows if row["under_review"]} == paired
    assert {row["status"] for row in rows} == {"valid"}


def tells_what_the_rows_say(desk: Desk, tables: by_hand.Tables) -> None:
    for name, (worked_out, _) in by_hand.FIGURES.items():
        expected, told = worked_out(tables), figures(desk, name)
        assert expected, f"nothing was sent that {name} tells of"
        assert {key: {n: row.get(n) for n in expected.get(key, ())} for key, row in told.items()} == expected


def names_nobody(desk: Desk, folders: list[Path], logged: str) -> None:
    for name in DATASETS:
        for format_ in FORMATS:
            out = io.BytesIO()
            export(desk.store, None, desk.project_id, name, format_, out)
            assert [word for word in WORDS if word in out.getvalue()] == [], (name, format_)
    assert found_in_tables(desk.store, WORDS) == []
    for folder in folders:
        assert list(found_in_files(folder, WORDS)) == []
    assert "INSERT INTO submission" in logged
    assert [word for word in CANARIES if word in logged] == []


@pytest.mark.slow
@pytest.mark.xdist_group("the whole way")
@depths
def test_all_forms_the_whole_way(
    desk: Desk,
    data: Path,
    temporary: Path,
    log: io.StringIO,
    depth: settings,
    on_the_other_engine: dict[int, tuple[str, str]],
) -> None:
    per_form = PER_FORM[depth.derandomize]
    number = sends_everything(desk, per_form)
    assert set(desk.rows(receipt_event, "state", "step", "reason")) == {("done", None, None)}
    assert count(desk, submission) >= number
    assert on_the_other_engine.setdefault(per_form, hashes(desk)) == hashes(desk)
    is_the_same_after_resends(desk, per_form)
    is_the_same_when_derived_again(desk)
    tables = all_rows(desk)
    keeps_twins_counted(desk, tables)
    tells_what_the_rows_say(desk, tables)
    names_nobody(desk, [data, temporary], log.getvalue())
