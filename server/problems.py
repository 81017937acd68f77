"""From a problem to an answer, in one place: its type gives the status, the path gives the form.

On OpenRosa paths every error, the framework's included, is an OpenRosaResponse in text/xml; elsewhere it is
application/problem+json (RFC 9457); on the paths of ODK Central's API its clients get the message and the
number they know. An exception nobody foresaw is a 500 with an id that stands in the log,
never its text.
"""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import escape

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.auth import UnknownKey, UnknownToken
from server.central import problems as central
from server.central import record_problems as records
from server.central import site_problems as site
from server.odata import problems as odata
from server.openrosa.holders import asks_for_password
from server.openrosa.responses import RETRY_AFTER_S, openrosa_problem
from sync import encryption_keys, form_problems, managed_keys, odk_cipher, passwords, problems
from sync.entities import problems as entities
from sync.problems import Problem

log = logging.getLogger("waypost.http")

STATUS: Mapping[type[Problem], int] = {
    problems.NotFound: 404,
    problems.Unauthorised: 401,
    problems.Forbidden: 403,
    problems.Invalid: 400,
    problems.BodyCut: 400,
    problems.FormInvalid: 422,
    problems.Conflict: 409,
    problems.Ambiguous: 409,
    problems.TooMany: 429,
    problems.StorageFull: 507,
    problems.Unavailable: 503,
    problems.TooLarge: 413,
    problems.NotSupported: 501,
    problems.NotDurable: 503,
    problems.SchemaMismatch: 503,
    problems.KeyMissing: 503,
}

CENTRAL: Mapping[type[Problem], float] = {
    problems.NotFound: 404.1,
    problems.Unauthorised: 401.2,
    problems.Forbidden: 403.1,
    problems.Invalid: 400.8,
    problems.BodyCut: 400.1,
    problems.FormInvalid: 400.15,
    problems.Conflict: 409.3,
    problems.Ambiguous: 409.3,
    problems.TooMany: 429.1,
    problems.StorageFull: 507.1,
    problems.Unavailable: 503.1,
    problems.TooLarge: 413.1,
    problems.NotSupported: 501.1,
    problems.NotDurable: 503.1,
    problems.SchemaMismatch: 503.1,
    problems.KeyMissing: 503.1,
    passwords.PasswordTooShort: 400.21,
    passwords.PasswordTooWeak: 400.44,
    odk_cipher.WrongKey: 400.12,
    odk_cipher.Undecryptable: 400.12,
    managed_keys.AlreadyEncrypted: 409.4,
    encryption_keys.EncryptionActivating: 409.5,
    form_problems.UnexpectedValue: 400.8,
    form_problems.NoFormId: 400.2,
    form_problems.NothingToCopy: 400.2,
    form_problems.IdTooLong: 400.13,
    form_problems.NoMeta: 400.27,
    form_problems.FileNotValid: 400.15,
    form_problems.FormWarnings: 400.16,
    form_problems.TypeChanged: 400.17,
    form_problems.FormExists: 409.3,
    form_problems.VersionExists: 409.6,
    form_problems.NothingPublished: 409.7,
    form_problems.LinkNotAllowed: 400.26,
    central.Unparseable: 400.1,
    central.MissingParameter: 400.2,
    central.MissingParameters: 400.3,
    central.WrongType: 400.11,
    central.OutOfRange: 400.22,
    central.HttpsOnly: 401.3,
    central.FormsDiffer: 501.2,
    site.WrongHeader: 400.6,
    site.UnexpectedValue: 400.8,
    site.UnknownKey: 400.14,
    site.PropertyMissing: 400.23,
    site.UnexpectedProperties: 400.33,
    records.DeprecatedIdMissing: 400.19,
    records.DeprecatedIdNotFound: 404.5,
    records.FormVersionNotFound: 404.6,
    records.XmlConflict: 409.1,
    records.NotAccepting: 409.2,
    records.AlreadyThere: 409.3,
    records.EditOutdated: 409.9,
    records.NoWebEditor: 409.11,
    records.NotEditable: 409.12,
    entities.MissingValue: 400.2,
    entities.UnexpectedValue: 400.8,
    entities.WrongValueType: 400.11,
    entities.InvalidEntityForm: 400.25,
    entities.NotADataFile: 400.26,
    entities.InvalidEntity: 400.28,
    entities.PendingSubmissions: 400.29,
    entities.UnexpectedAttributes: 400.31,
    entities.NoConflict: 400.32,
    entities.SeveralEntitiesRefused: 400.43,
    entities.ActionNotPermitted: 403.2,
    entities.DatasetNotFound: 404.7,
    entities.EntityNotFound: 404.8,
    entities.EntityVersionNotFound: 404.9,
    entities.EntityDeleted: 404.11,
    entities.AlreadyExists: 409.3,
    entities.EntityVersionConflict: 409.15,
    entities.SimilarDataset: 409.16,
    entities.SimilarProperties: 409.17,
    entities.UsedByDeleted: 409.19,
    entities.DatasetInUse: 409.21,
    entities.PropertyInUse: 409.22,
    odata.BadExpression: 400.18,
    odata.UnknownProperty: 400.23,
    odata.Unsupported: 501.4,
    odata.UnaskableProperty: 501.5,
    odata.UnsupportedExpand: 501.11,
    odata.BadSkipToken: 400.35,
    odata.NoSuchRow: 400.34,
}
"""The number of a problem on the paths of Central's API: the status, and which of its problems it is."""

