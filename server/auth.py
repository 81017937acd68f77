"""Who is asking: a key URL's device, or a reader's `Authorization: Bearer`.

A token goes in, a `Device` or an `Actor` comes out, or a problem. Verified tokens are kept in memory by their
SHA-256, so that a tablet's upload costs microseconds here; the memory is dropped within seconds of any grant
or revocation, whichever process made it (sync/freshness.py).
"""

from __future__ import annotations

import hashlib
import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from server.viewing import viewed
from sync.access import Actor, Grant, access_fingerprint, authenticate
from sync.freshness import Fresh
from sync.problems import Forbidden, NotFound, Unauthorised
from sync.registry import get_project
from sync.store import Store
from sync.tables.access import ActorKind, Role
from sync.tokens import read_token

_KEPT = 20_000
GUESSES_A_MINUTE = 20

_KEY_HOLDERS = (ActorKind.APP_USER, ActorKind.PUBLIC_LINK)
_FILLING = (Role.APP_USER, Role.PUBLIC_LINK)
_CENTRAL_KEY = re.compile(r"[A-Za-z0-9!$]{64}", re.ASCII)
_UNKNOWN_KEY = (
    "This server does not know the key in the address, or it was revoked.",
    "Scan a new settings code; ask your coordinator for one.",
)


class UnknownKey(Forbidden):
    """A key URL whose token is unknown, revoked or expired: 403, for a 401 would ask for a password."""


class NoKey(Unauthorised):
    """A key URL whose token has not the shape of one."""

    def __init__(self, _detail: str = "") -> None:
        super().__init__(
            "What stands in the address is not a key.",
            "Scan the settings code again; ask your coordinator for a new one.",
        )


class UnknownToken(Unauthorised):
    """A bearer token that is unknown, revoked or expired."""


@dataclass(frozen=True, slots=True)
class Device:
    """A tablet's user on one project, or a public link."""

    actor: Actor
    project_id: int
    project_uuid: str
    forms: frozenset[str] | None  # None: all, future ones too

    @property
    def actor_uuid(self) -> str:
        return self.actor.uuid

    @property
    def is_link(self) -> bool:
        return self.actor.kind == ActorKind.PUBLIC_LINK

    @property
    def grants(self) -> tuple[Grant, ...]:
        return self.actor.on(self.project_id)

    @property
    def viewed_by(self) -> None:
        return None

    def may_submit(self, xml_form_id: str) -> bool:
        return self.forms is None or xml_form_id in self.forms

    def may_read(self, xml_form_id: str) -> bool:
        return self.may_submit(xml_form_id)

    def reads_closed(self, xml_form_id: str) -> bool:
        return False

    @property
    def scope(self) -> str:
        """Equal for devices that see the same: part of a list's ETag, with the actor."""
        return repr((self.actor.uuid, self.grants))


@dataclass(frozen=True, slots=True)
class _Known:
    actor: Actor | None  # None: refused before
    expires_at: datetime | None
    devices: dict[int, Device]

    def holds(self) -> bool:
        return self.expires_at is None or self.expires_at.timestamp() > time.time()


