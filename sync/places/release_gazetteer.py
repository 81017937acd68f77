"""The gazetteer of a release that is in the database, with all names and aliases of its areas.

Apart from sync/places/gazetteer.py, which the pipeline's child process loads: it needs no database.
"""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import select

from sync.places.gazetteer import Gazetteer, Key, NamedArea
from sync.store import ReadSession
from sync.tables.places import admin_alias, admin_area

_NAMES = ("name", "other name")
"""Sources of aliases that are names, not codes."""


def gazetteer_of(session: ReadSession, release_id: int) -> Gazetteer:
    """The areas of a release with all their names and aliases."""
    a, upper = admin_area.c, admin_area.alias("upper")
    statement = (
        select(
            a.level,
            a.code,
            a.name,
            a.names,
            a.iso3,
            upper.c.level.label("upper_level"),
            upper.c.code.label("upper_code"),
        )
        .join_from(admin_area, upper, upper.c.id == a.parent_id, isouter=True)
        .where(a.release_id == release_id)
    )
    names: dict[Key, list[str]] = defaultdict(list)
    codes: dict[Key, list[str]] = defaultdict(list)
    n = admin_alias.c
    aliased = select(n.level, n.code, n.alias, n.source).where(n.release_id == release_id).order_by(n.id)
    for row in session.all(aliased):
        kind = names if row["source"] in _NAMES else codes
        kind[row["level"], row["code"]].append(row["alias"])
    areas = []
    for row in session.all(statement):
        key = (row["level"], row["code"])
        parent = (row["upper_level"], row["upper_code"]) if row["upper_code"] is not None else None
        further = (*row["names"].values(), *names[key])
        areas.append(NamedArea(*key, row["name"], parent, row["iso3"], further, tuple(codes[key])))
    return Gazetteer(areas)
