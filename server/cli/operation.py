"""`waypost operation`: the operations of a project."""

from __future__ import annotations

from typing import Annotated

import typer

from server.cli import invocation
from server.cli.form import Project
from server.cli.register_import import DryRun, Table, Update, show_report

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Operations of a project. Figures of two operations in one country are never summed.",
)

Status = Annotated[str | None, typer.Option(metavar="CODE", help="active or inactive.")]


@app.command()
def add(
    code: Annotated[str, typer.Argument(help="As forms carry it, without a blank.")],
    name: Annotated[str, typer.Argument(help="What people call it.")],
    project: Project,
    status: Status = None,
    country: Annotated[
        list[str] | None, typer.Option(metavar="ISO3", help="Covers this country; repeat for more.")
    ] = None,
    update: Update = False,
) -> None:
    """Register an operation. A project's only one is filled into rows whose form does not ask for it.

    With a second one nothing is filled in any more, and the rows are processed again.

    \b
    waypost operation add LAKE "Lake Chad basin" --project 1 --country TCD --country NER
    """
    from sync.registers.operations import add_operation

    with invocation.opened_store() as store:
        report = add_operation(store, project, code, name, status, country or (), update=update)
    show_report(report, "operations")


@app.command("import")
def import_table(file: Table, project: Project, dry_run: DryRun = False) -> None:
    """Register operations from a CSV: code, name, status, countries. None is removed.

    \b
    waypost operation import operations.csv --project 1 --dry-run
    """
    from sync.registers.operations import import_operations

    with invocation.opened_store() as store:
        report = import_operations(store, project, file.read_bytes(), dry_run=dry_run)
    show_report(report, "operations")


@app.command()
def state(
    code: Annotated[str, typer.Argument(help="Its code.")],
    status: Annotated[str, typer.Argument(help="active or inactive.")],
    project: Project,
) -> None:
    """Say whether an operation is active. Its records stay as they are.

    \b
    waypost operation state LAKE inactive --project 1
    """
    from sync.registers.operations import set_operation_status

    with invocation.opened_store() as store:
        report = set_operation_status(store, project, code, status)
    show_report(report, "operations")


@app.command("list")
def list_all(project: Project) -> None:
    """List a project's operations.

    \b
    waypost operation list --project 1
    """
    from sync.registers.operations import list_operations

    with invocation.opened_store() as store, store.read() as session:
        found = list_operations(session, project)
    rows = [(o["code"], o["name"], o["status"], " ".join(o["countries"])) for o in found]
    empty = "No operation yet. `waypost operation add CODE NAME --project ID` registers one."
    invocation.show(found, lambda: invocation.table(rows, ("code", "name", "status", "countries"), empty))
