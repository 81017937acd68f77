"""`waypost organisation`: who owns records."""

from __future__ import annotations

from typing import Annotated

import typer

from server.cli import invocation
from server.cli.register_import import DryRun, Table, Update, show_report

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Organisations that own records under an agreement. They are the same for all projects.",
)


@app.command()
def add(
    code: Annotated[str, typer.Argument(help="As forms carry it, without a blank.")],
    name: Annotated[str, typer.Argument(help="Its full name.")],
    update: Update = False,
) -> None:
    """Register an organisation. A row that names one nobody registered is kept and flagged.

    \b
    waypost organisation add ONS "Office national de la statistique"
    """
    from sync.registers.organisations import add_organisation

    with invocation.opened_store() as store:
        report = add_organisation(store, code, name, update=update)
    show_report(report, "organisations")


@app.command("import")
def import_table(file: Table, dry_run: DryRun = False) -> None:
    """Register organisations from a CSV with the columns code and name. None is removed.

    \b
    waypost organisation import organisations.csv --dry-run
    """
    from sync.registers.organisations import import_organisations

    with invocation.opened_store() as store:
        report = import_organisations(store, file.read_bytes(), dry_run=dry_run)
    show_report(report, "organisations")


@app.command("list")
def list_all() -> None:
    """List the organisations.

    \b
    waypost organisation list
    """
    from sync.registers.organisations import list_organisations

    with invocation.opened_store() as store, store.read() as session:
        found = list_organisations(session)
    rows = [(one["code"], one["name"]) for one in found]
    empty = "No organisation yet. `waypost organisation add CODE NAME` registers one."
    invocation.show(found, lambda: invocation.table(rows, ("code", "name"), empty))
