"""The queue of each webhook: filled from the change log, worked off one delivery at a time, in order.

`fill` puts what happened into the queues and moves each webhook's place in the log, in one transaction.
`claim` gives the oldest delivery of a webhook once it is due, to the one process that holds its lease;
`settle` notes what became of an attempt. A process that is killed leaves the delivery waiting, so that it is
sent again under the same id: at least once, in order. A head that fails holds up those behind it, until the
receiver answers or it is parked; other webhooks have queues of their own.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import RowMapping, delete, func, select, update

from sync.problems import NotFound
from sync.seal import Keyring
from sync.store import ReadSession, Store, WriteSession, new_uuid, now
from sync.tables import change, project, webhook, webhook_delivery
from sync.tables.webhooks import DeliveryState
from sync.webhooks.happenings import Event, Happening, happenings, released
from sync.webhooks.hooks import Hook, newest_seq, secret_of

LEASE = timedelta(seconds=60)
KEPT = timedelta(days=30)
"""How long what was delivered stays listed."""

REFUSED_FOR_GOOD = frozenset({400, 410, 413, 415, 422})
"""Answers of a receiver that has read a delivery and does not want it: it is parked at once."""

_AT_ONCE = 200  # changes in one transaction: receipts wait for the writer no longer than for a batch
_FIRST_S, _LONGEST_S = 5.0, 3600.0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A delivery to be sent now."""

    id: int
    uuid: str
    event: str
    body: bytes
    url: str
    secret: bytes
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of sending: the receiver's status, or None and why there is none."""

    status: int | None
    said: str  # the beginning of the answer, or the reason; never more than 200 characters

    @property
    def is_good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def fill(store: Store, base_url: str) -> bool:
    """Put what happened since the last time into the queues, a stretch of it. Says whether there is more."""
    with store.read() as session:
        hooks = session.all(_ACTIVE)
        if not hooks:
            return False
        after, newest = min(row["after_seq"] for row in hooks), newest_seq(session)
        upto = _end_of_stretch(session, after, newest)
        found = happenings(session, after, upto, base_url) if upto > after else []
        held = session.all(_HELD)
        free = released(session, [row["held_version_id"] for row in held], base_url, now()) if held else []
    if upto > after or free:
        store.write(lambda session: _put(session, [*found, *free], upto))
    return upto < newest


def _end_of_stretch(session: ReadSession, after: int, newest: int) -> int:
    stretch = select(change.c.seq).where(change.c.seq > after).order_by(change.c.seq).limit(_AT_ONCE)
    seqs = [row["seq"] for row in session.all(stretch)]
    return seqs[-1] if len(seqs) == _AT_ONCE else newest


def _put(session: WriteSession, found: Sequence[Happening], upto: int) -> None:
    rows: list[dict[str, Any]] = []
    for hook in session.all(
        _ACTIVE.with_for_update(of=webhook) if session.dialect == "postgresql" else _ACTIVE
    ):
        rows += [_row(hook, one) for one in found if _is_for(hook, one)]
        if hook["after_seq"] < upto:
            session.execute(update(webhook).where(webhook.c.id == hook["id"]).values(after_seq=upto))
    session.insert_once(webhook_delivery, rows)
    free = [one.subject_uuid for one in found if one.event is Event.RELEASED]
    if free:
        told = webhook_delivery.c.subject_uuid.in_(free) & (webhook_delivery.c.event == Event.HELD)
        session.execute(update(webhook_delivery).where(told).values(held_version_id=None))


def _is_for(hook: RowMapping, one: Happening) -> bool:
    is_new = one.event is Event.RELEASED or one.seq > hook["after_seq"]
    of_form = hook["forms"] is None or one.xml_form_id in hook["forms"]
    return is_new and of_form and one.project_id == hook["project_id"] and one.event in hook["events"]


def _row(hook: RowMapping, one: Happening) -> dict[str, Any]:
    return _new_row(hook["id"], str(one.event), one.subject_uuid, one.body, one.held_version_id)


def _new_row(hook_id: int, event: str, subject: str, body: Any, held: int | None = None) -> dict[str, Any]:
    uuid, at = new_uuid(), now()
    return {
        "uuid": uuid,
        "webhook_id": hook_id,
        "event": event,
        "subject_uuid": subject,
        "body": orjson.dumps({"delivery": uuid, **body}).decode(),
        "state": DeliveryState.WAITING,
        "attempts": 0,
        "created_at": at,
        "next_at": at,
        "held_version_id": held,
    }


# -- working off --------------------------------------------------------------------------------------


def due(session: ReadSession) -> list[int]:
    """Webhooks whose oldest waiting delivery may be sent now."""
    heads = (
        select(func.min(webhook_delivery.c.id).label("id"))
        .join(webhook, webhook.c.id == webhook_delivery.c.webhook_id)
        .where(webhook_delivery.c.state == DeliveryState.WAITING)
        .where(webhook.c.deleted_at.is_(None), webhook.c.paused_at.is_(None))
        .group_by(webhook_delivery.c.webhook_id)
        .subquery()
    )
    rows = session.all(
        select(webhook_delivery.c.webhook_id)
        .join(heads, heads.c.id == webhook_delivery.c.id)
        .where(webhook_delivery.c.next_at <= now())
    )
    return [row["webhook_id"] for row in rows]


