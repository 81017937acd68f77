"""Which forms are known and open, and the compiled form of each version.

`form_states` answers from one snapshot, for the pipeline. `Catalogue` answers from memory, for every
submission that comes in; it never says that a form is unknown or closed without having looked just now,
because that answer holds a record back.

All of it works on spaces (sync/drafts.py): the project's own, and those of drafts. What is sent to test a
draft is always taken, whatever version it names, and read without a mapping: it feeds no harmonised row.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, case, func, select

from forms.mapping_revisions import remapped
from forms.model import CompiledForm
from forms.xform import read_xform
from sync.freshness import Fresh
from sync.store import ReadSession, Store
from sync.tables import form, form_draft, form_mapping, form_version, project
from sync.tables.registry import FormState

FormStates = Callable[[str, str, str], str]
"""(space, xml_form_id, version) -> open | closing | closed | unknown_form | unknown_version."""

UNKNOWN_FORM = "unknown_form"
UNKNOWN_VERSION = "unknown_version"

_TAKES_SUBMISSIONS = (FormState.OPEN, FormState.CLOSING)
_COMPILED_KEPT = 64
_UNMAPPED: dict[str, Any] = {"bindings": (), "makers": (), "vocabulary_version": "", "mapping_hash": "none"}
"""A name of its own for no mapping: the published version may have the same XForm, and feeds rows."""


@dataclass(frozen=True, slots=True)
class _Published:
    state: str
    versions: frozenset[str]

    def of(self, version: str) -> str:
        return self.state if version in self.versions else UNKNOWN_VERSION


class _Tested(_Published):
    """A draft: it takes what is sent to test it, and what was filled in on the draft before it."""

    def of(self, version: str) -> str:
        return FormState.OPEN


_DRAFT = _Tested(FormState.OPEN, frozenset())

_Forms = dict[tuple[str, str], _Published]


def form_states(session: ReadSession) -> FormStates:
    """The state of forms as this session sees them; each form is looked up once."""
    seen: dict[tuple[str, str], _Published | None] = {}

    def state(project_uuid: str, xml_form_id: str, version: str) -> str:
        key = (project_uuid, xml_form_id)
        if key not in seen:
            rows = session.all(_ONE_FORM, _named(*key))
            if rows:
                seen[key] = _Published(rows[0]["state"], frozenset(r["version"] for r in rows))
            else:
                seen[key] = _DRAFT if session.first(_ONE_DRAFT, _named(*key)) else None
        published = seen[key]
        return published.of(version) if published else UNKNOWN_FORM

    return state


class Catalogue:
    """The forms of one store, in memory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._forms: Fresh[_Forms] = Fresh(store, _fingerprint, _load)
        self._compiled: OrderedDict[tuple[int, int], CompiledForm] = OrderedDict()
        """By form_version.id and mapping; by -form_draft.id and 0."""
        self._lock = threading.Lock()
        self.refresh = self._forms.refresh
        self.expire = self._forms.expire

    def state(self, project_uuid: str, xml_form_id: str, version: str) -> str:
        """open | closing | closed | unknown_form | unknown_version. No query for a form that is open."""
        published = self._forms.get().get((project_uuid, xml_form_id))
        if published is not None and published.of(version) in _TAKES_SUBMISSIONS:
            return published.state
        with self._store.read() as session:
            return form_states(session)(project_uuid, xml_form_id, version)

    def compiled(self, project_uuid: str, xml_form_id: str, version: str) -> CompiledForm | None:
        """The compiled form, read back from the stored XForm, with the newest revision of its mapping; in a
        draft's space the draft's, without any. None when the version is unknown."""
        with self._store.read() as session:
            version_id = session.scalar(_VERSION_ID, _named(project_uuid, xml_form_id) | {"version": version})
            if version_id is None:
                return self._tested(session, project_uuid, xml_form_id, version)
            number = newest_mapping(session, version_id)
            return self._kept((version_id, number), lambda: mapped_form(session, version_id, number))

    def _tested(
        self, session: ReadSession, space: str, xml_form_id: str, version: str
    ) -> CompiledForm | None:
        """The form of a draft's space: of the form's drafts with this version the newest, else the draft
        itself. It says nothing about harmonised rows."""
        draft = session.first(_ONE_DRAFT, _named(space, xml_form_id))
        if draft is None:
            return None
        of_version = (
            select(func.max(form_draft.c.id))
            .where(form_draft.c.form_id == draft["form_id"], form_draft.c.version == version)
            .where(form_draft.c.id <= draft["id"])
        )
        draft_id = draft["id"] if draft["version"] == version else session.scalar(of_version) or draft["id"]
        xform = select(form_draft.c.xform).where(form_draft.c.id == draft_id)
        return self._kept(
            (-draft_id, 0),
            lambda: replace(read_xform(session.scalar(xform)), **_UNMAPPED),
        )

    def _kept(self, key: tuple[int, int], read: Callable[[], CompiledForm]) -> CompiledForm:
        with self._lock:
            if key in self._compiled:
                self._compiled.move_to_end(key)
                return self._compiled[key]
        compiled = read()
        with self._lock:
            self._compiled[key] = compiled
            while len(self._compiled) > _COMPILED_KEPT:
                self._compiled.popitem(last=False)
        return compiled


