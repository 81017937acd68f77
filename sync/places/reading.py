"""Boundary files to areas: GeoJSON, GeoPackage, zipped Shapefile; one level or several, one country or more.

Flows in: paths as given. Flows out: `Boundaries`, everything repaired, derived or left out in its report.
`read_boundaries` is for the child process (sync/sandbox.py): files from outside can crash what parses them.
"""

from __future__ import annotations

import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyogrio
import pyogrio.raw
import shapely

from sync.places.areas import Boundaries, BoundaryArea, ReportLine, slug
from sync.places.countries import other_prefix
from sync.places.hierarchy import Draft, arrange
from sync.places.missing_levels import fill_missing_levels
from sync.places.polygons import Unusable, area_sqkm, polygon_of
from sync.places.spellings import SpellingUnknown, detect_level, read_feature

MAX_FEATURES = 200_000
MAX_UNPACKED = 4 << 30  # bytes inside one zip
_MEMBERS = (".shp", ".geojson", ".json", ".gpkg")
_WGS84 = ("EPSG:4326", "OGC:CRS84", "EPSG:4979")

EXPECTED = (
    "Expected are the columns of COD-AB (adm1_name, adm1_pcode; ADM1_EN, ADM1_PCODE; admin1Name, admin1Pcod)"
    ", of geoBoundaries (shapeName, shapeType), or name and code with --level."
)


class Refused(ValueError):
    """A file that cannot be imported as it is: what is wrong and what to do now."""


def read_boundaries(paths: Sequence[Path], level: int | None = None) -> Boundaries:
    """Read all files together, so that levels find their parents across files.

    level  of every feature, where neither columns nor file names say it
    Never raises for what is in the files: `refusals` names the files that stop the import.
    """
    drafts: list[Draft] = []
    report: list[ReportLine] = []
    refusals: list[str] = []
    for path in paths:
        try:
            for source, layer in layers(path):
                drafts += _read_layer(path, source, layer, level, report)
        except Refused as refusal:
            refusals.append(f"{path.name}: {refusal}")
        except (
            pyogrio.errors.DataSourceError,
            pyogrio.errors.DataLayerError,
            zipfile.BadZipFile,
            OSError,
        ) as error:
            refusals.append(
                f"{path.name}: cannot be read as GeoJSON, GeoPackage or zipped Shapefile ({error}). "
                "Open it in QGIS and save it as GeoPackage in EPSG:4326."
            )
    if not refusals and not drafts:
        refusals.append("No usable area in these files. See the report for what was left out.")
    if refusals:
        return Boundaries(report=tuple(report), refusals=tuple(refusals))
    kept = arrange(fill_missing_levels(drafts, report.append), report.append)
    aliases = _aliases(kept, report)
    areas = tuple(_area(draft, names) for draft, names in zip(kept, aliases, strict=True))
    return Boundaries(areas, tuple(report))


def layers(path: Path) -> Iterator[tuple[str, str]]:
    """(what the driver opens, layer) for each layer with a geometry."""
    sources = [str(path)]
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
        if sum(m.file_size for m in members) > MAX_UNPACKED:
            raise Refused("it unpacks to more than 4 GB. Import the levels one by one.")
        names = [
            m.filename
            for m in members
            if m.filename.lower().endswith(_MEMBERS) and "__MACOSX" not in m.filename
        ]
        sources = [f"/vsizip/{path.resolve()}/{name}" for name in sorted(names)]
        if not sources:
            raise Refused("no .shp, .geojson or .gpkg in the zip. Zip the .shp with its .dbf, .shx and .prj.")
    elif path.suffix.lower() == ".shp":
        raise Refused(
            "a Shapefile is several files. Zip the .shp with its .dbf, .shx and .prj, and import the zip."
        )
    for source in sources:
        for name, kind in pyogrio.list_layers(source):
            if kind is not None:
                yield source, str(name)