def claim(session: WriteSession, keyring: Keyring, hook_id: int, owner: str) -> Outgoing | None:
    """The oldest delivery of a webhook, if it is due, and nobody else is sending there."""
    at = now()
    mine = (webhook.c.leased_by == owner) | webhook.c.leased_until.is_(None) | (webhook.c.leased_until < at)
    held = session.execute(
        update(webhook)
        .where(webhook.c.id == hook_id, webhook.c.deleted_at.is_(None), webhook.c.paused_at.is_(None), mine)
        .values(leased_by=owner, leased_until=at + LEASE)
    )
    if not held:
        return None
    row = session.first(
        select(webhook_delivery, webhook.c.url, webhook.c.sealed, webhook.c.uuid.label("hook_uuid"))
        .join(webhook, webhook.c.id == webhook_delivery.c.webhook_id)
        .where(webhook_delivery.c.webhook_id == hook_id)
        .where(webhook_delivery.c.state == DeliveryState.WAITING)
        .order_by(webhook_delivery.c.id)
        .limit(1)
    )
    if row is None or row["next_at"] > at:
        return None
    secret = secret_of(keyring, row["hook_uuid"], row["sealed"])
    return Outgoing(
        row["id"], row["uuid"], row["event"], row["body"].encode(), row["url"], secret, row["attempts"],
        row["created_at"],
    )  # fmt: skip


def settle(session: WriteSession, outgoing: Outgoing, attempt: Attempt, give_up_after: timedelta) -> str:
    """Note what became of an attempt: delivered, parked, or to be tried again later. Returns the state."""
    at = now()
    values: dict[str, Any] = {
        "attempts": outgoing.attempts + 1,
        "status": attempt.status,
        "said": attempt.said[:200],
    }
    if attempt.is_good:
        values |= {"state": DeliveryState.DELIVERED, "settled_at": at}
    elif attempt.status in REFUSED_FOR_GOOD or at - outgoing.created_at > give_up_after:
        values |= {"state": DeliveryState.PARKED, "settled_at": at}
    else:
        values |= {"state": DeliveryState.WAITING, "next_at": at + pause(outgoing.attempts)}
    session.execute(update(webhook_delivery).where(webhook_delivery.c.id == outgoing.id).values(**values))
    return str(values["state"])


def pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts and one: doubling to an hour, spread by half either way."""
    seconds = min(_FIRST_S * 2.0 ** min(attempts, 20), _LONGEST_S)
    return timedelta(seconds=seconds * random.uniform(0.5, 1.5))  # noqa: S311 - no secret


def release_leases(session: WriteSession, owner: str | None = None) -> None:
    """Free what a process held that stops; or (None) what any held, for the start of the only one."""
    whose = webhook.c.leased_until.is_not(None) if owner is None else webhook.c.leased_by == owner
    session.execute(update(webhook).where(whose).values(leased_until=None))


def forget_old(session: WriteSession) -> None:
    """Remove what was delivered long ago, unless it was told as held and is to be told as released."""
    old = (webhook_delivery.c.state == DeliveryState.DELIVERED) & (
        webhook_delivery.c.settled_at < now() - KEPT
    )
    session.execute(delete(webhook_delivery).where(old, webhook_delivery.c.held_version_id.is_(None)))


# -- by hand ------------------------------------------------------------------------------------------


def queue_test(session: WriteSession, hook: Hook) -> str:
    """Put a delivery that says nothing but "test" at the end of a queue. Returns its id."""
    row = _new_row(hook.id, str(Event.TEST), new_uuid(), _test_body(hook))
    session.insert(webhook_delivery, [row])
    return str(row["uuid"])


def test_delivery(session: ReadSession, keyring: Keyring, hook: Hook) -> Outgoing:
    """The same, to be sent past the queue; it is kept nowhere."""
    row = _new_row(hook.id, str(Event.TEST), new_uuid(), _test_body(hook))
    sealed = session.scalar(select(webhook.c.sealed).where(webhook.c.id == hook.id))
    secret = secret_of(keyring, hook.uuid, sealed)
    body = str(row["body"]).encode()
    return Outgoing(0, row["uuid"], row["event"], body, hook.url, secret, 0, row["created_at"])


def _test_body(hook: Hook) -> dict[str, Any]:
    return {"event": str(Event.TEST), "project": {"id": hook.project_id}}


def redeliver(session: WriteSession, hook: Hook, delivery_uuid: str) -> None:
    """Send one again, under the same id, as soon as its turn comes. Raises NotFound."""
    get_delivery(session, hook, delivery_uuid)
    at = now()
    session.execute(
        update(webhook_delivery)
        .where(webhook_delivery.c.uuid == delivery_uuid)
        .values(state=DeliveryState.WAITING, created_at=at, next_at=at, settled_at=None, attempts=0)
    )


def list_deliveries(session: ReadSession, hook: Hook, state: str | None = None) -> list[RowMapping]:
    """What was or is to be sent to a webhook, the newest first."""
    statement = select(webhook_delivery).where(webhook_delivery.c.webhook_id == hook.id)
    if state is not None:
        statement = statement.where(webhook_delivery.c.state == state)
    return list(session.all(statement.order_by(webhook_delivery.c.id.desc())))


def get_delivery(session: ReadSession, hook: Hook, delivery_uuid: str) -> RowMapping:
    """One of them. Raises NotFound, also for one of another webhook."""
    row = session.first(
        select(webhook_delivery).where(
            webhook_delivery.c.webhook_id == hook.id, webhook_delivery.c.uuid == delivery_uuid
        )
    )
    if row is None:
        raise NotFound(f"There is no delivery {delivery_uuid} here.", "The list of deliveries shows them.")
    return row


_ACTIVE = (
    select(webhook)
    .join(project, project.c.id == webhook.c.project_id)
    .where(webhook.c.deleted_at.is_(None), project.c.deleted_at.is_(None))
    .order_by(webhook.c.id)
)
_HELD = (
    select(webhook_delivery.c.held_version_id)
    .join(webhook, webhook.c.id == webhook_delivery.c.webhook_id)
    .where(webhook_delivery.c.held_version_id.is_not(None), webhook.c.deleted_at.is_(None))
    .distinct()
)
