"""A release's areas as rows: written batch by batch, read back in the order of the index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TypeVar

from sqlalchemy import delete, select

from sync.places.areas import BoundaryArea
from sync.places.index_file import IndexEntry, sort_key
from sync.store import ReadSession, WriteSession
from sync.tables.places import admin_alias, admin_area, boundary_release

UNDER_WAY = "importing:"
"""Begins name and content hash of a release that is not whole yet."""

_BATCH = 500

T = TypeVar("T")


def write_areas(
    session: WriteSession,
    release_id: int,
    areas: Sequence[BoundaryArea],
    parents: dict[tuple[int, str], int],
) -> None:
    """Insert areas of one level with their aliases. parents: row ids by (level, code)."""
    rows, aliases = [], []
    for area in areas:
        row = asdict(area)
        for key in ("parent", "aliases"):
            row.pop(key)
        row |= {"release_id": release_id, "parent_id": parents[area.parent] if area.parent else None}
        rows.append(row)
        for alias, origin in area.aliases:
            aliases.append(
                {
                    "release_id": release_id,
                    "level": area.level,
                    "alias": alias,
                    "code": area.code,
                    "source": origin,
                }
            )
    session.insert(admin_area, rows)
    session.insert(admin_alias, aliases)


def remove_abandoned(session: WriteSession) -> None:
    """Delete what a killed import left: no activation can point to it."""
    abandoned = select(boundary_release.c.id).where(boundary_release.c.name.startswith(UNDER_WAY))
    for table in (admin_alias, admin_area):
        session.execute(delete(table).where(table.c.release_id.in_(abandoned)))
    session.execute(delete(boundary_release).where(boundary_release.c.name.startswith(UNDER_WAY)))


def index_entries(session: ReadSession, release_id: int) -> tuple[list[IndexEntry], list[int]]:
    """The index's areas in its order, and the ids of their rows."""
    upper = admin_area.alias("upper")
    area = admin_area.c
    statement = (
        select(area.id, area.level, area.code, area.name, area.iso3, upper.c.level, upper.c.code)
        .join_from(admin_area, upper, upper.c.id == area.parent_id, isouter=True)
        .where(area.release_id == release_id)
    )
    aliases: dict[tuple[int, str], list[str]] = defaultdict(list)
    named = select(admin_alias.c.level, admin_alias.c.code, admin_alias.c.alias)
    for batch in session.stream(
        named.where(admin_alias.c.release_id == release_id).order_by(admin_alias.c.id)
    ):
        for level, code, alias in batch:
            aliases[level, code].append(alias)
    found = []
    for batch in session.stream(statement):
        for row_id, level, code, name, iso3, upper_level, upper_code in batch:
            parent = (upper_level, upper_code) if upper_code is not None else None
            entry = IndexEntry(level, code, name, iso3, parent, tuple(aliases[level, code]))
            found.append((sort_key(level, code), row_id, entry))
    found.sort(key=lambda item: item[0])
    return [entry for _, _, entry in found], [row_id for _, row_id, _ in found]


def geometries(session: ReadSession, ids: Sequence[int]) -> Iterator[bytes]:
    """WKB of the areas, in the order of `ids`, a batch in memory at a time."""
    for batch in batches(ids):
        rows = session.all(select(admin_area.c.id, admin_area.c.geometry).where(admin_area.c.id.in_(batch)))
        by_id = {row["id"]: row["geometry"] for row in rows}
        yield from (by_id[row_id] for row_id in batch)


def batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]


def area_ids(session: ReadSession, release_id: int, level: int) -> dict[tuple[int, str], int]:
    """Row ids by (level, code)."""
    area = admin_area.c
    statement = select(area.code, area.id).where(area.release_id == release_id, area.level == level)
    return {(level, row["code"]): row["id"] for row in session.all(statement)}
