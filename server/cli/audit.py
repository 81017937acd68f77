"""`waypost audit`: who did what, and that nobody changed the account of it."""

from __future__ import annotations

from typing import Annotated

import typer

from server.cli import invocation

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The audit trail: grants, erasures, decisions, every look at what identifies people.",
)


@app.command("list")
def list_entries(
    action: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="submission.erase, or identifiers for all that begin so; repeat."),
    ] = None,
    about: Annotated[str | None, typer.Option(metavar="UUID", help="Only about this object.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 100,
) -> None:
    """List entries, the newest first. None of them repeats an answer.

    \b
    waypost audit list
    waypost audit list --action identifiers --action informant
    """
    from sync.trail import read_trail

    with invocation.opened_store() as store, store.read() as session:
        entries = read_trail(session, action or (), about, limit)
    invocation.show(
        entries,
        lambda: invocation.table(
            [
                (
                    e["id"],
                    e["at"].isoformat(timespec="seconds"),
                    e["action"],
                    e["actor"] or e["actor_uuid"] or "command line",
                    e["object"] or "",
                    "; ".join(f"{name}: {value}" for name, value in e["detail"].items() if value is not None),
                )
                for e in entries
            ],
            ("id", "at", "action", "by", "object", "detail"),
            "No entry fits.",
        ),
    )


@app.command()
def verify() -> None:
    """Check that no entry was changed, removed or exchanged. Exit status 1 when one was.

    That the newest entries were cut off shows only against a last hash you noted before: note it with each
    backup.

    \b
    waypost audit verify
    """
    from dataclasses import asdict

    from sync.trail import verify_trail

    with invocation.opened_store() as store, store.read() as session:
        found = verify_trail(session)
    told = f"{found.entries:,} entries, each as it was written. Last hash {found.last_hash}"
    if found.broken is not None:
        told = (
            f"ENTRY {found.broken} DOES NOT FIT: {found.reason}. The {found.entries:,} before it are whole."
        )
    invocation.show(asdict(found), told)
    if found.broken is not None:
        raise typer.Exit(1)
