"""Answers, rows and tags -> flags with reasons, in words and with the figures.

A flag changes nothing: the figure stays, and says that it is doubtful. Whatever the checks find, and what the
project step could not fit into a cell, comes out in one stable order without repetition.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from sync.flags import FLAGS
from sync.steps.checks import Check, Seen, answers, clocks, codes, day, location, registers, sums
from sync.steps.values import FlagNote, GeoTag, Parsed, Row, Split, Task

CHECKS: tuple[Check, ...] = (
    answers.encrypted,
    answers.unknown_questions,
    answers.bad_answers,
    codes.missing_required,
    codes.unknown_codes,
    sums.row_sums,
    sums.breakdowns,
    day.outcome,
    day.hours,
    day.cross_border,
    clocks.device_clock,
    clocks.dates,
    answers.too_fast,
    location.location,
    registers.codes,
    registers.rounds,
)


def quality(
    parsed: Parsed,
    task: Task,
    rows: tuple[Row, ...],
    splits: Iterable[Split],
    tags: Mapping[str, GeoTag],
    notes: Iterable[FlagNote] = (),
) -> tuple[FlagNote, ...]:
    """All flags of one record.

    notes  what the project step noted on the way
    """
    by_record: dict[str, tuple[Split, ...]] = defaultdict(tuple)
    for split in splits:
        by_record[split.record_id] += (split,)
    seen = Seen(parsed, task.form, task.received_at, rows, by_record, tags, task.release, task.registers)
    found = [*notes, *(note for check in CHECKS for note in check(seen))]
    unique = {(note.code, note.record_id, note.reason): note for note in found}
    return tuple(unique.values())


def with_flags(rows: Iterable[Row], flags: Iterable[FlagNote]) -> tuple[Row, ...]:
    """The rows with `quality_flags`: the codes about each row and those that cast doubt on all, sorted."""
    everywhere: set[str] = set()
    own: dict[str, set[str]] = defaultdict(set)
    for note in flags:
        if note.record_id is not None:
            own[note.record_id].add(note.code)
        elif FLAGS[note.code].on_rows:
            everywhere.add(note.code)
    return tuple(
        replace(row, values={**row.values, "quality_flags": ";".join(sorted(codes)) or None})
        for row in rows
        for codes in (own[row.record_id] | everywhere,)
    )
