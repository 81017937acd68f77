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

from server.links import segment
from server.openrosa.formlist import draft_url, list_answer, version_url
from server.openrosa.holders import Holder, address_of
from sync.entities.linking import list_of_file
from sync.offering import OfferedFile, OfferedVersion, files_for


def manifest(request: Request, holder: Holder, version: OfferedVersion) -> Response:
    """`GET .../forms/{form}/versions/{version}/manifest`."""
    store, here = request.app.state.store, address_of(request)
    with store.read() as session:
        asker = holder.actor_uuid, holder.viewed_by
        files = files_for(store, session, holder.project_id, version, holder.grants, *asker)
    if version.is_draft:
        at = draft_url(here, version.xml_form_id)
    else:
        at = version_url(here, version.xml_form_id, version.version)
    return list_answer(request, holder, manifest_document(files, at))


def manifest_document(files: Sequence[OfferedFile], at: str) -> bytes:
    """The XML; `at` is the version's own URL. An entity list is marked as one, with the address at which a
    tablet asks about entities it made offline."""
    entries = "".join(
        f"<mediaFile{_type(file)}><filename>{escape(file.name)}</filename><hash>md5:{file.md5}</hash>"
        f"<downloadUrl>{escape(at)}/attachments/{segment(file.name)}</downloadUrl>{_integrity(file, at)}"
        "</mediaFile>"
        for file in files
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<manifest xmlns="http://openrosa.org/xforms/xformsManifest">{entries}</manifest>'
    ).encode()


def _type(file: OfferedFile) -> str:
    return f' type="{file.list_type}"' if file.list_type else ""


def _integrity(file: OfferedFile, at: str) -> str:
    if file.list_type is None:
        return ""
    project = at.partition("/forms/")[0]
    name = segment(list_of_file(file.name) or file.name)
    return f"<integrityUrl>{escape(project)}/datasets/{name}/integrity</integrityUrl>"