_FIGURES = re.compile(r"/v1/projects/\d+/(figures(/|$)|datasets/[^/]+\.(csv|json|geojson)$)")
_OPENROSA_ENDINGS = ("/formList", "/submission", "/manifest", "/integrity")
_RETRY_LATER = {429, 503, 507}
_CHALLENGE = 'Basic realm="Waypost", charset="UTF-8"'


def status_of(problem: Problem) -> int:
    """The status of a problem's type, or of the nearest type it is made from."""
    return next((STATUS[kind] for kind in type(problem).__mro__ if kind in STATUS), 500)


def is_openrosa(path: str) -> bool:
    """Whether a tablet may be asking, so that an error has to be text/xml."""
    if path.startswith("/v1/test/"):
        return not path.endswith("/submissions")
    return path.startswith("/v1/key/") or path.endswith(_OPENROSA_ENDINGS)


def _asks_openrosa(request: Request) -> bool:
    """Whether to answer in text/xml: a tablet's address, or a tablet that asks for another by its key."""
    by_key = getattr(request.state, "key", None) is not None
    return is_openrosa(request.url.path) or (by_key and "x-openrosa-version" in request.headers)


def central_code_of(problem: Problem) -> float:
    """Central's number for a problem's type, or for the nearest type it is made from."""
    return next((CENTRAL[kind] for kind in type(problem).__mro__ if kind in CENTRAL), 500.1)


def is_central(path: str) -> bool:
    """Whether a client of Central's API may be asking. The figures are ours alone."""
    return path.startswith("/v1/") and not is_openrosa(path) and not _FIGURES.match(path)


def problem_response(request: Request, problem: Problem) -> Response:
    """The answer to a request that met a problem."""
    status = status_of(problem)
    if _asks_openrosa(request):
        return _openrosa_problem(request, problem, status)
    if is_central(request.url.path):
        return _central_problem(request, problem)
    response = _json(status, problem.code, problem.title, problem.detail, problem.hint, problem.errors)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return _with_retry(response, status)


def unexpected_response(request: Request, error: Exception) -> Response:
    """500 for what nobody foresaw: logged with an id, and only the id is told."""
    number = uuid.uuid4().hex[:12]
    log.error("Unexpected error %s on %s %s", number, request.method, request.url.path, exc_info=error)
    unforeseen = Problem(
        f"Something went wrong on the server (error {number}).",
        "Try again; if it happens again, give this number to whoever runs the server.",
    )
    if _asks_openrosa(request):
        return openrosa_problem(unforeseen, 500)
    if is_central(request.url.path):
        return _central(500.1, str(unforeseen), {"id": number})
    return _json(500, "unexpected", unforeseen.title, unforeseen.detail, unforeseen.hint, id=number)


def install(app: FastAPI) -> None:
    """Have the app answer problems, and the framework's own errors, this way."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    if isinstance(error, UnknownKey | UnknownToken) and not _may_guess_on(request):
        error = problems.TooMany("Too many unknown tokens came from this address.", "Wait a minute.")
    status = status_of(error)
    if status >= 500:
        log.warning("%s on %s %s: %s", error.code, request.method, request.url.path, error)
    return problem_response(request, error)


async def _http(request: Request, error: Exception) -> Response:
    """404 for an unknown path, 405 with Allow, and whatever else the framework raises by itself. Clients of
    Central's API get 404 for a method that an address does not take, as there."""
    assert isinstance(error, HTTPException)
    if error.status_code == 405 and is_central(request.url.path) and not _asks_openrosa(request):
        error = HTTPException(404)
    phrase = HTTPStatus(error.status_code).phrase
    said = Problem(*_FRAMEWORK.get(error.status_code, (f"{phrase}.", "")))
    if _asks_openrosa(request):
        response: Response = openrosa_problem(said, error.status_code)
    elif is_central(request.url.path) or (error.status_code == 404 and not _is_ours(request.url.path)):
        response = _central(_framework_code(error.status_code, request.url.path), str(said))
    else:
        response = _json(error.status_code, phrase.lower().replace(" ", "-"), phrase, said.detail, said.hint)
    response.headers.update(error.headers or {})
    return response


