"""`waypost erasures`: the ledger of what was erased, which outlives every backup."""

from __future__ import annotations

from typing import Annotated

import typer

from server.cli import invocation

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The erasure ledger: what keeps a restored backup from bringing people back.",
)


@app.command("list")
def list_entries() -> None:
    """List what the ledger holds: when something was erased, and whether this database ever had it.

    \b
    waypost erasures list
    """
    from sync.erasures import known_erasures, ledger

    with invocation.opened_store() as store:
        with store.read() as session:
            known = known_erasures(session)
        book = ledger(store)
        entries = [
            {
                "at": e.at.isoformat(),
                "kind": str(e.kind),
                "digest": e.digest.hex(),
                "known": e.digest in known,
            }
            for e in book.read().values()
        ]
        value = {"ledger": str(book.path), "erasures": entries}
    invocation.show(
        value,
        lambda: invocation.table(
            [(e["at"], e["kind"], str(e["digest"])[:16]) for e in entries],
            ("erased at", "what", "digest"),
            "Nothing was erased yet.",
        ),
    )


@app.command()
def rewrite(
    yes: Annotated[bool, typer.Option("--yes", help="No copy of the ledger is left.")] = False,
) -> None:
    """Make the ledger anew of what the database knows, where the file and all its copies are lost.

    Erasures that only the lost file listed stay undone: after a restore look through your requests since the
    backup, and erase them again. The file that is there is kept beside with the ending .old.

    \b
    waypost erasures rewrite --yes
    """
    from sync.bring_forward import rewrite_ledger
    from sync.erasures import ledger
    from sync.problems import Invalid

    if not yes:
        raise Invalid(
            "A ledger made anew lists only what this database knows.",
            "Put the newest copy of the ledger back instead; say --yes where no copy is left.",
        )
    with invocation.opened_store(forward=False) as store:
        listed, path = rewrite_ledger(store), ledger(store).path
    invocation.show({"ledger": str(path), "listed": listed}, f"{path} lists {listed} erasures.")
