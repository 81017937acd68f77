"""Who is asking: a session's Bearer token or cookie, a reader's token, or an e-mail address and password.

A request goes in, a `Caller` comes out, None when it brings no credentials, or a problem. Passwords and
cookies count only where nobody on the way can read them; a cookie changes something only together with what
the page that signed in knows. Digest is not offered: it needs passwords kept in a form that can be used.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import os
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any, Literal

from starlette.requests import Request

from server.auth import GuessLimit
from server.central.problems import AuthenticationFailed, HttpsOnly
from server.settings import Settings
from server.viewing import viewed
from sync.access import Actor, authenticate, find_actor
from sync.accounts import email_key, find_by_email
from sync.passwords import fits
from sync.problems import TooMany, Unauthorised
from sync.sessions import Session, find_session
from sync.store import Store
from sync.tables.access import ActorKind, SessionPurpose
from sync.tokens import csrf_of, read_token

SESSION_COOKIE = "__Host-session"
CSRF_COOKIE = "__csrf"

_READING = ("GET", "HEAD", "OPTIONS")
_REMEMBERED = 1000
_GUESSES_AN_ACCOUNT = 10
"""Wrong passwords a minute for one address, wherever they come from."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody known, and how."""

    actor: Actor
    by: Literal["session", "token", "password", "key"]
    session: Session | None = None


class PasswordCheck:
    """Checks passwords for one app: limits guesses, and spares the hash to those who ask often.

    A client with Basic sends the password with every request. The last right one of each account is kept in
    memory under a key of this process; it counts while the account's hash is the one it was checked against.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._addresses = GuessLimit()
        self._accounts = GuessLimit(_GUESSES_AN_ACCOUNT)
        self._key = os.urandom(32)
        self._right: OrderedDict[int, tuple[str, bytes]] = OrderedDict()

    def user(self, client: str, email: str, password: str) -> int:
        """The actor id of whoever has this address and password. Raises AuthenticationFailed, TooMany."""
        with self._store.read() as session:
            account = find_by_email(session, email)
        if account is not None and self._is_remembered(account["id"], account["password_hash"], password):
            return int(account["id"])
        self._spend(client, email)
        password_hash = None if account is None else account["password_hash"]
        if not fits(password_hash, password) or account is None:
            raise AuthenticationFailed()
        self._addresses.give_back(client)
        self._accounts.give_back(email_key(email))
        self._right[account["id"]] = (str(password_hash), self._digest(password))
        while len(self._right) > _REMEMBERED:
            self._right.popitem(last=False)
        return int(account["id"])

    def _spend(self, client: str, email: str) -> None:
        mine, everybodys = self._addresses.spend(client), self._accounts.spend(email_key(email))
        if not mine or not everybodys:
            raise TooMany("Too many wrong passwords came in.", "Wait a minute, then try again.")

    def _is_remembered(self, actor_id: int, password_hash: str | None, password: str) -> bool:
        known = self._right.get(actor_id)
        return (
            known is not None
            and known[0] == password_hash
            and hmac.compare_digest(known[1], self._digest(password))
        )

    def _digest(self, password: str) -> bytes:
        return hmac.digest(self._key, password.encode(errors="replace"), "sha256")


def identify(request: Request, fields: dict[str, Any] | None = None) -> Caller | None:
    """Whoever a request comes from; None when it brings no credentials. A key in the address counts first.

    fields  the JSON body, where a page may have put its `__csrf`
    Raises AuthenticationFailed, HttpsOnly, TooMany; and what looking as somebody else raises.
    """
    found = _identified(request, fields or {})
    return None if found is None else replace(found, actor=viewed(request, found.actor))


def _identified(request: Request, fields: dict[str, Any]) -> Caller | None:
    key = getattr(request.state, "key", None)
    if key is not None:
        return Caller(request.app.state.access.key_holder(key), "key")
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return _by_token(request, value.strip())
    if kind.lower() == "basic":
        return _by_password(request, value.strip())
    if kind:
        raise AuthenticationFailed()
    cookie = request.cookies.get(SESSION_COOKIE)
    return None if not cookie else _by_cookie(request, cookie, fields)


def is_private(request: Request) -> bool:
    """Whether nobody on the way can read along: TLS here or in a trusted proxy, or loopback."""
    settings: Settings = request.app.state.settings
    if request.url.scheme == "https":
        return True
    if settings.http.behind_proxy:  # its administrator says that TLS ends there
        return settings.base_url.startswith("https://")
    return is_this_machine(request)


def is_this_machine(request: Request) -> bool:
    """Whether a request comes from the machine the server runs on, and no proxy may have sent it."""
    settings: Settings = request.app.state.settings
    if settings.http.behind_proxy:
        return False
    try:
        return ipaddress.ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        return False


def client_address(request: Request) -> str:
    return request.client.host if request.client else ""


def _by_token(request: Request, text: str) -> Caller:
    store: Store = request.app.state.store
    with store.read() as session:
        found = find_session(session, text)
        if found is not None and found.purpose == SessionPurpose.SESSION:
            return Caller(found.actor, "session", found)
        if found is None and read_token(text) is not None:
            try:
                known = authenticate(session, text).actor
            except Unauthorised:
                raise AuthenticationFailed() from None
            if known.kind == ActorKind.READER:  # a tablet's key stands in the address, nowhere else
                return Caller(known, "token")
    raise AuthenticationFailed()


def _by_password(request: Request, value: str) -> Caller:
    if not is_private(request):
        raise HttpsOnly()
    try:
        email, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise AuthenticationFailed() from None
    if not colon:
        raise AuthenticationFailed()
    actor_id = request.app.state.passwords.user(client_address(request), email, password)
    store: Store = request.app.state.store
    with store.read() as session:
        return Caller(find_actor(session, actor_id), "password")


def _by_cookie(request: Request, cookie: str, fields: dict[str, Any]) -> Caller:
    if not is_private(request):
        raise HttpsOnly()
    caller = _by_token(request, cookie)
    if request.method not in _READING and not _is_from_our_page(request, cookie, fields):
        raise AuthenticationFailed()
    return caller


def _is_from_our_page(request: Request, token: str, fields: dict[str, Any]) -> bool:
    """Whether a page of another site cannot have sent this: it neither knows the session's second token nor
    may add the header without being asked for leave, which this server never gives."""
    if request.headers.get("x-requested-with", "").lower() == "xmlhttprequest":
        return True
    given = fields.get("__csrf")
    return isinstance(given, str) and hmac.compare_digest(given.encode(), csrf_of(token).encode())
