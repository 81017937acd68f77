"""`waypost places`: boundary releases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from server.cli import invocation
from server.cli.form import Project
from server.cli.instance import described

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Administrative boundaries, release by release."
)


@app.command("import")
def import_boundaries(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", exists=True, dir_okay=False, help="GeoJSON, GeoPackage or zipped Shapefile."
        ),
    ],
    project: Project,
    release: Annotated[str, typer.Option(metavar="NAME", help="What this release is called: v02.")],
    level: Annotated[
        int | None, typer.Option(metavar="N", help="Level of the areas, where the file does not tell.")
    ] = None,
) -> None:
    """Import a boundary release and make it the project's active one.

    Reads GeoJSON, GeoPackage and zipped Shapefile with COD-AB columns in all their spellings, one file per
    level or all in one. Invalid polygons are repaired and reported. Records are placed again by the new
    release; the place by the earlier release is kept.

    \b
    waypost places import xsa_admin0.geojson xsa_admin1.geojson --project 1 --release v01
    waypost places import mli_adm.gpkg --project 1 --release 2024
    """
    from sync.places.releases import import_release
    from sync.places.retag import retag

    with invocation.opened_store() as store:
        report = import_release(store, files, release, project, level=level, progress=invocation.step)
        placed = retag(store, project, progress=lambda done: invocation.step(f"{done:,} rows placed anew"))
    value = {
        "release": report.release.name,
        "hash": report.release.content_hash,
        "areas": report.areas,
        "new": report.is_new,
        "activated": report.is_activated,
        "rows_placed_anew": placed,
        "report": report.lines,
    }
    invocation.show(value, lambda: _told(value))


def _told(value: dict[str, Any]) -> str:
    areas = ", ".join(f"{count:,} of level {level}" for level, count in sorted(value["areas"].items()))
    lines = [
        f"Release {value['release']} is the project's active one: {areas}.",
        f"{value['rows_placed_anew']:,} rows were placed anew; their earlier place is kept.",
    ]
    if value["report"]:
        lines += ["What was repaired, converted or derived:", described(value["report"], "  ")]
    return "\n".join(lines)
