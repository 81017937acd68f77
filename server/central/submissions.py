"""`/v1/projects/{p}/forms/{f}/submissions`: records sent, listed, looked at and corrected.

What comes here goes through the same receipt as a tablet's. These clients are refused where ODK Central would
refuse them, after what they sent was kept (decision 0014).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from server.central.actors import actor_value
from server.central.answers import answer, xml_answer
from server.central.asking import is_extended, is_true, paging
from server.central.keys import key_value
from server.central.paths import form_id
from server.central.record_gate import (
    absent,
    form_of,
    on_records,
    record_of,
    sight_of,
    space_of,
    store_of,
)
from server.central.record_problems import (
    AlreadyThere,
    DeprecatedIdMissing,
    DeprecatedIdNotFound,
    EditOutdated,
    FormVersionNotFound,
    NotAccepting,
    XmlConflict,
)
from server.central.record_sending import Sent, form_state, read_sent, receive
from server.central.record_values import Teller
from server.central.routing import asked
from sync.encryption_keys import keys_of_records
from sync.originals import open_body
from sync.receipt import Receipt, ReceiptKind
from sync.records.reading import find_record, list_records, original_of
from sync.records.senders import senders_of
from sync.records.sight import SENSITIVITIES, WholeForm
from sync.store import ReadSession
from sync.tables.records import HoldReason

router = APIRouter(tags=["submissions"])


@on_records(router, "GET", "", "submission.list")
def submissions(request: Request) -> Response:
    """The form's records, newest first; with `?deleted=true` those that were deleted instead."""
    page = paging(request)
    with store_of(request).read() as session:
        found = list_records(
            session,
            space_of(request),
            form_of(request),
            sight_of(request, session),
            is_true(request, "deleted"),
            page.limit,
            page.offset,
        )
        return answer(request, _teller(request, session).records(found))


@on_records(router, "POST", "", "submission.create")
async def create(request: Request) -> Response:
    """Send a record: its XML is the body, `?deviceID=` may say from where. Files are added afterwards."""
    sent = await read_sent(request)
    receipt = await receive(request, sent)
    return await run_in_threadpool(_created, request, sent, receipt)


@on_records(router, "GET", "/submitters", "submission.read")
def submitters(request: Request) -> Response:
    """Who sent records of this form."""
    with store_of(request).read() as session:
        found = senders_of(session, space_of(request), form_of(request), sight_of(request, session))
    return answer(request, [actor_value(row) for row in found])


@on_records(router, "GET", "/keys", "submission.read")
def keys(request: Request) -> Response:
    """The keys that encrypted records of this form were encrypted with."""
    with store_of(request).read() as session:
        found = keys_of_records(session, space_of(request), form_of(request), sight_of(request, session))
    return answer(request, [key_value(row) for row in found])


@on_records(router, "GET", "/{instance_id}.xml", "submission.read")
def submission_xml(request: Request, instance_id: str) -> Response:
    """The XML of the current version, without what is withheld from the caller."""
    store = store_of(request)
    with store.read() as session:
        moved = moved_to(request, session, instance_id)
        if moved is not None:
            return moved
        record = record_of(request, session, instance_id)
        body = open_body(session, store, record.current.id)
        shown = _teller(request, session).redactor.xml(body, record.current.form_version, record.hidden)
    return xml_answer(request, shown)


@on_records(router, "GET", "/{instance_id}", "submission.read")
def submission(request: Request, instance_id: str) -> Response:
    """One record. The instanceID of an edit leads to that version."""
    with store_of(request).read() as session:
        moved = moved_to(request, session, instance_id)
        if moved is not None:
            return moved
        return answer(request, _one(request, session, instance_id))


