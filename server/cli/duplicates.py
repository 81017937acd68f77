"""`waypost duplicates`: pairs that may tell of one group."""

from __future__ import annotations

from typing import Annotated

import typer

from server.cli import invocation
from server.cli.form import Project

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Suspected duplicates. Both rows stay counted until somebody decides.")


@app.command("list")
def list_pairs(
    project: Project,
    everything: Annotated[bool, typer.Option("--all", help="Decided pairs too.")] = False,
) -> None:
    """List the pairs under review, the likeliest first, with what makes them alike.

    \b
    waypost duplicates list --project 1
    """
    from sync.decisions import list_pairs as read_pairs

    with invocation.opened_store() as store:
        pairs = read_pairs(store, project, undecided=not everything)
    invocation.show(
        pairs,
        lambda: invocation.table(
            [(p["id"], f"{p['score']:.2f}", p["record_a"], p["record_b"], "; ".join(p["reasons"])) for p in pairs],
            ("pair", "score", "row a", "row b", "why"),
            "No pair is under review.",
        ),
    )


@app.command()
def decide(
    pair: Annotated[str, typer.Argument(metavar="PAIR", help="The pair's id, from `duplicates list`.")],
    keep_both: Annotated[bool, typer.Option("--keep-both", help="They are two groups.")] = False,
    reject: Annotated[str | None, typer.Option(metavar="RECORD", help="This row tells of the other row's group.")] = None,
    note: Annotated[str | None, typer.Option(help="Why, for whoever asks later.")] = None,
) -> None:
    """Decide about a pair. A later decision takes the place of an earlier one; nothing is deleted.

    \b
    waypost duplicates decide PAIR --keep-both
    waypost duplicates decide PAIR --reject RECORD --note "same herd, reported twice"
    """
    from sync.decisions import decide_duplicate
    from sync.problems import Invalid

    if keep_both == (reject is not None):
        raise Invalid("A decision keeps both rows or rejects one.", "Say --keep-both or --reject RECORD.")
    outcome = "keep_both" if reject is None else f"reject:{reject}"
    with invocation.opened_store() as store:
        decided = decide_duplicate(store, pair, outcome, note)
    invocation.show(decided, f"Pair {pair}: {outcome}. The figures follow as soon as it is processed.")
