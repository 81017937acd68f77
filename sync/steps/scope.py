"""Finished rows + the registers -> rows with the operation and the round that nobody was asked for.

A project with one operation has no question for it, and the day says the round where one round of that kind
holds it. Nothing given is replaced, and each filled cell is noted with its reason. The registers are inputs
of a rebuild: with a second operation, or another round on that day, the cell is empty again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sync.steps.values import FlagNote, KnownRound, Registers, Row


def fill_scope(rows: Iterable[Row], registers: Registers) -> tuple[tuple[Row, ...], list[FlagNote]]:
    """The rows in their order, and a note for each cell that was filled."""
    notes: list[FlagNote] = []
    return tuple(_filled(row, registers, notes) for row in rows), notes


def _filled(row: Row, registers: Registers, notes: list[FlagNote]) -> Row:
    if row.values.get("operation") is None and len(registers.operations) == 1:
        (operation,) = registers.operations
        reason = f"The form gives no operation; {operation} is the project's only one."
        row = _with(row, "operation", operation, reason, notes)
    one = _round_of_the_day(row, registers)
    if one is None:
        return row
    day, kind = row.values["reporting_date"], one.assessment_type
    reason = f"The form gives no round; {one.code} is the only one of {kind} whose period holds {day}."
    row = _with(row, "round", one.code, reason, notes)
    if row.values.get("operation") is None and one.operation:
        reason = f"The form gives no operation; {one.operation} is that of round {one.code}."
        row = _with(row, "operation", one.operation, reason, notes)
    return row


def _round_of_the_day(row: Row, registers: Registers) -> KnownRound | None:
    operation, kind, day = (row.values.get(n) for n in ("operation", "assessment_type", "reporting_date"))
    if row.values.get("round") is not None or kind is None or day is None:
        return None
    dated = [one for one in registers.rounds_of(operation, kind) if one.start or one.end]
    found = [one for one in dated if one.holds(day)]
    return found[0] if len(found) == 1 else None


def _with(row: Row, name: str, code: str, reason: str, notes: list[FlagNote]) -> Row:
    notes.append(FlagNote(f"{name}_filled", reason, row.record_id, {"variable": name}))
    return replace(row, values={**row.values, name: code})
