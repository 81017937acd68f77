"""`waypost places`: boundary releases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from server.cli import invocation
from server.cli.form import Project

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Administrative boundaries, release by release."
)


alias = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Older p-codes and other names of areas."
)
app.add_typer(alias, name="alias")


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
    level or all in one. A level that no file has is joined from the areas below, where each names its code.
    Invalid polygons are repaired and reported. Records are placed again by the new
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
    invocation.show(value, lambda: _told(value, release))


@alias.command("import")
def import_alias(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A CSV with a heading row.")
    ],
    release: Annotated[str, typer.Option(metavar="NAME", help="The release the areas are of.")],
) -> None:
    """Add other codes and names that areas of a release go by.

    Columns: alias; area (its p-code, or a name); and where known level, parent (code of an area around it)
    and source. Records that declare an alias are placed in its area; those that came before are placed again.
    Codes that differ in country prefix (TD0704, TCD0704) or in zeros (NE1, NE001) need no alias.

    \b
    waypost places alias import old-codes.csv --release v02
    """
    from dataclasses import asdict

    from sync.places.aliases import import_aliases

    with invocation.opened_store() as store:
        report = asdict(import_aliases(store, release, file.read_bytes()))
    lines = [f"{len(report['added'])} aliases were added, {len(report['unchanged'])} were there."]
    invocation.show(report, "\n".join([*lines, *report["matched"]]))


def _told(value: dict[str, Any], asked: str) -> str:
    areas = ", ".join(f"{count:,} of level {level}" for level, count in sorted(value["areas"].items()))
    lines = [
        f"Release {value['release']} is the project's active one: {areas}.",
        *_same_areas(asked, value["release"]),
        f"{value['rows_placed_anew']:,} rows were placed anew; their earlier place is kept.",
    ]
    if value["report"]:
        lines.append("What was repaired, converted or derived:")
        lines += [f"  - {_line(each)}" for each in value["report"]]
    return "\n".join(lines)


def _same_areas(asked: str, found: str) -> list[str]:
    if asked == found:
        return []
    return [f"It has these very areas already, so nothing is called {asked}."]


def _line(said: dict[str, Any]) -> str:
    """Where, what: one line of the report (sync/places/areas.py ReportLine)."""
    where = [said["file"]] if said.get("file") else []
    if said.get("level") is not None:
        where.append(f"level {said['level']}")
    if said.get("code"):
        where.append(" ".join(filter(None, (said["code"], said.get("name")))))
    text = f"repaired ({said['text']})" if said["kind"] == "repaired" else said["text"]
    if said["kind"] == "unusable":
        text = f"left out: {text}"
    return f"{', '.join(where)}: {text}" if where else text
