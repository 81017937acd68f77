"""The day at a point: silence, zero and movement are three things (DOMAIN 2.8.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sync.steps.checks import Seen, number
from sync.steps.values import FlagNote, Row


def outcome(seen: Seen) -> Iterator[FlagNote]:
    """An observation against the groups counted in it. A group whose size is 0 is none."""
    makers = [maker for maker in seen.form.makers if maker.table == "flow"]
    # A form that is itself one group (one for each herd) tells of the others in other submissions.
    counts_groups = len(makers) > 1 or any(maker.repeat for maker in makers)
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in seen.rows:
        if row.table == "flow" and row.values.get("observation_id") and row.values.get("n_ind") != 0:
            groups[row.values["observation_id"]].append(row)
    for row in seen.rows:
        if row.table != "observation":
            continue
        yield from _against_groups(row, groups[row.record_id], counts_groups)
        if row.values.get("outcome") == "not_observed" and row.values.get("not_observed_reason") is None:
            yield FlagNote("not_observed_without_reason", "No reason is given.", row.record_id)


def _against_groups(observation: Row, groups: list[Row], counts_groups: bool) -> Iterator[FlagNote]:
    found = observation.values.get("outcome")
    if found == "movement" and counts_groups and not groups:
        reason = "The day's outcome is movement, but the submission has no group."
        yield FlagNote("movement_without_groups", reason, observation.record_id)
    known = [row for row in groups if row.values.get("n_ind") is not None]
    if found in ("no_movement", "not_observed") and known:
        persons = sum(row.values["n_ind"] for row in known)
        reason = (
            f"The day's outcome is {found}, but {number(len(known))} group(s) "
            f"with {number(persons)} movements were counted."
        )
        yield FlagNote(f"{found}_with_groups", reason, observation.record_id)


def hours(seen: Seen) -> Iterator[FlagNote]:
    """Hours that were asked and cannot be told: one missing, or both the same."""
    for row in seen.rows:
        start, end = row.values.get("obs_start"), row.values.get("obs_end")
        if (start or end) and row.values.get("obs_hours") is None:
            reason = f"Observed from {start or 'unknown'} to {end or 'unknown'}."
            yield FlagNote("obs_hours_unclear", reason, row.record_id)


def cross_border(seen: Seen) -> Iterator[FlagNote]:
    for row in seen.rows:
        values = row.values
        kinds = (values.get("movement_type"), values.get("transhumance_type"))
        origin, final = values.get("origin_iso3"), values.get("final_iso3")
        if row.table == "flow" and "cross_border" in kinds and origin and origin == final and origin != "OOO":
            reason = f"A cross-border movement has {origin} as origin and as destination."
            yield FlagNote("same_country", reason, row.record_id)
