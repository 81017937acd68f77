"""Whether a reader already has the answer: weak ETags of what is read from records.

A tag differs for every reader's scope and every question, and changes when anything was received, decided or
published. There is none while the pipeline has work left, or records are being placed by a new boundary
release: answers change then without anything that could be compared.
"""

from __future__ import annotations

import hashlib

import orjson
from sqlalchemy import func, select
from starlette.requests import Request

from server.datasets.scope import Scope
from sync.places.releases import active_release
from sync.store import ReadSession
from sync.tables import origin, receipt_event
from sync.tables.log import EventState


def tag_of(session: ReadSession, seen: Scope, question: str) -> str | None:
    """`W/"..."`, or None while answers may change by themselves."""
    waiting = select(receipt_event.c.id).where(receipt_event.c.state == EventState.WAITING)
    release = active_release(session, seen.project_id)
    if session.scalar(waiting.limit(1)) is not None or (release is not None and release.retagged_at is None):
        return None
    log = session.first(select(origin.c.uuid, origin.c.epoch, origin.c.seq))
    state = [
        seen.fingerprint,
        question,
        release.activation_id if release else None,
        session.scalar(select(func.max(receipt_event.c.id))),
        [str(value) for value in (log or {}).values()],
    ]
    return f'W/"{hashlib.sha256(orjson.dumps(state)).hexdigest()[:32]}"'


def has_it(request: Request, headers: dict[str, str]) -> bool:
    """Whether the client has the answer these headers are of."""
    tag = headers.get("ETag", "").removeprefix("W/")
    named = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    return bool(tag) and not named.isdisjoint({tag, "*"})
