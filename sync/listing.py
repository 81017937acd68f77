"""The choice lists tablets are given, made from a project's registers and kept until those change.

Flows in: registers (sync/listing_rows.py) and the grants of a tablet's user (sync/listing_scope.py). Flows
out: a file's bytes and their md5, which is what a manifest names and a tablet compares.

A manifest asks for every list of every form at every check, so nothing is made twice. A project's registers
are read again only after the change log or the audit trail says that somebody administered something, and
what they then say differs; files are kept by what the registers say, the list and what the user is assigned
to, so that two users share a file only where they would get the very same rows.
"""

from __future__ import annotations

import hashlib
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from forms.generated_lists import (
    GENERATED_LISTS,
    GeneratedList,
    admin_csv,
    areas_csv,
    generated_names,
    list_csv,
    places_csv,
)
from sync.access import Grant
from sync.listing_rows import Registered, Registers, read_registers
from sync.listing_scope import EVERYTHING, ListingScope, Narrowed, narrowed_by
from sync.places.releases import active_release
from sync.returned import returned_list
from sync.store import ReadSession, Store, now
from sync.tables import (
    audit,
    change,
    corridor,
    key_informant,
    organisation,
    origin,
    place,
    round_,
)
from sync.tables.log import ChangeKind

_FILES_KEPT = 20_000
_BYTES_KEPT = 64 << 20

_COLLECTED = (str(ChangeKind.SUBMISSION), str(ChangeKind.ATTACHMENT), str(ChangeKind.ENTITY))
"""Changes that no list follows from, and nearly all there are."""


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list as one user gets it."""

    name: str
    md5: str  # of the content, 32 hex digits
    rows: int
    size: int  # bytes


@dataclass(slots=True)
class _Project:
    """One project's registers. `looked`: how far the logs were read; `said`: what they said then."""

    looked: tuple[Any, ...]
    said: tuple[Any, ...]
    digest: bytes
    registers: Registers


_FileKey = tuple[int, bytes, str, frozenset[Narrowed]]


class Listings:
    """The lists of one store. Safe to use from many threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._projects: dict[int, _Project] = {}
        self._files: OrderedDict[_FileKey, ListFile] = OrderedDict()
        self._contents: OrderedDict[_FileKey, bytes] = OrderedDict()
        self._content_bytes = 0
        self._working = threading.RLock()  # a list is made once, however many tablets wait for it

    def file(
        self,
        session: ReadSession,
        project_id: int,
        name: str,
        grants: Iterable[Grant] | None,
        form: str = "",
        sender: str | None = None,
    ) -> ListFile:
        """A list as somebody with these grants gets it in a form.

        name    a key of GENERATED_LISTS
        grants  of a tablet's user on the project; None gives everything
        form    xml_form_id: grants for other forms do not count
        sender  uuid of an app user, for lists of their own records; None: there are none
        """
        if GENERATED_LISTS[name].of_sender:
            content, rows = self._of_sender(session, project_id, sender)
            return ListFile(name, _md5(content), rows, len(content))
        with self._working:
            key, registers = self._key(session, project_id, name, grants, form)
            if key not in self._files:
                self._keep(key, *_made(GENERATED_LISTS[name], registers, key[3]))
            self._files.move_to_end(key)
            return self._files[key]

    def content(
        self,
        session: ReadSession,
        project_id: int,
        name: str,
        grants: Iterable[Grant] | None,
        form: str = "",
        sender: str | None = None,
    ) -> bytes:
        """The bytes of `file`."""
        if GENERATED_LISTS[name].of_sender:
            return self._of_sender(session, project_id, sender)[0]
        with self._working:
            key, registers = self._key(session, project_id, name, grants, form)
            if key not in self._contents:
                self._keep(key, *_made(GENERATED_LISTS[name], registers, key[3]))
            self._contents.move_to_end(key)
            return self._contents[key]

    def _of_sender(self, session: ReadSession, project_id: int, sender: str | None) -> tuple[bytes, int]:
        """Made anew each time, and kept for nobody: nearly always it is empty."""
        return returned_list(session, self._store, project_id, sender)

    def registers(self, session: ReadSession, project_id: int) -> Registers:
        """What the project's lists are made from, as of now."""
        with self._working:
            return self._project(session, project_id).registers

    def _key(
        self, session: ReadSession, project_id: int, name: str, grants: Iterable[Grant] | None, form: str
    ) -> tuple[_FileKey, Registers]:
        known = self._project(session, project_id)
        everything = grants is None or not GENERATED_LISTS[name].by_assignment
        narrowed = EVERYTHING if everything else narrowed_by(grants or (), form)
        return (project_id, known.digest, name, narrowed), known.registers

    def _project(self, session: ReadSession, project_id: int) -> _Project:
        known, day = self._projects.get(project_id), now().date()
        looked = (day, *_position(session))
        if known is not None:
            if known.looked == looked:
                return known
            if known.looked[0] == day and _only_collected(session, known.looked, looked):
                known.looked = looked
                return known
        said = (day, *_said(session, project_id))
        if known is not None and known.said == said:
            known.looked = looked
            return known
        registers = read_registers(session, self._store, project_id, day)
        digest = hashlib.sha256(repr(said).encode()).digest()
        self._projects[project_id] = _Project(looked, said, digest, registers)
        return self._projects[project_id]

    def _keep(self, key: _FileKey, content: bytes, rows: int) -> None:
        self._files[key] = ListFile(key[2], _md5(content), rows, len(content))
        while len(self._files) > _FILES_KEPT:
            self._files.popitem(last=False)
        self._contents[key] = content
        self._content_bytes += len(content)
        while self._content_bytes > _BYTES_KEPT and len(self._contents) > 1:
            _, dropped = self._contents.popitem(last=False)
            self._content_bytes -= len(dropped)


