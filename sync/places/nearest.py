"""The nearest registered place, exact on the sphere."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sync.places.sphere import distance_m, unit_vector, unit_vectors
from sync.steps.values import KnownPlace


class Sites:
    """A project's registered places, by code and by nearness."""

    def __init__(self, places: Mapping[str, KnownPlace]) -> None:
        self._places = places
        self._positioned = [p for _, p in sorted(places.items()) if p.lon is not None and p.lat is not None]
        lon = np.array([p.lon for p in self._positioned], dtype=np.float64)
        lat = np.array([p.lat for p in self._positioned], dtype=np.float64)
        self._vectors = unit_vectors(lon, lat)

    def get(self, code: str | None) -> KnownPlace | None:
        return self._places.get(code) if code is not None else None

    def nearest(self, lon: float, lat: float) -> tuple[KnownPlace, float] | None:
        """The nearest place and its distance in metres; the lowest code of two as near. None: no places.

        The largest dot product is the nearest, but for the last digits of a float, which are ten centimetres
        on the ground: places that close together are told apart by their exact distances.
        """
        if not self._positioned:
            return None
        dots = self._vectors @ unit_vector(lon, lat)
        near = np.flatnonzero(dots >= dots.max() - 1e-15).tolist()
        distance, best = min((self._distance_m(i, lon, lat), i) for i in near)
        return self._positioned[best], distance

    def _distance_m(self, i: int, lon: float, lat: float) -> float:
        place = self._positioned[i]
        assert place.lon is not None
        assert place.lat is not None
        return distance_m(lon, lat, place.lon, place.lat)
