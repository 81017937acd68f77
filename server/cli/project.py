"""`waypost project`: projects."""

from __future__ import annotations

from typing import Annotated

import typer

from server.cli import invocation

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Projects: each has its own forms, tablets, places and figures.",
)


@app.command()
def create(name: Annotated[str, typer.Argument(help="What people call it.")]) -> None:
    """Create a project and print its id, which the other commands take as --project.

    \b
    waypost project create "Flow monitoring 2026"
    waypost project create Pilot --json
    """
    from sync.registry import create_project

    with invocation.opened_store() as store:
        value = dict(store.write(lambda session: create_project(session, name)))
    invocation.show(value, f"Project {value['id']}: {value['name']}")


@app.command("list")
def list_all() -> None:
    """List the projects.

    \b
    waypost project list
    """
    from sync.registry import list_projects

    with invocation.opened_store() as store, store.read() as session:
        projects = [dict(row) for row in list_projects(session)]
    invocation.show(
        projects,
        lambda: invocation.table(
            [(p["id"], p["name"], p["created_at"]) for p in projects],
            ("id", "name", "created"),
            "There is no project yet. `waypost project create NAME` makes one.",
        ),
    )
