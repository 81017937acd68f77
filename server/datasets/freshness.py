"""Whether a reader already has the answer: the weak ETag of a dataset.

It differs for every reader's scope and every question, and changes when anything was received, decided or
published, when the pipeline has settled an event, and when records were placed anew.
"""

from __future__ import annotations

import hashlib
from datetime import date

import orjson
from sqlalchemy import func, select

from forms import vocabulary
from server.datasets.scope import Scope
from sync.places.releases import active_release
from sync.store import ReadSession
from sync.tables import origin, receipt_event


def etag(session: ReadSession, scope: Scope, question: str, today: date) -> str | None:
    """`W/"..."`, or None while records are being placed by a new boundary release: rows change then without
    anything that could be compared."""
    release = active_release(session, scope.project_id)
    if release is not None and release.retagged_at is None:
        return None
    log = session.first(select(origin.c.uuid, origin.c.epoch, origin.c.seq))
    settled = session.first(select(func.count(receipt_event.c.done_at), func.max(receipt_event.c.done_at)))
    state = [
        scope.fingerprint,
        question,
        today.isoformat(),
        vocabulary.VERSION,
        release.activation_id if release else None,
        [str(value) for value in (*(log or {}).values(), *(settled or {}).values())],
    ]
    return f'W/"{hashlib.sha256(orjson.dumps(state)).hexdigest()[:32]}"'
