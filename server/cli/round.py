"""`waypost round`: the rounds of a project's operations."""

from __future__ import annotations

from typing import Annotated

import typer

from server.cli import invocation
from server.cli.form import Project
from server.cli.register_import import DryRun, Table, Update, show_report

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Rounds of assessments: a period of one operation and one type, with the areas to cover.",
)

Operation = Annotated[
    str | None, typer.Option(metavar="CODE", help="Of this operation; a project's only one needs no name.")
]
Overlapping = Annotated[
    bool, typer.Option("--overlapping", help="Its period may share days with another round's.")
]


@app.command()
def add(
    code: Annotated[str, typer.Argument(help="As forms carry it: 16, B2_01.")],
    project: Project,
    kind: Annotated[
        str, typer.Option("--type", metavar="CODE", help="Code of the list assessment_type: BA, SA, FM.")
    ],
    start: Annotated[str | None, typer.Option(metavar="DAY", help="The first day: 2026-10-01.")] = None,
    end: Annotated[str | None, typer.Option(metavar="DAY", help="The last day.")] = None,
    operation: Operation = None,
    status: Annotated[
        str | None, typer.Option(metavar="CODE", help="draft, cleaning, validated or published.")
    ] = None,
    pcode: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="An area to cover; repeat for more.")
    ] = None,
    overlapping: Overlapping = False,
    update: Update = False,
) -> None:
    """Register a round. It is filled into rows of its type and days whose form does not ask for it.

    Rows that name a round nobody registered, or lie outside its days, are kept and flagged.

    \b
    waypost round add 16 --project 1 --type BA --start 2026-10-01 --end 2026-10-31
    """
    from sync.registers.rounds import add_round

    with invocation.opened_store() as store:
        report = add_round(
            store, project, code, kind, start, end, operation, status, pcode or (),
            overlapping=overlapping, update=update,
        )  # fmt: skip
    show_report(report, "rounds")


@app.command("import")
def import_table(
    file: Table, project: Project, overlapping: Overlapping = False, dry_run: DryRun = False
) -> None:
    """Register rounds from a CSV. None is removed.

    Columns: operation, assessment_type, code, period_start, period_end, status, pcodes.

    \b
    waypost round import rounds.csv --project 1 --dry-run
    """
    from sync.registers.rounds import import_rounds

    with invocation.opened_store() as store:
        report = import_rounds(store, project, file.read_bytes(), overlapping=overlapping, dry_run=dry_run)
    show_report(report, "rounds")


@app.command()
def state(
    code: Annotated[str, typer.Argument(help="Its code.")],
    status: Annotated[str, typer.Argument(help="draft, cleaning, validated or published.")],
    project: Project,
    kind: Annotated[
        str | None, typer.Option("--type", metavar="CODE", help="Where several types have this code.")
    ] = None,
    operation: Operation = None,
) -> None:
    """Say how far a round is.

    \b
    waypost round state 16 validated --project 1 --type BA
    """
    from sync.registers.rounds import set_round_status

    with invocation.opened_store() as store:
        report = set_round_status(store, project, code, status, kind, operation)
    show_report(report, "rounds")


@app.command("list")
def list_all(project: Project) -> None:
    """List a project's rounds.

    \b
    waypost round list --project 1
    """
    from sync.registers.rounds import list_rounds

    names = ("operation", "assessment_type", "code", "period_start", "period_end", "status")
    with invocation.opened_store() as store, store.read() as session:
        found = list_rounds(session, project)
    rows = [[one[name] for name in names] for one in found]
    empty = "No round yet. `waypost round add CODE --project ID --type BA` registers one."
    headings = ("operation", "type", "code", "from", "to", "status")
    invocation.show(found, lambda: invocation.table(rows, headings, empty))
