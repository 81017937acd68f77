"""A tablet's own record of what it did: one JSON object a line, written before and after each act.

This is the witness the verdict compares the server with, so it holds nothing the server said except the
statuses of its answers.

    {"act": "filled",   "instance_id", "form", "version", "sha256", "files": {name: sha256}, "deprecates",
                        "expects": {...}, "story"}
    {"act": "attempt",  "instance_id", "sha256", "request", "requests", "files": [name], "fault"}
    {"act": "answer",   "instance_id", "sha256", "request", "requests", "files": [name], "status"}

`expects` is what the enumerator saw, in the words of the figures: `movements` (place, day, number),
`day` (place, day, outcome), `held` (a reason), `flags`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

ACKNOWLEDGED = (201, 202)


class Ledger:
    """Lines of one tablet; kept in memory only when no path is given."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.lines: list[dict[str, Any]] = []
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)

    def note(self, act: str, **what: Any) -> None:
        line = {"act": act, **what}
        self.lines.append(line)
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n")


@dataclass
class Entry:
    """What one tablet knows of one body it filled in."""

    tablet: str
    instance_id: str
    form: str
    version: str
    sha256: str
    files: dict[str, str]
    deprecates: str | None
    expects: dict[str, Any]
    story: str | None
    attempts: int = 0
    statuses: list[int] = field(default_factory=list)
    acknowledged_files: set[str] = field(default_factory=set)

    @property
    def acknowledged(self) -> bool:
        """One request that carried this body was answered 201 or 202: it must be there for ever."""
        return any(status in ACKNOWLEDGED for status in self.statuses)

    @property
    def attempted(self) -> bool:
        return self.attempts > 0


def read_ledgers(folder: Path) -> list[Entry]:
    """The entries of every `*.jsonl` in a folder, in the order they were filled in, tablet by tablet."""
    return [entry for path in sorted(folder.glob("*.jsonl")) for entry in _entries(path)]


def _entries(path: Path) -> Iterator[Entry]:
    entries: dict[tuple[str, str], Entry] = {}
    for text in path.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        key = (line["instance_id"], line["sha256"])
        if line["act"] == "filled":
            entries[key] = Entry(
                tablet=path.stem,
                instance_id=line["instance_id"],
                form=line["form"],
                version=line["version"],
                sha256=line["sha256"],
                files=line["files"],
                deprecates=line["deprecates"],
                expects=line["expects"],
                story=line["story"],
            )
        elif line["act"] == "attempt":
            entries[key].attempts += 1
        elif line["act"] == "answer":
            entries[key].statuses.append(line["status"])
            if line["status"] in ACKNOWLEDGED:
                entries[key].acknowledged_files.update(line["files"])
    yield from entries.values()


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()
