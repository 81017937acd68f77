"""The account of a rescue: what became of each folder, in words for whoever holds the card."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    NEW = "new"
    HERE = "here"  # it came before, with all its files
    COMPLETED = "completed"  # it came before, and now has files it lacked
    EDIT = "edit"
    CONFLICT = "conflict"  # another record under the same instanceID; both are kept
    HELD = "held"
    DRAFT = "draft"  # still being filled in: listed, not taken
    TRASH = "trash"  # somebody deleted it: listed, not taken
    UNREADABLE = "unreadable"


TAKEN = (Outcome.NEW, Outcome.COMPLETED, Outcome.EDIT, Outcome.CONFLICT, Outcome.HELD)


@dataclass(slots=True)
class Line:
    """What became of one folder."""

    folder: str
    outcome: Outcome = Outcome.UNREADABLE
    form: str | None = None
    version: str | None = None
    instance_id: str | None = None
    files: int = 0  # stored now, or to be stored
    missing: tuple[str, ...] = ()  # named in the answers, and neither in the folder nor here
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {
            "folder": self.folder, "outcome": str(self.outcome), "form": self.form, "version": self.version,
            "instance_id": self.instance_id, "files": self.files, "missing": list(self.missing),
            "notes": self.notes,
        }  # fmt: skip


@dataclass(slots=True)
class Account:
    """What a rescue did, or with `dry_run` would do."""

    paths: list[str]
    dry_run: bool
    lines: list[Line] = field(default_factory=list)
    passed_over: int = 0  # XML files that are no records: forms, lists, whatever else lies on a card
    stopped: str | None = None  # why it ended before the last folder
    seconds: float = 0.0

    @property
    def counts(self) -> Counter[str]:
        return Counter(str(line.outcome) for line in self.lines)

    @property
    def is_clean(self) -> bool:
        """Whether everything that was found could be read."""
        return self.stopped is None and not self.counts[Outcome.UNREADABLE]

    def to_json(self) -> dict[str, Any]:
        counts = self.counts
        return {
            "paths": self.paths,
            "dry_run": self.dry_run,
            **{str(outcome): counts[outcome] for outcome in Outcome},
            "files": sum(line.files for line in self.lines),
            "passed_over": self.passed_over,
            "stopped": self.stopped,
            "seconds": round(self.seconds, 3),
            "folders": [line.to_json() for line in self.lines],
        }

    def to_csv(self) -> str:
        """A row for each folder."""
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("folder", "outcome", "form", "version", "instance_id", "files", "missing", "notes"))
        for line in self.lines:
            cells = (
                line.folder, line.outcome, line.form or "", line.version or "", line.instance_id or "",
                str(line.files), "; ".join(line.missing), " ".join(line.notes),
            )  # fmt: skip
            writer.writerow([_plain(cell) for cell in cells])
        return out.getvalue()


def _plain(cell: str) -> str:
    """No spreadsheet takes a name on somebody's card for a formula of ours."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
