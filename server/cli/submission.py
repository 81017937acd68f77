"""`waypost submission`: look at one record, list those that need somebody, erase one."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from server.cli import invocation
from server.cli.instance import described

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Submissions, one by one.")

Instance = Annotated[
    str, typer.Argument(metavar="INSTANCE_ID", help="The instanceID, with its uuid: prefix.")
]
InProject = Annotated[int | None, typer.Option(metavar="N", help="Only in this project.")]
OfForm = Annotated[str | None, typer.Option(metavar="ID", help="Only of this form.")]


class Waiting(StrEnum):
    held = "held"
    parked = "parked"
    conflict = "conflict"


@app.command()
def show(instance_id: Instance, project: InProject = None, form: OfForm = None) -> None:
    """Show what became of a submission: versions, attachments, rows made of it, flags.

    Exit status 2 with the candidates when the instanceID is in several forms or projects.

    \b
    waypost submission show uuid:6a0f2d9e-...
    waypost submission show uuid:6a0f2d9e-... --project 1 --form fmr --json
    """
    from sync.inspection import show_submission

    with invocation.opened_store() as store:
        value = show_submission(store, instance_id, project, form)
    invocation.show(value, lambda: described(value))


@app.command("list")
def list_waiting(
    state: Annotated[Waiting, typer.Option(help="held, parked or conflict.")], project: InProject = None
) -> None:
    """List the submissions that need somebody: held (form unknown, original missing), parked, in conflict.

    \b
    waypost submission list --state held
    """
    from sync.inspection import list_submissions

    with invocation.opened_store() as store:
        rows = list_submissions(store, state.value, project)
    invocation.show(
        rows,
        lambda: invocation.table(
            [(r["instance_id"], r["form_id"], r["reason"], r["received_at"]) for r in rows],
            ("instanceID", "form", "reason", "received"),
            f"Nothing is {state.value}.",
        ),
    )


@app.command()
def erase(
    instance_id: Instance,
    project: InProject = None,
    form: OfForm = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be erased, and erase nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Erase. There is no way back.")] = False,
    reason: Annotated[
        str, typer.Option(help="By which request; kept in the audit trail. Never repeat an answer.")
    ] = "from the command line",
) -> None:
    """Erase a record for good: its key is destroyed, its files and every row made of it are removed.

    That the record existed stays known, so that a resend does not bring it back.

    \b
    waypost submission erase uuid:6a0f2d9e-... --dry-run
    waypost submission erase uuid:6a0f2d9e-... --yes
    """
    from sync.erase import erase_submission
    from sync.inspection import find_submission
    from sync.problems import Invalid

    if dry_run == yes:
        raise Invalid("Erasing has no way back.", "Say --dry-run to see what would go, or --yes to erase.")
    with invocation.opened_store() as store:
        with store.read() as session:
            uuid = find_submission(session, instance_id, project, form)["uuid"]
        space = invocation.settings().space()
        report = erase_submission(store, uuid, None, reason, dry_run, space).as_dict()
    heading = "Would be erased" if dry_run else "Erased"
    invocation.show(report, lambda: f"{heading}:\n{described(report, '  ')}")
