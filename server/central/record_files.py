"""`.../submissions/{i}/attachments`: the files of records and of their versions.

What is listed are the files the XML names. A file is added by its bytes as the body of a POST; one that is
taken off is kept, and not shown any more.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from server.central.answers import SUCCESS, answer
from server.central.paths import form_id
from server.central.record_gate import absent, form_of, on_records, record_of, space_of, store_of
from server.central.record_sending import Sent, plain_body, receive
from server.central.routing import asked
from server.central.submissions import moved_to
from server.conditional import CACHE_CONTROL
from server.openrosa.submission import Desk
from sync.blobs import StoredBlob
from sync.envelope import read_envelope
from sync.originals import open_attachment, open_body
from sync.problems import Forbidden
from sync.receipt import ArrivedFile
from sync.receipt.arrival import clean_file_name, clean_header
from sync.records.files import RecordFile, RecordFiles, choose_file, listed
from sync.records.reading import Body, RecordView, find_record, versions_of
from sync.records.redacting import Redactor
from sync.records.sight import WholeForm
from sync.store import ReadSession, WriteSession

router = APIRouter(tags=["submissions"])

_BY_ENDING = {"csv": "text/csv", "geojson": "application/geo+json"}
_AT_ONCE = 4 * 1024 * 1024  # bytes kept while the digest of a file is made
_REMEMBERED = 4096


@on_records(router, "GET", "/{instance_id}/attachments", "submission.read")
def attachments(request: Request, instance_id: str) -> Response:
    """The files that the current version names, and whether they are here."""
    with store_of(request).read() as session:
        moved = moved_to(request, session, instance_id)
        if moved is not None:
            return moved
        record = record_of(request, session, instance_id)
        return answer(request, _list(request, session, record, record.current))


@on_records(router, "GET", "/{instance_id}/attachments/{name}", "submission.read")
def file(request: Request, instance_id: str, name: str) -> Response:
    """A file of the current version."""
    with store_of(request).read() as session:
        moved = moved_to(request, session, instance_id)
        if moved is not None:
            return moved
        record = record_of(request, session, instance_id)
        found = _shown(request, session, record, record.current, name)
    return _serve(request, found)


@on_records(router, "POST", "/{instance_id}/attachments/{name}", "submission.create")
async def upload(request: Request, instance_id: str, name: str) -> Response:
    """Add a file that the XML names: its bytes are the body. Whoever may not change records adds what is
    missing to what they sent themselves."""
    body, xml, called = await run_in_threadpool(_may_add, request, instance_id, name)
    blob = await _stored(request)
    kind = clean_header(request.headers.get("content-type") or None) or _type_of(called)
    await receive(request, Sent(xml, read_envelope(xml)), files=(ArrivedFile(called, kind, blob),))
    by = asked(request).actor.uuid
    store = store_of(request)

    def work(session: WriteSession) -> None:
        choose_file(session, store, body.submission_id, called, blob.sha256, by)

    await run_in_threadpool(store.write, work)
    return answer(request, SUCCESS)


@on_records(router, "DELETE", "/{instance_id}/attachments/{name}", "submission.update")
def take_off(request: Request, instance_id: str, name: str) -> Response:
    """Have the current version show no file under this name. What was received is kept."""
    with store_of(request).read() as session:
        record = record_of(request, session, instance_id)
        return _take_off(request, session, record, record.current, name)


@on_records(router, "GET", "/{instance_id}/versions/{version_id}/attachments", "submission.read")
def version_attachments(request: Request, instance_id: str, version_id: str) -> Response:
    """The files that a version names, and whether they are here."""
    with store_of(request).read() as session:
        record = record_of(request, session, instance_id)
        return answer(request, _list(request, session, record, version_of(session, record, version_id)))


@on_records(router, "GET", "/{instance_id}/versions/{version_id}/attachments/{name}", "submission.read")
def version_file(request: Request, instance_id: str, version_id: str, name: str) -> Response:
    """A file of a version."""
    with store_of(request).read() as session:
        record = record_of(request, session, instance_id)
        found = _shown(request, session, record, version_of(session, record, version_id), name)
    return _serve(request, found)


@on_records(router, "DELETE", "/{instance_id}/versions/{version_id}/attachments/{name}", "submission.update")
def take_off_version(request: Request, instance_id: str, version_id: str, name: str) -> Response:
    """Have a version show no file under this name; others go on showing theirs."""
    with store_of(request).read() as session:
        record = record_of(request, session, instance_id)
        body = version_of(session, record, version_id)
        return _take_off(request, session, record, body, name)


def version_of(session: ReadSession, record: RecordView, version_id: str) -> Body:
    """The version of a record that has this instanceID. Raises NotFound."""
    wanted = form_id(version_id)
    for body in versions_of(session, record):
        if body.instance_id == wanted:
            return body
    raise absent()


def _redactor(request: Request, session: ReadSession) -> Redactor:
    return Redactor(store_of(request), session, space_of(request), form_of(request))


def _names(request: Request, session: ReadSession, record: RecordView, body: Body) -> list[str]:
    xml = open_body(session, store_of(request), body.id)
    return _redactor(request, session).files(xml, body.form_version, record.hidden)


def _list(request: Request, session: ReadSession, record: RecordView, body: Body) -> list[dict[str, Any]]:
    return listed(RecordFiles(session, record.id), body, _names(request, session, record, body))


def _shown(request: Request, session: ReadSession, record: RecordView, body: Body, name: str) -> RecordFile:
    called = clean_file_name(form_id(name))
    if called not in _names(request, session, record, body):
        raise absent()
    found = RecordFiles(session, record.id).shown(body, called)
    if found is None:
        raise absent()
    return found


def _take_off(request: Request, session: ReadSession, record: RecordView, body: Body, name: str) -> Response:
    called = clean_file_name(form_id(name))
    if called not in _names(request, session, record, body):
        raise absent()
    store, by = store_of(request), asked(request).actor.uuid
    store.write(lambda writing: choose_file(writing, store, body.submission_id, called, None, by))
    return answer(request, SUCCESS)


def _may_add(request: Request, instance_id: str, name: str) -> tuple[Body, bytes, str]:
    """The version a file is added to, its XML and the file's name. Raises NotFound, Forbidden."""
    store, may = store_of(request), asked(request)
    changes = "submission.update" in may.verbs
    with store.read() as session:
        if changes:
            record: RecordView | None = record_of(request, session, instance_id)
        else:
            wanted = form_id(instance_id)
            record = find_record(session, space_of(request), form_of(request), wanted, WholeForm())
        if record is None:
            raise absent()
        xml = open_body(session, store, record.current.id)
        called = clean_file_name(form_id(name))
        named = called in _redactor(request, session).mentioned(xml, record.current.form_version)
        is_there = named and RecordFiles(session, record.id).shown(record.current, called) is not None
    if not changes and (record.current.actor_uuid != may.actor.uuid or is_there):
        raise Forbidden(
            "You add files to what you sent yourself, each once.", "Ask whoever manages the project."
        )
    if not named:
        raise absent()
    return record.current, xml, called


