"""The submission endpoints: `HEAD` and `POST .../submission`, below a key, a project or a test address.

A tablet's request goes in; 201 or 202 comes out, after the commit. A plain Starlette route: FastAPI's form
machinery costs more than all that is done here, and loses the last part of a cut body (PERFORMANCE 1b).
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any, cast
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from server.central.callers import identify
from server.links import segments
from server.openrosa.holders import Holder, SignedIn, Tester, signed_in, who_tests
from server.openrosa.multipart import Upload, boundary_of, read_upload
from server.openrosa.responses import OPENROSA_HEADERS, OpenRosaResponse
from sync.blobs import StoredBlob
from sync.drafts import get_draft
from sync.envelope import Envelope, EnvelopeUnreadable, read_envelope
from sync.faults import reception
from sync.problems import BodyCut, Forbidden, Invalid, StorageFull, Unauthorised
from sync.receipt import Arrival, Reception, Sender, hold_reason, make_arrival
from sync.receipt.arrival import clean_header
from sync.registry import get_form
from sync.store import Store, now

ON_THE_LOOP_BYTES = 256 * 1024
"""XML up to this is read on the event loop, in well under 10 ms; larger on a helper thread."""


class Desk:
    """What the endpoint works with, for one app: made at its first request, then kept in `app.state`."""

    def __init__(self, state: Any) -> None:
        self.store: Store = state.store
        self.form_state = state.form_state
        self.device_access = state.device_access
        limits = state.settings.receipt
        self.max_xml_bytes: int = limits.max_xml_bytes
        self.space = state.settings.space(self.store.data)
        self.space.keep_ballast()
        self.reception: Reception = reception(self.store, state.settings.fault)
        self.accepts = {"X-OpenRosa-Accept-Content-Length": str(limits.accept_content_length)}

    @classmethod
    def of(cls, request: Request) -> Desk:
        state = request.app.state
        try:
            return cast(Desk, state.submission_desk)
        except AttributeError:
            state.submission_desk = desk = cls(state)
            return desk


async def submission(request: Request) -> Response:
    """Receive one request of a submission from a tablet or a link, by the key in its address.

    201 stored, repeats included; 202 stored but held or in conflict. Raises Unauthorised, Forbidden, NotFound
    (the key), Invalid, BodyCut (no envelope, a cut body), StorageFull, Unavailable: nothing is stored then.
    """
    desk = Desk.of(request)
    return await _take(
        desk, desk.device_access(request.path_params["token"], request.path_params["project_id"]), request
    )


async def own_submission(request: Request) -> Response:
    """The same from somebody signed in, at `/v1/projects/{p}/submission` and for a draft of a form.

    Whoever may fill in nothing of the project is refused; a form not given to somebody who fills in others is
    held, as a tablet's.
    """
    desk = Desk.of(request)
    caller = await run_in_threadpool(identify, request)
    project_id = request.path_params["project_id"]
    person = await run_in_threadpool(signed_in, request, caller, project_id)
    if request.method != "POST":
        return _ready(desk)
    if not person.submits_somewhere:
        raise Unauthorised("You may not fill in forms of this project.", "Ask the project's manager.")
    parts = segments(request.scope["raw_path"].partition(b"/forms/")[2]) or [""]
    if parts == [""]:
        return await _take(desk, person, request)
    return await _take(desk, await run_in_threadpool(_on_draft, request, person, parts[0]), request)


async def draft_submission(request: Request) -> Response:
    """The same for whoever tries a draft, by its test address. What was filled in on a draft that has ended
    since is taken all the same."""
    desk = Desk.of(request)
    parts = segments(request.scope["raw_path"].partition(b"/forms/")[2]) or [""]
    also_ended = request.method == "POST"
    return await _take(desk, await run_in_threadpool(who_tests, request, parts[0], also_ended), request)


def _on_draft(request: Request, person: SignedIn, xml_form_id: str) -> Holder:
    """Somebody signed in who tries a form's draft. Raises NotFound, Unauthorised."""
    if not person.may_submit(xml_form_id):
        raise Unauthorised("You may not fill in this form.", "Ask the project's manager.")
    with request.app.state.store.read() as session:
        form = get_form(session, person.project_id, xml_form_id)
        return Tester(get_draft(session, form["id"]), person.grants, person.actor_uuid)


