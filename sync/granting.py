"""Give a further form to an app user that is in the field already, and release what it sent of it before.

A tablet may hold a form it was not given: copied by hand, or from before its user was narrowed. What it sends
of it is stored and held (decision 0006). Once somebody gives it the form, what is held counts: one decision
for each submission, so that each can be seen and taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping, select

from sync.access import Grant, assign, grants_of
from sync.decisions import adopt
from sync.problems import Conflict, NotFound
from sync.store import ReadSession, Store, WriteSession, now
from sync.tables import actor, project, submission, submission_version
from sync.tables.access import ActorKind, Role
from sync.tables.log import ChangeKind
from sync.tables.records import HoldReason, VersionState


@dataclass(frozen=True, slots=True)
class Granted:
    """What granting did."""

    id: int  # of the app user
    name: str
    forms: tuple[str, ...]  # it has now
    released: int  # submissions that were held because it had not


def grant_forms(store: Store, actor_id: int, forms: Sequence[str], by: str | None = None) -> Granted:
    """Give forms to an app user, at the places and in the areas it works in already.

    Granting a form it has adds nothing, and releases what is held of it all the same: so a call that was
    interrupted is completed by the next.
    Raises NotFound (app user), Conflict (it was revoked, or has every form already).
    """

    def work(session: WriteSession) -> tuple[Granted, list[str]]:
        user = _app_user(session, actor_id)
        grants = grants_of(session, actor_id)
        had = {grant.xml_form_id for grant in grants}
        if None in had:
            raise Conflict(f"{user['name']} has every form of its project.", "Nothing needs doing.")
        areas = dict.fromkeys((grant.place_id, grant.pcode, grant.organisation) for grant in grants)
        new = [form for form in dict.fromkeys(forms) if form not in had]
        at = now()
        for form in new:
            for place, pcode, organisation in areas:
                grant = Grant(Role.APP_USER, user["project_id"], form, place, organisation, pcode)
                assign(session, actor_id, grant, at)
        if new:
            session.change(ChangeKind.ACTOR, user["uuid"])
            session.audit("app-user.grant", user["uuid"], by, forms=new)
        have = sorted({*new, *(form for form in had if form)})
        held = _held(session, user, forms)
        return Granted(actor_id, user["name"], tuple(have), len(held)), held

    granted, held = store.write(work)
    for uuid in held:
        adopt(store, uuid, f"its form was given to {granted.name}", by)
    return granted


def _app_user(session: ReadSession, actor_id: int) -> RowMapping:
    row = session.first(
        select(
            actor.c.uuid,
            actor.c.name,
            actor.c.project_id,
            actor.c.revoked_at,
            project.c.uuid.label("project_uuid"),
        )
        .join(project, project.c.id == actor.c.project_id)
        .where(actor.c.id == actor_id, actor.c.kind == ActorKind.APP_USER)
    )
    if row is None:
        raise NotFound(f"There is no app user {actor_id}.", "`waypost app-user list` shows the ids.")
    if row["revoked_at"] is not None:
        raise Conflict(f"{row['name']} was revoked.", "Create a new app user for the tablet.")
    return row


def _held(session: ReadSession, user: RowMapping, forms: Sequence[str]) -> list[str]:
    """The submissions (uuids) this user sent of these forms and that are held because it had not got them."""
    rows = session.all(
        select(submission.c.id, submission.c.uuid)
        .join(submission_version, submission_version.c.submission_id == submission.c.id)
        .where(
            submission.c.project_uuid == user["project_uuid"],
            submission.c.xml_form_id.in_(list(forms)),
            submission.c.erased_at.is_(None),
            submission_version.c.actor_uuid == user["uuid"],
            submission_version.c.state == VersionState.HELD,
            submission_version.c.hold_reason == HoldReason.NOT_ASSIGNED,
        )
        .distinct()
        .order_by(submission.c.id)
    )
    return [row["uuid"] for row in rows]
