"""Baseline sheets as DTM publishes and countries keep them: one row for a site or area and round.

Flows in: a CSV or .xlsx, with or without an HXL row, and for other headings a mapping file. Flows out: a
submission of the form `dtm_baseline_row` for each group of people a row counts, and the account.

Rows of one place, round and group are not counted twice. Where they differ in reason or origin they are parts
of one count, kept as its breakdown, and their sum is its total. Where they are alike the first is taken.
Where only their figures differ, nobody can tell here which is right, and none is taken. BA and SA are never
added.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from sync.importing.account import Account
from sync.importing.baseline_columns import Columns, Mapped, columns_of
from sync.importing.baseline_registers import CROSSWALK, known_in
from sync.importing.baseline_row import Count, RowReader, Scope
from sync.importing.instances import Answers
from sync.importing.table import read_table
from sync.importing.taking import Entry, Progress, take_in
from sync.problems import Invalid
from sync.registry import get_project
from sync.store import Store

SOURCE = "baseline"
FORM = "dtm_baseline_row"


def import_baseline(
    store: Store,
    project_id: int,
    data: bytes,
    name: str,
    *,
    round_code: str = "",
    operation: str = "",
    assessment: str = "",
    on: date | None = None,
    mapping: Mapped | None = None,
    crosswalk: str = CROSSWALK,
    dry_run: bool = False,
    alongside: bool = False,
    progress: Progress | None = None,
    by: str | None = None,
) -> Account:
    """Take a sheet into a project: each count once, changes as edits, nothing deleted.

    round_code, operation, assessment  where the file has a column for it, only such rows are taken; else they
                                       are what all rows are of
    on       the day the figures are valid for, of a file without such a column
    mapping  what columns hold (`read_mapping`)
    crosswalk  the source whose texts the reasons are
    Raises   Invalid (the file, its columns, the mapping), NotFound (project, crosswalk), Conflict (`take_in`)
    """
    table = read_table(data, name)
    columns = columns_of(table, mapping)
    _require(columns, name, round_code, assessment, on)
    account = Account(SOURCE, name, table.encoding, len(table.rows), dry_run)
    if columns.others:
        account.notes.append(f"Columns that were not taken: {', '.join(columns.others)}.")
    with store.read() as session:
        known = known_in(session, project_id, get_project(session, project_id)["uuid"], crosswalk)
    if known.gazetteer is None:
        account.notes.append("The project has no boundaries yet: areas are kept as the file has them.")
    reader = RowReader(columns, known, account, Scope(operation, round_code, assessment), on)
    counts = [count for row in table.rows for count in reader.read(row)]
    _tell_of_one_count_under_two_names(counts, account)
    entries = list(_entries(counts, account))
    scopes = {count.scope for count in counts}

    def in_scope(answers: Answers) -> bool:
        """A sheet of one round says nothing of another."""
        said = (answers.get(f"sheet/{part}", "") for part in ("operation", "round", "assessment"))
        return Scope(*said) in scopes

    return take_in(
        store, project_id, FORM, entries, account, in_scope, alongside=alongside, progress=progress, by=by
    )


def _entries(counts: Iterable[Count], account: Account) -> Iterator[Entry]:
    places: dict[str, list[Count]] = defaultdict(list)
    for count in counts:
        places[count.identifier].append(count)
    for same in places.values():
        told_apart = _told_apart(same, account)
        if len(told_apart) == 1 and len({count.part for count in same}) == 1:
            yield _entry(told_apart[0], told_apart[0].identifier, "total")
        elif told_apart:
            yield from _parts(told_apart, account)


def _told_apart(same: list[Count], account: Account) -> list[Count]:
    """The counts of one place that differ in reason or origin; others are listed."""
    by_part: dict[tuple[str, str], list[Count]] = defaultdict(list)
    for count in same:
        by_part[count.part].append(count)
    kept: list[Count] = []
    for alike in by_part.values():
        first, *others = alike
        if all(other.numbers == first.numbers and other.day == first.day for other in others):
            kept.append(first)
            for other in others:
                why = f"The same stands in line {first.line} already."
                account.list_row(other.line, other.identifier, "", "", why, other.figures)
            continue
        lines = ", ".join(str(count.line) for count in alike)
        for count in alike:
            why = f"This place stands in lines {lines} with different figures: none of them is taken."
            account.list_row(count.line, count.identifier, "", "", why, count.figures)
    return kept


def _parts(parts: list[Count], account: Account) -> Iterator[Entry]:
    """Parts of one count as its breakdown, and their sum as its total."""
    breakdown = "origin" if len({origin for _, origin in (p.part for p in parts)}) > 1 else "reason"
    for part in parts:
        yield _entry(part, f"{part.identifier}|{part.part[0]}|{part.part[1]}", breakdown)
    first = parts[0]
    summed = {
        name: str(sum(part.numbers[name] for part in parts))
        for name in first.numbers
        if all(name in part.numbers for part in parts)
    }
    kept = {
        path: text
        for path, text in first.answers.items()
        if not path.startswith(("figures/", "displacement/")) and path != "sheet/source_id"
    }
    answers = kept | {"figures/category": first.category} | {f"figures/{n}": s for n, s in summed.items()}
    total = replace(first, answers=answers, figures={})
    lines = ", ".join(str(part.line) for part in parts)
    text = f"Lines {lines} are parts of one count by {breakdown}; their sum is taken as its total."
    account.tell(first.line, first.identifier, "", "", text)
    entry = _entry(total, first.identifier, "total")
    yield replace(entry, line=None)


def _entry(count: Count, identifier: str, breakdown: str) -> Entry:
    answers = {**count.answers, "figures/breakdown": breakdown}
    answers.setdefault("sheet/source_id", identifier)
    return Entry(count.line, identifier, answers, count.figures)


def _tell_of_one_count_under_two_names(counts: Iterable[Count], account: Account) -> None:
    """Chad's Mamdi, Fouli and Kaya of September 2017 stand in the published data as BA and as SA alike."""
    seen: dict[object, Count] = {}
    for count in counts:
        what = (count.scope.operation, count.key, count.day, count.category, count.part)
        figures = tuple(sorted(count.numbers.items()))
        first = seen.setdefault((what, figures), count)
        if first.scope.assessment != count.scope.assessment:
            text = (
                f"Line {first.line} has the same figures as {first.scope.assessment}: one count under two "
                "names. Both are kept, and never added."
            )
            account.tell(count.line, count.identifier, "", "", text)


def _require(columns: Columns, name: str, round_code: str, assessment: str, on: date | None) -> None:
    areas = [f"admin{level}_{kind}" for level in (1, 2, 3) for kind in ("pcode", "name")]
    absent = []
    if not any(place in columns.ours for place in (*areas, "site_code", "site_name")):
        absent.append("a place (admin2Pcode, site name)")
    if not any(variable in ("ind", "hh") for variable, _ in columns.figures):
        absent.append("a figure (numPresentIdpInd, IDP households)")
    if "round" not in columns.ours and not round_code:
        absent.append("the round (--round)")
    if "assessment_type" not in columns.ours and not assessment:
        absent.append("the type of assessment (--assessment)")
    if "reporting_date" not in columns.ours and on is None:
        absent.append("the day (--date)")
    if absent:
        raise Invalid(
            f"{name} does not say {', '.join(absent)}.",
            "Give the options named, or a mapping file that says what its columns hold (--mapping).",
        )
