"""Entity lists as tablets get them: CSV with `name`, `label`, `__version` and a column for each property.

In: a list's row and who asks. Out: the file and its md5, which a manifest names and a tablet compares:
another md5 means that the list has changed, by a creation, a change or a deletion. A list may show each user
their own entities only, and those whose properties equal the user's: who lacks a property that is asked for
gets none. Whoever may list entities gets all of them, as far as they see what they say, and so does whoever
reads forms and fills in none; whoever fills in forms gets them whole, for that is what the list was linked
for. Made once for each revision of the list and each such cut, however many tablets ask.
"""

from __future__ import annotations

import csv
import hashlib
import io
import threading
import weakref
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, select

from sync.access import Actor, Grant
from sync.actor_properties import properties_of
from sync.assignments import actors_by_uuid
from sync.entities.datasets import access_filters, property_names
from sync.entities.reading import NEWEST_FIRST, of_dataset, rows_of, select_entities
from sync.entities.sight import sight_of
from sync.permissions import form_verbs, project_verbs
from sync.store import ReadSession, Store
from sync.tables import entity

Row = Mapping[Any, Any]

HEADING = ("name", "label", "__version")
_BYTES_KEPT = 64 << 20
_LISTS_KEPT = 50
_TOGETHER = 500


def _marks(dataset_id: int) -> Select[Any]:
    """Each entity of a list with what changes when it does: much less than its content."""
    columns = entity.c.id, entity.c.version, entity.c.updated_at
    return select(*columns).where(of_dataset(dataset_id)).order_by(*NEWEST_FIRST)


@dataclass(frozen=True, slots=True)
class EntityListFile:
    """A list as one user gets it."""

    md5: str  # of the content, 32 hex digits
    content: bytes


@dataclass(frozen=True, slots=True)
class _Listed:
    """A row of a list."""

    uuid: str
    version: int
    creator: str | None
    label: str
    data: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Cut:
    """Which entities of a list somebody gets: those of a creator, those with these values."""

    creator: str | None = None
    equal: tuple[tuple[str, str], ...] = ()
    none: bool = False
    empty: frozenset[str] = frozenset()  # properties whose values are not shown

    def of(self, rows: Iterable[_Listed]) -> Iterable[_Listed]:
        if self.none:
            return
        for row in rows:
            mine = self.creator is None or row.creator == self.creator
            if mine and all(row.data.get(name) == value for name, value in self.equal):
                yield row


class EntityLists:
    """The lists of one store. Safe to use from many threads."""

    def __init__(self) -> None:
        self._files: OrderedDict[tuple[int, int, _Cut], EntityListFile] = OrderedDict()
        self._bytes = 0
        self._rows: OrderedDict[int, dict[int, tuple[Any, _Listed]]] = OrderedDict()
        """By list and entity, with what tells that the entity is as it was: only what changed is opened."""
        self._working = threading.Lock()  # a list is made once, however many tablets wait for it

    def file(self, store: Store, session: ReadSession, list_row: Row, actor: Actor) -> EntityListFile:
        """A list as an actor gets it on a tablet or in a form."""
        key = (list_row["id"], list_row["revision"], _cut(session, list_row, actor))
        with self._working:
            found = self._files.get(key)
            if found is None:
                rows = self._read(store, session, list_row["id"])
                names = property_names(session, list_row["id"])
                content = list_csv(names, key[2].of(rows), key[2].empty)
                found = EntityListFile(hashlib.md5(content, usedforsecurity=False).hexdigest(), content)
                self._keep(key, found)
            self._files.move_to_end(key)
            return found

    def _read(self, store: Store, session: ReadSession, dataset_id: int) -> list[_Listed]:
        """The rows of a list, the newest first."""
        before = self._rows.pop(dataset_id, {})
        now = [(row["id"], (row["version"], row["updated_at"])) for row in session.all(_marks(dataset_id))]
        fresh = [id_ for id_, mark in now if id_ not in before or before[id_][0] != mark]
        opened: dict[int, _Listed] = {}
        for start in range(0, len(fresh), _TOGETHER):
            part = select_entities(entity.c.id.in_(fresh[start : start + _TOGETHER]))
            for row in rows_of(session, store.keyring, part):
                said = row.current.content
                opened[row.id] = _Listed(row.uuid, row.version, row.creator_uuid, said.label, said.data)
        kept = {id_: (mark, opened[id_] if id_ in opened else before[id_][1]) for id_, mark in now}
        self._rows[dataset_id] = kept
        while len(self._rows) > _LISTS_KEPT:
            self._rows.popitem(last=False)
        return [listed for _, listed in kept.values()]

    def _keep(self, key: tuple[int, int, _Cut], file: EntityListFile) -> None:
        self._files[key] = file
        self._bytes += len(file.content)
        while self._bytes > _BYTES_KEPT and len(self._files) > 1:
            _, dropped = self._files.popitem(last=False)
            self._bytes -= len(dropped.content)


