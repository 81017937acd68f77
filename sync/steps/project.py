"""Typed answers + the form's bindings -> draft rows; drafts + tags -> harmonised rows and splits.

Two phases, because a row is placed by what it declares: `drafts` applies the mapping contract and says per
row which place, area and position it declares; the pipeline geotags those; `rows` fills what follows from the
tag, such as the local date. Answers of direct identifiers are not among the values read here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from forms import vocabulary
from sync.steps.answer_types import read_datetime
from sync.steps.columns import Unfit, fits_int32, to_column
from sync.steps.feeding import SENSITIVITIES, Feed, Feeding, feedings
from sync.steps.local_dates import entry_time, hours_between, local_date, usable
from sync.steps.record_ids import Instance, chain, record_id, repeat_paths
from sync.steps.values import AnswerSet, DeviceTime, FlagNote, GeoPoint, Parsed, Row, Split, Task

SPLIT_TABLE = "flow_split"
SEX_AND_AGE = ("men", "women", "boys", "girls")
_MOMENTS = {"event_time": "event", "report_time": "reported"}
_AGE_BANDS = ((0, "0_4"), (5, "5_11"), (12, "12_17"), (18, "18_59"), (60, "60_plus"))


@dataclass(slots=True)
class Draft:
    """A row before it is placed. values: form variables by name, only those that are known."""

    table: str
    record_id: str
    path: str  # "/data/groups[3]", "" for the form level
    chain: tuple[AnswerSet, ...]  # its instance and those around it
    values: dict[str, Any]
    point: GeoPoint | None = None
    event: DeviceTime | None = None  # when it happened
    reported: DeviceTime | None = None  # when the informant told of it
    sensitivity: str = "public"

    @property
    def declared_place(self) -> str | None:
        return self.values.get("place_id")

    @property
    def declared_pcode(self) -> str | None:
        return self.values.get("declared_pcode")


@dataclass(slots=True)
class Drafts:
    rows: list[Draft] = field(default_factory=list)
    splits: list[Split] = field(default_factory=list)
    notes: list[FlagNote] = field(default_factory=list)


def drafts(parsed: Parsed, task: Task) -> Drafts:
    """The rows and splits a submission makes, with a note for each cell that had to stay empty.

    Splits are complete: one per row, dimension and code, repeated codes added up. An encrypted submission
    makes nothing: nothing is known of it.
    """
    made = Drafts()
    if parsed.encrypted:
        return made
    instances = {(row.table_path, row.ordinal): row for row in parsed.answers}
    paths = repeat_paths(parsed.answers)
    split_drafts: list[Draft] = []
    for feeding in feedings(task.form):
        for answers in parsed.answers:
            if answers.table_path != (feeding.maker.repeat or ""):
                continue
            draft = _draft(feeding, chain(answers, instances), paths, task, made.notes)
            if draft is None:
                continue
            (split_drafts if draft.table == SPLIT_TABLE else made.rows).append(draft)
    _link_observations(made.rows)
    made.splits.extend(_splits(split_drafts, made.rows, made.notes))
    return made


def rows(
    made: Drafts,
    parsed: Parsed,
    task: Task,
    located: Mapping[str, Mapping[str, Any]],
    zones: Mapping[str, str],
) -> tuple[Row, ...]:
    """The finished rows, every column of their table present, in the order of the drafts.

    located  by record_id: the columns the tag fills
    zones    by record_id: the IANA zone of the place the tag found, where it found one
    """
    by_id = {draft.record_id: draft for draft in made.rows}
    finished = []
    for draft in made.rows:
        values = _empty(draft.table) | draft.values
        values.update(located.get(draft.record_id, {}))
        values.update(
            record_id=draft.record_id,
            project_uuid=task.project_uuid,
            instance_id=task.root_instance_id,
            form_id=task.form.xml_form_id,
            form_version=task.form_version,
            vocabulary_version=vocabulary.VERSION,
            mapping_version=task.form.mapping_version,
            organisation=draft.values.get("organisation") or task.organisation,
            entry_time=entry_time(parsed.started, parsed.ended, task.received_at),
            reporting_date=_reporting_date(draft, by_id, parsed, task, zones.get(draft.record_id)),
            status="valid",
            under_review=False,
            sensitivity=draft.sensitivity,
        )
        if "obs_hours" in values:
            values["obs_hours"] = hours_between(values["obs_start"], values["obs_end"])
        finished.append(Row(draft.table, draft.record_id, values))
    return tuple(finished)


@cache
def _empty(table: str) -> dict[str, Any]:
    """A row of which nothing is known, in the order of the vocabulary. Copied, never changed."""
    return {v.name: None for v in vocabulary.variables(table).values() if v.is_column}


# --- drafts ---


def _draft(
    feeding: Feeding,
    around: tuple[AnswerSet, ...],
    paths: Mapping[Instance, str],
    task: Task,
    notes: list[FlagNote],
) -> Draft | None:
    """The row one instance makes, or None when it is a qualified one with nothing answered."""
    maker, form = feeding.maker, task.form
    by_level = {answers.table_path: answers.values for answers in around}
    answered = [
        (feed, values[feed.path])
        for feed in feeding.feeds
        if (values := by_level.get(feed.level)) is not None and feed.path in values
    ]
    if feeding.qualified and not any(feed.qualified for feed, _ in answered):
        return None
    path = paths[around[0].table_path, around[0].ordinal]
    identity = ""  # a split is known by its row, dimension and code
    if maker.table != SPLIT_TABLE:
        identity = record_id(
            task.project_uuid, form.xml_form_id, task.root_instance_id, maker.table, path, maker.qualifiers
        )
    draft = Draft(maker.table, identity, path, around, dict(maker.qualifiers))
    highest = 0
    for feed, answer in answered:
        highest = max(highest, feed.sensitivity)
        try:
            _fill(draft, feed, answer, to_column(answer, feed.variable, feed.crosswalk))
        except Unfit as unfit:
            notes.append(_empty_cell(draft, feed, unfit))
    draft.sensitivity = SENSITIVITIES[highest]
    _derive(draft, feeding, notes)
    return draft


def _fill(draft: Draft, feed: Feed, answer: Any, value: Any) -> None:
    name = feed.variable.name
    if isinstance(value, GeoPoint):
        draft.point = value
    elif value is not None:
        draft.values[name] = value
    else:  # the more specific question says that it is not known
        draft.values.pop(name, None)
    if name in _MOMENTS and value is not None:
        moment = answer if isinstance(answer, DeviceTime) else read_datetime(value)  # or a calculated text
        setattr(draft, _MOMENTS[name], moment)


def _empty_cell(draft: Draft, feed: Feed, unfit: Unfit) -> FlagNote:
    where = f" of {draft.path}" if draft.path else ""
    reason = f"{feed.variable.key}{where}: {unfit.reason}; the cell stays empty."
    detail = {"variable": feed.variable.key, "question": feed.path}
    return FlagNote(unfit.flag, reason, draft.record_id or None, detail)


def _derive(draft: Draft, feeding: Feeding, notes: list[FlagNote]) -> None:
    """What follows from the answers alone, where no question was mapped to it."""
    values = draft.values
    if draft.table == "flow" and not feeding.feeds_variable("n_ind"):
        parts: list[int] = [values[name] for name in SEX_AND_AGE if name in values]
        if len(parts) == len(SEX_AND_AGE):
            _add_up(draft, sum(parts) + values.get("sadd_unknown", 0), notes)
    age = values.get("age_years")
    if draft.table == "profile" and age is not None and not feeding.feeds_variable("age_band") and age >= 0:
        values["age_band"] = next(band for lowest, band in reversed(_AGE_BANDS) if age >= lowest)


def _add_up(draft: Draft, total: int, notes: list[FlagNote]) -> None:
    """The total nobody was asked for. One beyond the column's range stays unknown, as an answer would."""
    if not fits_int32(total):
        where = f" of {draft.path}" if draft.path else ""
        reason = f"flow.n_ind{where}: the sum of sex and age is beyond 2,147,483,647; the cell stays empty."
        notes.append(FlagNote("out_of_range", reason, draft.record_id, {"variable": "flow.n_ind"}))
        return
    draft.values["n_ind"] = total
    reason = f"No question is mapped to flow.n_ind; {total} is the sum of sex and age."
    notes.append(FlagNote("n_ind_derived", reason, draft.record_id))


