"""The webhooks of a project: made, listed, changed, paused, ended; and the secret of each.

A secret is told once, when the webhook is made, and kept sealed under the master key: deliveries are signed
with it (server/webhooks/signing.py). Whether an address may be told at all is the sender's policy
(server/webhooks/address.py) and is looked at again before each attempt.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import RowMapping, func, select, update

from sync.problems import Invalid, NotFound
from sync.registry import get_project
from sync.seal import Keyring
from sync.store import ReadSession, WriteSession, new_uuid, now
from sync.tables import origin, webhook, webhook_delivery
from sync.tables.webhooks import DeliveryState
from sync.webhooks.happenings import EVENTS

_CONTEXT = b"webhook:"


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook as it is told of; never its secret."""

    id: int
    uuid: str
    project_id: int
    name: str
    url: str
    events: tuple[str, ...]
    forms: tuple[str, ...] | None  # None: all
    created_at: datetime
    updated_at: datetime | None
    paused_at: datetime | None
    waiting: int = 0
    parked: int = 0


def create_hook(
    session: WriteSession,
    keyring: Keyring,
    project_id: int,
    url: str,
    name: str = "",
    events: Sequence[str] = (),
    forms: Sequence[str] | None = None,
    by: str | None = None,
) -> tuple[Hook, str]:
    """A webhook that is told what happens from now on, and its secret. No events: all of them.

    Raises NotFound (project), Invalid (an event there is not).
    """
    get_project(session, project_id)
    uuid, secret = new_uuid(), f"whsec_{secrets.token_urlsafe(32)}"
    row = {
        "uuid": uuid,
        "project_id": project_id,
        "name": name.strip() or _host(url),
        "url": url,
        "events": _events(events),
        "forms": None if forms is None else list(forms),
        "sealed": keyring.master.seal(secret.encode(), _CONTEXT + uuid.encode()),
        "after_seq": session.take_seqs(0).stop - 1,
        "created_at": now(),
        "created_by": by,
    }
    made = session.insert_returning(webhook, row)
    session.audit("webhook.create", uuid, by, webhook=made, host=_host(url), events=row["events"])
    return get_hook(session, project_id, made), secret


def list_hooks(session: ReadSession, project_id: int, hook_id: int | None = None) -> list[Hook]:
    """The webhooks of a project that were not ended, with the length of their queues."""
    only = [] if hook_id is None else [webhook.c.id == hook_id]
    rows = session.all(
        select(webhook)
        .where(webhook.c.project_id == project_id, webhook.c.deleted_at.is_(None), *only)
        .order_by(webhook.c.id)
    )
    counts = _counts(session, [row["id"] for row in rows])
    return [_hook(row, counts) for row in rows]


def get_hook(session: ReadSession, project_id: int, hook_id: int) -> Hook:
    """One of them. Raises NotFound, also for one of another project."""
    found = list_hooks(session, project_id, hook_id)
    if not found:
        raise NotFound(f"There is no webhook {hook_id} here.", "The list of webhooks shows them.")
    return found[0]


def change_hook(
    session: WriteSession, project_id: int, hook_id: int, changes: Mapping[str, Any], by: str | None = None
) -> Hook:
    """Set name, url, events, forms or paused (true, false); what is not named stays.

    What is paused is not sent to; what happens meanwhile waits. Raises NotFound, Invalid (an event).
    """
    before = get_hook(session, project_id, hook_id)
    values: dict[str, Any] = {name: changes[name] for name in ("name", "url", "forms") if name in changes}
    if "events" in changes:
        values["events"] = _events(changes["events"] or ())
    if "paused" in changes:
        values["paused_at"] = (before.paused_at or now()) if changes["paused"] else None
    if values:
        session.execute(update(webhook).where(webhook.c.id == hook_id).values(**values, updated_at=now()))
        session.audit("webhook.update", before.uuid, by, webhook=hook_id, changed=sorted(values))
    return get_hook(session, project_id, hook_id)


def delete_hook(session: WriteSession, project_id: int, hook_id: int, by: str | None = None) -> None:
    """End a webhook; nothing more is sent to it, what waits included. Raises NotFound."""
    hook = get_hook(session, project_id, hook_id)
    session.execute(update(webhook).where(webhook.c.id == hook_id).values(deleted_at=now()))
    session.audit("webhook.delete", hook.uuid, by, webhook=hook_id)


def secret_of(keyring: Keyring, hook_uuid: str, sealed: bytes) -> bytes:
    """The secret deliveries are signed with. Raises KeyMissing."""
    return keyring.master.open(sealed, _CONTEXT + hook_uuid.encode())


def newest_seq(session: ReadSession) -> int:
    """The number of the last change that this session sees."""
    return int(session.scalar(select(origin.c.seq)))


def _events(given: Collection[str]) -> list[str]:
    unknown = sorted(set(given) - set(EVENTS))
    if unknown:
        raise Invalid(f"There is no event {unknown[0]!r}.", f"There are: {', '.join(EVENTS)}.")
    return [str(event) for event in EVENTS if event in given or not given]


def _counts(session: ReadSession, hook_ids: Sequence[int]) -> dict[tuple[int, str], int]:
    by = (webhook_delivery.c.webhook_id, webhook_delivery.c.state)
    rows = session.all(
        select(*by, func.count().label("number"))
        .where(
            webhook_delivery.c.webhook_id.in_(hook_ids), webhook_delivery.c.state != DeliveryState.DELIVERED
        )
        .group_by(*by)
    )
    return {(row["webhook_id"], row["state"]): row["number"] for row in rows}


def _hook(row: RowMapping, counts: Mapping[tuple[int, str], int]) -> Hook:
    return Hook(
        row["id"],
        row["uuid"],
        row["project_id"],
        row["name"],
        row["url"],
        tuple(row["events"]),
        None if row["forms"] is None else tuple(row["forms"]),
        row["created_at"],
        row["updated_at"],
        row["paused_at"],
        counts.get((row["id"], DeliveryState.WAITING), 0),
        counts.get((row["id"], DeliveryState.PARKED), 0),
    )


def _host(url: str) -> str:
    return urlsplit(url).hostname or url[:100]
