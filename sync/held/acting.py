"""The one action for what waits: said beforehand, entered as a decision with its reason, reversible.

In: an item, the action, a reason. Out: what follows, in sentences, and the decision by which it is taken
back. Nothing is deleted and nothing that was received is changed; the worker does the rest, and a
rebuild comes to the same from the decisions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import RowMapping, select

from sync import queue
from sync.choices import UNDONE, newest_decisions
from sync.decisions import add_decision, adopt, take_back
from sync.drafts import current_draft
from sync.form_drafting import publish_draft
from sync.granting import grant_forms
from sync.held.item import Item, told
from sync.held.keeping import derived_instance_id, derived_uuid, keep_as_its_own, version_row
from sync.held.kinds import Action, Kind
from sync.held.records import settled_subject
from sync.problems import Conflict, Invalid, NotFound
from sync.store import Store, WriteSession
from sync.tables import actor, form, project, submission
from sync.tables.derived import DecisionKind

_SHORTEST_REASON = 4
NEEDS_REASON = (Action.DISCARD, Action.SETTLE, Action.KEEP_BOTH, Action.USE_THIS, Action.ADOPT, Action.REOPEN)


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants done."""

    action: Action
    reason: str = ""  # why, in words that repeat no answer
    edit: str | None = None  # instanceID of the edit that is to count, for a branch
    by: str | None = None  # an actor's uuid


@dataclass(frozen=True, slots=True)
class Done:
    """What followed, or would follow."""

    action: Action
    follows: tuple[str, ...]
    decision: str | None = None
    instance_id: str | None = None  # of the record that came to be


def choose(items: list[Item], action: Action) -> Item:
    """The one of several doubts about a record that an action is for. Raises Conflict for none."""
    fitting = [item for item in items if action in item.actions]
    if fitting:
        return fitting[0]
    possible = sorted({str(one) for item in items for one in item.actions})
    hint = told(items[0].kind, items[0].reason).else_
    raise Conflict(
        f"{action} does not fit what this waits for: {told(items[0].kind, items[0].reason).why}",
        " ".join(filter(None, (f"Possible: {', '.join(possible)}." if possible else "", hint))),
    )


def foresee(store: Store, item: Item, wanted: Request) -> Done:
    """What would follow, and nothing done. Raises as `act` does."""
    _check(item, wanted)
    made = derived_instance_id(item.id) if wanted.action is Action.KEEP_BOTH else None
    return Done(wanted.action, _follows(store, item, wanted), instance_id=made)


def act(store: Store, item: Item, wanted: Request) -> Done:
    """Do it. Raises Invalid (no reason, no edit named), Conflict (it does not fit), NotFound."""
    _check(item, wanted)
    follows = _follows(store, item, wanted)
    decision, made = _ACTIONS[wanted.action](store, item, wanted)
    return Done(wanted.action, follows, decision, made)


def _check(item: Item, wanted: Request) -> None:
    choose([item], wanted.action)
    if wanted.action in NEEDS_REASON and len(wanted.reason.strip()) < _SHORTEST_REASON:
        raise Invalid(
            f"The reason has fewer than {_SHORTEST_REASON} characters.",
            "Say in a few words why, and never repeat an answer: it stays in the audit trail.",
        )
    if item.kind is Kind.BRANCHED and wanted.action is Action.USE_THIS and wanted.edit not in item.edits:
        raise Invalid("It is not said which edit is to count.", f"Name one: {', '.join(item.edits)}.")


def _follows(store: Store, item: Item, wanted: Request) -> tuple[str, ...]:
    if wanted.action is Action.PUBLISH:
        _draft_of(store, item)
    if wanted.action is Action.ASSIGN:
        name = _app_user(store, item)[1]
        return (f"{name} gets the form {item.xml_form_id}; all that waits for that from {name} counts.",)
    return _FOLLOWS[wanted.action]


_FOLLOWS: Mapping[Action, tuple[str, ...]] = {
    Action.ADOPT: ("It counts as soon as it is processed.",),
    Action.PUBLISH: (
        "The form's draft, which is of this version, is published: tablets are offered it.",
        "All that waits for this version counts as soon as it is processed.",
    ),
    Action.DISCARD: ("It stays stored and never counts, unless this is taken back.",),
    Action.KEEP_BOTH: (
        "The other body becomes a record of its own, under an instanceID made from it.",
        "The first goes on to count as it does.",
    ),
    Action.USE_THIS: ("This one counts instead; the other stays stored.",),
    Action.RETRY: ("It is processed again.",),
    Action.SETTLE: ("The record counts as it does, and is off this list.",),
    Action.REOPEN: ("It waits again, as it did before the decision.",),
}


# -- each action ---------------------------------------------------------------------------------------

Result = tuple[str | None, str | None]
"""(decision, instanceID of the record that came to be)."""


def _adopt(store: Store, item: Item, wanted: Request) -> Result:
    return adopt(store, item.submission_uuid, wanted.reason, wanted.by), None


def _assign(store: Store, item: Item, wanted: Request) -> Result:
    grant_forms(store, _app_user(store, item)[0], [item.xml_form_id], wanted.by)
    return None, None