@on_records(router, "PUT", "/{instance_id}", "submission.create")
async def edit(request: Request, instance_id: str) -> Response:
    """Correct a record: the body is the new XML, whose `deprecatedID` names the version that is current."""
    sent = await read_sent(request)
    deprecated_id = sent.envelope.deprecated_id
    if deprecated_id is None:
        raise DeprecatedIdMissing()
    current = await run_in_threadpool(_current_id, request, instance_id)
    if current != deprecated_id:
        await receive(request, sent, HoldReason.OUTDATED)
        raise EditOutdated(deprecated_id)
    receipt = await receive(request, sent)
    _refuse(request, sent, receipt)
    return await run_in_threadpool(_told, request, form_id(instance_id))


def moved_to(request: Request, session: ReadSession, instance_id: str) -> Response | None:
    """301 to the version an edit's instanceID names, None where it names a record by itself."""
    space, form = space_of(request), form_of(request)
    own = form_id(instance_id)
    if find_record(session, space, form, own, sight_of(request, session)) is not None:
        return None
    original = original_of(session, space, form, own)
    if original is None or find_record(session, space, form, original, sight_of(request, session)) is None:
        raise absent()
    path: str = request.scope["raw_path"].decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
    before, _, after = path.rpartition("/submissions/")
    where = f"{before}/submissions/{quote(original, safe='')}/versions/{after}"
    where += f"?{query}" if query else ""
    return Response(
        f"Moved Permanently. Redirecting to {where}",
        301,
        {"Location": where, "Cache-Control": "no-store"},
        "text/plain; charset=utf-8",
    )


def _created(request: Request, sent: Sent, receipt: Receipt) -> Response:
    _refuse(request, sent, receipt)
    with store_of(request).read() as session:
        own = original_of(session, space_of(request), form_of(request), receipt.instance_id)
    return _told(request, own or receipt.instance_id)


def _told(request: Request, instance_id: str) -> Response:
    """A record as whoever sent to it is told about it: what they read of records anyhow, all of what they
    sent themselves, and of another's no more than that it is there."""
    may = asked(request)
    with store_of(request).read() as session:
        of = session, space_of(request), form_of(request), instance_id
        found = find_record(*of, WholeForm(), deleted=None)
        if found is None:
            raise absent()
        if found.first.actor_uuid != may.actor.uuid:
            reads = "submission.read" in may.verbs
            seen = find_record(*of, sight_of(request, session), deleted=None) if reads else None
            found = seen or replace(found, review_state=None, hidden=SENSITIVITIES)
        return answer(request, _teller(request, session).records([found])[0])


def _refuse(request: Request, sent: Sent, receipt: Receipt) -> None:
    """Say what Central would refuse, now that it is kept."""
    if receipt.kind is ReceiptKind.CONFLICT:
        raise XmlConflict()
    if receipt.kind is ReceiptKind.SAME or receipt.kind is ReceiptKind.MORE_ATTACHMENTS:
        raise AlreadyThere(["instanceID"], [receipt.instance_id])
    if receipt.kind is not ReceiptKind.HELD:
        return
    state = form_state(request, sent.envelope.version)
    if receipt.hold == HoldReason.FORM_CLOSED or state == "closed":
        raise NotAccepting()
    if receipt.hold == HoldReason.ORIGINAL_MISSING:
        raise DeprecatedIdNotFound(sent.envelope.deprecated_id or "")
    raise FormVersionNotFound(sent.envelope.version)


def _current_id(request: Request, instance_id: str) -> str:
    """The instanceID of the version that counts. Whoever fills in forms and reads none corrects any of them;
    whoever reads some, only those."""
    reads = "submission.read" in asked(request).verbs
    with store_of(request).read() as session:
        sight = sight_of(request, session) if reads else WholeForm()
        found = find_record(session, space_of(request), form_of(request), form_id(instance_id), sight)
    if found is None:
        raise absent()
    return found.current.instance_id


def _one(request: Request, session: ReadSession, instance_id: str) -> dict[str, Any]:
    return _teller(request, session).records([record_of(request, session, instance_id)])[0]


def _teller(request: Request, session: ReadSession) -> Teller:
    return Teller(store_of(request), session, space_of(request), form_of(request), is_extended(request))
