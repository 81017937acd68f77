"""Sahelia, an invented country of squares, as boundary files in whatever spelling a story needs.

Two regions side by side, XS01 (lon 0-2) and XS02 (lon 2-4), lat 0-2; each of four districts of one degree,
numbered row by row from the south-west: XS0101 (0,0), XS0102 (1,0), XS0103 (0,1), XS0104 (1,1).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import shapely
from shapely.geometry import box, mapping

from sync.places.areas import BoundaryArea
from sync.places.index import PlaceIndex
from sync.places.index_file import IndexEntry, build_index, sort_key

Row = dict[str, Any]  # columns, and "geometry"

COUNTRY = box(0, 0, 4, 2)
REGIONS = {"XS01": box(0, 0, 2, 2), "XS02": box(2, 0, 4, 2)}
NAMES = {"XS": "Sahelia", "XS01": "Ouestra", "XS02": "Estara"}


def districts() -> dict[str, Any]:
    return {
        f"{region}0{number + 1}": box(west + x, y, west + x + 1, y + 1)
        for region, west in (("XS01", 0), ("XS02", 2))
        for number, (x, y) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1)))
    }


def cod_ab(level: int) -> list[Row]:
    """One level as COD-AB spells it since 2023."""
    top = {
        "adm0_name": "Sahelia",
        "adm0_pcode": "XS",
        "iso3": "XSA",
        "valid_on": "2025-01-01",
        "valid_to": None,
    }
    if level == 0:
        return [top | {"geometry": COUNTRY}]
    if level == 1:
        return [
            top | {"adm1_name": NAMES[code], "adm1_pcode": code, "geometry": shape}
            for code, shape in REGIONS.items()
        ]
    return [
        top
        | {"adm1_name": NAMES[code[:4]], "adm1_pcode": code[:4]}
        | {"adm2_name": f"District {code[3:]}", "adm2_pcode": code, "geometry": shape}
        for code, shape in districts().items()
    ]


def geojson(path: Path, rows: Iterable[Row]) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": {k: v for k, v in row.items() if k != "geometry"},
            "geometry": row["geometry"] if isinstance(row["geometry"], dict) else mapping(row["geometry"]),
        }
        for row in rows
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def written(path: Path, rows: Sequence[Row], layer: str | None = None, crs: str = "EPSG:4326") -> Path:
    """GeoPackage or Shapefile, by the suffix; a second layer is added to a GeoPackage already there."""
    columns = [name for name in rows[0] if name != "geometry"]
    pyogrio.raw.write(
        str(path),
        geometry=np.array([shapely.to_wkb(row["geometry"]) for row in rows], dtype=object),
        field_data=[np.array([row[name] for row in rows], dtype=object) for name in columns],
        fields=columns,
        geometry_type="Polygon",
        crs=crs,
        layer=layer,
        append=path.exists() and layer is not None and layer in dict(pyogrio.list_layers(path)),
    )
    return path


def index_of(areas: Iterable[BoundaryArea], path: Path) -> PlaceIndex:
    ordered = sorted(areas, key=lambda a: sort_key(a.level, a.code))
    entries = [
        IndexEntry(a.level, a.code, a.name, a.iso3, a.parent, tuple(alias for alias, _ in a.aliases))
        for a in ordered
    ]
    build_index(entries, (a.geometry for a in ordered), path, "0" * 64)
    return PlaceIndex.open(path)


def area(
    level: int, code: str, shape: Any, parent: tuple[int, str] | None = None, **more: Any
) -> BoundaryArea:
    more = {"name": NAMES.get(code, code), "iso3": "XSA"} | more
    return BoundaryArea(
        level=level, code=code, code_official=True, geometry=shapely.to_wkb(shape), parent=parent, **more
    )


def sahelia() -> list[BoundaryArea]:
    return [
        area(0, "XS", COUNTRY),
        *(area(1, code, shape, (0, "XS")) for code, shape in REGIONS.items()),
        *(area(2, code, shape, (1, code[:4])) for code, shape in districts().items()),
    ]
