"""How a REST client's submission gets to the same receipt as a tablet's.

A request with XML as its body goes in; what the receipt says comes out, after the commit. Whatever would be
refused for a conflict is stored first, in the state it has over OpenRosa: only the answer differs.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request

from server.central.record_gate import form_of, space_of, store_of
from server.central.record_problems import NoFormId
from server.central.routing import asked
from server.central.site_problems import UnexpectedValue
from server.openrosa.submission import Desk
from sync.envelope import Envelope, EnvelopeUnreadable, read_envelope
from sync.problems import BodyCut, Invalid, TooLarge
from sync.receipt import Arrival, ArrivedFile, Receipt, Sender, make_arrival
from sync.receipt.arrival import clean_header
from sync.store import now
from sync.tables.access import ActorKind
from sync.tables.records import HoldReason

_LONGEST = 255  # characters of a device id or user agent that these clients are told again
_HELD_BY_FORM = {
    "unknown_form": HoldReason.UNKNOWN_VERSION,  # there is one, without a published version
    "unknown_version": HoldReason.UNKNOWN_VERSION,
    "closed": HoldReason.FORM_CLOSED,
}


@dataclass(frozen=True, slots=True)
class Sent:
    """XML as it came, and what it says about itself."""

    xml: bytes
    envelope: Envelope


async def read_sent(request: Request) -> Sent:
    """The XML of a request, of the form its address names. Raises NoFormId, UnexpectedValue, TooLarge."""
    desk = Desk.of(request)
    length = request.headers.get("content-length", "")
    desk.space.check(int(length) if length.isdecimal() else 0)
    xml = b""
    async for piece in plain_body(request):
        xml += piece
        if len(xml) > desk.max_xml_bytes:
            raise TooLarge(
                f"The XML is larger than {desk.max_xml_bytes} bytes.", "Send photos and files as attachments."
            )
    try:
        envelope = await asyncio.to_thread(read_envelope, xml)
    except EnvelopeUnreadable:
        raise NoFormId() from None
    if envelope.xml_form_id is None:
        raise NoFormId()
    if envelope.xml_form_id != form_of(request):
        raise UnexpectedValue("form id", envelope.xml_form_id, "It did not match the form ID in the URL.")
    return Sent(xml, envelope)


async def receive(
    request: Request, sent: Sent, hold: HoldReason | None = None, files: tuple[ArrivedFile, ...] = ()
) -> Receipt:
    """Store what was sent; returns after the commit.

    hold   why it waits, beside what the state of its form says
    files  that came with it
    Raises StorageFull, Unavailable: nothing is promised then.
    """
    desk = Desk.of(request)
    arrival = await asyncio.to_thread(_arrival, request, sent, hold, files)
    receipt = await desk.reception.accept_async(arrival)
    for name in receipt.spare_blobs:
        await asyncio.to_thread(desk.store.blobs.discard, name)
    return receipt


def form_state(request: Request, version: str) -> str:
    """open | closing | closed | unknown_form | unknown_version."""
    state: str = request.app.state.form_state(space_of(request), form_of(request), version)
    return state


async def plain_body(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces, unpacked where the client sent it gzipped. Raises Invalid, BodyCut."""
    coding = request.headers.get("content-encoding", "").strip().lower()
    if coding not in ("", "identity", "gzip"):
        raise Invalid(f"The content encoding {coding!r} is not read here.", "Send it plain or gzipped.")
    unpack = zlib.decompressobj(16 + zlib.MAX_WBITS) if coding == "gzip" else None
    try:
        async for piece in request.stream():
            while piece:
                if unpack is None:
                    yield piece
                    break
                yield unpack.decompress(piece, 1 << 18)
                piece = unpack.unconsumed_tail
    except ClientDisconnect:
        raise BodyCut("The connection was cut: nothing of this was stored.") from None
    except zlib.error:
        raise Invalid("The body is not gzip, as its header says.", "Send it plain or gzipped.") from None
    if unpack is not None and not unpack.eof:
        raise BodyCut("The gzipped body ends too early: nothing of this was stored.")


def _arrival(
    request: Request, sent: Sent, hold: HoldReason | None, files: tuple[ArrivedFile, ...]
) -> Arrival:
    why = hold or _HELD_BY_FORM.get(form_state(request, sent.envelope.version))
    sender = Sender(
        project_uuid=space_of(request),
        actor_uuid=asked(request).actor.uuid,
        device_id=_short(request.query_params.get("deviceID")),
        user_agent=_short(request.headers.get("user-agent")),
        date_header=clean_header(request.headers.get("date")),
        by_link=asked(request).actor.kind == ActorKind.PUBLIC_LINK,
    )
    keyring = store_of(request).keyring
    return make_arrival(keyring, sender, sent.envelope, sent.xml, now(), files, why)


def _short(value: str | None) -> str | None:
    cleaned = clean_header(value or None)
    return None if cleaned is None else cleaned[:_LONGEST]