async def _stored(request: Request) -> StoredBlob:
    """The body of a request, sealed and durable on the disk; no row refers to it yet."""
    desk = Desk.of(request)
    length = request.headers.get("content-length", "")
    desk.space.check(int(length) if length.isdecimal() else 0)
    writer = await asyncio.to_thread(desk.store.blobs.writer)
    try:
        async for piece in plain_body(request):
            await asyncio.to_thread(writer.write, piece)
        return await asyncio.to_thread(writer.finish)
    finally:
        writer.abort()


def _serve(request: Request, found: RecordFile) -> Response:
    """A file's bytes with the MD5 of them as its tag, as these clients compare it."""
    store = store_of(request)
    kept, md5 = _digests.of(request, found)
    tag = f'"{md5}"'
    headers = {"ETag": tag, "Cache-Control": CACHE_CONTROL, "Vary": "Authorization, Cookie"}
    named = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    if tag in named or "*" in named:
        return Response(None, 304, headers)
    kind = found.content_type or _type_of(found.name)
    if kind.startswith("text/") and "charset" not in kind.lower():
        kind += "; charset=utf-8"
    headers |= {
        "Content-Type": kind,
        "Content-Disposition": _disposition(found.name),
        "Content-Length": str(found.size),
        "X-Content-Type-Options": "nosniff",
    }
    if kept is not None:
        return Response(kept, 200, headers)

    def chunks() -> Iterator[bytes]:
        with store.read() as session:
            pieces = open_attachment(session, store, found.id)
        yield from pieces

    return StreamingResponse(chunks(), 200, headers)


class _Digests:
    """MD5s of files, remembered: a file never changes, and reading one only for its digest costs as much as
    sending it."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, int], str] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, request: Request, found: RecordFile) -> tuple[bytes | None, str]:
        """(the bytes where they were read and are few, the digest)."""
        store = store_of(request)
        key = (str(store.data), found.id)
        with self._lock:
            known = self._known.get(key)
        if known is not None:
            return None, known
        digest, kept = hashlib.md5(usedforsecurity=False), bytearray()
        with store.read() as session:
            pieces = open_attachment(session, store, found.id)
        for piece in pieces:
            digest.update(piece)
            if found.size <= _AT_ONCE:
                kept += piece
        with self._lock:
            self._known[key] = digest.hexdigest()
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return (bytes(kept) if found.size <= _AT_ONCE else None), digest.hexdigest()


_digests = _Digests()


def _type_of(name: str) -> str:
    return _BY_ENDING.get(name.rpartition(".")[2].lower(), "application/octet-stream")


def _disposition(name: str) -> str:
    plain = name.encode("latin-1", "replace").decode("latin-1").replace("\\", "\\\\").replace('"', '\\"')
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
