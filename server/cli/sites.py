"""`waypost sites`: registered places."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from server.cli import invocation
from server.cli.form import Project
from server.cli.instance import described

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Registered places: flow monitoring points, points of entry, counting points, sites.",
)


@app.command("import")
def import_places(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A CSV with a heading row.")],
    project: Project,
) -> None:
    """Import registered places from a CSV. A code that is already there is updated; none is removed.

    Columns: code, name, kind, lon, lat, pcode, timezone, and when the place should be observed: weekdays
    (12345), opens, closes, valid_from.

    \b
    waypost sites import fmp.csv --project 1
    """
    from sync.places.sites import import_sites

    with invocation.opened_store() as store:
        report = import_sites(store, project, file.read_bytes())
    invocation.show(report, lambda: described(report))
