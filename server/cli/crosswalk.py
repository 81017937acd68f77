"""`waypost crosswalk`: codes of others, and ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from server.cli import invocation
from server.cli.form import Project
from server.cli.register_import import DryRun, Table, show_report

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Crosswalks: the codes of the DTM API, Missing Migrants or a statistics office, and ours.",
)


@app.command("import")
def import_table(
    file: Table,
    project: Project,
    source: Annotated[str, typer.Option(metavar="NAME", help="What the list is called: insae_areas.")],
    dry_run: DryRun = False,
) -> None:
    """Import an office's own codes. Those the file does not name stay as they are.

    Columns: list_name (a code list, or admin1 to admin3), foreign_code, code (ours; - where theirs says
    nothing), valid_from, valid_to (days), note. A code has one meaning on each day.

    \b
    waypost crosswalk import ages.csv --project 1 --source insae_ages --dry-run
    """
    from sync.registers.crosswalks import import_crosswalk

    with invocation.opened_store() as store:
        report = import_crosswalk(store, project, source, file.read_bytes(), dry_run=dry_run)
    show_report(report, "codes")


@app.command("list")
def list_all(project: Project) -> None:
    """List the sources whose codes a project can use.

    \b
    waypost crosswalk list --project 1
    """
    from sync.registers.crosswalks import list_crosswalks

    with invocation.opened_store() as store, store.read() as session:
        found = list_crosswalks(session, project)
    rows = [
        (o["source"], "Waypost" if o["shipped"] else "project", o["codes"], " ".join(o["lists"]))
        for o in found
    ]
    headings = ("source", "kept by", "codes", "lists")
    invocation.show(found, lambda: invocation.table(rows, headings, "There is no crosswalk."))


@app.command()
def export(
    source: Annotated[str, typer.Argument(help="As `waypost crosswalk list` names it.")],
    project: Project,
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Write it there, not to the screen.")
    ] = None,
) -> None:
    """Write a crosswalk as the CSV that import reads.

    \b
    waypost crosswalk export dtm_api --project 1 --to dtm_api.csv
    """
    from sync.registers.crosswalks import export_crosswalk

    with invocation.opened_store() as store, store.read() as session:
        text = export_crosswalk(session, project, source)
    if to is not None:
        to.write_text(text, encoding="utf-8", newline="")
    value = {"source": source, "codes": text.count("\n") - 1, "file": str(to) if to else None, "csv": text}
    invocation.show(value, f"{value['codes']} codes written to {to}." if to else text.rstrip("\n"))
