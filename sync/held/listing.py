"""What waits in a project, kind after kind, page by page, as far as somebody sees.

In: a scope and filters. Out: a page of items and the key of the last, after which the next page begins. The
order is by kind and then by age, and what is decided meanwhile moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, select

from sync.held import records, waiting
from sync.held.item import Item
from sync.held.kinds import Kind
from sync.policy.scope import Scope
from sync.problems import Invalid, NotFound
from sync.store import ReadSession, Store
from sync.tables import actor, submission, submission_version

_OF_BODY = (Kind.HELD, Kind.ORPHAN, Kind.CONFLICT)


@dataclass(frozen=True, slots=True)
class Filters:
    """None does not narrow. `decided`: those that somebody has decided about, instead of those that wait."""

    kind: Kind | None = None
    reason: str | None = None
    xml_form_id: str | None = None
    app_user: int | None = None
    device_id: str | None = None
    instance_id: str | None = None
    decided: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    items: tuple[Item, ...]
    next: str | None  # where the next page begins; None after the last


def list_held(
    session: ReadSession,
    store: Store,
    seen: Scope,
    filters: Filters = Filters(),
    after: str | None = None,
    limit: int = 100,
) -> Page:
    """A page. Raises Invalid for an `after` that no page gave."""
    from_kind, from_key = _position(after)
    found: list[Item] = []
    for kind in Kind:
        if filters.kind not in (None, kind) or (from_kind is not None and _order(kind) < _order(from_kind)):
            continue
        start = from_key if kind == from_kind else 0
        items = _of_kind(session, store, seen, kind, filters, start)
        fitting = (item for item in items if _fits(item, filters))
        found += islice(fitting, limit + 1 - len(found))
        if len(found) > limit:
            last = found[limit - 1]
            return Page(tuple(found[:limit]), f"{last.kind}:{last.key}")
    return Page(tuple(found), None)


def find_held(session: ReadSession, store: Store, seen: Scope, item_id: str) -> list[Item]:
    """The items of that id, decided ones among them: one body, or several doubts about one record.

    Raises NotFound where there is none that somebody sees: one out of scope and one that is absent are alike.
    """
    version, of = submission_version, submission
    items: list[Item] = []
    for kind in Kind:
        column = version.c.uuid if kind in _OF_BODY else of.c.uuid
        items += islice(_sources(session, store, seen, kind, [column == item_id], 0), 1)
    if not items:
        raise NotFound(f"Nothing that waits here is {item_id}.", "The list of what is held has the ids.")
    return items


def names_of(session: ReadSession, items: Sequence[Item]) -> dict[str, tuple[int, str]]:
    """(id, name) of the app users and users who sent them, by uuid."""
    wanted = sorted({item.actor_uuid for item in items if item.actor_uuid is not None})
    rows = session.all(select(actor.c.uuid, actor.c.id, actor.c.name).where(actor.c.uuid.in_(wanted)))
    return {row["uuid"]: (row["id"], row["name"]) for row in rows}


def _of_kind(
    session: ReadSession, store: Store, seen: Scope, kind: Kind, filters: Filters, after: int
) -> Iterator[Item]:
    sent = submission_version if kind in _OF_BODY else submission
    wanted: list[ColumnElement[bool]] = []
    if filters.xml_form_id is not None:
        wanted.append(submission.c.xml_form_id == filters.xml_form_id)
    if filters.instance_id is not None:
        wanted.append(submission.c.instance_id == filters.instance_id)
    if filters.device_id is not None:
        wanted.append(sent.c.device_id == filters.device_id)
    if filters.app_user is not None:
        mine = select(actor.c.uuid).where(actor.c.id == filters.app_user)
        wanted.append(sent.c.actor_uuid.in_(mine))
    yield from _sources(session, store, seen, kind, wanted, after)


def _sources(
    session: ReadSession, store: Store, seen: Scope, kind: Kind, wanted: Sequence[Any], after: int
) -> Iterator[Item]:
    if kind in _OF_BODY:
        return waiting.bodies(session, seen, kind, wanted, after)
    if kind is Kind.PARKED:
        return records.parked(session, seen, wanted, after)
    if kind is Kind.BRANCHED:
        return records.branched(session, seen, wanted, after)
    return records.incomplete(session, store, seen, wanted, after)


def _fits(item: Item, filters: Filters) -> bool:
    return item.is_open != filters.decided and filters.reason in (None, item.reason)


def _position(after: str | None) -> tuple[Kind | None, int]:
    if after is None:
        return None, 0
    kind, _, key = after.partition(":")
    if kind not in list(Kind) or not key.isascii() or not key.isdigit() or len(key) > 18:
        raise Invalid("No page ends there.", "Use the `next` of the page before.")
    return Kind(kind), int(key)


def _order(kind: Kind) -> int:
    return list(Kind).index(kind)
