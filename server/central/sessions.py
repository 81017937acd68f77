"""`/v1/sessions`: signing in and out.

A session is good for 24 hours. Its token goes into `Authorization: Bearer`, or, for pages of this server,
into a cookie that scripts cannot read, together with a second token a page has to send with what it changes.
"""

from __future__ import annotations

from email.utils import format_datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.answers import SUCCESS, answer, instant
from server.central.asking import needed_text
from server.central.callers import CSRF_COOKIE, SESSION_COOKIE, client_address, identify
from server.central.problems import AuthenticationFailed, MissingParameters
from server.central.routing import AnybodyGate, Gate, asked, fields, route
from sync.app_users import end_key, project_of_key
from sync.permissions import project_verbs
from sync.problems import Forbidden, NotFound
from sync.sessions import NewSession, Session, begin_session, end_session, find_session
from sync.tables.access import SessionPurpose
from sync.tokens import csrf_of

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])

_GONE = "Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT;"


@route(router, "POST", "", AnybodyGate(), takes={"email": "string", "password": "string"})
def sign_in(request: Request) -> Response:
    """Begin a session with an e-mail address and a password."""
    given = fields(request)
    if not given.get("email") or given.get("password") in (None, ""):
        got = {"email": given["email"]} if "email" in given else {}
        raise MissingParameters(("email", "password"), got)
    email, password = needed_text(given, "email"), given["password"]
    if not isinstance(password, str):
        raise AuthenticationFailed()
    state = request.app.state
    actor_id = state.passwords.user(client_address(request), email, password)
    agent = request.headers.get("user-agent", "")
    try:
        begun = state.store.write(lambda session: begin_session(session, actor_id, agent))
    except NotFound:  # retired in this very moment
        raise AuthenticationFailed() from None
    value = {
        "createdAt": instant(begun.created_at),
        "expiresAt": instant(begun.expires_at),
        "token": begun.token,
        "csrf": csrf_of(begun.token),
    }
    return _with_cookies(answer(request, value), begun)


@route(router, "GET", "/restore", AnybodyGate())
def restore(request: Request) -> Response:
    """The session of the cookie or token that is sent, while it is good."""
    found = _own(request)
    return answer(request, {"createdAt": instant(found.created_at), "expiresAt": instant(found.expires_at)})


@route(router, "DELETE", "/current", AnybodyGate())
def sign_out(request: Request) -> Response:
    """End the session this request comes with."""
    found = _own(request)
    request.app.state.store.write(lambda session: end_session(session, found.public_id))
    return _without_cookies(answer(request, SUCCESS))


@route(router, "DELETE", "/{token}", Gate())
def end(request: Request, token: str) -> Response:
    """End a session of one's own, or a tablet's key of a project where one may."""
    caller, store = asked(request).caller, request.app.state.store
    assert caller is not None
    with store.read() as reading:
        found = find_session(reading, token)
        project_id = project_of_key(reading, token) if found is None else None
    if found is not None and found.actor.uuid == caller.actor.uuid:
        store.write(lambda session: end_session(session, found.public_id))
        mine = caller.session is not None and caller.session.public_id == found.public_id
        return _without_cookies(answer(request, SUCCESS)) if mine else answer(request, SUCCESS)
    if project_id is not None and "session.end" in project_verbs(caller.actor, project_id):
        by = caller.actor.uuid
        store.write(lambda session: end_key(session, token, by))
        request.app.state.access.expire()
        return answer(request, SUCCESS)
    raise Forbidden("This is no session of yours, or there is none.", "Only whoever began a session ends it.")


def _own(request: Request) -> Session:
    """The session this request comes with. Raises NotFound where it comes with none that is good."""
    try:
        caller = identify(request)
    except AuthenticationFailed:
        caller = None
    found = caller.session if caller else None
    if found is None or found.purpose != SessionPurpose.SESSION:
        raise NotFound("There is no session.", "Sign in: POST /v1/sessions.")
    return found


def _with_cookies(response: Response, begun: NewSession) -> Response:
    ends = format_datetime(begun.expires_at, usegmt=True)
    rest = f"Path=/; Expires={ends};"
    response.headers.append(
        "Set-Cookie", f"{SESSION_COOKIE}={begun.token}; {rest} HttpOnly; Secure; SameSite=Strict"
    )
    response.headers.append(
        "Set-Cookie", f"{CSRF_COOKIE}={csrf_of(begun.token)}; {rest} Secure; SameSite=Strict"
    )
    return response


def _without_cookies(response: Response) -> Response:
    response.headers.append("Set-Cookie", f"{SESSION_COOKIE}=null; {_GONE} HttpOnly; Secure; SameSite=Strict")
    response.headers.append("Set-Cookie", f"{CSRF_COOKIE}=null; {_GONE} Secure; SameSite=Strict")
    return response
