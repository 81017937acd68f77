"""The codes rows carry against the registers of the office. A register that is not kept judges nothing."""

from __future__ import annotations

from collections.abc import Iterator

from sync.steps.checks import Seen
from sync.steps.values import FlagNote, Row


def codes(seen: Seen) -> Iterator[FlagNote]:
    """Operations, organisations and enumerators that nobody registered, and enumerators after their time."""
    known = {"operation": seen.registers.operations, "organisation": seen.registers.organisations}
    for row in seen.rows:
        for name, registered in known.items():
            given = row.values.get(name)
            if given is not None and registered and given not in registered:
                yield _unknown(row, name, f"{given[:40]!r} is not a registered {name}.")
        yield from _enumerator(row, seen)


def rounds(seen: Seen) -> Iterator[FlagNote]:
    """Rounds that nobody registered for the row's operation and assessment type, and days outside them."""
    for row in seen.rows:
        given, day = row.values.get("round"), row.values.get("reporting_date")
        if given is None or not seen.registers.rounds:
            continue
        kind = row.values.get("assessment_type")
        of_scope = seen.registers.rounds_of(row.values.get("operation"), kind)
        found = [one for one in of_scope if one.code == given]
        if not found:
            reason = f"{given[:40]!r} is not a registered round{f' of {kind}' if kind else ''}."
            yield _unknown(row, "round", reason)
        elif day is not None and not any(one.holds(day) for one in found):
            periods = ", ".join(f"{one.start or '...'} to {one.end or '...'}" for one in found)
            reason = f"The row is of {day}; round {given[:40]} is from {periods}."
            yield FlagNote("date_outside_round", reason, row.record_id, {"variable": "reporting_date"})


def _enumerator(row: Row, seen: Seen) -> Iterator[FlagNote]:
    given, registered = row.values.get("entered_by"), seen.registers.enumerators
    if given is None or not registered:
        return
    if given not in registered:  # not quoted: it may be a name
        yield _unknown(row, "entered_by", "The pseudonym in entered_by is not registered.")
        return
    retired, day = registered[given], row.values.get("reporting_date")
    if retired is not None and day is not None and day > retired:
        yield _unknown(row, "entered_by", f"{given} was retired on {retired}; the row is of {day}.")


def _unknown(row: Row, name: str, reason: str) -> FlagNote:
    code = "unknown_enumerator" if name == "entered_by" else f"unknown_{name}"
    return FlagNote(code, reason, row.record_id, {"variable": name})
