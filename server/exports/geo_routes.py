"""`submissions.geojson`, and the same of one record and of one of its versions."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.answers import JSON, answer
from server.central.paths import form_id
from server.central.record_gate import absent, form_of, on_records, record_of, space_of, store_of
from server.central.routing import asked
from server.exports.geo_filters import asks_for_staff, condition, fields, limit
from server.exports.geojson import Places, Row, collection, places
from server.exports.records import Records
from server.links import base_url
from server.odata.opening import Which, open_service
from server.odata.service import OpenService
from server.streaming import streamed
from sync.answers import to_json
from sync.catalogue import compiled_form
from sync.originals import open_body
from sync.records.reading import Body, RecordView, versions_of
from sync.safe_xml import XmlUnreadable
from sync.steps.parse import parse
from sync.store import ReadSession

router = APIRouter(tags=["exports"])

_HEADERS = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}


@on_records(router, "GET", ".geojson", "submission.list")
def geojson(request: Request) -> Response:
    """Where the records of a form lie.

    fieldpath (of questions, or all), submissionID, submitterId, reviewState, start__gte, start__gt, end__lte,
    end__lt, deleted, limit.
    """
    return streamed(request, _pieces(request), _HEADERS, JSON, ahead=2)


@on_records(router, "GET", "/{instance_id}.geojson", "submission.read")
def record_geojson(request: Request, instance_id: str) -> Response:
    """Where one record lies, by the version that counts. fieldpath as of a form's records."""
    with store_of(request).read() as session:
        record = record_of(request, session, instance_id)
        return answer(request, _one(request, session, record, record.current))


@on_records(router, "GET", "/{instance_id}/versions/{version_id}.geojson", "submission.read")
def version_geojson(request: Request, instance_id: str, version_id: str) -> Response:
    """Where one version of a record lies. fieldpath as of a form's records."""
    with store_of(request).read() as session:
        record = record_of(request, session, instance_id)
        named = form_id(version_id)
        found = [body for body in versions_of(session, record) if body.instance_id == named]
        if not found:
            raise absent()
        return answer(request, _one(request, session, record, found[0]))


def _pieces(request: Request) -> Generator[bytes, None, None]:
    wanted, most = condition(request), limit(request)
    with store_of(request).read() as session:
        service = _service(request, session)
        sees = service.records.scope.sees
        nobody = asks_for_staff(request) and "internal" not in sees
        chosen = Places((), tells_field=False) if nobody else places(service.service, fields(request))
        records = Records(session, service.service, service.records)
        yield from collection(records, chosen, wanted, most)


def _one(request: Request, session: ReadSession, record: RecordView, body: Body) -> object:
    """A collection of at most one feature. Its answers are read from the version's XML: those of versions
    that were corrected are kept nowhere else."""
    chosen = places(_service(request, session).service, fields(request))
    rows = list(_rows(request, session, body))
    feature = chosen.feature(body.instance_id, rows, record.hidden)
    return {"type": "FeatureCollection", "features": [] if feature is None else [feature]}


def _rows(request: Request, session: ReadSession, body: Body) -> Iterator[Row]:
    store = store_of(request)
    form = compiled_form(store, space_of(request), form_of(request), body.form_version)
    if form is None:
        return
    try:
        parsed = parse(open_body(session, store, body.id), form)
    except XmlUnreadable:
        return
    for row in parsed.answers:
        yield row.table_path, {path: to_json(value) for path, value in row.values.items()}


def _service(request: Request, session: ReadSession) -> OpenService:
    may, base = asked(request), base_url(request, request.app.state.settings.http)
    which = Which(may.project_id, form_of(request), draft=may.draft is not None)
    return open_service(session, store_of(request), may.actor, which, base)[0]
