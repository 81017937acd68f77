"""`waypost places`: boundary releases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from server.cli import invocation
from server.cli.form import Project
from server.cli.instance import described

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Administrative boundaries, release by release.")


@app.command("import")
def import_boundaries(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", exists=True, dir_okay=False, help="GeoJSON, GeoPackage or zipped Shapefile.")],
    project: Project,
    release: Annotated[str, typer.Option(metavar="NAME", help="What this release is called: v02.")],
    level: Annotated[
        int | None, typer.Option(metavar="N", help="Level of the areas, where the file does not tell.")
    ] = None,
) -> None:
    """Import a boundary release and make it the project's active one.

    Reads GeoJSON, GeoPackage and zipped Shapefile with COD-AB columns in all their spellings, one file per level
    or all in one. Invalid polygons are repaired and reported. Records are placed again by the new release; the
    place by the earlier release is kept.

    \b
    waypost places import xsa_admin0.geojson xsa_admin1.geojson xsa_admin2.geojson --project 1 --release v01
    waypost places import mli_adm.gpkg --project 1 --release 2024
    """
    from sync.places.releases import import_release

    progress = invocation.Progress("Areas")
    with invocation.opened_store() as store:
        report = import_release(store, project, files, release, level=level)
    progress.end()
    invocation.show(report, lambda: f"Release {release} is active.\n{described(report)}")
