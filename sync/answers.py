"""Typed answers as JSON: what `answer_row.answers` holds, by question path."""

from __future__ import annotations

from datetime import date
from typing import Any

from sync.steps.values import BadAnswer, DeviceTime, GeoPoint


def to_json(value: Any) -> Any:
    """One typed answer. Points, traces are GeoJSON geometries; times the device's literal text; several
    choices a list; a value that does not fit its type `{"bad": text, "expected": type}`."""
    if isinstance(value, GeoPoint):
        return {"type": "Point", "coordinates": _position(value), "accuracy_m": value.accuracy_m}
    if isinstance(value, DeviceTime):
        return value.text
    if isinstance(value, BadAnswer):
        return {"bad": value.text, "expected": value.expected}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        if value and isinstance(value[0], GeoPoint):
            return {"type": "LineString", "coordinates": [_position(point) for point in value]}
        return list(value)
    return value


def _position(point: GeoPoint) -> list[float]:
    return [point.lon, point.lat] + ([] if point.altitude_m is None else [point.altitude_m])