class Access:
    """Checks tokens for one app."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: Fresh[OrderedDict[bytes, _Known]] = Fresh(
            store, access_fingerprint, lambda _session: OrderedDict()
        )
        self.refresh = self._known.refresh
        self.expire = self._known.expire

    def device(self, token: str, project_id: int) -> Device:
        """The device of a key URL.

        Raises NoKey, UnknownKey, Forbidden (a reader's token), NotFound (project).
        """
        known = self._known_by_key(token)
        device = known.devices.get(project_id)
        return device if device is not None else self._device(known, project_id)

    def key_holder(self, token: str) -> Actor:
        """The tablet's user or the link a key belongs to. Raises NoKey, UnknownKey."""
        actor = self._known_by_key(token).actor
        if actor is None or actor.kind not in _KEY_HOLDERS:
            raise UnknownKey(*_UNKNOWN_KEY)
        return actor

    def _known_by_key(self, token: str) -> _Known:
        if read_token(token) is None:  # no guess either: its check says that nobody was ever given it
            raise Forbidden(*_UNKNOWN_KEY) if _CENTRAL_KEY.fullmatch(token) else NoKey()
        known = self._verified(token)
        if known is None:
            raise UnknownKey(*_UNKNOWN_KEY)
        return known

    def reader(self, token: str, project_id: int) -> Actor:
        """A reader of one project. Raises UnknownToken, Forbidden (a tablet's token), NotFound (project)."""
        known = self._verified(token)
        if known is None or known.actor is None:
            raise UnknownToken(
                "The token is not known here, or it was revoked or has expired.",
                "`waypost token create NAME --project ID --role analyst` makes one.",
            )
        if known.actor.kind in _KEY_HOLDERS:
            raise Forbidden(
                "A tablet's token submits and never reads.", "Use a reader's token: `waypost token create`."
            )
        if not known.actor.on(project_id):
            raise _no_project(project_id)
        return known.actor

    def _verified(self, token: str) -> _Known | None:
        """What is known of a token; None when it is good for nothing."""
        kept = self._known.get()
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        known = kept.get(digest)
        if known is None:
            if read_token(token) is None:
                return None  # not a token at all: no place in the memory, no query
            known = self._look(token)
            kept[digest] = known  # into the memory that was current before the look: never into a newer one
            while len(kept) > _KEPT:
                kept.popitem(last=False)
        return known if known.actor is not None and known.holds() else None

    def _look(self, token: str) -> _Known:
        with self._store.read() as session:
            try:
                found = authenticate(session, token)
            except Unauthorised:
                return _Known(None, None, {})
        return _Known(found.actor, found.expires_at, {})

    def _device(self, known: _Known, project_id: int) -> Device:
        actor = known.actor
        assert actor is not None
        if actor.kind not in _KEY_HOLDERS:
            raise Forbidden(
                "This token reads data and cannot be used on a tablet.", "Use `waypost app-user create`."
            )
        grants = [grant for grant in actor.on(project_id) if grant.role in _FILLING]
        if not grants and actor.project_id != project_id:  # its own it may send to before it is given a form
            raise _no_project(project_id)
        with self._store.read() as session:
            uuid = get_project(session, project_id, also_deleted=True)["uuid"]
        narrowed = [grant.xml_form_id for grant in grants]
        forms = None if None in narrowed else frozenset(form for form in narrowed if form is not None)
        device = Device(actor, project_id, str(uuid), forms)
        known.devices[project_id] = device
        return device


class GuessLimit:
    """A token bucket of wrong tokens for each client address. A valid token never comes near it."""

    def __init__(self, per_minute: int = GUESSES_A_MINUTE) -> None:
        self._per_minute = per_minute
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # address -> (left, at)

    def spend(self, client: str) -> bool:
        """Note a wrong token; whether the client still may."""
        at = time.monotonic()
        left, before = self._buckets.pop(client, (float(self._per_minute), at))
        left = min(float(self._per_minute), left + (at - before) * self._per_minute / 60)
        allowed = left >= 1
        self._buckets[client] = (left - 1 if allowed else left, at)
        while len(self._buckets) > _KEPT:
            self._buckets.popitem(last=False)
        return allowed

    def give_back(self, client: str) -> None:
        """What was spent before it was known whether it was a guess, and was none."""
        left, at = self._buckets.get(client, (float(self._per_minute), time.monotonic()))
        self._buckets[client] = (min(float(self._per_minute), left + 1), at)


def reader(request: Request, project_id: int) -> Actor:
    """The reader of a request, by a reader's token or signed in: a dependency of the dataset routes.

    Raises Unauthorised (no token, or an unknown one), Forbidden (a tablet's token), NotFound (project).
    """
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and read_token(token.strip()) is not None:
        access: Access = request.app.state.access
        return viewed(request, access.reader(token.strip(), project_id))
    caller = request.app.state.identify(request)
    if caller is None:
        raise Unauthorised(
            "This needs a reader's token.",
            "Send it as `Authorization: Bearer TOKEN` (`waypost token create`).",
        )
    actor: Actor = caller.actor
    if not actor.on(project_id):
        raise _no_project(project_id)
    return actor


def _no_project(project_id: int) -> NotFound:
    return NotFound(
        f"There is no project {project_id}.", "Ask the coordinator which project the token is for."
    )
