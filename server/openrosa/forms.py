"""Everything below `.../forms/`: a version's XForm, its manifest, its media.

Form ids may hold any character, so the path is read as it was sent and not by the router: a `/` inside an id
is `%2F` there. The paths without `versions/` lead to the version tablets are offered now.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from server.auth import Device
from server.conditional import conditional
from server.links import BLANK_VERSION, segments
from server.openrosa.manifest import manifest
from server.openrosa.media import media_file
from server.openrosa.versions import OPENROSA_VERSION, TEXT_XML, Version
from sync.problems import NotFound
from sync.store import ReadSession
from sync.tables import form, form_version


@dataclass(frozen=True, slots=True)
class _Resource:
    xml_form_id: str
    version: str | None  # None: the current one
    answer: Callable[[Request, Device, Version], Response]


def form_resource(request: Request) -> Response:
    """`GET .../forms/{form}.xml`, `.../forms/{form}/versions/{version}.xml`, and `/manifest` and
    `/attachments/{name}` below either. Raises NotFound, also for a form that was not given to this device."""
    state = request.app.state
    device: Device = state.device_access(request.path_params["token"], request.path_params["project_id"])
    resource = _resource(request)
    if resource is None or not device.may_submit(resource.xml_form_id):
        raise _nothing_here()
    with state.store.read() as session:
        version = _version(session, device.project_id, resource)
    return resource.answer(request, device, version)


def _xform(request: Request, _device: Device, version: Version) -> Response:
    """The very bytes that were published, whose md5 is in the list."""

    def body() -> bytes:
        with request.app.state.store.read() as session:
            return bytes(session.scalar(select(form_version.c.xform).where(form_version.c.id == version.id)))

    return conditional(request, version.hash, TEXT_XML, body, dict(OPENROSA_VERSION))


def _resource(request: Request) -> _Resource | None:
    """What the path asks for, or None."""
    parts = segments(request.scope["raw_path"].partition(b"/forms/")[2])
    match parts:
        case [form_file] if form_file.endswith(".xml"):
            return _Resource(form_file.removesuffix(".xml"), None, _xform)
        case [form_id, "versions", version_file] if version_file.endswith(".xml"):
            return _Resource(form_id, version_file.removesuffix(".xml"), _xform)
        case [form_id, "manifest"]:
            return _Resource(form_id, None, manifest)
        case [form_id, "versions", version, "manifest"]:
            return _Resource(form_id, version, manifest)
        case [form_id, "attachments", name]:
            return _Resource(form_id, None, media_file(name))
        case [form_id, "versions", version, "attachments", name]:
            return _Resource(form_id, version, media_file(name))
    return None


def _version(session: ReadSession, project_id: int, resource: _Resource) -> Version:
    named = [form.c.project_id == project_id, form.c.xml_form_id == resource.xml_form_id]
    columns = select(form_version.c.id, form_version.c.version, form_version.c.hash)
    if resource.version is None:
        statement = columns.join(form, form.c.current_version_id == form_version.c.id)
    else:
        statement = columns.join(form, form.c.id == form_version.c.form_id)
        version = "" if resource.version == BLANK_VERSION else resource.version
        named.append(form_version.c.version == version)
    row = session.first(statement.where(*named))
    if row is None:
        raise _nothing_here()
    return Version(row["id"], resource.xml_form_id, row["version"], row["hash"])


def _nothing_here() -> NotFound:
    return NotFound("There is no such form here.", "Refresh the list of forms on the tablet.")
