"""`waypost duplicates`: pairs that may tell of one group."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from server.cli import invocation
from server.cli.form import Project

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Suspected duplicates. Both rows stay counted until somebody decides.",
)


@app.command("list")
def list_pairs(project: Project) -> None:
    """List the pairs under review, the likeliest first, with what makes them alike.

    \b
    waypost duplicates list --project 1
    waypost duplicates list --project 1 --json
    """
    from sync.decisions import open_pairs

    with invocation.opened_store() as store, store.read() as session:
        pairs = open_pairs(session, project)
    invocation.show(pairs, lambda: "\n\n".join(map(_told, pairs)) or "No pair is under review.")


@app.command()
def decide(
    pair: Annotated[str, typer.Argument(metavar="PAIR", help="The pair's id, from `duplicates list`.")],
    keep_both: Annotated[bool, typer.Option("--keep-both", help="They are two groups.")] = False,
    reject: Annotated[
        str | None, typer.Option(metavar="RECORD", help="This row tells of the other row's group.")
    ] = None,
    note: Annotated[str | None, typer.Option(help="Why, for whoever asks later.")] = None,
) -> None:
    """Decide about a pair. A later decision takes the place of an earlier one; nothing is deleted.

    \b
    waypost duplicates decide PAIR --keep-both
    waypost duplicates decide PAIR --reject RECORD --note "same herd, reported twice"
    """
    from sync import decisions
    from sync.problems import Invalid

    if keep_both == (reject is not None):
        raise Invalid("A decision keeps both rows or rejects one.", "Say --keep-both or --reject RECORD.")
    outcome = decisions.KEEP_BOTH if reject is None else decisions.reject(reject)
    with invocation.opened_store() as store:
        made = decisions.decide_duplicate(store, pair, outcome, note=note)
    invocation.show({"decision": made, "pair": pair, "outcome": outcome}, f"Decided: {outcome}.")


def _told(pair: dict[str, Any]) -> str:
    lines = [
        f"{pair['pair']}   {pair['table']}, score {pair['score']:.2f}",
        *(f"  {r}" for r in pair["reasons"]),
    ]
    for row in pair["rows"]:
        where = row.get("place_id") or row.get("adm2_pcode") or "no place"
        lines.append(f"  row {row['record_id']}  {where} {row['reporting_date']}  {row['instance_id']}")
    return "\n".join(lines)
