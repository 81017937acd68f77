"""`waypost corridor`: routes of herds and of migrants."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from server.cli import invocation
from server.cli.form import Project

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Corridors: routes of herds and of migrants. Their lines are kept, and given to nobody.",
)


@app.command("import")
def import_file(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, help="GeoJSON or GeoPackage with lines in EPSG:4326."
        ),
    ],
    project: Project,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be new or changed, write nothing.")
    ] = False,
) -> None:
    """Import corridor lines. A code that is already there is updated; none is removed.

    Columns: code, name, kind (transhumance, migration), and where known official (yes, no), organisation,
    valid_from, valid_to. The areas a line passes are worked out with the project's active boundary release:
    import again after a new one. Forms can choose from corridors.csv, which holds code and name only.

    \b
    waypost corridor import corridors.gpkg --project 1 --dry-run
    """
    from dataclasses import asdict

    from sync.places.corridors import import_corridors

    with invocation.opened_store() as store:
        report = asdict(import_corridors(store, project, file, dry_run))
    invocation.show(report, lambda: _told(report))


@app.command("list")
def list_all(project: Project) -> None:
    """List a project's corridors and the areas they pass. Their lines are not shown.

    \b
    waypost corridor list --project 1
    """
    from sync.places.corridors import list_corridors

    with invocation.opened_store() as store, store.read() as session:
        found = [dict(row) for row in list_corridors(session, project)]
    invocation.show(
        found,
        lambda: invocation.table(
            [(c["code"], c["name"], c["kind"], c["organisation"], ", ".join(c["pcodes"])) for c in found],
            ("code", "name", "kind", "organisation", "areas passed"),
            "No corridor is registered in this project yet.",
        ),
    )


def _told(report: dict[str, Any]) -> str:
    would = "would be " if report["is_dry"] else ""
    lines = [
        f"{len(report['new'])} corridors {would or 'are '}new, {len(report['changed'])} {would}changed, "
        f"{len(report['unchanged'])} as they were."
    ]
    if report["release"] is None:
        lines.append("The project has no boundaries yet: which areas they pass is not known.")
    lines += [f"  {code}: {', '.join(areas) or 'no area'}" for code, areas in report["areas"].items()]
    return "\n".join(lines)
