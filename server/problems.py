"""From a problem to an answer, in one place: its type gives the status, the path gives the form.

On OpenRosa paths every error, the framework's included, is an OpenRosaResponse in text/xml; elsewhere it is
application/problem+json (RFC 9457). An exception nobody foresaw is a 500 with an id that stands in the log,
never its text.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.auth import UnknownKey, UnknownToken
from server.openrosa.responses import RETRY_AFTER_S, openrosa_problem
from sync import problems
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
    problems.NotDurable: 503,
    problems.SchemaMismatch: 503,
    problems.KeyMissing: 503,
}

_OPENROSA_ENDINGS = ("/formList", "/submission", "/manifest")
_RETRY_LATER = {429, 503, 507}


def status_of(problem: Problem) -> int:
    """The status of a problem's type, or of the nearest type it is made from."""
    return next((STATUS[kind] for kind in type(problem).__mro__ if kind in STATUS), 500)


def is_openrosa(path: str) -> bool:
    """Whether a tablet may be asking, so that an error has to be text/xml."""
    return path.startswith("/v1/key/") or path.endswith(_OPENROSA_ENDINGS)


def problem_response(request: Request, problem: Problem) -> Response:
    """The answer to a request that met a problem."""
    status = status_of(problem)
    if is_openrosa(request.url.path):
        return _with_retry(openrosa_problem(problem, status), status)
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
    if is_openrosa(request.url.path):
        return openrosa_problem(unforeseen, 500)
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
    """404 for an unknown path, 405 with Allow, and whatever else the framework raises by itself."""
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    said = Problem(*_FRAMEWORK.get(error.status_code, (f"{phrase}.", "")))
    if is_openrosa(request.url.path):
        response: Response = openrosa_problem(said, error.status_code)
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
    if is_openrosa(request.url.path):
        return openrosa_problem(Problem(detail), 422)
    return _json(422, "invalid", "The request is not valid", detail, "Correct the parameters named.", errors)


_FRAMEWORK = {
    404: ("There is nothing at this address.", "Check the server address in the settings."),
    405: ("This address does not take this method.", "The Allow header says which it takes."),
}


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
