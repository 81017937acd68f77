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

from server.conditional import conditional, tag_of
from server.links import BLANK_VERSION, segment
from server.openrosa.headers import OPENROSA_VERSION, TEXT_XML
from server.openrosa.holders import Holder, address_of, holder_of
from sync.offering import OfferedForm, offered_forms


def form_list(request: Request) -> Response:
    """`GET .../formList`, with `?formID=` for one form."""
    holder = holder_of(request)
    wanted = request.query_params.get("formID")
    with request.app.state.store.read() as session:
        listed = [
            entry
            for entry in offered_forms(session, holder.project_id)
            if holder.may_read(entry.xml_form_id) and wanted in (None, entry.xml_form_id)
        ]
    return list_answer(request, holder, list_document(listed, address_of(request)))


def list_answer(request: Request, holder: Holder, document: bytes) -> Response:
    """A list or a manifest, for whoever sees the same."""
    return conditional(
        request, tag_of(holder.scope, document), TEXT_XML, lambda: document, dict(OPENROSA_VERSION)
    )


def list_document(listed: Sequence[OfferedForm], here: str) -> bytes:
    """The XML; `here` is the device's own server URL."""
    return document_of([_entry(entry, here) for entry in listed])


def document_of(entries: Sequence[str]) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<xforms xmlns="http://openrosa.org/xforms/xformsList">'
        + "".join(entries)
        + "</xforms>"
    ).encode()


def version_url(here: str, xml_form_id: str, version: str) -> str:
    """Where a version's resources are; the version is in the path so that its bytes never change."""
    return f"{here}/forms/{segment(xml_form_id)}/versions/{segment(version or BLANK_VERSION)}"


def draft_url(here: str, xml_form_id: str) -> str:
    """Where a draft's resources are."""
    return f"{here}/forms/{segment(xml_form_id)}/draft"


def _entry(entry: OfferedForm, here: str) -> str:
    return entry_document(entry, version_url(here, entry.xml_form_id, entry.version))


def entry_document(entry: OfferedForm, at: str) -> str:
    """One form of a list; `at` is where its resources are."""
    version = f"<version>{escape(entry.version)}</version>" if entry.version else ""
    manifest = f"<manifestUrl>{escape(at)}/manifest</manifestUrl>" if entry.has_media else ""
    return (
        f"<xform><formID>{escape(entry.xml_form_id)}</formID><name>{escape(entry.name)}</name>{version}"
        f"<hash>md5:{entry.hash}</hash><downloadUrl>{escape(at)}.xml</downloadUrl>{manifest}</xform>"
    )