def _ready(desk: Desk) -> Response:
    """What a HEAD is told: how large a request may be."""
    return Response(status_code=204, headers={**OPENROSA_HEADERS, **desk.accepts})


async def _take(desk: Desk, holder: Holder, request: Request) -> Response:
    if request.method != "POST":
        return _ready(desk)
    headers = request.headers
    desk.space.check(_length(headers.get("content-length")))
    boundary = boundary_of(headers.get("content-type", ""))
    try:
        upload = await read_upload(request.stream(), boundary, desk.store.blobs, desk.max_xml_bytes)
    except ClientDisconnect:
        raise BodyCut("The connection was cut: nothing of this was stored.") from None
    arrival = await _arrival(desk, holder, request, upload)
    try:
        receipt = await desk.reception.accept_async(arrival)
    except StorageFull:  # rolled back for certain, and room is what is missing
        _discard(desk.store, arrival.blobs)
        raise
    if receipt.spare_blobs:
        await asyncio.to_thread(_discard, desk.store, receipt.spare_blobs)
    nature = "submit_success" if receipt.status == 201 else "submit_pending"
    return OpenRosaResponse(receipt.message, receipt.status, nature, desk.accepts)


async def _arrival(desk: Desk, holder: Holder, request: Request, upload: Upload) -> Arrival:
    sender = _sender(holder, request)
    if len(upload.xml) <= ON_THE_LOOP_BYTES:
        return _make_arrival(desk, holder, sender, upload)
    return await asyncio.to_thread(_make_arrival, desk, holder, sender, upload)


def _make_arrival(desk: Desk, holder: Holder, sender: Sender, upload: Upload) -> Arrival:
    try:
        envelope = _envelope(upload)
        hold = _hold(desk, holder, envelope)
        body: bytes | StoredBlob = upload.parked or upload.xml
        return make_arrival(desk.store.keyring, sender, envelope, body, now(), upload.files, hold)
    except BaseException:
        parked = (upload.parked,) if upload.parked else ()
        _discard(desk.store, tuple(blob.name for blob in (*parked, *(file.blob for file in upload.files))))
        raise


def _envelope(upload: Upload) -> Envelope:
    try:
        return read_envelope(upload.xml)
    except EnvelopeUnreadable as problem:
        if upload.parked:  # too large to be read at all: kept, whatever it is
            return Envelope(root="", xml_form_id=None, version="")
        raise Invalid(
            f"The submission cannot be read: {problem.reason}",
            "Nothing was stored. Keep it and tell support.",
        ) from None


def _hold(desk: Desk, holder: Holder, envelope: Envelope) -> Any:
    """Raises Forbidden for another form than a link's, Invalid for another than the draft's that is tried."""
    form_id = envelope.xml_form_id
    if form_id is None:
        return hold_reason(envelope, "", may_submit=True)
    is_theirs = holder.may_submit(form_id)
    if not is_theirs and holder.is_link:
        raise Forbidden("This link is for another form.", "Nothing was stored.")
    if not is_theirs and isinstance(holder, Tester):
        raise Invalid("This is not a submission of the form in the address.", "Nothing was stored.")
    state = desk.form_state(holder.project_uuid, form_id, envelope.version)
    return hold_reason(envelope, state, may_submit=is_theirs)


def _sender(holder: Holder, request: Request) -> Sender:
    headers = request.headers
    return Sender(
        project_uuid=holder.project_uuid,
        actor_uuid=holder.actor_uuid,
        by_link=holder.is_link,
        device_id=clean_header(_device_id(request.scope["query_string"])),
        user_agent=clean_header(headers.get("user-agent")),
        date_header=clean_header(headers.get("date")),
    )


@lru_cache(maxsize=4096)  # a tablet's query is always the same
def _device_id(query: bytes) -> str | None:
    return parse_qs(query.decode("latin-1")).get("deviceID", [None])[0] if query else None


def _length(header: str | None) -> int:
    return int(header) if header and header.isdecimal() else 0


def _discard(store: Store, blobs: tuple[str, ...]) -> None:
    for name in blobs:
        store.blobs.discard(name)