_LISTS: weakref.WeakKeyDictionary[Store, EntityLists] = weakref.WeakKeyDictionary()
_MAKING = threading.Lock()


def entity_list(
    store: Store,
    session: ReadSession,
    list_row: Row,
    actor_uuid: str | None,
    grants: Iterable[Grant],
    viewed_by: Actor | None = None,
) -> EntityListFile:
    """A list's file as somebody gets it in a form.

    actor_uuid  None: nobody known, who tries a draft
    grants      on the list's project
    viewed_by   who looks as that actor: gets no more than they see themselves
    """
    actor = Actor(actor_uuid or "", "", "", tuple(grants), viewed_by=viewed_by)
    with _MAKING:
        lists = _LISTS.setdefault(store, EntityLists())
    return lists.file(store, session, list_row, actor)


def list_type(list_row: Row) -> str:
    """How a manifest marks the list: with approval, a tablet knows that what it makes may not come to be."""
    return "approvalEntityList" if list_row["approval_required"] else "entityList"


def list_csv(properties: Sequence[str], rows: Iterable[_Listed], empty: Collection[str] = ()) -> bytes:
    """UTF-8 with a heading. An entity without a label is left out: it would cost a tablet all others."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*HEADING, *properties))
    for row in rows:
        if row.label:
            cells = ("" if name in empty else row.data.get(name, "") for name in properties)
            writer.writerow((row.uuid, row.label, row.version, *cells))
    return text.getvalue().encode()


def _cut(session: ReadSession, list_row: Row, actor: Actor) -> _Cut:
    project_id = list_row["project_id"]
    own = replace(actor, viewed_by=None)
    if "entity.list" in project_verbs(own, project_id) or not _fills(own, project_id):
        cut = _seen(session, list_row, own)
    else:
        cut = _filled_in(session, list_row, own)
    if actor.viewed_by is None:
        return cut
    looks = _seen(session, list_row, actor.viewed_by)
    return replace(cut, none=cut.none or looks.none, empty=cut.empty | looks.empty)


def _fills(actor: Actor, project_id: int) -> bool:
    """Whether somebody fills in any form of the project; whoever tries a draft has no grant."""
    forms = {grant.xml_form_id or "" for grant in actor.assignments}
    return not forms or any("submission.create" in form_verbs(actor, project_id, form) for form in forms)


def _seen(session: ReadSession, list_row: Row, actor: Actor) -> _Cut:
    """As far as a reader sees what entities say."""
    sight = sight_of(session, actor, list_row["project_id"], list_row["id"])
    return _Cut(none=not sight.shows_label, empty=sight.closed)


def _filled_in(session: ReadSession, list_row: Row, actor: Actor) -> _Cut:
    """As somebody needs it who fills in forms."""
    creator = actor.uuid if list_row["owner_only"] else None
    wanted = access_filters(session, list_row["id"])
    if not wanted:
        return _Cut(creator)
    ids = [row["id"] for row in actors_by_uuid(session, [actor.uuid]).values()]
    mine = next(iter(properties_of(session, ids).values()), {})
    if any(name not in mine for _, name in wanted):
        return _Cut(none=True)
    return _Cut(creator, tuple((prop, mine[name]) for prop, name in wanted))
