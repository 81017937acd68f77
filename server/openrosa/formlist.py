"""formList: the forms a tablet may fetch. What is not on it, a tablet in `match_exactly` deletes.

One bad entry makes Collect drop the whole list, and an empty list wipes every blank form, so the rules of
PROTOCOL 1.1 hold for every byte here: text/xml, one entry for each form, never an empty name, the md5 of the
very bytes. Trouble raises, and is answered with an error, never with a shorter list.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response

from server.auth import Device
from server.conditional import conditional, tag_of
from server.links import BLANK_VERSION, base_url, device_url, segment
from server.openrosa.headers import OPENROSA_VERSION, TEXT_XML
from sync.offering import OfferedForm, offered_forms


def form_list(request: Request) -> Response:
    """`GET .../formList`, with `?formID=` for one form."""
    state = request.app.state
    device: Device = state.device_access(request.path_params["token"], request.path_params["project_id"])
    wanted = request.query_params.get("formID")
    with state.store.read() as session:
        listed = [
            entry
            for entry in offered_forms(session, device.project_id)
            if device.may_submit(entry.xml_form_id) and wanted in (None, entry.xml_form_id)
        ]
    here = device_url(base_url(request, state.settings.http), request.path_params["token"], device.project_id)
    document = list_document(listed, here)
    return conditional(
        request, tag_of(device.scope, document), TEXT_XML, lambda: document, dict(OPENROSA_VERSION)
    )


def list_document(listed: Sequence[OfferedForm], here: str) -> bytes:
    """The XML; `here` is the device's own server URL."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<xforms xmlns="http://openrosa.org/xforms/xformsList">'
        + "".join(_entry(entry, here) for entry in listed)
        + "</xforms>"
    ).encode()


def version_url(here: str, xml_form_id: str, version: str) -> str:
    """Where a version's resources are; the version is in the path so that its bytes never change."""
    return f"{here}/forms/{segment(xml_form_id)}/versions/{segment(version or BLANK_VERSION)}"


def _entry(entry: OfferedForm, here: str) -> str:
    at = version_url(here, entry.xml_form_id, entry.version)
    version = f"<version>{escape(entry.version)}</version>" if entry.version else ""
    manifest = f"<manifestUrl>{escape(at)}/manifest</manifestUrl>" if entry.has_media else ""
    return (
        f"<xform><formID>{escape(entry.xml_form_id)}</formID><name>{escape(entry.name)}</name>{version}"
        f"<hash>md5:{entry.hash}</hash><downloadUrl>{escape(at)}.xml</downloadUrl>{manifest}</xform>"
    )
