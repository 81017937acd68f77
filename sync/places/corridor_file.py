"""A file of corridor lines -> lines with their columns. Only ever in the child process (sync/sandbox.py):
files from outside can crash what parses them.

Columns (any case): code, name, kind (transhumance, migration), official (yes, no), organisation, valid_from,
valid_to. Geometry: LineString or MultiLineString, longitude and latitude in WGS84.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyogrio.raw
import shapely

from sync.places.index import PlaceIndex
from sync.places.reading import Refused, check_crs, layers
from sync.places.spellings import as_date, clean

MAX_LINES = 20_000
MAX_VERTICES = 200_000  # of one line

_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_CODE = re.compile(r"[^\s\x00-\x1f]{1,64}")


@dataclass(frozen=True, slots=True)
class CorridorLine:
    """One corridor as the file has it, with the areas its line passes."""

    code: str
    name: str
    kind: str
    official: bool | None
    organisation: str | None
    valid_from: date | None
    valid_to: date | None
    geometry: bytes  # WKB, line or lines
    pcodes: tuple[str, ...]  # of levels 1 and below, upper levels first


@dataclass(frozen=True, slots=True)
class CorridorFile:
    lines: tuple[CorridorLine, ...] = ()
    problems: tuple[str, ...] = ()  # with one, nothing is imported


def read_corridors(path: Path, kinds: tuple[str, ...], index_path: Path | None) -> CorridorFile:
    """All lines of a file.

    kinds       the codes there are
    index_path  of the active release; None: the areas passed are not known
    Never raises for what is in the file.
    """
    index = PlaceIndex.open(index_path) if index_path is not None else None
    lines: dict[str, CorridorLine] = {}
    problems: list[str] = []
    try:
        for source, layer in layers(path):
            for number, row in enumerate(_rows(path, source, layer), start=1):
                try:
                    line = _line(row, kinds, index)
                    if line.code in lines:
                        raise Refused(f"code {line.code} stands twice: give one line, of several parts")
                    lines[line.code] = line
                except Refused as refusal:
                    problems.append(f"{path.name}, line {number}: {refusal}")
    except Refused as refusal:
        problems.append(f"{path.name}: {refusal}")
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, OSError) as error:
        problems.append(f"{path.name}: cannot be read as GeoJSON or GeoPackage ({error})")
    if not lines and not problems:
        problems.append(f"{path.name}: no line in it")
    return CorridorFile(tuple(lines[code] for code in sorted(lines)), tuple(problems))


def _rows(path: Path, source: str, layer: str) -> list[dict[str, Any]]:
    info = pyogrio.read_info(source, layer=layer)
    if info["features"] > MAX_LINES:
        raise Refused(f"it has {info['features']:,} lines, more than {MAX_LINES:,}")
    check_crs(info, path.name, [])
    meta, _, geometry, columns = pyogrio.raw.read(source, layer=layer)
    names = [str(name).lower() for name in meta["fields"]]
    if missing := [name for name in ("code", "name", "kind") if name not in names]:
        raise Refused(f"no column {', '.join(missing)}; its columns are {', '.join(names) or 'none'}")
    values = zip(*columns, strict=True)
    return [
        dict(zip(names, row, strict=True)) | {"wkb": wkb} for row, wkb in zip(values, geometry, strict=True)
    ]


def _line(row: dict[str, Any], kinds: tuple[str, ...], index: PlaceIndex | None) -> CorridorLine:
    code, name = clean(row["code"]) or "", clean(row["name"]) or ""
    kind, official = (clean(row["kind"]) or "").lower(), (clean(row.get("official")) or "").lower()
    if not _CODE.fullmatch(code):
        raise Refused(f"code {code!r} is empty, has a blank in it or is longer than 64")
    if kind not in kinds:
        raise Refused(f"kind {kind!r} of {code} is none of {', '.join(kinds)}")
    if official and official not in _YES_NO:
        raise Refused(f"official {official!r} of {code} is neither yes nor no")
    geometry = _geometry(row["wkb"], code)
    passed = index.passed_by(geometry) if index is not None else []
    return CorridorLine(
        code=code,
        name=name or code,
        kind=kind,
        official=_YES_NO.get(official),
        organisation=clean(row.get("organisation")),
        valid_from=as_date(row.get("valid_from")),
        valid_to=as_date(row.get("valid_to")),
        geometry=shapely.to_wkb(geometry),
        pcodes=tuple(area.code for area in passed if area.level > 0),
    )


def _geometry(wkb: bytes | None, code: str) -> Any:
    try:
        geometry = shapely.force_2d(shapely.from_wkb(wkb)) if wkb else None
    except shapely.GEOSException as error:
        raise Refused(f"the geometry of {code} cannot be read: {error}") from error
    if geometry is None or geometry.is_empty:
        raise Refused(f"{code} has no line")
    if geometry.geom_type not in ("LineString", "MultiLineString"):
        raise Refused(f"{code} is a {geometry.geom_type}, not a line")
    if shapely.get_num_coordinates(geometry) > MAX_VERTICES:
        raise Refused(f"{code} has more than {MAX_VERTICES:,} points: simplify it")
    points = shapely.get_coordinates(geometry)
    if not np.isfinite(points).all() or (np.abs(points) > np.array([180.0, 90.0])).any():
        raise Refused(f"{code} has coordinates that are not degrees: save it in EPSG:4326")
    return geometry
