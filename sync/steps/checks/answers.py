"""What arrived: encryption, nodes the form does not know, values that do not fit, interviews too fast."""

from __future__ import annotations

from collections.abc import Iterator

from sync.steps.checks import Seen, number
from sync.steps.values import BadAnswer, FlagNote

SECONDS_PER_ANSWER = 1.0
"""Nobody asks, hears and types an answer faster; reading them off a paper list is not that fast either."""

MIN_ANSWERS = 10  # short forms are filled in one glance


def encrypted(seen: Seen) -> Iterator[FlagNote]:
    if seen.parsed.encrypted:
        names = ", ".join(seen.parsed.attachments) or "no file"
        yield FlagNote("encrypted", f"The answers are in an encrypted file ({names}); none could be read.")


def unknown_questions(seen: Seen) -> Iterator[FlagNote]:
    names = seen.parsed.unknown
    if names:
        shown = ", ".join(names[:5]) + (" and more" if len(names) > 5 else "")
        reason = f"Form version {seen.form.version or '(none)'} has no {shown}; ignored."
        yield FlagNote("unknown_question", reason, detail={"paths": list(names)})


def bad_answers(seen: Seen) -> Iterator[FlagNote]:
    """Answers that do not fit and feed no row; those that would feed one are flagged there."""
    mapped = {binding.path for binding in seen.form.bindings}
    for answers in seen.parsed.answers:
        for values in (answers.values, answers.identifying):
            for path, value in values.items():
                if isinstance(value, BadAnswer) and path not in mapped:
                    where = f" (instance {answers.ordinal + 1})" if answers.table_path else ""
                    reason = f"The answer to {path}{where} is not {value.expected}."
                    yield FlagNote("bad_answer", reason, detail={"question": path})


def too_fast(seen: Seen) -> Iterator[FlagNote]:
    started, ended = seen.parsed.started, seen.parsed.ended
    if started is None or ended is None or started.instant is None or ended.instant is None:
        return
    asked = {field.path for field in seen.form.fields if not field.calculated}
    count = sum(
        path in asked
        for row in seen.parsed.answers
        for values in (row.values, row.identifying)
        for path in values
    )
    count -= 2  # start and end themselves
    seconds = (ended.instant - started.instant).total_seconds()
    if count >= MIN_ANSWERS and 0 <= seconds < SECONDS_PER_ANSWER * count:
        reason = f"{number(count)} answers were given in {number(round(seconds))} seconds."
        yield FlagNote("too_fast", reason, detail={"answers": count, "seconds": seconds})
