"""Settings of the site that its pages show or its administrator chose: a JSON value or a file each.

Which keys there are stands here, with what each keeps of what it is given; nothing else is stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, select

from sync.problems import NotFound
from sync.store import ReadSession, WriteSession, now
from sync.tables import site_config

MAX_FILE_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Setting:
    """A key that can be set. `keeps` reads a JSON value; None: it is a file."""

    keeps: Callable[[Any], Any] | None = None
    is_public: bool = False


def set_value(session: WriteSession, key: str, value: Any, by: str | None = None) -> None:
    """Set a key to a JSON value, as far as the key keeps it."""
    keeps = SETTINGS[key].keeps
    assert keeps is not None, "a file is set with set_file"
    _set(session, key, {"value": keeps(value), "content": None, "content_type": None})
    session.audit("config.set", None, by, key=key, value=keeps(value))


def set_file(session: WriteSession, key: str, content: bytes, content_type: str, by: str | None) -> None:
    """Set a key to a file. The caller has bounded its size."""
    _set(session, key, {"value": None, "content": content, "content_type": content_type})
    number = int.from_bytes(hashlib.sha256(content).digest()[:6])  # the same file has the same number
    session.audit("config.set", None, by, key=key, blobId=number)


def unset(session: WriteSession, key: str, by: str | None = None) -> None:
    """Leave a key without a value, whether it had one or not."""
    session.execute(delete(site_config).where(site_config.c.key == key))
    session.audit("config.set", None, by, key=key, value=None)


def read_setting(session: ReadSession, key: str) -> RowMapping:
    """key, value, content, content_type, set_at. Raises NotFound."""
    row = session.first(select(site_config).where(site_config.c.key == key))
    if row is None:
        raise NotFound(f"Nothing is set for {key}.", "POST /v1/config/KEY sets it.")
    return row


def public_settings(session: ReadSession) -> dict[str, tuple[Any, bool, datetime]]:
    """What is set of what everybody may see: key to value, whether it is a file, and when it was set."""
    columns = site_config.c.key, site_config.c.value, site_config.c.content_type, site_config.c.set_at
    rows = session.all(select(*columns).order_by(site_config.c.key))
    return {
        row["key"]: (row["value"], row["content_type"] is not None, row["set_at"])
        for row in rows
        if row["key"] in SETTINGS and SETTINGS[row["key"]].is_public
    }


def _set(session: WriteSession, key: str, columns: dict[str, Any]) -> None:
    session.upsert(site_config, [{"key": key, **columns, "set_at": now()}], ("key",))


def _texts(value: Any, *names: str) -> dict[str, str]:
    given = value if isinstance(value, Mapping) else {}
    return {name: given[name] for name in names if isinstance(given.get(name), str) and given[name]}


def _analytics(value: Any) -> dict[str, Any]:
    """Whether usage may be reported. It is remembered and nothing is ever sent."""
    if not isinstance(value, Mapping) or value.get("enabled") is not True:
        return {"enabled": False}
    return {"enabled": True, **_texts(value, "email", "organization")}


SETTINGS: Mapping[str, Setting] = {
    "analytics": Setting(_analytics),
    "login-appearance": Setting(lambda value: _texts(value, "title", "description"), is_public=True),
    "logo": Setting(is_public=True),
    "hero-image": Setting(is_public=True),
}