async def _validation(request: Request, error: Exception) -> Response:
    """A parameter that does not fit: where it is and what is wrong, without repeating what was sent."""
    assert isinstance(error, RequestValidationError)
    errors = [
        {"where": ".".join(str(part) for part in one["loc"]), "detail": str(one["msg"])}
        for one in error.errors()
    ]
    detail = "; ".join(f"{one['where']}: {one['detail']}" for one in errors) + "."
    if _asks_openrosa(request):
        return openrosa_problem(Problem(detail), 422)
    if is_central(request.url.path):
        far = any(str(one["type"]).endswith(("_than_equal", "_than")) for one in error.errors())
        return _central(400.22 if far else 400.11, detail, {"errors": errors})
    return _json(422, "invalid", "The request is not valid", detail, "Correct the parameters named.", errors)


_FRAMEWORK = {
    404: ("There is nothing at this address.", "Check the server address in the settings."),
    405: ("This address does not take this method.", "The Allow header says which it takes."),
}


def _openrosa_problem(request: Request, problem: Problem, status: int) -> Response:
    response = openrosa_problem(problem, status)
    by_password = request.url.path.startswith("/v1/projects/") and asks_for_password(request)
    if status == 401 and by_password:
        response.headers["WWW-Authenticate"] = _CHALLENGE
    return _with_retry(response, status)


def _central_problem(request: Request, problem: Problem) -> Response:
    code = central_code_of(problem)
    if request.url.path.endswith(".svc/$metadata"):
        return _with_retry(_xml_problem(code, str(problem)), int(code))
    details = getattr(problem, "details", None) or ({"errors": problem.errors} if problem.errors else None)
    response = _central(code, str(problem), details)
    asks = request.headers.get("x-requested-with", "").lower() != "xmlhttprequest"  # a page asks by itself
    if int(code) == 401 and asks:
        response.headers["WWW-Authenticate"] = _CHALLENGE
    return _with_retry(response, int(code))


def _xml_problem(code: float, message: str) -> Response:
    """As Central answers where only XML is offered."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<error code="{code}">\n'
    body += f"  <message>{escape(message)}</message>\n  <details></details>\n</error>"
    headers = {"Cache-Control": "no-store", "OData-Version": "4.0"}
    return Response(body, int(code), {**headers, "Content-Type": "text/xml; charset=utf-8"})


def _central(code: float, message: str, details: Mapping[str, Any] | None = None) -> Response:
    body: dict[str, Any] = {"message": message, "code": code}
    if details:
        body["details"] = details
    content = orjson.dumps(body, default=str)
    return Response(content, int(code), {"Cache-Control": "no-store"}, "application/json")


def _framework_code(status: int, path: str) -> float:
    """404.1 nothing there, 404.2 no version in the address, 404.3 a version there is not."""
    if status != 404 or path.startswith("/v1/"):
        return status + 0.1
    return 404.3 if re.match(r"/v\d+/", path) else 404.2


def _is_ours(path: str) -> bool:
    """Whether an unknown address is below one of ours, which has no version."""
    return path.startswith(("/health", "/docs", "/openapi", "/v1/"))


def _may_guess_on(request: Request) -> bool:
    client = request.client.host if request.client else ""
    return bool(request.app.state.guesses.spend(client))


def _with_retry(response: Response, status: int) -> Response:
    if status in _RETRY_LATER:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _json(
    status: int,
    code: str,
    title: str,
    detail: str,
    hint: str = "",
    errors: Sequence[Mapping[str, object]] = (),
    **further: Any,
) -> Response:
    body: dict[str, Any] = {
        "type": code,
        "title": title,
        "status": status,
        "detail": detail,
    }
    if hint:
        body["hint"] = hint
    if errors:
        body["errors"] = list(errors)
    content = orjson.dumps(body | further, default=str)
    return Response(content, status, {"Cache-Control": "no-store"}, "application/problem+json")
