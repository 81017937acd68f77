"""One file of a form version, as it was uploaded."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from server.auth import Device
from server.conditional import conditional
from server.openrosa.headers import OPENROSA_VERSION
from sync.offering import OfferedVersion, file_content, offered_file
from sync.problems import NotFound


def media_file(name: str) -> Callable[[Request, Device, OfferedVersion], Response]:
    """`GET .../attachments/{name}`."""

    def answer(request: Request, _device: Device, version: OfferedVersion) -> Response:
        store = request.app.state.store
        with store.read() as session:
            file = offered_file(session, version.id, name)
        if file is None:
            raise NotFound("The form has no such file.", "Refresh the list of forms on the tablet.")

        def body() -> bytes:
            with store.read() as session:
                return file_content(session, file.id)

        disposition = {"Content-Disposition": "attachment"}  # never shown by a browser on this origin
        return conditional(request, file.md5, file.content_type, body, {**OPENROSA_VERSION, **disposition})

    return answer
