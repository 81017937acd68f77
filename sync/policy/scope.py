"""Who sees which rows and which columns: one function for every format and every count.

In: an actor's grants on one project. Out: a `Scope`, which gives the row predicate of a table, the columns of
a dataset and the value a column has in a row. Several grants add up, each with its own columns: somebody who
may see coordinates in one province sees them there and nowhere else.

Where somebody looks as somebody else, the scope of the one lies `within` that of the other: what is seen is
what both see.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, TypeVar

import orjson
from sqlalchemy import ColumnElement, Table, and_, case, false, null, or_, select

from sync.access import Actor, Grant
from sync.places.releases import active_release
from sync.policy.grants import SEES, Area, Part, resolved
from sync.policy.release import FINE_COLUMNS, Releases, is_transhumance, may_be_published, releases
from sync.problems import Forbidden, NotFound
from sync.store import ReadSession, now
from sync.tables import project
from sync.tables.access import Role


class _Column(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def sensitivity(self) -> str: ...


C = TypeVar("C", bound=_Column, covariant=True)


class _Dataset(Protocol[C]):
    @property
    def columns(self) -> tuple[C, ...]: ...


@dataclass(frozen=True, slots=True)
class Scope:
    """What one actor sees of one project."""

    project_id: int
    project_uuid: str
    parts: tuple[Part, ...]
    released: Releases = ()
    today: date = date.min
    within: Scope | None = None  # what the one who looks as this actor sees

    @property
    def sees(self) -> frozenset[str]:
        """The sensitivities of columns that some grant shows somewhere."""
        seen = frozenset[str]().union(*(part.sees for part in self.parts))
        return seen if self.within is None else seen & self.within.sees

    def rows(self, table: Table, *, by_place: bool = False) -> ColumnElement[bool]:
        """The predicate of the rows of a harmonised table that the actor may see, project included.

        by_place  the rows are to be told or asked for by place: a herd's place is never published, however
                  late
        """
        mine = (part.rows(table, self._published(table, part, by_place)) for part in self.parts)
        own = and_(table.c.project_uuid == self.project_uuid, or_(false(), *mine))
        return own if self.within is None else and_(own, self.within.rows(table, by_place=by_place))

    def columns(self, dataset: _Dataset[C]) -> tuple[C, ...]:
        """The columns of a dataset that at least one grant shows, in the dataset's order."""
        seen = self.sees
        return tuple(column for column in dataset.columns if column.sensitivity in seen)

    def value(self, table: Table, column: _Column, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """`value` where a grant that shows the row also shows the column, else null."""
        if self.within is not None:
            value = self.within.value(table, column, value)
        showing = [part for part in self.parts if column.sensitivity in part.sees]
        is_fine = column.name in FINE_COLUMNS and any(part.is_public for part in self.parts)
        if len(showing) == len(self.parts) and not is_fine:
            return value
        mine = (part.rows(table, self._published(table, part, is_fine)) for part in showing)
        return case((or_(false(), *mine), value), else_=null())

    def covers_place(self, code: str, areas: Iterable[Area], of_herds: bool = False) -> bool:
        """Whether the actor may be told of a registered place; where herds are counted, not the public."""
        areas = tuple(areas)
        parts = (part for part in self.parts if not (of_herds and part.is_public))
        mine = any(part.covers_place(code, areas) for part in parts)
        return mine and (self.within is None or self.within.covers_place(code, areas, of_herds))

    def shows_position(self, code: str, areas: Iterable[Area]) -> bool:
        """Whether the coordinates of a registered place may be seen: as sensitive as measured ones."""
        areas = tuple(areas)
        mine = any("restricted" in part.sees and part.covers_place(code, areas) for part in self.parts)
        return mine and (self.within is None or self.within.shows_position(code, areas))

    @property
    def is_public(self) -> bool:
        """Whether some of it is shown as to the public: then columns and order hide where herds are."""
        mine = any(part.is_public for part in self.parts)
        return mine or (self.within is not None and self.within.is_public)

    @property
    def knows_coverage(self) -> bool:
        """Whether expected points can be told: not for grants that are all by form or organisation."""
        mine = any(part.xml_form_id is None and part.organisation is None for part in self.parts)
        return mine and (self.within is None or self.within.knows_coverage)

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
        within = self.within.fingerprint if self.within else None
        state = orjson.dumps([self.project_uuid, self.released, self.today, within])
        return hashlib.sha256(state + b"\n".join(parts)).hexdigest()


def scope(session: ReadSession, actor: Actor | None, project_id: int) -> Scope:
    """What an actor may see of a project. `actor` None is the command line on the server: a coordinator.

    Raises NotFound for a project that is absent or that the actor has nothing to do with: the two look the
    same; Forbidden for a tablet's user, who submits and never reads.
    """
    existing = project.c.id == project_id, project.c.deleted_at.is_(None)
    uuid = session.scalar(select(project.c.uuid).where(*existing))
    grants = _grants(actor, project_id)
    within = None if actor is None or actor.viewed_by is None else scope(session, actor.viewed_by, project_id)
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
    parts = tuple(resolved(session, grant, SEES[grant.role], release_id) for grant in reading)
    return Scope(project_id, str(uuid), parts, releases(session), now().date(), within)


def scope_of(session: ReadSession, actor: Actor | None, project_id: int) -> Scope | None:
    """`scope`, or None for somebody who has nothing to read there: for what is told beside other things."""
    grants = _grants(actor, project_id)
    viewer = None if actor is None else actor.viewed_by
    if not any(grant.role in SEES for grant in grants) or (
        viewer is not None and scope_of(session, viewer, project_id) is None
    ):
        return None
    return scope(session, actor, project_id)


def _grants(actor: Actor | None, project_id: int) -> tuple[Grant, ...]:
    return (Grant(Role.COORDINATOR, project_id),) if actor is None else actor.on(project_id)
