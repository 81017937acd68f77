"""The manifest: the files a form version needs, with the md5 each tablet compares.

A tablet asks for it for every form at every check, so nothing is hashed here: the md5 was stored with an
uploaded file, and kept with a generated list. Collect sees by a changed md5 that a list has changed, and
fetches it; the form list stays as it is. A file that is neither uploaded nor generated is left out: an entry
with an empty hash would cost the form all its media.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response

from server.auth import Device
from server.conditional import conditional, tag_of
from server.links import base_url, device_url, segment
from server.openrosa.formlist import version_url
from server.openrosa.headers import OPENROSA_VERSION, TEXT_XML
from sync.offering import OfferedFile, OfferedVersion, files_for


def manifest(request: Request, device: Device, version: OfferedVersion) -> Response:
    """`GET .../forms/{form}/versions/{version}/manifest`."""
    state = request.app.state
    with state.store.read() as session:
        grants = device.actor.on(device.project_id)
        files = files_for(state.store, session, device.project_id, version, grants, device.actor_uuid)
    here = device_url(base_url(request, state.settings.http), request.path_params["token"], device.project_id)
    at = version_url(here, version.xml_form_id, version.version)
    document = manifest_document(files, at)
    return conditional(
        request, tag_of(device.scope, document), TEXT_XML, lambda: document, dict(OPENROSA_VERSION)
    )


def manifest_document(files: Sequence[OfferedFile], at: str) -> bytes:
    """The XML; `at` is the version's own URL."""
    entries = "".join(
        f"<mediaFile><filename>{escape(file.name)}</filename><hash>md5:{file.md5}</hash>"
        f"<downloadUrl>{escape(at)}/attachments/{segment(file.name)}</downloadUrl></mediaFile>"
        for file in files
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<manifest xmlns="http://openrosa.org/xforms/xformsManifest">{entries}</manifest>'
    ).encode()