def _read_layer(
    path: Path, source: str, layer: str, level: int | None, report: list[ReportLine]
) -> list[Draft]:
    info = pyogrio.read_info(source, layer=layer)
    where = path.name if layer in (path.stem, "") else f"{path.name} ({layer})"
    if info["features"] > MAX_FEATURES:
        raise Refused(f"{where} has {info['features']:,} features, more than {MAX_FEATURES:,}.")
    check_crs(info, where, report)
    with warnings.catch_warnings():  # rings that do not close are repaired and reported below
        warnings.simplefilter("ignore", RuntimeWarning)
        meta, _, geometry, columns = pyogrio.raw.read(source, layer=layer)
    names = [str(name).lower() for name in meta["fields"]]
    layer_level = level if level is not None else detect_level(names, f"{layer} {Path(source).name}")
    drafts: list[Draft] = []
    for position, wkb in enumerate(geometry):
        row = {name: column[position] for name, column in zip(names, columns, strict=True)}
        try:
            feature = read_feature(row, layer_level)
        except SpellingUnknown as error:
            if position == 0:
                raise Refused(
                    f"{where}: {error}; its columns are {', '.join(names) or 'none'}. {EXPECTED}"
                ) from error
            report.append(ReportLine("unusable", f"feature {position + 1}: {error}", file=where))
            continue
        try:
            polygon, repaired = polygon_of(wkb)
        except Unusable as error:
            report.append(
                ReportLine("unusable", str(error), feature.level, feature.code, feature.name, where)
            )
            continue
        _check_degrees(polygon, where)
        if repaired:
            report.append(ReportLine("repaired", repaired, feature.level, feature.code, feature.name, where))
        drafts.append(Draft(feature, polygon, where))
    for version in sorted({draft.feature.version for draft in drafts if draft.feature.version}):
        report.append(ReportLine("version", f"the file says it is version {version}", file=where))
    return drafts


def check_crs(info: dict[str, Any], where: str, report: list[ReportLine]) -> None:
    crs = info["crs"]
    if crs is None:
        report.append(
            ReportLine("crs_assumed", "no coordinate system named: taken as WGS84 degrees", file=where)
        )
    elif crs not in _WGS84 and not _names_wgs84(crs):
        named = crs if len(crs) < 40 else crs.split('"')[1] if '"' in crs else "another one"
        raise Refused(
            f"{where} is in {named}, not in WGS84 longitude and latitude (EPSG:4326). "
            "Save it again in EPSG:4326 (QGIS: Export, Save Features As, CRS EPSG:4326) and import that."
        )


def _names_wgs84(crs: str) -> bool:
    """A definition spelled out, as old .prj files have it."""
    upper = crs.upper().replace("_", " ").replace(" ", "")
    return upper.startswith(("GEOGCS", "GEOGCRS")) and ("WGS1984" in upper or '"WGS84"' in upper)


def _check_degrees(polygon: Any, where: str) -> None:
    west, south, east, north = polygon.bounds
    if west < -180.001 or east > 180.001 or south < -90.001 or north > 90.001:
        raise Refused(
            f"{where} has coordinates such as ({east:.0f}, {north:.0f}), which are not degrees. "
            "Its coordinate system is not what it says: reproject it to EPSG:4326 and import that."
        )


def _aliases(drafts: Sequence[Draft], report: list[ReportLine]) -> list[tuple[tuple[str, str], ...]]:
    """Names and other codes each area can be called by at its level; those of two areas are left out."""
    wanted: list[dict[str, tuple[str, str]]] = []
    for draft in drafts:
        feature = draft.feature
        named = [*feature.aliases, (feature.name, "name")]
        if feature.code and (other := other_prefix(draft.code, _iso3_of(draft))):
            named.append((other, "country prefix"))
        wanted.append({slug(alias): (alias, source) for alias, source in named if alias != draft.code})
    claims = Counter((d.feature.level, key) for d, keys in zip(drafts, wanted, strict=True) for key in keys)
    codes = {(d.feature.level, slug(d.code)) for d in drafts}
    found = []
    for draft, keys in zip(drafts, wanted, strict=True):
        level, free = draft.feature.level, []
        for key, (alias, source) in sorted(keys.items()):
            if claims[level, key] == 1 and (level, key) not in codes:
                free.append((alias, source))
            elif claims[level, key] > 1:
                text = f"{alias} is the name of more than one area: only its code identifies it"
                report.append(
                    ReportLine("alias_ambiguous", text, level, draft.code, draft.feature.name, draft.file)
                )
        found.append(tuple(free))
    return found


def _iso3_of(draft: Draft) -> str | None:
    step: Draft | None = draft
    while step is not None:
        if step.feature.iso3:
            return step.feature.iso3
        step = step.parent
    return None


def _area(draft: Draft, aliases: tuple[tuple[str, str], ...]) -> BoundaryArea:
    feature, inside = draft.feature, draft.polygon.representative_point()
    if feature.center is not None and shapely.intersects_xy(draft.polygon, *feature.center):
        inside = shapely.Point(*feature.center)
    return BoundaryArea(
        level=feature.level,
        code=draft.code,
        code_official=feature.code is not None,
        name=feature.name,
        names=feature.names,
        parent=(draft.parent.feature.level, draft.parent.code) if draft.parent else None,
        parent_derived=draft.parent_derived,
        iso3=_iso3_of(draft),
        valid_from=feature.valid_from,
        valid_to=feature.valid_to,
        center_lon=round(inside.x, 6),
        center_lat=round(inside.y, 6),
        area_sqkm=round(area_sqkm(draft.polygon), 3),
        aliases=aliases,
        geometry=shapely.to_wkb(draft.polygon),
    )
