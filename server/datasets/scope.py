"""Who sees which rows and which columns: one function for every format and every count.

In: an actor's grants on one project. Out: a `Scope`, which gives the row predicate of a table, the columns of
a dataset and the value a column has in a row. Several grants add up, each with its own columns: somebody who
may see coordinates in one province sees them there and nowhere else.

Everything fails closed: an area that is not in the active boundary release, or a row that was never placed,
is in nobody's area; an unknown role sees nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Table, and_, case, false, null, or_, select, true

from server.datasets.columns import Column
from server.datasets.dataset import Dataset
from server.datasets.release import (
    FINE_COLUMNS,
    FINEST_LEVEL,
    Releases,
    is_transhumance,
    may_be_published,
    releases,
)
from sync.access import Actor, Grant
from sync.places.releases import active_release
from sync.problems import Forbidden, NotFound
from sync.store import ReadSession, now
from sync.tables import admin_alias, admin_area, project
from sync.tables.access import Role

SEES: Mapping[str, frozenset[str]] = {
    Role.VIEWER: frozenset({"public"}),
    Role.ANALYST: frozenset({"public", "internal"}),
    Role.SUPERVISOR: frozenset({"public", "internal", "restricted"}),
    Role.COORDINATOR: frozenset({"public", "internal", "restricted", "confidential"}),
    Role.ADMIN: frozenset({"public", "internal"}),  # runs the server; sees no personal content by default
}
"""Role x sensitivity: the columns a role sees. Direct identifiers are in no dataset at all."""

_WITHHELD_ROWS = ("confidential", "direct_identifier")
"""A row this sensitive is withheld as a whole from those who may not see it, not only its columns."""

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
        withheld = [kind for kind in _WITHHELD_ROWS if kind not in self.sees]
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


@dataclass(frozen=True, slots=True)
class Scope:
    """What one actor sees of one project."""

    project_id: int
    project_uuid: str
    parts: tuple[Part, ...]
    released: Releases = ()
    today: date = date.min

    def rows(self, table: Table, *, by_place: bool = False) -> ColumnElement[bool]:
        """The predicate of the rows of a harmonised table that the actor may see, project included.

        by_place  the rows are to be told or asked for by place: a herd's place is never published, however
                  late
        """
        mine = (part.rows(table, self._published(table, part, by_place)) for part in self.parts)
        return and_(table.c.project_uuid == self.project_uuid, or_(*mine))

    def columns(self, dataset: Dataset) -> tuple[Column, ...]:
        """The columns of a dataset that at least one grant shows, in the dataset's order."""
        seen = frozenset[str]().union(*(part.sees for part in self.parts))
        return tuple(column for column in dataset.columns if column.sensitivity in seen)

    def value(self, table: Table, column: Column, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """`value` where a grant that shows the row also shows the column, else null."""
        showing = [part for part in self.parts if column.sensitivity in part.sees]
        is_fine = column.name in FINE_COLUMNS and self.is_public
        if len(showing) == len(self.parts) and not is_fine:
            return value
        mine = (part.rows(table, self._published(table, part, is_fine)) for part in showing)
        return case((or_(false(), *mine), value), else_=null())

    def covers_place(self, code: str, areas: Iterable[Area], of_herds: bool = False) -> bool:
        """Whether the actor may be told of a registered place; where herds are counted, not the public."""
        areas = tuple(areas)
        parts = (part for part in self.parts if not (of_herds and part.is_public))
        return any(part.covers_place(code, areas) for part in parts)

    def shows_position(self, code: str, areas: Iterable[Area]) -> bool:
        """Whether the coordinates of a registered place may be seen: as sensitive as measured ones."""
        areas = tuple(areas)
        return any("restricted" in part.sees and part.covers_place(code, areas) for part in self.parts)

    @property
    def is_public(self) -> bool:
        """Whether some of it is shown as to the public: then columns and order hide where herds are."""
        return any(part.is_public for part in self.parts)

    @property
    def knows_coverage(self) -> bool:
        """Whether expected points can be told: not for grants that are all by form or organisation."""
        return any(part.xml_form_id is None and part.organisation is None for part in self.parts)

    def _published(self, table: Table, part: Part, by_place: bool) -> ColumnElement[bool]:
        if by_place or part.is_close:
            return ~is_transhumance(table)
        return may_be_published(table, self.released, self.today)

    @property
    def fingerprint(self) -> str:
        """Equal for equal scopes: the part of an ETag that keeps one reader's answer from another."""
        parts = sorted(
            orjson.dumps([sorted(p.sees), p.xml_form_id, p.place_id, p.organisation, p.areas])
            for p in self.parts
        )
        state = orjson.dumps([self.project_uuid, self.released, self.today])
        return hashlib.sha256(state + b"\n".join(parts)).hexdigest()


def scope(session: ReadSession, actor: Actor | None, project_id: int) -> Scope:
    """What an actor may see of a project. `actor` None is the command line on the server: a coordinator.

    Raises NotFound for a project that is absent or that the actor has nothing to do with: the two look the
    same; Forbidden for a tablet's user, who submits and never reads.
    """
    existing = project.c.id == project_id, project.c.deleted_at.is_(None)
    uuid = session.scalar(select(project.c.uuid).where(*existing))
    grants = (Grant(Role.COORDINATOR, project_id),) if actor is None else actor.on(project_id)
    if uuid is None or not grants:
        raise NotFound(
            f"There is no project {project_id}.", "Ask the coordinator which project the token is for."
        )
    reading = [grant for grant in grants if grant.role in SEES]
    if not reading:
        raise Forbidden(
            "A tablet's token submits and never reads.",
            "Use a reader's token: `waypost token create NAME --project ID --role analyst`.",
        )
    release = active_release(session, project_id)
    release_id = release.id if release else None
    parts = tuple(_part(session, grant, release_id) for grant in reading)
    return Scope(project_id, str(uuid), parts, releases(session), now().date())


def row_area(level: int, code: str, iso3: str | None) -> Area | None:
    """An area as rows name it, or None where rows carry no column for its level."""
    if level == 0:
        return (0, iso3 or code)
    return (level, code) if level in _ROW_AREAS else None


def _part(session: ReadSession, grant: Grant, release_id: int | None) -> Part:
    areas = None if grant.pcode is None else _areas(session, grant.pcode, release_id)
    return Part(SEES[grant.role], grant.xml_form_id, grant.place_id, grant.organisation, areas)


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
