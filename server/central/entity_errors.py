"""Why entities of a record could not be made, with Central's number of the problem.

The audit trail keeps the kind of the problem; numbers are the API's, from the table of server/problems.py.
"""

from __future__ import annotations

from typing import Any

from server.problems import CENTRAL

_NUMBERS = {
    kind.__name__: number for kind, number in CENTRAL.items() if kind.__module__ == "sync.entities.problems"
}


def numbered(details: dict[str, Any] | None) -> dict[str, Any] | None:
    """The details of an event; those of a refused entity with `problem.problemCode`."""
    problem = (details or {}).get("problem")
    if details is None or not isinstance(problem, dict):
        return details
    number = _NUMBERS.get(problem.get("kind", ""), 400.28)
    shown = {"problemCode": number, "problemDetails": problem.get("problemDetails")}
    return {**details, "problem": shown}
