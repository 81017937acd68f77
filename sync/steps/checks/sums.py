"""Figures within one row, and rows of one submission against each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from forms import vocabulary
from sync.steps.checks import Seen, number
from sync.steps.values import FlagNote, Row

IMPLAUSIBLE_GROUP = 5_000
"""Persons in one group, heads of one species in one report: beyond it a day's total was entered as one."""

SEX_AND_AGE = ("men", "women", "boys", "girls")
SPECIES = ("cattle", "sheep", "goats", "camels", "donkeys", "horses")
_OPEN_DIMENSIONS = frozenset({"reason", "vulnerability"})  # one person may have several
_COUNTED = frozenset(
    {"persons", "movements", "movements per day", "households", "heads", "herds", "informants"}
)

_WITHIN = {
    "under5": ("boys", "girls"),
    "elderly": ("men", "women"),
    "uasc": ("boys", "girls"),
    "pregnant": ("women", "girls"),
    "lactating": ("women", "girls"),
    "disability": (),
    "chronic": (),
}
"""Subgroups of a flow row and the cells they are part of; of all persons where there is none."""


def row_sums(seen: Seen) -> Iterator[FlagNote]:
    for row in seen.rows:
        yield from _negative(row)
        yield from _estimate(row)
        if row.table == "flow":
            yield from _sex_and_age(row, "n_ind", row.values.get("sadd_unknown"))
            yield from _subgroups(row)
            yield from _animals(row)
            yield from _size(row)
            yield from _splits(row, seen)
        elif row.table == "baseline":
            yield from _sex_and_age(row, "ind", None)
            yield from _sexes(row)
            yield from _households(row)


@cache
def _counts(table: str) -> tuple[str, ...]:
    return tuple(v.name for v in vocabulary.variables(table).values() if v.unit in _COUNTED)


def _negative(row: Row) -> Iterator[FlagNote]:
    for name in _counts(row.table):
        value = row.values.get(name)
        if value is not None and value < 0:
            yield FlagNote("negative_count", f"{name} is {number(value)}.", row.record_id)


def _sex_and_age(row: Row, total_name: str, unknown: int | None) -> Iterator[FlagNote]:
    """All four known must make the total; some known may not exceed it."""
    total = row.values.get(total_name)
    known = {name: row.values[name] for name in SEX_AND_AGE if row.values.get(name) is not None}
    if total is None or not known:
        return
    made = sum(known.values()) + (unknown or 0)
    if made > total or (made < total and len(known) == len(SEX_AND_AGE)):
        parts = " + ".join(f"{name} {number(value)}" for name, value in known.items())
        parts += f" + unknown {number(unknown)}" if unknown else ""
        reason = f"{parts} = {number(made)}, but {total_name} is {number(total)}."
        yield FlagNote("sadd_sum", reason, row.record_id, {"sum": made, "total": total})


def _subgroups(row: Row) -> Iterator[FlagNote]:
    total = row.values.get("n_ind")
    for name, cells in _WITHIN.items():
        part = row.values.get(name)
        if part is None:
            continue
        around = [row.values.get(cell) for cell in cells]
        whole = sum(n for n in around if n is not None) if cells and None not in around else total
        if whole is not None and part > whole:
            of = " + ".join(cells) if cells and None not in around else "n_ind"
            reason = f"{name} is {number(part)}, but {of} is {number(whole)}."
            yield FlagNote("subgroup_over_total", reason, row.record_id)


def _sexes(row: Row) -> Iterator[FlagNote]:
    values = row.values
    yield from _adds_up("sex_sum", row, ("ind_m", "ind_f"), "ind")
    yield from _adds_up("sadd_sum", row, ("boys", "girls"), "children")
    children, total = values.get("children"), values.get("ind")
    if children is not None and total is not None and children > total:
        reason = f"children is {number(children)}, but ind is {number(total)}."
        yield FlagNote("subgroup_over_total", reason, row.record_id)


def _adds_up(flag: str, row: Row, names: tuple[str, str], total_name: str) -> Iterator[FlagNote]:
    one, other, total = (row.values.get(name) for name in (*names, total_name))
    if one is None or other is None or total is None or one + other == total:
        return
    parts = f"{names[0]} {number(one)} + {names[1]} {number(other)} = {number(one + other)}"
    detail = {"sum": one + other, "total": total}
    yield FlagNote(flag, f"{parts}, but {total_name} is {number(total)}.", row.record_id, detail)


