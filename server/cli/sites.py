"""`waypost sites`: registered places."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from server.cli import invocation
from server.cli.form import Project

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Registered places: flow monitoring points, points of entry, counting points, sites.",
)


@app.command("import")
def import_places(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A CSV with a heading row.")
    ],
    project: Project,
) -> None:
    """Import registered places from a CSV. A code that is already there is updated; none is removed.

    Columns: place_id, name, kind, lon, lat, pcode, timezone, route, and when the place should be observed:
    weekdays (12345, mon-fri, daily), opens, closes, valid_from, valid_to.

    \b
    waypost sites import fmp.csv --project 1
    """
    from dataclasses import asdict

    from sync.places.sites import import_sites

    with invocation.opened_store() as store:
        report = asdict(import_sites(store, project, file.read_bytes()))
    counts = {name: len(codes) for name, codes in report.items()}
    lines = [
        f"{counts['new']} places are new, {counts['changed']} changed, {counts['unchanged']} as they were."
    ]
    invocation.show(report, "\n".join([*lines, *report["warnings"]]))
