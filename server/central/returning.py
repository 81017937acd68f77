"""`POST .../submissions/{iid}/return {message}`: a record goes back to whoever sent it.

One call for what Central's clients do in two (PATCH the review state, POST a comment): it is marked as having
issues, and its sender's tablet finds the message in its list of returned records.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.answers import answer
from server.central.asking import is_extended, needed_text
from server.central.record_gate import form_of, on_records, record_of, space_of, store_of
from server.central.record_values import Teller
from server.central.routing import asked, fields
from sync.returned import send_back
from sync.store import ReadSession, WriteSession

router = APIRouter(tags=["submissions"])

_TAKES = {"message": "string"}


@on_records(router, "POST", "/{instance_id}/return", "submission.update", _TAKES, drafts=False)
def send_it_back(request: Request, instance_id: str) -> Response:
    """Mark a record as having issues, and tell its sender what; the correction they send clears the mark."""
    store, by = store_of(request), asked(request).actor.uuid
    message = needed_text(fields(request), "message")

    def work(session: WriteSession) -> None:
        send_back(session, store, record_of(request, session, instance_id), message, by)

    store.write(work)
    with store.read() as session:
        return answer(request, _told(request, session, instance_id))


def _told(request: Request, session: ReadSession, instance_id: str) -> object:
    store = store_of(request)
    teller = Teller(store, session, space_of(request), form_of(request), is_extended(request))
    return teller.records([record_of(request, session, instance_id)])[0]
