"""`waypost token`: tokens of people and scripts that read datasets."""

from __future__ import annotations

from typing import Annotated

import typer

from server.cli import invocation
from server.cli.form import Project

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Readers' tokens: for datasets and exports over HTTP."
)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who or what reads with it.")],
    project: Project,
    role: Annotated[str, typer.Option(help="viewer, analyst, supervisor, coordinator or admin.")],
    pcode: Annotated[list[str] | None, typer.Option(metavar="CODE", help="Only rows of this area.")] = None,
    organisation: Annotated[list[str] | None, typer.Option(metavar="CODE", help="Only rows it owns.")] = None,
) -> None:
    """Create a reader's token, shown now and never again. Its role decides which columns it sees.

    \b
    waypost token create "Situation report" --project 1 --role analyst
    curl -H "Authorization: Bearer TOKEN" http://127.0.0.1:8080/v1/projects/1/figures/flow_daily.csv
    """
    from sync.access import create_token

    with invocation.opened_store() as store:
        made = store.write(
            lambda session: create_token(session, project, name, role, pcode or (), organisation or ())
        )
    value = {
        "id": made.id,
        "name": made.name,
        "role": role,
        "token": made.token,
        "expires_at": made.expires_at,
    }
    invocation.show(
        value, f"Reader {made.id}: {made.name} ({role})\nToken  {made.token}   (shown now and never again)"
    )


@app.command("list")
def list_all(project: Project) -> None:
    """List a project's readers with their grants; no secret is among it.

    \b
    waypost token list --project 1
    """
    show_actors(
        project, "reader", "No reader yet. `waypost token create NAME --project ID --role ROLE` makes one."
    )


@app.command()
def revoke(
    reader: Annotated[int, typer.Argument(metavar="ID", help="The id that create and list print.")],
) -> None:
    """End a reader's token, within seconds everywhere.

    \b
    waypost token revoke 3
    """
    revoke_actor(reader)


def show_actors(project: int, kind: str, empty: str) -> None:
    from sync.access import list_actors

    with invocation.opened_store() as store, store.read() as session:
        actors = list_actors(session, project, kind)
    invocation.show(
        actors,
        lambda: invocation.table(
            [(a["id"], a["name"], a["token"], a["expires_at"], a["revoked_at"] or "") for a in actors],
            ("id", "name", "token id", "good until", "revoked"),
            empty,
        ),
    )


def revoke_actor(actor_id: int) -> None:
    from sync.access import revoke

    with invocation.opened_store() as store:
        store.write(lambda session: revoke(session, actor_id))
    invocation.show({"id": actor_id, "revoked": True}, f"{actor_id} is revoked. What it sent stays.")
