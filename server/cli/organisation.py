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


@app.command()
def release(
    code: Annotated[str, typer.Argument(help="Code of the organisation.")],
    after_days: Annotated[
        int | None, typer.Option(metavar="N", help="Published once they are N days old.")
    ] = None,
    withdraw: Annotated[bool, typer.Option(help="Publish nothing more of them.")] = False,
) -> None:
    """Say that an association releases its records of transhumance, and after how many days.

    Until then viewers see no herd, corridor or alert of it; with the release they see those that are old
    enough, no finer than the second-level area, and of alerts only the confirmed ones. Analysts and
    coordinators are not concerned.

    \b
    waypost organisation release RBM --after-days 30
    waypost organisation release RBM --withdraw
    """
    from sync.problems import Invalid
    from sync.registers.organisations import release_transhumance

    if (after_days is None) != withdraw:
        raise Invalid("Either --after-days N or --withdraw is needed.", "Give one of the two.")
    with invocation.opened_store() as store:
        release_transhumance(store, code, after_days)
    told = "are published no more" if withdraw else f"may be published after {after_days} days"
    value = {"code": code, "release_after_days": after_days}
    invocation.show(value, f"Records of transhumance of {code} {told}.")


@app.command("list")
def list_all() -> None:
    """List the organisations.

    \b
    waypost organisation list
    """
    from sync.registers.organisations import list_organisations

    with invocation.opened_store() as store, store.read() as session:
        found = list_organisations(session)
    rows = [(one["code"], one["name"], _release(one["release_after_days"])) for one in found]
    empty = "No organisation yet. `waypost organisation add CODE NAME` registers one."
    invocation.show(found, lambda: invocation.table(rows, ("code", "name", "transhumance"), empty))


def _release(after_days: int | None) -> str:
    return "not released" if after_days is None else f"after {after_days} days"