def newest_mapping(session: ReadSession, version_id: int) -> int:
    """The number of the mapping that submissions of a form version are projected with; 1 is its own."""
    newest = select(func.max(form_mapping.c.number)).where(form_mapping.c.form_version_id == version_id)
    return session.scalar(newest) or 1


def mapped_form(session: ReadSession, version_id: int, number: int) -> CompiledForm:
    """A published version with the mapping of one revision. `version_id` and `number` must exist."""
    published = read_xform(
        session.scalar(select(form_version.c.xform).where(form_version.c.id == version_id))
    )
    if number == 1:
        return published
    revision = select(form_mapping.c.annotations).where(
        form_mapping.c.form_version_id == version_id, form_mapping.c.number == number
    )
    return remapped(published, session.scalar(revision), number)


_CATALOGUES: weakref.WeakKeyDictionary[Store, Catalogue] = weakref.WeakKeyDictionary()
_MAKING = threading.Lock()


def catalogue(store: Store) -> Catalogue:
    """The one catalogue of a store, so that what is published in a process is known there at once."""
    with _MAKING:
        if store not in _CATALOGUES:
            _CATALOGUES[store] = Catalogue(weakref.proxy(store))  # else the value would keep its key alive
        return _CATALOGUES[store]


def compiled_form(store: Store, project_uuid: str, xml_form_id: str, version: str) -> CompiledForm | None:
    """The compiled form of a version published in a project, or of a draft when the space is one's, or None.
    The last few are kept in memory."""
    return catalogue(store).compiled(project_uuid, xml_form_id, version)


def _named(space: str, xml_form_id: str) -> dict[str, str]:
    return {"space": space, "xml_form_id": xml_form_id}


_STATE = case((form.c.deleted_at.is_not(None), FormState.CLOSED), else_=form.c.state).label("state")
"""What comes for a deleted form waits as for a closed one, until it is restored."""

_PUBLISHED = (
    select(project.c.uuid, form.c.xml_form_id, _STATE, form_version.c.version)
    .join(form, form.c.project_id == project.c.id)
    .join(form_version, form_version.c.form_id == form.c.id)
)
_ONE_FORM = _PUBLISHED.where(
    project.c.uuid == bindparam("space"), form.c.xml_form_id == bindparam("xml_form_id")
)
_DRAFTS = select(
    form_draft.c.id, form_draft.c.uuid, form_draft.c.form_id, form_draft.c.version, form.c.xml_form_id
).join(form, form.c.id == form_draft.c.form_id)
_ONE_DRAFT = _DRAFTS.where(
    form_draft.c.uuid == bindparam("space"), form.c.xml_form_id == bindparam("xml_form_id")
)
_VERSION_ID = (
    select(form_version.c.id)
    .join(form, form.c.id == form_version.c.form_id)
    .join(project, project.c.id == form.c.project_id)
    .where(
        project.c.uuid == bindparam("space"),
        form.c.xml_form_id == bindparam("xml_form_id"),
        form_version.c.version == bindparam("version"),
    )
)
_NEWEST_DRAFT = select(func.max(form_draft.c.id))


def _fingerprint(session: ReadSession) -> object:
    """Versions and drafts are only ever added; a form's own row is all that changes."""
    newest = session.scalar(select(func.max(form_version.c.id))), session.scalar(_NEWEST_DRAFT)
    forms = session.all(
        select(form.c.id, form.c.state, form.c.current_version_id, form.c.deleted_at).order_by(form.c.id)
    )
    return newest, [tuple(row.values()) for row in forms]


def _load(session: ReadSession) -> _Forms:
    versions: dict[tuple[str, str], tuple[str, set[str]]] = {}
    for row in session.all(_PUBLISHED):
        versions.setdefault((row["uuid"], row["xml_form_id"]), (row["state"], set()))[1].add(row["version"])
    drafts: _Forms = {(row["uuid"], row["xml_form_id"]): _DRAFT for row in session.all(_DRAFTS)}
    return drafts | {key: _Published(state, frozenset(found)) for key, (state, found) in versions.items()}
