"""One file of a form version: as it was uploaded, or the list that was generated for whoever asks."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from server.conditional import conditional, tag_of
from server.openrosa.headers import OPENROSA_VERSION
from server.openrosa.holders import Holder
from sync.offering import OfferedVersion, file_content, file_for, made_content
from sync.problems import NotFound


def media_file(name: str) -> Callable[[Request, Holder, OfferedVersion], Response]:
    """`GET .../attachments/{name}`."""

    def answer(request: Request, holder: Holder, version: OfferedVersion) -> Response:
        store, grants = request.app.state.store, holder.grants
        asker = holder.actor_uuid, holder.viewed_by
        with store.read() as session:
            file = file_for(store, session, holder.project_id, version, grants, name, *asker)
        if file is None:
            raise NotFound("The form has no such file.", "Refresh the list of forms on the tablet.")

        def body() -> bytes:
            with store.read() as session:
                if file.id is not None:
                    return file_content(session, version, file.id)
                return made_content(store, session, holder.project_id, version, grants, file.name, *asker)

        tag = file.md5 if file.id is not None else tag_of(holder.scope, file.md5)
        disposition = {"Content-Disposition": "attachment"}  # never shown by a browser on this origin
        return conditional(request, tag, file.content_type, body, {**OPENROSA_VERSION, **disposition})

    return answer
