"""What an entity says, sealed under its own key and opened again.

One key for each entity, wrapped by the master key: a copy of the database gives no name away, and an entity
is erased by destroying its key. Opening costs about 12 us an entity (key and content), 0.12 s for a list of
ten thousand; `Opened` keeps what was opened, so that a changed list costs what changed in it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from sync.seal import Keyring, SealKey

_CONTENT = b"entity content"
_KEPT = 200_000


@dataclass(frozen=True, slots=True)
class Content:
    """One version of an entity, as people wrote it."""

    label: str
    data: Mapping[str, str]  # every property that has a value, changed in this version or before
    received: Mapping[str, str] = field(default_factory=dict)  # what this version came with; `label` among it


def new_key(keyring: Keyring, uuid: str) -> tuple[SealKey, bytes]:
    """A key for an entity, and the same wrapped."""
    key = SealKey.new()
    return key, keyring.wrap(key, _context(uuid))


def key_of(keyring: Keyring, uuid: str, wrapped: bytes) -> SealKey:
    return keyring.unwrap(wrapped, _context(uuid))


def seal(key: SealKey, content: Content) -> bytes:
    return key.seal(orjson.dumps([content.label, dict(content.data), dict(content.received)]), _CONTENT)


def open_content(key: SealKey, sealed: bytes) -> Content:
    label, data, received = orjson.loads(key.open(sealed, _CONTENT))
    return Content(label, data, received)


ERASED = Content("", {}, {})
"""What is left of an entity whose key was destroyed."""


class Opened:
    """Contents that were opened before, by entity and version. Safe to use from many threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int, bytes], Content] = OrderedDict()
        self._lock = threading.Lock()

    def content(self, keyring: Keyring, row: Mapping[Any, Any]) -> Content:
        """row  uuid, wrapped, version_id, sealed"""
        sealed, wrapped = row["sealed"], row["wrapped"]
        if sealed is None or wrapped is None:
            return ERASED
        name = (row["uuid"], row["version_id"], bytes(sealed[:12]))  # its nonce: sealed anew, it is another
        with self._lock:
            found = self._kept.get(name)
            if found is not None:
                self._kept.move_to_end(name)
                return found
        content = open_content(key_of(keyring, row["uuid"], wrapped), sealed)
        with self._lock:
            self._kept[name] = content
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return content


def _context(uuid: str) -> bytes:
    return b"entity:" + uuid.encode()
