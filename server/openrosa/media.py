"""One file of a form version: as it was uploaded, or the list that was generated for this device's user."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from server.auth import Device
from server.conditional import conditional, tag_of
from server.openrosa.headers import OPENROSA_VERSION
from sync.listing import listings
from sync.offering import OfferedVersion, file_content, file_for
from sync.problems import NotFound


def media_file(name: str) -> Callable[[Request, Device, OfferedVersion], Response]:
    """`GET .../attachments/{name}`."""

    def answer(request: Request, device: Device, version: OfferedVersion) -> Response:
        store, grants = request.app.state.store, device.actor.on(device.project_id)
        with store.read() as session:
            file = file_for(store, session, device.project_id, version, grants, name, device.actor_uuid)
        if file is None:
            raise NotFound("The form has no such file.", "Refresh the list of forms on the tablet.")

        def body() -> bytes:
            with store.read() as session:
                if file.id is not None:
                    return file_content(session, file.id)
                return listings(store).content(
                    session,
                    device.project_id,
                    file.name,
                    grants,
                    version.xml_form_id,
                    device.actor_uuid,
                )

        tag = file.md5 if file.id is not None else tag_of(device.scope, file.md5)
        disposition = {"Content-Disposition": "attachment"}  # never shown by a browser on this origin
        return conditional(request, tag, file.content_type, body, {**OPENROSA_VERSION, **disposition})

    return answer
