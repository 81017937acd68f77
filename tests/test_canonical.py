"""The canonical hash: equal on both engines, changed by any figure and by nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.canonical import harmonised_hash, review_hash
from sync.setup import initialise
from sync.store import Store
from sync.tables import flow, project
from tests.datasets.rows import FMP_01, MONDAY, TUESDAY, country

PROJECT = "11111111-2222-5333-8444-555555555555"


@pytest.fixture
def both(sqlite_template: Path, postgres: Any, tmp_path: Path) -> Iterator[list[Store]]:
    name = f"both_{tmp_path.name[-20:]}"
    urls = [f"sqlite:///{tmp_path / 'w.sqlite'}", postgres.create(name, "waypost_template")]
    stores = [initialise(tmp_path / f"data{number}", url) for number, url in enumerate(urls)]
    for store in stores:
        _some_rows(store)
    yield stores
    for store in stores:
        store.close()
    postgres.drop(name)


def _some_rows(store: Store) -> None:
    """The same rows on any engine, in an order of insertion of its own."""
    made = country(store)
    store.write(lambda session: session.execute(project.update().values(uuid=PROJECT)))
    made.project_uuid = PROJECT
    figures = [(7, "é-1"), (8, "E-2"), (9, "a"), (None, "Z"), (11, None)]
    origin = made.submission("uuid:1")
    rows = [
        {"reporting_date": day, "n_ind": n, "lat": 0.1 + 0.2, "lon": -1e-7, "origin_place": place, **FMP_01}
        for day in (MONDAY, TUESDAY)
        for n, place in figures
    ]
    ids = made.add_all("flow", rows, origin)
    for number, record in enumerate(reversed(ids) if store.dialect == "sqlite" else ids):
        made.split(record, "nationality", "TCD", None, number)
    made.add("profile", origin, reporting_date=MONDAY, design="convenience", **FMP_01)


def hashes(store: Store) -> tuple[str, str]:
    with store.read() as session:
        return harmonised_hash(session, PROJECT), review_hash(session, PROJECT)


def test_both_engines_hash_alike(both: list[Store]) -> None:
    lite, postgresql = map(hashes, both)
    assert lite == postgresql
    for store in both:
        store.write(lambda session: session.execute(flow.update().values(n_ind=12)))
    changed = [hashes(store)[0] for store in both]
    assert changed[0] == changed[1] != lite[0]


def test_local_ids_and_other_projects_are_not_in_it(both: list[Store]) -> None:
    store = both[0]
    before = hashes(store)
    store.write(lambda session: session.execute(flow.update().values(root_id=77)))
    country(store, "Elsewhere").flow(MONDAY, FMP_01, 3)
    assert hashes(store) == before
    store.write(lambda session: session.execute(flow.update().values(place_name="Nord, « Région »")))
    assert hashes(store) != before
