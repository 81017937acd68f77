"""A dataset into a file: what `waypost dataset export` writes, through the same scope as the HTTP answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO

from server.datasets.dataset import Dataset
from server.datasets.definitions import DATASETS
from server.datasets.filters import Filters, Switches
from server.datasets.network import locator
from server.datasets.rows import read_rows
from server.datasets.scope import scope
from server.datasets.stream import MEDIA_TYPES, write_rows
from sync.access import Actor
from sync.problems import Invalid, NotFound
from sync.store import Store

FORMATS = (*MEDIA_TYPES, "hxl")
"""hxl is csv with the row of HXL tags below the header."""


def find_dataset(name: str) -> Dataset:
    """Raises NotFound, with the names there are."""
    if name not in DATASETS:
        raise NotFound(f"There is no dataset {name!r}.", f"There are {', '.join(DATASETS)}.")
    return DATASETS[name]


def export(
    store: Store,
    actor: Actor | None,
    project_id: int,
    name: str,
    format_: str,
    out: BinaryIO,
    filters: Filters | None = None,
    switches: Switches | None = None,
) -> int:
    """Write a dataset to `out`; returns the number of rows. `actor` None is the command line on the server.

    Raises NotFound (project, dataset), Invalid (format), Forbidden (a tablet's user).
    """
    dataset = find_dataset(name)
    if format_ not in FORMATS:
        raise Invalid(f"{format_!r} is not a format of a dataset.", f"Use one of {', '.join(FORMATS)}.")
    wanted = switches or Switches(hxl=format_ == "hxl")
    with store.read() as session:
        seen = scope(session, actor, project_id)
        locate = locator(store, session, project_id)
        rows = read_rows(session, dataset, seen, filters or Filters(), datetime.now(UTC).date(), locate)
        counted = Counted(rows.batches)
        kind = "csv" if format_ == "hxl" else format_
        for chunk in write_rows(dataset, kind, rows.columns, counted, wanted):
            out.write(chunk)
    return counted.rows


class Counted:
    """Batches, and how many rows were in them so far."""

    def __init__(self, batches: Iterable[Sequence[Sequence[Any]]]) -> None:
        self._batches = batches
        self.rows = 0

    def __iter__(self) -> Iterator[Sequence[Sequence[Any]]]:
        for batch in self._batches:
            self.rows += len(batch)
            yield batch