def _link_observations(made: list[Draft]) -> None:
    """Give each flow row the observation its group was counted in: the nearest around it, or the only one."""
    observations = {
        (draft.chain[0].table_path, draft.chain[0].ordinal): draft.record_id
        for draft in made
        if draft.table == "observation"
    }
    only = next(iter(observations.values())) if len(observations) == 1 else None
    for draft in made:
        if draft.table == "flow":
            around = ((answers.table_path, answers.ordinal) for answers in draft.chain)
            found = next((observations[at] for at in around if at in observations), only)
            if found is not None:
                draft.values["observation_id"] = found


# --- splits ---


def _splits(split_drafts: list[Draft], made: list[Draft], notes: list[FlagNote]) -> Iterator[Split]:
    """One split per flow row, dimension and code. Repeated codes are added up; all unknown stays unknown."""
    flows: dict[Instance, list[str]] = {}
    for draft in made:
        if draft.table == "flow":
            at = (draft.chain[0].table_path, draft.chain[0].ordinal)
            flows.setdefault(at, []).append(draft.record_id)
    counts: dict[tuple[str, str, str], list[int | None]] = {}
    for draft in split_drafts:
        values = draft.values
        dimension, code, n = values.get("dimension"), values.get("code"), values.get("n")
        if code is None and n is None:
            continue
        around = ((answers.table_path, answers.ordinal) for answers in draft.chain)
        owners = next((flows[at] for at in around if at in flows), [])
        if len(owners) != 1:
            reason = (
                f"{draft.path or 'The form'} splits {len(owners)} flow rows; a split belongs to exactly one."
            )
            notes.append(FlagNote("split_without_row", reason))
        elif dimension is None or code is None:
            reason = f"{n} by {dimension or 'an unknown dimension'} have no code and are in no split."
            notes.append(FlagNote("split_without_code", reason, owners[0]))
        else:
            counts.setdefault((owners[0], dimension, code), []).append(n)
    for (owner, dimension, code), given in counts.items():
        known = [n for n in given if n is not None]
        total = sum(known) if known else None
        if total is not None and not fits_int32(total):
            reason = (
                f"The {len(given)} counts of {dimension} {code} add up to a number beyond 2,147,483,647; "
                "the cell stays empty."
            )
            notes.append(FlagNote("out_of_range", reason, owner, {"variable": "flow_split.n"}))
            total = None
        elif len(given) > 1:
            reason = f"{dimension} {code} is given {len(given)} times; the counts are added up to {total}."
            notes.append(FlagNote("split_repeated", reason, owner))
        yield Split(owner, dimension, code, total)


# --- rows ---


def _reporting_date(
    draft: Draft, by_id: Mapping[str, Draft], parsed: Parsed, task: Task, zone: str | None
) -> date | None:
    """The first usable of: the date given for it, the observation's, the event's, the report's, the
    interview's.

    The start of the interview stands before its end, because an edit days later moves the end.
    """
    observation = by_id.get(draft.values.get("observation_id", ""), draft)
    candidates = (
        draft.values.get("reporting_date"),
        observation.values.get("obs_date"),
        draft.values.get("event_date"),
        local_date(draft.event, zone),
        local_date(draft.reported, zone),
        local_date(parsed.started, zone),
        local_date(parsed.ended, zone),
    )
    return next((day for day in candidates if usable(day, task.received_at)), None)
