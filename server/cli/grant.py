"""`waypost grant`: who may have identifying answers opened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from server.cli import invocation
from server.cli.form import Project

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Grants to have names, phone numbers and photos opened. Every use is in the audit trail.",
)


@app.command()
def identifiers(
    actor: Annotated[int, typer.Argument(metavar="ACTOR", help="The id that `waypost token list` prints.")],
    project: Project,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Last day it holds (UTC).")
    ] = None,
    form: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only records of this form.")] = None,
    organisation: Annotated[list[str] | None, typer.Option(metavar="CODE", help="Only what it owns.")] = None,
    pcode: Annotated[list[str] | None, typer.Option(metavar="CODE", help="Only of this area.")] = None,
) -> None:
    """Let somebody have identifying answers opened, one record at a time, with a reason each time.

    It is no role: of datasets they see what they saw. A record fits one of each that narrows it; by area and
    organisation only records that made rows can be told. Give it until a day, and to few.

    \b
    waypost grant identifiers 3 --project 1 --until 2027-03-31
    waypost grant identifiers 3 --project 1 --form returnees --pcode TD07
    """
    from sync.identifier_grants import grant_identifiers

    ends = until.replace(tzinfo=UTC) + timedelta(days=1) if until else None
    with invocation.opened_store() as store:
        made = store.write(
            lambda session: grant_identifiers(
                session, actor, project, ends, form or (), organisation or (), pcode or ()
            )
        )
    value = {"grants": made, "actor": actor, "project": project, "until": until and until.date()}
    invocation.show(
        value,
        f"Actor {actor} may have identifying answers of project {project} opened"
        f"{f' until {until.date()}' if until else ''}: grant {', '.join(map(str, made))}.",
    )


@app.command("list")
def list_all(
    project: Annotated[int | None, typer.Option(metavar="ID", help="Only of this project.")] = None,
) -> None:
    """List the grants there are and were, and whether each holds now.

    \b
    waypost grant list
    """
    from sync.identifier_grants import list_identifier_grants

    with invocation.opened_store() as store, store.read() as session:
        grants = list_identifier_grants(session, project)
    invocation.show(
        grants,
        lambda: invocation.table(
            [
                (
                    g["id"],
                    g["actor"],
                    g["name"],
                    g["project"],
                    " ".join(filter(None, (g["form"], g["organisation"], g["pcode"]))) or "all",
                    g["expires_at"] or "revoked",
                    "yes" if g["holds"] else "no",
                )
                for g in grants
            ],
            ("id", "actor", "name", "project", "of", "ends", "holds"),
            "Nobody may have identifying answers opened. `waypost grant identifiers` lets somebody.",
        ),
    )


@app.command()
def revoke(grant: Annotated[int, typer.Argument(metavar="ID", help="The id that list prints.")]) -> None:
    """Take such a grant back, from now on. What was opened under it stays in the audit trail.

    \b
    waypost grant revoke 5
    """
    from sync.identifier_grants import revoke_identifier_grant

    with invocation.opened_store() as store:
        store.write(lambda session: revoke_identifier_grant(session, grant))
    invocation.show({"grant": grant, "revoked": True}, f"Grant {grant} holds no more.")
