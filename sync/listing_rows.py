"""A project's registers as its choice lists need them: places with their areas, areas, corridors, rounds.

Flows in: the tables, and the active release's index, which says where a place lies. Flows out: one value
that holds every row, from which sync/listing.py cuts what each tablet is given. Places that are closed or
over, and areas, corridors, rounds and informants that are no more, are left out here, for everybody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy import RowMapping, or_, select

from forms import vocabulary
from forms.generated_lists import ListedArea, ListedPlace, languages_of
from sync.places.index import PlaceIndex
from sync.places.releases import active_release, index_for
from sync.problems import NotFound
from sync.store import ReadSession, Store, now
from sync.tables import corridor, key_informant, organisation, place, place_status, round_
from sync.tables.places import admin_alias, admin_area, boundary_release

Key = tuple[int, str]
"""(level, code) of an area."""

_OPEN_ROUNDS = ("draft", "cleaning")


@dataclass(frozen=True, slots=True)
class RegisteredPlace:
    listed: ListedPlace
    organisation: str | None
    areas: frozenset[Key]  # that it lies in, all levels


@dataclass(frozen=True, slots=True)
class RegisteredArea:
    key: Key
    parent: Key | None
    iso3: str | None
    listed: ListedArea | None  # None: a level that lists do not have


@dataclass(frozen=True, slots=True)
class Registered:
    """A row of a further list. `areas`: codes that it is about; empty where that is not said."""

    cells: tuple[str | None, ...]
    areas: frozenset[str]
    organisation: str | None = None


@dataclass(frozen=True, slots=True)
class Registers:
    """Everything a project's lists are made from, as of one day."""

    places: tuple[RegisteredPlace, ...]
    areas: dict[Key, RegisteredArea]
    aliases: dict[str, frozenset[Key]]  # older codes and other names
    languages: tuple[str, ...]
    corridors: tuple[Registered, ...]
    rounds: tuple[Registered, ...]
    informants: tuple[Registered, ...]
    organisations: tuple[Registered, ...]


def read_registers(session: ReadSession, store: Store | None, project_id: int, day: date) -> Registers:
    """Everything there is to list on a day.

    store  None: places are not located, which is enough to count them
    """
    release = active_release(session, project_id)
    areas: dict[Key, RegisteredArea] = {}
    aliases: dict[str, frozenset[Key]] = {}
    languages: tuple[str, ...] = ()
    index = None
    if release is not None:
        areas, languages = _areas(session, release.id, day)
        aliases = _aliases(session, release.id)
        index = PlaceIndex.open(index_for(store, release)) if store is not None else None
    return Registers(
        places=tuple(_places(session, project_id, day, index)),
        areas=areas,
        aliases=aliases,
        languages=languages,
        corridors=tuple(_corridors(session, project_id, day)),
        rounds=tuple(_rounds(session, project_id)),
        informants=tuple(_informants(session, project_id, areas)),
        organisations=tuple(
            Registered((row["code"], row["name"] or row["code"]), frozenset())
            for row in session.all(
                select(organisation.c.code, organisation.c.name).order_by(
                    organisation.c.name, organisation.c.code
                )
            )
        ),
    )


def release_areas(
    session: ReadSession, project_id: int | None, release: str | None
) -> tuple[list[ListedArea], tuple[str, ...]]:
    """The areas of a project's active release, or of the release of that name, and their languages.

    Raises NotFound.
    """
    if project_id is not None:
        active = active_release(session, project_id)
        release_id, hint = active.id if active else None, "`waypost places import` makes one active."
    else:
        named = select(boundary_release.c.id).where(boundary_release.c.name == release)
        release_id, hint = session.scalar(named), "`waypost places import` makes one."
    if release_id is None:
        raise NotFound(
            f"There is no release {release}." if release else f"Project {project_id} has no boundaries.", hint
        )
    areas, languages = _areas(session, release_id, now().date())
    return [area.listed for area in areas.values() if area.listed is not None], languages


def _areas(
    session: ReadSession, release_id: int, day: date
) -> tuple[dict[Key, RegisteredArea], tuple[str, ...]]:
    a = admin_area.c
    columns = (a.id, a.level, a.code, a.name, a.names, a.parent_id, a.iso3, a.valid_to)
    rows = session.all(select(*columns).where(a.release_id == release_id).order_by(a.level, a.code))
    by_id = {row["id"]: row for row in rows}
    found = {}
    for row in rows:
        if row["valid_to"] is not None and row["valid_to"] < day:
            continue
        upper = by_id.get(row["parent_id"])
        key = (row["level"], row["code"])
        parent = (upper["level"], upper["code"]) if upper is not None else None
        listed = _listed(row, by_id) if row["level"] in (1, 2, 3) else None
        found[key] = RegisteredArea(key, parent, row["iso3"], listed)
    return found, languages_of(row["names"] for row in rows)


def _listed(row: RowMapping, by_id: dict[int, RowMapping]) -> ListedArea:
    uppers: list[tuple[int, str]] = []
    step = by_id.get(row["parent_id"])
    while step is not None:
        code = step["code"] if step["level"] else step["iso3"] or step["code"]
        uppers.append((step["level"], code))
        step = by_id.get(step["parent_id"])
    if row["iso3"] and 0 not in dict(uppers):
        uppers.append((0, row["iso3"]))
    parent = uppers[0][1] if uppers else ""
    return ListedArea(
        row["code"], row["name"], row["level"], parent, tuple(sorted(row["names"].items())), tuple(uppers)
    )


