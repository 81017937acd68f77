"""A form, or its draft, as one reader has it: scope applied, the last few services kept."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy import select

from server.datasets.scope import Scope, scope
from server.odata.query import form_records
from server.odata.record_scope import record_scope
from server.odata.service import OpenService
from sync.access import Actor
from sync.catalogue import compiled_form
from sync.drafts import get_draft, space_of_draft
from sync.odata.tables import Service, service_of, with_fields_of
from sync.problems import NotFound
from sync.store import ReadSession, Store, now
from sync.tables import form, form_version

_KEPT = 64
_services: OrderedDict[tuple[str, str, tuple[int, ...], int, bool], Service] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Which:
    """The form somebody asks about, or its draft."""

    project_id: int
    xml_form_id: str
    draft: bool = False

    @property
    def path(self) -> str:
        """Where it stands below the server's address, as clients write it."""
        way = f"/v1/projects/{self.project_id}/forms/{quote(self.xml_form_id, safe='')}"
        return f"{way}/draft" if self.draft else way


def open_service(
    session: ReadSession,
    store: Store,
    actor: Actor | None,
    which: Which,
    base: str,
    with_past: bool = False,
) -> tuple[OpenService, Scope]:
    """The service of a form for one reader, and the scope it was cut to.

    base       the address of this server
    with_past  also the questions that only earlier versions had
    Raises NotFound for a project, form or draft that is absent, or that the actor has nothing to do with.
    """
    seen = scope(session, actor, which.project_id)
    records = record_scope(seen, which.xml_form_id)
    space = seen.project_uuid
    if which.draft:
        space, full = _draft_service(session, store, which)
    else:
        full = _form_service(session, store, space, which, with_past)
    opened = OpenService(
        full,
        full.seen_by(records.sees),
        form_records(session, space, which.xml_form_id, records, now(), seen.fingerprint),
        f"{base}{which.path}.svc",
    )
    return opened, seen


def _draft_service(session: ReadSession, store: Store, which: Which) -> tuple[str, Service]:
    mine = (form.c.project_id == which.project_id, form.c.xml_form_id == which.xml_form_id)
    form_id = session.scalar(select(form.c.id).where(*mine, form.c.deleted_at.is_(None)))
    draft = get_draft(session, form_id) if form_id is not None else None
    if draft is None:
        raise _absent(which)
    space = space_of_draft(draft)
    compiled = compiled_form(store, space, which.xml_form_id, draft["version"])
    if compiled is None:
        raise _absent(which)
    return space, service_of(compiled)


def _form_service(session: ReadSession, store: Store, space: str, which: Which, with_past: bool) -> Service:
    """The tables of a form: those of the current version, closed by all of them. The last few are kept."""
    mine = (form.c.project_id == which.project_id, form.c.xml_form_id == which.xml_form_id)
    versions = session.all(
        select(form_version.c.id, form_version.c.version, form.c.current_version_id)
        .join(form, form.c.id == form_version.c.form_id)
        .where(*mine, form.c.deleted_at.is_(None))
        .order_by(form_version.c.id)
    )
    current = [row for row in versions if row["id"] == row["current_version_id"]]
    if not current:
        raise _absent(which)
    key = (space, which.xml_form_id, tuple(row["id"] for row in versions), current[0]["id"], with_past)
    found = _services.get(key)
    if found is None:
        compiled = {
            row["id"]: compiled_form(store, space, which.xml_form_id, row["version"]) for row in versions
        }
        this = compiled.pop(current[0]["id"])
        assert this is not None
        others = [other for other in compiled.values() if other is not None]
        shown = with_fields_of(this, others[::-1]) if with_past else this
        found = _services[key] = service_of(shown, others)
        while len(_services) > _KEPT:
            _services.popitem(last=False)
    return found


def _absent(which: Which) -> NotFound:
    return NotFound(f"There is no form {which.xml_form_id!r} here.", "Ask which forms the token is for.")