def _households(row: Row) -> Iterator[FlagNote]:
    households, persons = row.values.get("hh"), row.values.get("ind")
    if households is not None and persons is not None and households > persons:
        reason = f"{number(households)} households have {number(persons)} individuals."
        yield FlagNote("subgroup_over_total", reason, row.record_id)


def _animals(row: Row) -> Iterator[FlagNote]:
    known = {name: row.values[name] for name in SPECIES if row.values.get(name) is not None}
    total, herds = row.values.get("animals_total"), row.values.get("herds")
    heads = sum(known.values())
    if total is not None and known and (heads > total or (len(known) == len(SPECIES) and heads < total)):
        parts = " + ".join(f"{name} {number(value)}" for name, value in known.items())
        reason = f"{parts} = {number(heads)}, but animals_total is {number(total)}."
        yield FlagNote("animals_sum", reason, row.record_id, {"sum": heads, "total": total})
    counted = total if total is not None else heads
    if herds and (known or total is not None) and counted < herds:
        yield FlagNote("animals_sum", f"{number(herds)} herds have {number(counted)} animals.", row.record_id)


def _size(row: Row) -> Iterator[FlagNote]:
    if row.values.get("flow_tool") in ("POE", "FMC"):  # a day's or an hour's count, not a group
        return
    for name in ("n_ind", *SPECIES):
        value = row.values.get(name)
        if value is not None and value > IMPLAUSIBLE_GROUP:
            reason = f"{name} is {number(value)} in one group; the limit is {number(IMPLAUSIBLE_GROUP)}."
            yield FlagNote("implausible_group", reason, row.record_id)


def _estimate(row: Row) -> Iterator[FlagNote]:
    low, high = row.values.get("estimate_low"), row.values.get("estimate_high")
    name = "n_ind" if row.table == "flow" else "ind"
    figure = row.values.get(name)
    if low is not None and high is not None and high < low:
        reason = f"The high estimate {number(high)} is below the low one, {number(low)}."
        yield FlagNote("estimate_range", reason, row.record_id)
    elif figure is not None and ((low is not None and figure < low) or (high is not None and figure > high)):
        bounds = (
            f"{number(low) if low is not None else '...'} to {number(high) if high is not None else '...'}"
        )
        yield FlagNote("estimate_range", f"{name} {number(figure)} is outside {bounds}.", row.record_id)


def _splits(row: Row, seen: Seen) -> Iterator[FlagNote]:
    total = row.values.get("n_ind")
    by_dimension: dict[str, list[int | None]] = defaultdict(list)
    for split in seen.splits.get(row.record_id, ()):
        by_dimension[split.dimension].append(split.n)
        if split.n is not None and split.n < 0:
            reason = f"{split.dimension} {split.code} is {number(split.n)}."
            yield FlagNote("negative_count", reason, row.record_id)
    for dimension, counts in sorted(by_dimension.items()):
        known = sum(n for n in counts if n is not None)
        short = known < (total or 0) and None not in counts
        if total is None or not (known > total or short) or dimension in _OPEN_DIMENSIONS:
            continue
        reason = f"The split by {dimension} adds up to {number(known)}, but n_ind is {number(total)}."
        yield FlagNote("split_sum", reason, row.record_id, {"sum": known, "total": total})


def breakdowns(seen: Seen) -> Iterator[FlagNote]:
    """Within one submission: no breakdown of a population may exceed its total (DOMAIN 2.3).

    Who arrived or left since the last round is no part of who is there: more may have left than remain.
    """
    totals: dict[tuple[object, ...], Row] = {}
    sums: dict[tuple[object, ...], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in seen.rows:
        values = row.values
        if row.table != "baseline" or values.get("record_type") != "population":
            continue
        about: tuple[object, ...] = tuple(
            map(values.get, ("place_id", "declared_pcode", "population_category"))
        )
        breakdown, persons = values.get("breakdown"), values.get("ind")
        if breakdown == "total":
            totals[about] = row
        elif breakdown not in (None, "arrival", "departure") and persons is not None:
            sums[about][breakdown] += persons
    for about, row in totals.items():
        total = row.values.get("ind")
        for breakdown, persons in sorted(sums.get(about, {}).items()):
            if total is not None and persons > total:
                reason = f"By {breakdown}: {number(persons)}, but the total of {about[2]} is {number(total)}."
                yield FlagNote("breakdown_over_total", reason, row.record_id)
