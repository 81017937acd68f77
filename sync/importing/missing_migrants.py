"""The public list of the Missing Migrants Project: its CSV in the old and new columns, its API's JSON.

Flows in: the file. Flows out: a submission of the form `mmp_incident` for each incident, and the account of
what became of each row. sync/importing/incident_row.py reads a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sync.importing.account import Account
from sync.importing.incident_row import SOURCE, IncidentRow
from sync.importing.instances import Answers
from sync.importing.table import SourceRow, Table, found_columns, read_table
from sync.importing.taking import Entry, Progress, take_in
from sync.problems import Invalid
from sync.store import Store

FORM = "mmp_incident"

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "identifier": ("Incident ID", "Web ID"),
    "main": ("Main ID",),
    "kind": ("Incident Type",),
    "region": ("Region of Incident", "Region"),
    "reported": ("Reported Date",),
    "incident_date": ("Incident Date",),
    "year": ("Reported Year", "Incident Year", "Year"),
    "month": ("Reported Month", "Incident Month", "Month"),
    "dead": ("Number Dead", "Number of Dead"),
    "missing": ("Minimum Estimated Number of Missing", "Number Missing", "Number of Missing"),
    "total": ("Total Dead and Missing", "Total Number of Dead and Missing"),
    "survivors": ("Number of Survivors",),
    "female": ("Number of Females", "Number of Female"),
    "male": ("Number of Males", "Number of Male"),
    "children": ("Number of Children",),
    "cause": ("Cause of Death", "Cause Death"),
    "location_description": ("Location Description", "Location of Incident", "Location of Death"),
    "information_source": ("Information Source",),
    "coordinates": ("Location Coordinates", "Coordinates", "Location Coodinates"),  # as the API spells it
    "route": ("Migration Route",),
    "url": ("URL", "Source URL"),
    "unsd_region": ("UNSD Geographical Grouping", "UNSD Geographic Grouping"),
    "source_quality": ("Source Quality",),
    "country": ("Country of Incident",),
    "countries_origin": ("Country of Origin",),
    "region_origin": ("Region of Origin",),
}
"""Ours -> the headings of the files and the keys of the API, which are compared without case and signs."""


def import_missing_migrants(
    store: Store,
    project_id: int,
    data: bytes,
    name: str,
    *,
    dry_run: bool = False,
    alongside: bool = False,
    progress: Progress | None = None,
    by: str | None = None,
) -> Account:
    """Take the list into a project: each incident once, changes as edits, nothing deleted.

    name    of the file: .csv or .json
    Raises  Invalid (the file, its columns), NotFound (project), Conflict (see `take_in`), StorageFull
    """
    table = read_table(data, name)
    columns, others = found_columns(table.columns, COLUMNS)
    columns.setdefault("identifier", columns.get("main", ""))
    _require(columns, name)
    account = Account(SOURCE, name, table.encoding, len(table.rows), dry_run)
    if others:
        account.notes.append(f"Columns that were not taken: {', '.join(others)}.")
    entries = entries_of(table, columns, account)
    days = [found for entry in entries if (found := _day_of(entry.answers)) is not None]

    def in_scope(answers: Answers) -> bool:
        """A file of one year says nothing of another."""
        found = _day_of(answers)
        return bool(days) and found is not None and min(days) <= found <= max(days)

    return take_in(
        store, project_id, FORM, entries, account, in_scope, alongside=alongside, progress=progress, by=by
    )


def entries_of(table: Table, columns: Mapping[str, str], account: Account) -> list[Entry]:
    """An entry for each row that can be taken; the others are listed in the account."""
    entries: list[Entry] = []
    first: dict[str, SourceRow] = {}
    for row in table.rows:
        reading = IncidentRow(row, columns, account)
        answers = reading.answers()
        reason = reading.reason(first.get(reading.identifier))
        if reason is not None:
            account.list_row(row.line, reading.identifier, *reason, reading.figures)
            continue
        first[reading.identifier] = row
        entries.append(Entry(row.line, reading.identifier, answers, reading.figures))
    return entries


def _day_of(answers: Answers) -> date | None:
    text = answers.get("day/reporting_date") or answers.get("day/period_start")
    return date.fromisoformat(text) if text else None


def _require(columns: Mapping[str, str], name: str) -> None:
    needed = {"identifier": "Web ID or Incident ID", "dead": "Number Dead", "missing": "number of missing"}
    absent = [told for ours, told in needed.items() if not columns.get(ours)]
    if absent:
        raise Invalid(
            f"{name} is not a list of the Missing Migrants Project: it has no column {', '.join(absent)}.",
            "Import the CSV as it was downloaded, with its heading row.",
        )
