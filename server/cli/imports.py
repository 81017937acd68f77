"""`waypost import`: what partners already have."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli import invocation
from server.cli.form import Project

if TYPE_CHECKING:
    from sync.importing.account import Account, Remark

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Import what partners already have, and what is still on tablets. All of it becomes submissions,"
    " received like any other.",
)

File = Annotated[
    Path,
    typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True, help="The partner's file."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")]
AccountFile = Annotated[
    Path | None,
    typer.Option("--account", metavar="FILE", help="Write what became of each row to this CSV."),
]
Alongside = Annotated[
    bool,
    typer.Option(
        "--alongside", help="Take it in although it holds none of the rows that were imported before."
    ),
]
_SHOWN = 10


class Assessment(StrEnum):
    BA = "BA"
    SA = "SA"
    ETT = "ETT"


@app.command("missing-migrants")
def missing_migrants(
    file: File,
    project: Project,
    dry_run: DryRun = False,
    account: AccountFile = None,
    alongside: Alongside = False,
) -> None:
    """Import the list of the Missing Migrants Project: its CSV, old or new, or its API's JSON.

    Every row is imported or listed with its reason, and the sums of dead and missing are shown beside those
    of the file. What is not known stays unknown. A row that is as it was changes nothing; one that changed
    becomes an edit; one that is gone is listed, and stays. The form mmp_incident is published if it is not
    there.

    \b
    waypost import missing-migrants MissingMigrants.csv --project 1 --dry-run
    waypost import missing-migrants MissingMigrants.csv --project 1 --account account.csv
    """
    from sync.importing.missing_migrants import import_missing_migrants

    progress = invocation.Progress("received")
    with invocation.opened_store() as store:
        found = import_missing_migrants(
            store, project, file.read_bytes(), file.name, dry_run=dry_run, alongside=alongside,
            progress=progress,
        )  # fmt: skip
    progress.end()
    _show(found, account)


@app.command("baseline")
def baseline(
    file: File,
    project: Project,
    round_: Annotated[str, typer.Option("--round", metavar="CODE", help="The round.")] = "",
    operation: Annotated[str, typer.Option(metavar="CODE", help="The operation.")] = "",
    assessment: Annotated[
        Assessment | None, typer.Option(help="BA (areas), SA (sites) or ETT; the two are never added.")
    ] = None,
    date_: Annotated[
        str | None,
        typer.Option("--date", metavar="DATE", help="The day of a file without a column for it."),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="What columns hold: a CSV of column,variable,category.",
        ),
    ] = None,
    crosswalk: Annotated[
        str, typer.Option(metavar="SOURCE", help="The crosswalk that leads reasons to our codes.")
    ] = "dtm_api",
    dry_run: DryRun = False,
    account: AccountFile = None,
    alongside: Alongside = False,
) -> None:
    """Import a baseline sheet (.csv, .xlsx): one row for a site or area and round, as DTM publishes them.

    --round, --operation and --assessment say what all rows are of; where the file has a column for one, only
    such rows are taken. Headings of the DTM files and HXL tags are known; --mapping says what others hold.
    Try it with --dry-run: it lists the areas, sites, rounds, operations and reasons that nothing here answers
    to, figures that cannot be, places that stand twice, and counts that stand as BA and as SA alike.

    \b
    waypost import baseline dtm_chad.csv --project 1 --round 3 --operation LCB --assessment BA --dry-run
    waypost import baseline sites.xlsx --project 1 --round 7 --assessment SA --date 2026-11-15 --mapping m.csv
    """
    from sync.importing.baseline import import_baseline
    from sync.importing.baseline_columns import read_mapping

    held = read_mapping(mapping.read_bytes(), mapping.name) if mapping is not None else None
    progress = invocation.Progress("received")
    with invocation.opened_store() as store:
        found = import_baseline(
            store,
            project,
            file.read_bytes(),
            file.name,
            round_code=round_,
            operation=operation,
            assessment=assessment.value if assessment else "",
            on=_day(date_) if date_ else None,
            mapping=held,
            crosswalk=crosswalk,
            dry_run=dry_run,
            alongside=alongside,
            progress=progress,
        )
    progress.end()
    _show(found, account)


def _day(text: str) -> date:
    from sync.problems import Invalid

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"{text!r} is not a date.", "Write it as 2026-11-22.") from None


def _show(found: Account, to: Path | None) -> None:
    if to is not None:
        to.write_text(found.to_csv(), encoding="utf-8", newline="")
    invocation.show(found.to_json(), lambda: _told(found))


def _told(found: Account) -> str:
    from sync.importing.account import Outcome

    counts = found.counts
    lines = [f"{found.file}: {found.rows:,} rows, read as {found.encoding}."]
    if found.form_published:
        does = "would be" if found.dry_run else "was"
        lines.append(f"The form {found.form_id} {found.form_version} {does} published: the project had none.")
    if_not_dry = " if it were no dry run" if found.dry_run else ""
    told = ", ".join(f"{counts[one]:,} {one}" for one in Outcome)
    lines.append(f"Records{if_not_dry}: {told}.")
    lines.append(_sums(found))
    for kind, texts in found.unmatched.items():
        lines.append(f"Not matched among {kind}:")
        shown = sorted(texts.items(), key=lambda one: (-len(one[1]), one[0]))
        lines += [f"  {text} ({len(at):,} rows, first in line {at[0]})" for text, at in shown[:_SHOWN]]
        lines += [f"  and {len(shown) - _SHOWN:,} more"] if len(shown) > _SHOWN else []
    if found.unmatched:
        lines.append("Rows with such values are imported all the same unless they are listed below.")
    lines += _remarks("Not imported:", [r for r in found.remarks if r.is_reason])
    lines += _remarks("Imported, with a remark:", [r for r in found.remarks if not r.is_reason])
    lines += found.notes
    written = counts[Outcome.NEW] + counts[Outcome.CHANGED]
    if written and found.seconds:
        lines.append(f"Received in {found.seconds:.1f} s, {written / found.seconds:,.0f} rows a second.")
    if not found.dry_run and written:
        lines.append("The worker makes figures of them now: `waypost status` shows what waits.")
    return "\n".join(line for line in lines if line)


def _sums(found: Account) -> str:
    rows = [
        (name, one.file, one.imported, one.listed, one.unknown, "yes" if one.balanced else "NO")
        for name, one in found.sums.items()
    ]
    headings = ("sum of", "file", "imported", "listed", "cells not known", "adds up")
    return invocation.table(rows, headings, "")


def _remarks(title: str, remarks: list[Remark]) -> list[str]:
    if not remarks:
        return []
    lines = [title]
    for one in remarks[:_SHOWN]:
        where = ", ".join(part for part in (f"line {one.line}" if one.line else "", one.column) if part)
        value = f" {one.value[:60]!r}" if one.value else ""
        lines.append(f"  {where or one.identifier}{value}: {one.text}")
    if len(remarks) > _SHOWN:
        lines.append(f"  and {len(remarks) - _SHOWN:,} more; --account FILE writes them all")
    return lines
