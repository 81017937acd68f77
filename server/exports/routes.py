"""`submissions.csv` and `submissions.csv.zip` over HTTP, of a form and of its draft."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from urllib.parse import parse_qsl, quote

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from server.central.record_gate import on_records, store_of
from server.central.routing import asked
from server.exports.decryption import decryptor
from server.exports.export import Export, ExportOptions
from server.exports.records import Records
from server.exports.sheets import safe_name
from server.links import base_url
from server.odata.opening import Which, open_service
from server.streaming import streamed
from sync.problems import TooLarge

router = APIRouter(tags=["exports"])

CSV, ZIP = "text/csv; charset=utf-8", "application/zip"
_MOST_BYTES = 100_000
_KEY_ID = re.compile(r"\d{1,18}")


@on_records(router, "GET", ".csv", "submission.read")
def csv(request: Request) -> Response:
    """The submissions of a form as csv, the newest first.

    $filter, groupPaths=false, deletedFields=true, splitSelectMultiples=true; raw=false makes texts that a
    spreadsheet would take for formulas harmless; {keyId}=passphrase opens encrypted records.
    """
    return _answer(request, dict(request.query_params), is_zip=False)


@on_records(router, "POST", ".csv", "submission.read")
async def csv_with_passphrases(request: Request) -> Response:
    """The same; passphrases stand in the body, as a web form sends them."""
    fields = await _form(request)
    return await run_in_threadpool(_answer, request, fields, is_zip=False)


@on_records(router, "GET", ".csv.zip", "submission.read")
def csv_zip(request: Request) -> Response:
    """Submissions and repeats as csv, with media and the logs of what was typed, in a zip.

    As `submissions.csv`; attachments=false leaves media and logs out.
    """
    return _answer(request, dict(request.query_params), is_zip=True)


@on_records(router, "POST", ".csv.zip", "submission.read")
async def csv_zip_with_passphrases(request: Request) -> Response:
    """The same; passphrases stand in the body, as a web form sends them."""
    fields = await _form(request)
    return await run_in_threadpool(_answer, request, fields, is_zip=True)


def _answer(request: Request, passphrases: Mapping[str, str], is_zip: bool) -> Response:
    options = ExportOptions.read(request.query_params)
    given = {int(key): value for key, value in passphrases.items() if _KEY_ID.fullmatch(key)}
    pieces = _pieces(request, options, given, is_zip)
    form = asked(request).form
    assert form is not None
    ending = ".csv" if not is_zip else ".zip" if options.attachments else ".csv.zip"
    if request.method != "HEAD" and asked(request).draft is None:
        _note(request, form["uuid"])
    headers = {
        "Content-Disposition": disposition(safe_name(form["xml_form_id"]) + ending),
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization, Cookie",
    }
    return streamed(request, pieces, headers, ZIP if is_zip else CSV, ahead=2)


def _pieces(
    request: Request, options: ExportOptions, passphrases: Mapping[int, str], is_zip: bool
) -> Generator[bytes, None, None]:
    """The body, in one read session that ends with the last piece. What is wrong with a request is told
    before the first."""
    store, may = store_of(request), asked(request)
    assert may.form is not None
    which = Which(may.project_id, may.form["xml_form_id"], draft=may.draft is not None)
    with store.read() as session:
        base = base_url(request, request.app.state.settings.http)
        opened, _ = open_service(session, store, may.actor, which, base, with_past=options.deleted_fields)
        keys = decryptor(session, store, opened.records.space, passphrases)
        records = Records(session, opened.service, opened.records, options.filter, keys)
        _ = records.condition
        export = Export(store, records, options)
        yield b""
        yield from export.zip() if is_zip else export.csv()


def _note(request: Request, form_uuid: str) -> None:
    actor = asked(request).actor
    by = (actor.viewed_by or actor).uuid  # whoever looks as somebody took it, not the other
    store_of(request).write(lambda session: session.audit("form.submission.export", form_uuid, by))


def disposition(name: str) -> str:
    """The header that names a file, for clients old and new."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "?" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BYTES:
            raise TooLarge(f"The body has more than {_MOST_BYTES} bytes.", "Send passphrases only.")
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
