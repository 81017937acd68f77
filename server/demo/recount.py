"""The figures as the ledgers have them: counted again from what people saw, by the rules of the field.

Only what was acknowledged counts. An acknowledged edit takes the place of what it edits; of two bodies under
one instanceID the first counts; what is held counts nowhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from server.demo.ledger import Entry


@dataclass(frozen=True)
class Recount:
    """Movements by (tool, place, day), outcomes by (place, day), rows of the baseline, entries that count."""

    movements: dict[tuple[str, str, str], int]
    outcomes: dict[tuple[str, str], str]
    baseline: list[list[Any]]
    counted: list[Entry]

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> Recount:
        counted = _that_count(entries)
        movements: dict[tuple[str, str, str], int] = defaultdict(int)
        outcomes: dict[tuple[str, str], str] = {}
        baseline: list[list[Any]] = []
        for entry in counted:
            for tool, place, day, n_ind in entry.expects.get("flow", ()):
                movements[tool, place, day] += n_ind
            if "observation" in entry.expects:
                place, day, outcome = entry.expects["observation"]
                outcomes[place, day] = outcome
            baseline += entry.expects.get("baseline", ())
        return cls(dict(movements), outcomes, baseline, counted)


def _that_count(entries: Sequence[Entry]) -> list[Entry]:
    acknowledged = [entry for entry in entries if entry.acknowledged]
    edited = {(entry.form, entry.deprecates) for entry in acknowledged if entry.deprecates}
    first: dict[tuple[str, str], Entry] = {}
    for entry in acknowledged:
        first.setdefault((entry.form, entry.instance_id), entry)
    return [
        entry for identity, entry in first.items() if identity not in edited and "held" not in entry.expects
    ]
