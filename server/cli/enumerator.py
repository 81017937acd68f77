"""`waypost enumerator`: who types, by pseudonym."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from server.cli import invocation
from server.cli.form import Project
from server.cli.register_import import DryRun, Table, Update, show_report

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Enumerators by pseudonym, as forms carry it in entered_by. Names are kept on paper, not here.",
)


@app.command()
def add(
    project: Project,
    pseudonym: Annotated[
        str | None, typer.Argument(help="With a digit and no blank: EN-4K7. Generated when not given.")
    ] = None,
    count: Annotated[int, typer.Option(help="How many to generate.")] = 1,
    organisation: Annotated[
        str | None, typer.Option(metavar="CODE", help="Whom they work for; registered before.")
    ] = None,
    sex: Annotated[str | None, typer.Option(metavar="CODE", help="Code of the list sex.")] = None,
    team: Annotated[str | None, typer.Option(help="Their team.")] = None,
    update: Update = False,
) -> None:
    """Register enumerators and print their pseudonyms. One that was retired is never given again.

    \b
    waypost enumerator add --project 1 --count 20 --organisation ONS --team North
    waypost enumerator add EN-4K7 --project 1
    """
    from sync.registers.enumerators import add_enumerators

    with invocation.opened_store() as store:
        report = add_enumerators(store, project, count, pseudonym, organisation, sex, team, update=update)
    show_report(report, "enumerators", listed=True)


@app.command("import")
def import_table(file: Table, project: Project, dry_run: DryRun = False) -> None:
    """Register enumerators from a CSV: pseudonym, organisation, sex, team. None is removed.

    \b
    waypost enumerator import enumerators.csv --project 1 --dry-run
    """
    from sync.registers.enumerators import import_enumerators

    with invocation.opened_store() as store:
        report = import_enumerators(store, project, file.read_bytes(), dry_run=dry_run)
    show_report(report, "enumerators")


@app.command()
def retire(
    pseudonym: Annotated[str, typer.Argument(help="As it is registered.")],
    project: Project,
    on: Annotated[
        datetime | None,
        typer.Option(metavar="DAY", formats=["%Y-%m-%d"], help="Their last day. Default: today."),
    ] = None,
) -> None:
    """Say that nobody types as this pseudonym any more. What was typed stays; later rows are flagged.

    \b
    waypost enumerator retire EN-4K7 --project 1
    """
    from sync.registers.enumerators import retire_enumerator

    with invocation.opened_store() as store:
        report = retire_enumerator(store, project, pseudonym, on.replace(tzinfo=UTC) if on else None)
    show_report(report, "enumerators")


@app.command("list")
def list_all(project: Project) -> None:
    """List a project's enumerators, retired ones included.

    \b
    waypost enumerator list --project 1
    """
    from sync.registers.enumerators import list_enumerators

    names = ("pseudonym", "organisation", "sex", "team", "retired_at")
    with invocation.opened_store() as store, store.read() as session:
        found = list_enumerators(session, project)
    rows = [[one[name] for name in names] for one in found]
    empty = "No enumerator yet. `waypost enumerator add --project ID` registers one."
    headings = ("pseudonym", "organisation", "sex", "team", "retired")
    invocation.show(found, lambda: invocation.table(rows, headings, empty))