def _publish(store: Store, item: Item, wanted: Request) -> Result:
    publish_draft(store, _draft_of(store, item), by=wanted.by)
    return None, None


def _discard(store: Store, item: Item, wanted: Request) -> Result:
    return _decide(store, item, wanted, DecisionKind.DISCARD, item.id, "discard"), None


def _keep_both(store: Store, item: Item, wanted: Request) -> Result:
    """First the decision, then the record: what was interrupted in between is completed by doing it again."""
    with store.read() as session:
        row = version_row(session, item.id)
        if row is None:
            raise NotFound("This body is not here any more.")
        becomes = derived_uuid(row)
    made = _decide(store, item, wanted, DecisionKind.KEEP, item.id, becomes)
    instance_id = keep_as_its_own(store, item.id)
    store.write(lambda session: _restore(session, becomes, wanted.by))
    return made, instance_id


def _use_this(store: Store, item: Item, wanted: Request) -> Result:
    if item.kind is Kind.CONFLICT:
        return _decide(store, item, wanted, DecisionKind.USE, item.submission_uuid, item.id), None

    def work(session: WriteSession) -> str:
        edit = session.scalar(
            select(submission.c.uuid).where(
                submission.c.root_id == item.submission_id, submission.c.instance_id == wanted.edit
            )
        )
        return _add(session, item, wanted, DecisionKind.LEAD, item.submission_uuid, str(edit))

    return store.write(work), None


def _retry(store: Store, item: Item, wanted: Request) -> Result:
    def work(session: WriteSession) -> None:
        queue.retry_parked(session, [item.submission_id])
        session.audit("held.retry", item.submission_uuid, wanted.by)

    store.write(work)
    return None, None


def _settle(store: Store, item: Item, wanted: Request) -> Result:
    subject = settled_subject(item.kind, item.submission_uuid)
    return _decide(store, item, wanted, DecisionKind.SETTLE, subject, str(item.kind)), None


def _reopen(store: Store, item: Item, wanted: Request) -> Result:
    assert item.decision is not None
    return take_back(store, item.decision, wanted.reason, wanted.by), None


_ACTIONS: Mapping[Action, Callable[[Store, Item, Request], Result]] = {
    Action.ADOPT: _adopt,
    Action.ASSIGN: _assign,
    Action.PUBLISH: _publish,
    Action.DISCARD: _discard,
    Action.KEEP_BOTH: _keep_both,
    Action.USE_THIS: _use_this,
    Action.RETRY: _retry,
    Action.SETTLE: _settle,
    Action.REOPEN: _reopen,
}


def _decide(store: Store, item: Item, wanted: Request, kind: DecisionKind, subject: str, outcome: str) -> str:
    return store.write(lambda session: _add(session, item, wanted, kind, subject, outcome))


def _add(
    session: WriteSession, item: Item, wanted: Request, kind: DecisionKind, subject: str, outcome: str
) -> str:
    space = session.scalar(select(submission.c.project_uuid).where(submission.c.id == item.submission_id))
    made = add_decision(session, str(space), kind, subject, outcome, wanted.by, wanted.reason.strip())
    queue.requeue(session, [item.submission_id])
    return made


def _restore(session: WriteSession, submission_uuid: str, by: str | None) -> None:
    """A record that was made of a body before, and withdrawn when that was taken back, counts again."""
    kind = DecisionKind.WITHDRAW
    newest = newest_decisions(session, [submission_uuid], (kind,)).get((kind, submission_uuid))
    if newest is None or newest[1] == UNDONE:
        return
    row = session.first(
        select(submission.c.id, submission.c.project_uuid).where(submission.c.uuid == submission_uuid)
    )
    assert row is not None, "it was stored just now"
    add_decision(session, row["project_uuid"], kind, submission_uuid, UNDONE, by)
    queue.requeue(session, [row["id"]])


def _draft_of(store: Store, item: Item) -> RowMapping:
    """The form whose draft is of the version that was filled in. Raises Conflict where there is none."""
    with store.read() as session:
        project_id = session.scalar(
            select(project.c.id)
            .join(submission, submission.c.project_uuid == project.c.uuid)
            .where(submission.c.id == item.submission_id)
        )
        found = session.first(
            select(form).where(
                form.c.project_id == project_id,
                form.c.xml_form_id == item.xml_form_id,
                form.c.deleted_at.is_(None),
            )
        )
        draft = current_draft(session, found["id"]) if found is not None else None
    if found is None or draft is None or draft["version"] != (item.form_version or ""):
        raise Conflict(
            f"No draft of {item.xml_form_id} has the version {item.form_version!r}.",
            "Upload the form that was filled in as its draft, or publish it: what waits is processed then.",
        )
    return found


def _app_user(store: Store, item: Item) -> tuple[int, str]:
    with store.read() as session:
        row = session.first(select(actor.c.id, actor.c.name).where(actor.c.uuid == item.actor_uuid))
    if row is None:
        raise Conflict("Nobody is known as its sender.", "Adopt it instead.")
    return row["id"], row["name"]
