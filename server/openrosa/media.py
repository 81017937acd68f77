"""One file of a form version, as it was uploaded."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from server.auth import Device
from server.conditional import conditional
from server.openrosa.versions import OPENROSA_VERSION, Version
from sync.problems import NotFound
from sync.tables import form_media


def media_file(name: str) -> Callable[[Request, Device, Version], Response]:
    """`GET .../attachments/{name}`: names are compared in NFC, as they are stored."""

    def answer(request: Request, _device: Device, version: Version) -> Response:
        store = request.app.state.store
        mine = (form_media.c.form_version_id == version.id) & (
            form_media.c.name == unicodedata.normalize("NFC", name)
        )
        with store.read() as session:
            row = session.first(
                select(form_media.c.id, form_media.c.md5, form_media.c.content_type).where(mine)
            )
        if row is None:
            raise NotFound("The form has no such file.", "Refresh the list of forms on the tablet.")

        def body() -> bytes:
            with store.read() as session:
                return bytes(session.scalar(select(form_media.c.content).where(form_media.c.id == row["id"])))

        disposition = {"Content-Disposition": "attachment"}  # never shown by a browser on this origin
        return conditional(
            request, row["md5"], row["content_type"], body, {**OPENROSA_VERSION, **disposition}
        )

    return answer
