"""Where a row lies, told from its tag."""

from __future__ import annotations

from collections.abc import Iterator

from sync.steps.checks import Seen, number
from sync.steps.values import FlagNote, GeoTag, Row

INACCURATE_M = 100.0


def location(seen: Seen) -> Iterator[FlagNote]:
    for row in seen.rows:
        tag = seen.tags.get(row.record_id)
        if tag is not None:
            yield from _position(row, tag)
            yield from _declared(row, tag)
            if seen.release is not None:  # without boundaries there is nothing to compare with
                yield from _tag(row, tag)


def _position(row: Row, tag: GeoTag) -> Iterator[FlagNote]:
    position = tag.position
    if position is None:
        return
    if position.accuracy_m is not None and position.accuracy_m > INACCURATE_M:
        reason = f"The accuracy is {number(round(position.accuracy_m))} m."
        yield FlagNote("gps_inaccurate", reason, row.record_id, {"accuracy_m": position.accuracy_m})
    if abs(position.lat) < 1e-4 and abs(position.lon) < 1e-4:
        yield FlagNote("null_island", "The device wrote 0, 0.", row.record_id)


def _declared(row: Row, tag: GeoTag) -> Iterator[FlagNote]:
    if tag.declared_place is not None and tag.place is None:
        reason = f"{tag.declared_place[:40]!r} is not among the project's places."
        yield FlagNote("unknown_place", reason, row.record_id)
    if tag.converted is not None:
        yield FlagNote("pcode_converted", f"{tag.converted[:120]}.", row.record_id)
    if (
        tag.place is None
        and tag.declared_place is None
        and tag.declared_pcode is None
        and tag.position is None
    ):
        yield FlagNote(
            "not_placed", "The record names no place and no area, and has no position.", row.record_id
        )


def _tag(row: Row, tag: GeoTag) -> Iterator[FlagNote]:
    measured = tag.measured_pcode or "its area"
    if tag.flag == "outside_declared":
        declared = tag.declared_place or tag.declared_pcode or "what was declared"
        lies = f" and lies in {tag.measured_pcode}" if tag.measured_pcode else ""
        reason = f"The position is {number(round(tag.distance_m or 0))} m from {declared}{lies}."
        yield FlagNote("outside_declared", reason, row.record_id, {"distance_m": tag.distance_m})
    elif tag.flag == "snapped":
        reason = f"The position lies in no area; the nearest, {measured}, was taken."
        yield FlagNote("snapped", reason, row.record_id)
    elif tag.flag == "no_polygon" and tag.position is not None:
        yield FlagNote("no_polygon", "No area of the boundary release holds the position.", row.record_id)
    elif tag.flag == "no_polygon" and (tag.declared_place or tag.declared_pcode):
        named = tag.declared_pcode or tag.declared_place
        yield FlagNote("no_polygon", f"The boundary release does not know {named}.", row.record_id)
    elif tag.flag == "near_border":
        reason = f"The position is so near the border of {measured} that it may lie on the other side."
        yield FlagNote("near_border", reason, row.record_id)
