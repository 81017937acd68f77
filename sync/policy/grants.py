"""What one grant shows: which sensitivities, and in which rows.

In: a `Grant` of an actor, and the active boundary release. Out: a `Part`. Everything fails closed: an area
that is not in the active release, or a row that was never placed, is in nobody's area; an unknown role sees
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, and_, false, or_, select, true

from sync.access import Grant
from sync.policy.release import FINEST_LEVEL
from sync.store import ReadSession
from sync.tables import admin_alias, admin_area
from sync.tables.access import Role

SEES: Mapping[str, frozenset[str]] = {
    Role.VIEWER: frozenset({"public"}),
    Role.ANALYST: frozenset({"public", "internal"}),
    Role.SUPERVISOR: frozenset({"public", "internal", "restricted"}),
    Role.COORDINATOR: frozenset({"public", "internal", "restricted", "confidential"}),
    Role.ADMIN: frozenset({"public", "internal"}),  # runs the server; sees no personal content by default
}
"""Role x sensitivity: the columns a role sees. Direct identifiers are in no dataset at all."""

WITHHELD_ROWS = ("confidential", "direct_identifier")
"""A row this sensitive is withheld as a whole from those who may not see it, not only its columns."""

EVERY_SENSITIVITY = frozenset({"public", "internal", "restricted", "confidential", "direct_identifier"})

_ROW_AREAS = {1: "adm1_pcode", 2: "adm2_pcode", 3: "adm3_pcode"}

Area = tuple[int, str]
"""(level, code) as rows carry it; for level 0 the ISO code of the country."""


@dataclass(frozen=True, slots=True)
class Part:
    """One grant, resolved: what it sees, and where. `areas` None: everywhere; (): nowhere."""

    sees: frozenset[str]
    xml_form_id: str | None = None
    place_id: str | None = None
    organisation: str | None = None
    areas: tuple[Area, ...] | None = None

    @property
    def is_public(self) -> bool:
        """Whether what it shows is as good as published: then transhumance needs its owner's release."""
        return "internal" not in self.sees

    @property
    def is_close(self) -> bool:
        """Whether being in it tells of a row where it was, more closely than herds may be told of."""
        finer = (level > FINEST_LEVEL for level, _ in self.areas or ())
        return self.place_id is not None or any(finer)

    @property
    def is_wide(self) -> bool:
        """Whether it is on all records of its forms, wherever they are and whoever owns them."""
        return self.areas is None and self.place_id is None and self.organisation is None

    def rows(self, table: Table, published: ColumnElement[bool]) -> ColumnElement[bool]:
        """The predicate of the rows of a harmonised table that this grant shows.

        published  which rows may leave to the public
        """
        narrowed = [
            table.c[name] == value
            for name, value in (
                ("form_id", self.xml_form_id),
                ("place_id", self.place_id),
                ("organisation", self.organisation),
            )
            if value is not None
        ]
        withheld = [kind for kind in WITHHELD_ROWS if kind not in self.sees]
        if self.areas is not None:
            narrowed.append(or_(false(), *(_in_area(table, area) for area in self.areas)))
        if self.is_public:
            narrowed.append(published)
        return and_(true(), table.c.sensitivity.not_in(withheld), *narrowed)

    def covers_place(self, code: str, areas: Iterable[Area]) -> bool:
        """Whether a registered place lies in this grant. A grant by form or organisation covers no place:
        nothing says whose a place is that nobody reported from."""
        if self.xml_form_id is not None or self.organisation is not None:
            return False
        if self.place_id is not None and self.place_id != code:
            return False
        return self.areas is None or not set(self.areas).isdisjoint(areas)


def resolved(session: ReadSession, grant: Grant, sees: frozenset[str], release_id: int | None) -> Part:
    """A grant as a `Part`, by the boundary release that is active."""
    areas = None if grant.pcode is None else _areas(session, grant.pcode, release_id)
    return Part(sees, grant.xml_form_id, grant.place_id, grant.organisation, areas)


def row_area(level: int, code: str, iso3: str | None) -> Area | None:
    """An area as rows name it, or None where rows carry no column for its level."""
    if level == 0:
        return (0, iso3 or code)
    return (level, code) if level in _ROW_AREAS else None


def _areas(session: ReadSession, pcode: str, release_id: int | None) -> tuple[Area, ...]:
    """The area a p-code or an older name of it means in the active release, at whatever level. Rows carry the
    codes of all levels above them, so that one comparison finds the area and all below it."""
    of_release = admin_area.c.release_id == release_id
    aliased = select(admin_alias.c.code).where(
        admin_alias.c.release_id == release_id,
        admin_alias.c.alias == pcode,
        admin_alias.c.level == admin_area.c.level,
    )
    named = or_(
        admin_area.c.code == pcode,
        and_(admin_area.c.level == 0, admin_area.c.iso3 == pcode),
        admin_area.c.code.in_(aliased),
    )
    found = session.all(
        select(admin_area.c.level, admin_area.c.code, admin_area.c.iso3).where(of_release, named)
    )
    areas = (row_area(row["level"], row["code"], row["iso3"]) for row in found)
    return tuple(sorted(area for area in areas if area is not None))


def _in_area(table: Table, area: Area) -> ColumnElement[bool]:
    level, code = area
    return table.c["adm0_iso3" if level == 0 else _ROW_AREAS[level]] == code
