"""Geometry of boundary files: from the bytes of a driver to valid polygons. Only ever in the child process.

One hostile geometry can kill the process that parses it (a deeply nested collection overflows GEOS's stack),
so nothing here is imported by code of the server itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from sync.places.sphere import RADIUS_M

MAX_VERTICES = 2_000_000  # of one area; the most detailed national coast lines stay below half of it


class Unusable(ValueError):
    """No polygon can be made of this geometry; the text says why."""


def polygon_of(wkb: bytes | None) -> tuple[Any, str | None]:
    """The geometry as a valid polygon or multipolygon, and what was repaired (None: nothing).

    Raises Unusable: no geometry, not an area, too many vertices, coordinates that are not finite.
    """
    if not wkb:
        raise Unusable("it has no geometry")
    geometry, repaired = _decode(wkb)
    geometry = shapely.force_2d(geometry)
    if geometry.geom_type not in ("Polygon", "MultiPolygon", "GeometryCollection"):
        raise Unusable(f"it is a {geometry.geom_type}, not an area")
    count = int(shapely.get_num_coordinates(geometry))
    if count > MAX_VERTICES:
        raise Unusable(f"it has {count:,} vertices, more than {MAX_VERTICES:,}: simplify the file")
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        raise Unusable("a coordinate is not a number")
    if geometry.is_empty:
        raise Unusable("it is empty")
    if not geometry.is_valid:
        reason = shapely.is_valid_reason(geometry)
        repaired = f"{repaired}; {reason}" if repaired else reason
        geometry = shapely.make_valid(geometry)
    geometry = _only_polygons(geometry)
    if geometry.is_empty or geometry.area == 0:
        raise Unusable(f"nothing with an area is left of it{f' ({repaired})' if repaired else ''}")
    return geometry, repaired


def area_sqkm(geometry: Any) -> float:
    """Area on the sphere, by the equal-area cylinder (x = lon, y = sin lat)."""
    flat = shapely.transform(
        geometry, lambda c: np.column_stack((np.radians(c[:, 0]), np.sin(np.radians(c[:, 1]))))
    )
    return float(flat.area) * (RADIUS_M / 1000) ** 2


def _decode(wkb: bytes) -> tuple[Any, str | None]:
    try:
        return shapely.from_wkb(wkb), None
    except shapely.GEOSException as error:
        fixed = shapely.from_wkb(wkb, on_invalid="fix")
        if fixed is None:
            raise Unusable(f"it cannot be read: {error}") from error
        return fixed, "Ring not closed"


def _only_polygons(geometry: Any) -> Any:
    """The polygonal parts: repairing a bow-tie may leave lines and points beside them."""
    if geometry.geom_type == "Polygon":
        return shapely.normalize(geometry)
    parts = shapely.get_parts(geometry)
    while any(p.geom_type in ("MultiPolygon", "GeometryCollection") for p in parts):
        parts = np.concatenate([shapely.get_parts(p) for p in parts])
    polygons = [p for p in parts if p.geom_type == "Polygon" and p.area > 0]
    if geometry.geom_type == "GeometryCollection":
        joined = shapely.union_all(polygons) if polygons else shapely.Polygon()
        return shapely.normalize(joined)
    return shapely.normalize(shapely.multipolygons(polygons)) if polygons else shapely.Polygon()