_LISTINGS: weakref.WeakKeyDictionary[Store, Listings] = weakref.WeakKeyDictionary()
_NAMED: OrderedDict[str, tuple[str, ...]] = OrderedDict()
"""By the md5 of an XForm, whose bytes never change: good for every store of the process."""

_MAKING = threading.Lock()


def listings(store: Store) -> Listings:
    """The one set of lists of a store."""
    with _MAKING:
        if store not in _LISTINGS:
            _LISTINGS[store] = Listings(weakref.proxy(store))  # else the value would keep its key alive
        return _LISTINGS[store]


def lists_named_by(xform_md5: str, read: Callable[[], bytes]) -> tuple[str, ...]:
    """The generated lists an XForm refers to. Its bytes are read once in a process."""
    with _MAKING:
        found = _NAMED.get(xform_md5)
    if found is None:
        found = generated_names(read())
        with _MAKING:
            _NAMED[xform_md5] = found
            while len(_NAMED) > _FILES_KEPT:
                _NAMED.popitem(last=False)
    return found


def empty_lists(
    session: ReadSession, project_id: int, names: Iterable[str], day: date | None = None
) -> list[GeneratedList]:
    """Those of these generated lists that have no row in the project at all."""
    wanted = [GENERATED_LISTS[name] for name in names if not GENERATED_LISTS[name].of_sender]
    if not wanted:
        return []
    registers = read_registers(session, None, project_id, day or now().date())
    return [each for each in wanted if not _made(each, registers, EVERYTHING)[1]]


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _made(kind: GeneratedList, registers: Registers, narrowed: frozenset[Narrowed]) -> tuple[bytes, int]:
    """The file and how many rows it has."""
    scope = ListingScope(registers, narrowed)
    if kind.filled_by == GENERATED_LISTS["places.csv"].filled_by:
        places = [p.listed for p in scope.places() if kind.kinds is None or p.listed.type in kind.kinds]
        return places_csv(places), len(places)
    if kind.filled_by == GENERATED_LISTS["areas.csv"].filled_by:
        areas = [a.listed for a in scope.areas() if a.listed is not None and kind.level in (None, a.key[0])]
        if kind.level is not None:
            return admin_csv(kind.level, areas, registers.languages), len(areas)
        return areas_csv(areas, registers.languages), len(areas)
    rows = list(scope.further(_further(kind.name, registers)))
    return list_csv(kind.columns, (row.cells for row in rows)), len(rows)


def _further(name: str, registers: Registers) -> Iterator[Registered]:
    found = {
        "corridors.csv": registers.corridors,
        "rounds.csv": registers.rounds,
        "informants.csv": registers.informants,
        "organisations.csv": registers.organisations,
    }
    yield from found[name]


def _position(session: ReadSession) -> tuple[Any, ...]:
    """Where this instance's change log and audit trail end."""
    row = session.first(_POSITION)
    return tuple(row.values()) if row is not None else ()


def _only_collected(session: ReadSession, before: tuple[Any, ...], after: tuple[Any, ...]) -> bool:
    """Whether nothing but submissions came between two positions."""
    _, uuid, epoch, seq, audited = before
    if (uuid, epoch, audited) != (after[1], after[2], after[4]):
        return False
    c = change.c
    other = select(c.seq).where(
        c.origin_uuid == uuid, c.epoch == epoch, c.seq > seq, c.kind.not_in(_COLLECTED)
    )
    return session.scalar(other.limit(1)) is None


def _said(session: ReadSession, project_id: int) -> tuple[Any, ...]:
    """Values that differ whenever a list may: cheap, for places and corridors note when they changed."""
    release = active_release(session, project_id)
    found: list[Any] = [(release.id, release.aliases) if release else None]
    for table in (place, corridor):
        counted = select(func.count(), func.max(table.c.updated_at)).where(table.c.project_id == project_id)
        found += [tuple(row.values()) for row in session.all(counted)]
    r, i, o = round_.c, key_informant.c, organisation.c
    statements = (
        select(r.id, r.operation, r.assessment_type, r.code, r.period_start, r.period_end, r.status, r.pcodes)
        .where(r.project_id == project_id)
        .order_by(r.id),
        select(i.id, i.pseudonym, i.organisation_id, i.area_pcode, i.role, i.retired_at, i.erased_at)
        .where(i.project_id == project_id)
        .order_by(i.id),
        select(o.code, o.name).order_by(o.code),
    )
    for statement in statements:
        found.append(tuple(tuple(row.values()) for row in session.all(statement)))
    return tuple(found)


_POSITION = select(
    origin.c.uuid,
    origin.c.epoch,
    origin.c.seq,
    select(func.max(audit.c.id)).scalar_subquery().label("audited"),
)
