"""Distances and areas on the sphere. Coordinates are (lon, lat) in WGS84 degrees, distances metres.

The sphere has the mean radius of WGS84: against the ellipsoid a distance is off by at most 0.5 %, which is
far below the accuracy of a phone's position over the few kilometres that matter here.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

RADIUS_M = 6_371_008.8
METRES_PER_DEGREE = math.pi * RADIUS_M / 180

Floats = npt.NDArray[np.float64]


def distance_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Great-circle distance (haversine, exact down to millimetres)."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half_lat, half_lon = (phi2 - phi1) / 2, math.radians(lon2 - lon1) / 2
    h = math.sin(half_lat) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lon) ** 2
    return 2 * RADIUS_M * math.asin(min(1.0, math.sqrt(h)))


def unit_vectors(lon: Floats, lat: Floats) -> Floats:
    """Points of the sphere as (n, 3) unit vectors: the nearest one has the largest dot product."""
    phi, theta = np.radians(lat), np.radians(lon)
    return np.column_stack((np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)))


def unit_vector(lon: float, lat: float) -> Floats:
    """One point as a unit vector, without the cost of arrays for its cosines."""
    phi, theta = math.radians(lat), math.radians(lon)
    across = math.cos(phi)
    return np.array((across * math.cos(theta), across * math.sin(theta), math.sin(phi)))


def degrees_around(metres: float, lat: float) -> tuple[float, float]:
    """Half width and half height in degrees of a box that holds the circle of that radius."""
    height = metres / METRES_PER_DEGREE
    shrink = math.cos(math.radians(min(89.0, abs(lat) + height)))
    return height / shrink, height


def distance_to_segments_m(lon: float, lat: float, starts: Floats, ends: Floats) -> float:
    """Distance from a point to the nearest of n segments, given as (n, 2) arrays of their ends.

    The foot is found in a plane around the point, and the distance to it taken on the sphere: exact to
    metres within tens of kilometres, where it is compared with anything; farther off it is an estimate.
    """
    scale = np.array([math.cos(math.radians(lat)), 1.0])
    here = np.array([lon, lat])
    a, b = (starts - here) * scale, (ends - here) * scale
    along = b - a
    squared = np.einsum("ij,ij->i", along, along)
    share = -np.einsum("ij,ij->i", a, along) / np.where(squared > 0, squared, 1.0)
    feet = a + np.clip(share, 0.0, 1.0)[:, None] * along
    nearest = feet[np.argmin(np.einsum("ij,ij->i", feet, feet))] / scale + here
    return distance_m(lon, lat, float(nearest[0]), float(nearest[1]))
