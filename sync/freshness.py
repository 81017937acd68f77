"""Values kept in memory that may be a few seconds behind the database, never more.

What a request needs from slow tables (who a token belongs to, which forms are open) is loaded once and kept
until a cheap fingerprint of those tables differs. Any process may write; every process notices.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sync.store import ReadSession, Store

T = TypeVar("T")

MAX_AGE_S = 3.0
"""How old a value may be when it is given out. A revoked token bites within this time."""


@dataclass(frozen=True, slots=True)
class _Held(Generic[T]):
    value: T
    fingerprint: object
    checked: float  # time.monotonic() before the look


class Fresh(Generic[T]):
    """`get` gives the value `load` made, at most MAX_AGE_S behind the database.

    fingerprint  a cheap query whose result differs whenever `load` would
    A poller may call `refresh` oftener than MAX_AGE_S, so that no request ever waits for the query.
    Safe to use from many threads.
    """

    def __init__(
        self, store: Store, fingerprint: Callable[[ReadSession], object], load: Callable[[ReadSession], T]
    ) -> None:
        self._store = store
        self._fingerprint = fingerprint
        self._load = load
        self._held: _Held[T] | None = None
        self._refreshing = threading.Lock()

    def get(self) -> T:
        """The value. Raises what the database raises when it cannot be checked in time."""
        held = self._held
        if held is None or time.monotonic() - held.checked > MAX_AGE_S:
            return self.refresh()
        return held.value

    def refresh(self) -> T:
        """Look now, and load again when the fingerprint differs."""
        with self._refreshing:
            looked, held = time.monotonic(), self._held
            with self._store.read() as session:
                fingerprint = self._fingerprint(session)
                same = held is not None and held.fingerprint == fingerprint
                value = held.value if held is not None and same else self._load(session)
            self._held = _Held(value, fingerprint, looked)
            return value

    def expire(self) -> None:
        """Something was written in this process: the next `get` looks."""
        self._held = None
