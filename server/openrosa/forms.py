"""Everything below `.../forms/`: a version's XForm, its manifest, its media.

Form ids may hold any character, so the path is read as it was sent and not by the router: a `/` inside an id
is `%2F` there. The paths without `versions/` lead to the version tablets are offered now.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.auth import Device
from server.conditional import conditional
from server.links import BLANK_VERSION, segments
from server.openrosa.headers import OPENROSA_VERSION, TEXT_XML
from server.openrosa.manifest import manifest
from server.openrosa.media import media_file
from sync.offering import OfferedVersion, offered_version, xform_bytes
from sync.problems import NotFound


@dataclass(frozen=True, slots=True)
class _Resource:
    xml_form_id: str
    version: str | None  # None: the current one
    answer: Callable[[Request, Device, OfferedVersion], Response]


def form_resource(request: Request) -> Response:
    """`GET .../forms/{form}.xml`, `.../forms/{form}/versions/{version}.xml`, and `/manifest` and
    `/attachments/{name}` below either. Raises NotFound, also for a form that was not given to this device."""
    state = request.app.state
    device: Device = state.device_access(request.path_params["token"], request.path_params["project_id"])
    resource = _resource(request)
    if resource is None or not device.may_submit(resource.xml_form_id):
        raise _nothing_here()
    with state.store.read() as session:
        version = offered_version(session, device.project_id, resource.xml_form_id, resource.version)
    if version is None:
        raise _nothing_here()
    return resource.answer(request, device, version)


def _xform(request: Request, _device: Device, version: OfferedVersion) -> Response:
    """The very bytes that were published, whose md5 is in the list."""

    def body() -> bytes:
        with request.app.state.store.read() as session:
            return xform_bytes(session, version.id)

    return conditional(request, version.hash, TEXT_XML, body, dict(OPENROSA_VERSION))


def _resource(request: Request) -> _Resource | None:
    """What the path asks for, or None."""
    parts = segments(request.scope["raw_path"].partition(b"/forms/")[2])
    match parts:
        case [form_file] if form_file.endswith(".xml"):
            return _Resource(form_file.removesuffix(".xml"), None, _xform)
        case [form_id, "versions", version_file] if version_file.endswith(".xml"):
            return _Resource(form_id, _named(version_file.removesuffix(".xml")), _xform)
        case [form_id, "manifest"]:
            return _Resource(form_id, None, manifest)
        case [form_id, "versions", version, "manifest"]:
            return _Resource(form_id, _named(version), manifest)
        case [form_id, "attachments", name]:
            return _Resource(form_id, None, media_file(name))
        case [form_id, "versions", version, "attachments", name]:
            return _Resource(form_id, _named(version), media_file(name))
    return None


def _named(version: str) -> str:
    return "" if version == BLANK_VERSION else version


def _nothing_here() -> NotFound:
    return NotFound("There is no such form here.", "Refresh the list of forms on the tablet.")