def _aliases(session: ReadSession, release_id: int) -> dict[str, frozenset[Key]]:
    found: dict[str, set[Key]] = defaultdict(set)
    columns = (admin_alias.c.alias, admin_alias.c.level, admin_alias.c.code)
    for row in session.all(select(*columns).where(admin_alias.c.release_id == release_id)):
        found[row["alias"]].add((row["level"], row["code"]))
    return {alias: frozenset(keys) for alias, keys in found.items()}


def _places(
    session: ReadSession, project_id: int, day: date, index: PlaceIndex | None
) -> Iterable[RegisteredPlace]:
    p = place.c
    columns = (p.id, p.code, p.name, p.kind, p.lon, p.lat, p.pcode, p.corridor, p.organisation)
    rows = session.all(
        select(*columns)
        .where(p.project_id == project_id, or_(p.valid_to.is_(None), p.valid_to >= day))
        .order_by(p.code)
    )
    closed = _closed(session, project_id, day)
    rows = [row for row in rows if row["id"] not in closed]
    for row, areas in zip(rows, _areas_of(rows, index), strict=True):
        codes = dict(areas)
        listed = ListedPlace(
            row["code"],
            row["name"],
            row["kind"],
            codes.get(1),
            codes.get(2),
            codes.get(3),
            row["corridor"],
        )
        yield RegisteredPlace(listed, row["organisation"], frozenset(areas))


def _closed(session: ReadSession, project_id: int, day: date) -> frozenset[int]:
    """Ids of the places whose status of the day, the one that began last, is closed."""
    s = place_status.c
    rows = session.all(
        select(s.place_id, s.status)
        .join(place, place.c.id == s.place_id)
        .where(
            place.c.project_id == project_id,
            s.valid_from <= day,
            or_(s.valid_to.is_(None), s.valid_to >= day),
        )
        .order_by(s.place_id, s.valid_from)
    )
    latest = {row["place_id"]: row["status"] for row in rows}
    return frozenset(place_id for place_id, status in latest.items() if status == "closed")


def _areas_of(rows: Sequence[RowMapping], index: PlaceIndex | None) -> list[tuple[Key, ...]]:
    """Where each place lies, by its position, else by its p-code: as records of it are placed."""
    if index is None:
        return [()] * len(rows)
    found: list[tuple[Key, ...]] = [()] * len(rows)
    positioned = [n for n, row in enumerate(rows) if row["lon"] is not None and row["lat"] is not None]
    points = np.array([(rows[n]["lon"], rows[n]["lat"]) for n in positioned], np.float64).reshape(-1, 2)
    for n, located in zip(positioned, index.locate_many(points), strict=True):
        found[n] = tuple((area.level, area.code) for area in located.areas.values())
    for n, row in enumerate(rows):
        if not found[n] and row["pcode"] and (position := index.match(row["pcode"])) is not None:
            areas, _ = index.chain(position)
            found[n] = tuple((area.level, area.code) for area in areas.values())
    return found


def _corridors(session: ReadSession, project_id: int, day: date) -> Iterable[Registered]:
    """Never the line: where herds pass leaves only with its owner's release."""
    c = corridor.c
    statement = select(c.code, c.name, c.kind, c.organisation, c.pcodes).where(
        c.project_id == project_id, or_(c.valid_to.is_(None), c.valid_to >= day)
    )
    for row in session.all(statement.order_by(c.name, c.code)):
        cells = (row["code"], row["name"] or row["code"], row["kind"])
        yield Registered(cells, frozenset(row["pcodes"]), row["organisation"])


def _rounds(session: ReadSession, project_id: int) -> Iterable[Registered]:
    r = round_.c
    columns = (r.code, r.operation, r.assessment_type, r.period_start, r.period_end, r.pcodes)
    statement = select(*columns).where(r.project_id == project_id, r.status.in_(_OPEN_ROUNDS))
    for row in session.all(statement.order_by(r.operation, r.assessment_type, r.code)):
        days = [str(day) for day in (row["period_start"], row["period_end"]) if day is not None]
        label = f"{row['code']} ({'/'.join(days)})" if days else row["code"]
        cells = (row["code"], label, row["operation"], row["assessment_type"])
        yield Registered(cells, frozenset(row["pcodes"]))


def _informants(
    session: ReadSession, project_id: int, areas: dict[Key, RegisteredArea]
) -> Iterable[Registered]:
    """By pseudonym, role and area. What is sealed is not even read."""
    i = key_informant.c
    roles = vocabulary.codes("informant_role")
    names = {area.key[1]: area.listed.name for area in areas.values() if area.listed is not None}
    statement = (
        select(i.pseudonym, i.role, i.area_pcode, organisation.c.code.label("organisation"))
        .join_from(key_informant, organisation, organisation.c.id == i.organisation_id, isouter=True)
        .where(i.project_id == project_id, i.retired_at.is_(None), i.erased_at.is_(None))
    )
    for row in session.all(statement.order_by(i.pseudonym)):
        role = roles[row["role"]].label if row["role"] in roles else row["role"]
        area = names.get(row["area_pcode"], row["area_pcode"])
        label = ", ".join(part for part in (role, area, row["pseudonym"]) if part)
        about = frozenset({row["area_pcode"]} if row["area_pcode"] else ())
        yield Registered(
            (row["pseudonym"], label, row["role"], row["area_pcode"]), about, row["organisation"]
        )
