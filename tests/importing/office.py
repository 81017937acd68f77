"""An office that imports files: a project, its worker, and what stands in its tables afterwards."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from sync.canonical import harmonised_hash
from sync.importing.account import Account
from sync.importing.baseline import import_baseline
from sync.importing.missing_migrants import import_missing_migrants
from sync.rebuild import rebuild
from sync.store import Store
from sync.worker import Worker


@dataclass
class Office:
    store: Store
    project_id: int
    project_uuid: str
    worker: Worker = field(repr=False)

    def takes_incidents(self, data: bytes, name: str = "list.csv", **options: Any) -> Account:
        """Import a list of incidents, and let the worker make rows of it."""
        account = import_missing_migrants(self.store, self.project_id, data, name, **options)
        self.worker.drain()
        return account

    def takes_sheet(self, data: bytes, name: str = "sheet.csv", **options: Any) -> Account:
        """Import a baseline sheet, and let the worker make rows of it."""
        account = import_baseline(self.store, self.project_id, data, name, **options)
        self.worker.drain()
        return account

    def rows(self, table: Any, *names: str) -> list[tuple[Any, ...]]:
        with self.store.read() as session:
            found = session.all(select(*(table.c[name] for name in names)))
        return sorted((tuple(row.values()) for row in found), key=repr)

    def hash(self) -> str:
        with self.store.read() as session:
            return harmonised_hash(session, self.project_uuid)

    def rebuilds_alike(self) -> bool:
        return rebuild(self.store, self.project_id, worker=self.worker).unchanged


def sheet(columns: Sequence[str], *rows: Sequence[object] | Mapping[str, object]) -> bytes:
    """A CSV as a spreadsheet saves it. None: an empty cell."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        cells = [row.get(column) for column in columns] if isinstance(row, Mapping) else row
        writer.writerow(["" if cell is None else cell for cell in cells])
    return out.getvalue().encode()


def outcomes(account: Account) -> dict[str, int]:
    return {name: n for name, n in account.counts.items() if n}


def told(account: Account, *, listed: bool = False) -> list[tuple[int | None, str, str]]:
    """(line, column, what is said) of rows that were imported, or with `listed` of those that were not."""
    return [(r.line, r.column, r.text) for r in account.remarks if r.is_reason is listed]
