"""Which records were still being filled in: what Collect's and Enketo's own books say of them.

In: the entries of a copy. Out: whether a folder is a draft, or that nobody says. The books come from the card
as everything else does, so they are copied aside, opened read-only, and can only ever say "draft" or "done":
a wrong one makes a record be listed or taken, and nothing worse.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import orjson

from sync.rescue.entries import READING_FAILS, Entry
from sync.rescue.finding import same_text

_MAX_BYTES = 256 * 1024 * 1024
_MAX_ROWS = 200_000
_MAX_STEPS = 2_000  # of 10,000 instructions each
_DRAFT = {"incomplete", "invalid", "valid", "newedit"}
_DONE = {"complete", "submitted", "submissionfailed"}

Key = tuple[tuple[str, ...], str]
"""The folder above `instances` (or that of meta.json), and the instance folder's name."""


class Drafts:
    """What the books of one copy say."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._said: dict[Key, bool] = {}
        for entry in entries:
            if entry.name == "instances.db" and entry.size <= _MAX_BYTES:
                self._read_collects(entry)
            elif entry.name == "meta.json" and entry.size <= 16 * 1024 * 1024:
                self._read_enketos(entry)

    def is_draft(self, folder: tuple[str, ...]) -> bool | None:
        """Whether the record of a folder is unfinished; None where no book names it."""
        if not folder:
            return None
        name = same_text(folder[-1])
        for above in (folder[:-2], folder[:-1]):
            if (above, name) in self._said:
                return self._said[above, name]
        return None

    def _read_collects(self, entry: Entry) -> None:
        """`instances.db` lies in `metadata/`, beside `instances/`."""
        with tempfile.TemporaryDirectory(prefix="waypost-rescue-") as folder:
            copy = Path(folder, "instances.db")
            try:
                with copy.open("wb") as out, entry.open() as file:
                    shutil.copyfileobj(file, out)
                rows = _rows(copy)
            except (*READING_FAILS, sqlite3.Error):
                return  # damaged or strange: nobody says, then
        for path, status in rows:
            parts = path.replace("\\", "/").split("/")
            if len(parts) < 2 or status.lower() not in _DRAFT | _DONE:
                continue
            self._said[entry.folder[:-1], same_text(parts[-2])] = status.lower() in _DRAFT

    def _read_enketos(self, entry: Entry) -> None:
        try:
            told = orjson.loads(b"".join(entry.pieces()))
        except READING_FAILS:
            return
        for one in told if isinstance(told, list) else ():
            folder, draft = (one.get("folder"), one.get("draft")) if isinstance(one, dict) else (None, None)
            if isinstance(folder, str) and isinstance(draft, bool):
                self._said[entry.folder, same_text(folder)] = draft


def _rows(file: Path) -> list[tuple[str, str]]:
    """Path and status of each instance, from a database that is not trusted."""
    steps = iter(range(_MAX_STEPS))
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as book:
        book.set_progress_handler(lambda: int(next(steps, None) is None), 10_000)
        book.execute("PRAGMA trusted_schema=OFF")
        found = book.execute(
            "SELECT instanceFilePath, status FROM instances WHERE EXISTS"
            " (SELECT 1 FROM sqlite_master WHERE name = 'instances' AND type = 'table') LIMIT ?",
            (_MAX_ROWS,),
        )
        return [(path, said) for path, said in found if isinstance(path, str) and isinstance(said, str)]
