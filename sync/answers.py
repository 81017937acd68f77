"""Typed answers as JSON: what `answer_row.answers` holds, by question path."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sync.steps.values import BadAnswer, DeviceTime, GeoPoint


def to_json(value: Any) -> Any:
    """One typed answer. Points and lines are GeoJSON geometries, with accuracies in metres beside them, as
    readers are given them; times the device's literal text; several choices a list; a value that does not fit
    its type `{"bad": text, "expected": type}`."""
    if isinstance(value, GeoPoint):
        accuracy = value.accuracy_m
        point: dict[str, Any] = {"type": "Point", "coordinates": _position(value)}
        return point if accuracy is None else point | {"properties": {"accuracy": accuracy}}
    if isinstance(value, DeviceTime):
        return value.text
    if isinstance(value, BadAnswer):
        return {"bad": value.text, "expected": value.expected}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return _line(value) if value and isinstance(value[0], GeoPoint) else list(value)
    return value


def _line(points: Sequence[GeoPoint]) -> dict[str, Any]:
    line: dict[str, Any] = {"type": "LineString", "coordinates": list(map(_position, points))}
    accuracies = [point.accuracy_m for point in points]
    return line if not any(accuracies) else line | {"properties": {"accuracies": accuracies}}


def _position(point: GeoPoint) -> list[float]:
    return [point.lon, point.lat] + ([] if point.altitude_m is None else [point.altitude_m])
