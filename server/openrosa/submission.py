"""The submission endpoint: `HEAD` and `POST /v1/key/{token}/projects/{project_id}/submission`.

A tablet's request goes in; 201 or 202 comes out, after the commit. A plain Starlette route: FastAPI's form
machinery costs more than all that is done here, and loses the last part of a cut body (PERFORMANCE 1b).
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any, Protocol, cast
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from server.openrosa.multipart import Upload, boundary_of, read_upload
from server.openrosa.responses import OPENROSA_HEADERS, OpenRosaResponse
from sync.blobs import StoredBlob
from sync.envelope import Envelope, EnvelopeUnreadable, read_envelope
from sync.faults import reception
from sync.problems import BodyCut, Invalid, StorageFull
from sync.receipt import Arrival, Reception, Sender, hold_reason, make_arrival
from sync.receipt.arrival import clean_header
from sync.store import Store, now

ON_THE_LOOP_BYTES = 256 * 1024
"""XML up to this is read on the event loop, in well under 10 ms; larger on a helper thread."""


class Device(Protocol):
    """Who holds a key URL, as `app.state.device_access` gives it."""

    @property
    def actor_uuid(self) -> str: ...
    @property
    def project_uuid(self) -> str: ...
    @property
    def project_id(self) -> int: ...
    def may_submit(self, xml_form_id: str) -> bool: ...


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
    """Receive one request of a submission.

    201 stored, repeats included; 202 stored but held or in conflict. Raises Unauthorised, Forbidden, NotFound
    (the key), Invalid, BodyCut (no envelope, a cut body), StorageFull, Unavailable: nothing is stored then.
    """
    desk = Desk.of(request)
    device: Device = desk.device_access(request.path_params["token"], request.path_params["project_id"])
    if request.method == "HEAD":
        return Response(status_code=204, headers={**OPENROSA_HEADERS, **desk.accepts})
    headers = request.headers
    desk.space.check(_length(headers.get("content-length")))
    boundary = boundary_of(headers.get("content-type", ""))
    try:
        upload = await read_upload(request.stream(), boundary, desk.store.blobs, desk.max_xml_bytes)
    except ClientDisconnect:
        raise BodyCut("The connection was cut: nothing of this was stored.") from None
    arrival = await _arrival(desk, device, request, upload)
    try:
        receipt = await desk.reception.accept_async(arrival)
    except StorageFull:  # rolled back for certain, and room is what is missing
        _discard(desk.store, arrival.blobs)
        raise
    if receipt.spare_blobs:
        await asyncio.to_thread(_discard, desk.store, receipt.spare_blobs)
    nature = "submit_success" if receipt.status == 201 else "submit_pending"
    return OpenRosaResponse(receipt.message, receipt.status, nature, desk.accepts)


async def _arrival(desk: Desk, device: Device, request: Request, upload: Upload) -> Arrival:
    sender = _sender(device, request)
    if len(upload.xml) <= ON_THE_LOOP_BYTES:
        return _make_arrival(desk, device, sender, upload)
    return await asyncio.to_thread(_make_arrival, desk, device, sender, upload)


def _make_arrival(desk: Desk, device: Device, sender: Sender, upload: Upload) -> Arrival:
    try:
        envelope = _envelope(upload)
        hold = _hold(desk, device, envelope)
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


def _hold(desk: Desk, device: Device, envelope: Envelope) -> Any:
    form_id = envelope.xml_form_id
    if form_id is None:
        return hold_reason(envelope, "", may_submit=True)
    state = desk.form_state(device.project_uuid, form_id, envelope.version)
    return hold_reason(envelope, state, may_submit=device.may_submit(form_id))


def _sender(device: Device, request: Request) -> Sender:
    headers = request.headers
    return Sender(
        project_uuid=device.project_uuid,
        actor_uuid=device.actor_uuid,
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
