"""`/v1/users`: people's accounts.

There is no mail from this server. A forgotten password is reset by an administrator: `waypost user reset`
prints a token that `POST /v1/users/reset/verify` takes once (decision 0011).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.actors import actor_value
from server.central.answers import SUCCESS, answer, instant
from server.central.asking import Id, is_extended, is_true, needed_text, paging, text
from server.central.callers import client_address, identify
from server.central.problems import AuthenticationFailed
from server.central.routing import AnybodyGate, Asked, Gate, SiteGate, asked, fields, route
from sync.access import Actor
from sync.accounts import (
    create_user,
    find_by_email,
    get_user,
    list_users,
    retire_user,
    set_password,
    update_user,
)
from sync.passwords import check_new_password, hash_password
from sync.permissions import in_order, site_verbs
from sync.preferences import read_preferences
from sync.problems import Forbidden, NotFound
from sync.sessions import find_session
from sync.store import Store
from sync.tables.access import ActorKind, SessionPurpose

router = APIRouter(prefix="/v1/users", tags=["users"])


@route(router, "GET", "", Gate())
def users(request: Request) -> Response:
    """The users, or those whose name or address holds a word of `?q=`. Without leave to list them: whoever
    has exactly that address."""
    may, words = asked(request), request.query_params.get("q", "")
    with _store(request).read() as session:
        if "user.list" in may.verbs:
            found = list_users(session, words)
        else:
            one = find_by_email(session, words) if words else None
            found = [] if one is None else [one]
    return answer(request, [user_value(row) for row in paging(request).of(found)])


@route(
    router,
    "POST",
    "",
    SiteGate("user.create"),
    takes={"email": "string", "password": "string", "displayName": "string"},
)
def create(request: Request) -> Response:
    """Create an account. It may do nothing until it is assigned a role."""
    given, by = fields(request), asked(request).actor.uuid
    email, name = needed_text(given, "email"), text(given, "displayName")
    password_hash = None
    if given.get("password") not in (None, ""):
        password_hash = hash_password(check_new_password(given["password"], email))
    store = _store(request)
    made = store.write(lambda session: create_user(session, email, name, password_hash, by))
    return _user(request, made)


@route(router, "GET", "/current", Gate())
def current(request: Request) -> Response:
    """Whoever is signed in; with extended metadata, what they may do on the whole site."""
    caller = asked(request).caller
    assert caller is not None
    if caller.actor.kind != ActorKind.USER:
        raise NotFound("A reader's token is no user.", "Sign in: POST /v1/sessions.")
    with _store(request).read() as session:
        value = user_value(get_user(session, caller.actor.id))
        liked = read_preferences(session, caller.actor.id)
    if is_extended(request):
        value |= {"verbs": in_order(site_verbs(caller.actor)), "preferences": liked}
        if caller.session is not None:
            begun = caller.session
            value["session"] = {
                "createdAt": instant(begun.created_at),
                "expiresAt": instant(begun.expires_at),
            }
    return answer(request, value)


@route(router, "POST", "/reset/initiate", AnybodyGate(), takes={"email": "string"})
def initiate_reset(request: Request) -> Response:
    """Ask for a new password. Nothing is mailed; with `?invalidate=true`, for administrators, the password
    and the sessions end. The answer is the same whether the address is known or not."""
    email = needed_text(fields(request), "email")
    if is_true(request, "invalidate"):
        by = _whoever_may(request, "user.password.invalidate")
        with _store(request).read() as session:
            known = find_by_email(session, email)
        if known is not None:
            _store(request).write(lambda session: set_password(session, known["id"], None, by.uuid))
    return answer(request, SUCCESS)


@route(router, "POST", "/reset/verify", AnybodyGate(), takes={"new": "string"})
def verify_reset(request: Request) -> Response:
    """Set a new password with the token of `waypost user reset`, as a Bearer; it is good once."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    store = _store(request)
    with store.read() as session:
        found = find_session(session, token.strip()) if kind.lower() == "bearer" else None
    if found is None:
        raise AuthenticationFailed()
    if found.purpose != SessionPurpose.RESET:
        raise Forbidden("A session does not set a password.", "Use PUT /v1/users/ID/password.")
    password_hash = hash_password(check_new_password(fields(request).get("new")))
    who = found.actor

    def work(writing: Any) -> None:
        again = find_session(writing, token.strip())
        if again is None:  # used meanwhile: once is once
            raise AuthenticationFailed()
        set_password(writing, who.id, password_hash, who.uuid)

    store.write(work)
    return answer(request, SUCCESS)


@route(router, "GET", "/{user_id}", Gate())
def user(request: Request, user_id: Id) -> Response:
    """One user: oneself, or with leave to read them."""
    _check_self_or(asked(request), user_id, "user.read")
    return _user(request, user_id)


@route(router, "PATCH", "/{user_id}", Gate(), takes={"email": "string", "displayName": "string"})
def change(request: Request, user_id: Id) -> Response:
    """Change the address or the name: one's own, or with leave to change them."""
    may, given = asked(request), fields(request)
    _check_self_or(may, user_id, "user.update")
    email, name = text(given, "email"), text(given, "displayName")
    by = may.actor.uuid
    _store(request).write(lambda session: update_user(session, user_id, email, name, by))
    return _user(request, user_id)


@route(router, "PUT", "/{user_id}/password", Gate(), takes={"old": "string", "new": "string"})
def change_password(request: Request, user_id: Id) -> Response:
    """Set a new password with the old one. All other sessions of the user end."""
    may, given = asked(request), fields(request)
    _check_self_or(may, user_id, "user.update")
    with _store(request).read() as session:
        email = str(get_user(session, user_id)["email"])
    old = given.get("old")
    if not isinstance(old, str):
        raise AuthenticationFailed()
    request.app.state.passwords.user(client_address(request), email, old)
    password_hash = hash_password(check_new_password(given.get("new"), email))
    assert may.caller is not None
    keep = may.caller.session.public_id if may.caller.session else None
    by = may.actor.uuid
    _store(request).write(lambda session: set_password(session, user_id, password_hash, by, keep))
    return answer(request, SUCCESS)


@route(router, "DELETE", "/{user_id}", SiteGate("user.delete"))
def retire(request: Request, user_id: Id) -> Response:
    """End an account with its sessions and roles. What the person did stays theirs."""
    by = asked(request).actor.uuid
    _store(request).write(lambda session: retire_user(session, user_id, by))
    return answer(request, SUCCESS)


def user_value(row: Mapping[Any, Any]) -> dict[str, Any]:
    """An account's row as the API shows it."""
    return {
        **actor_value({**row, "kind": ActorKind.USER}),
        "email": row["email"],
        "lastLoginAt": instant(row["last_login_at"]),
    }


def _user(request: Request, user_id: int) -> Response:
    with _store(request).read() as session:
        return answer(request, user_value(get_user(session, user_id)))


def _check_self_or(may: Asked, user_id: int, verb: str) -> None:
    """Raise NotFound unless it is about oneself or one has the verb: others' accounts are none of theirs."""
    if may.actor.id != user_id and verb not in may.verbs:
        raise NotFound(f"There is no user {user_id}.", "`waypost user list` shows the ids.")


def _whoever_may(request: Request, verb: str) -> Actor:
    caller = identify(request, fields(request))
    if caller is None:
        raise AuthenticationFailed()
    if verb not in site_verbs(caller.actor):
        raise Forbidden("Your role does not let you do this.", "Ask an administrator.")
    return caller.actor


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store
