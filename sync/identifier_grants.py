"""The grant to have identifying answers opened: given to a person for a project, narrowed, until a day, taken
back.

It is no role: whoever holds it sees of datasets what their roles show, as before. It lets
`sync/disclosure.py` open what is sealed, record by record, each time with a reason and an audit entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update

from sync.access import Grant, assign
from sync.places.releases import active_release
from sync.policy.grants import EVERY_SENSITIVITY, resolved
from sync.policy.records import shows
from sync.problems import Invalid, NotFound
from sync.store import ReadSession, WriteSession, now
from sync.tables import actor, admin_area, assignment, project, submission
from sync.tables.access import ActorKind, Role
from sync.tables.log import ChangeKind


def grant_identifiers(
    session: WriteSession,
    actor_id: int,
    project_id: int,
    until: datetime | None = None,
    forms: Sequence[str] = (),
    organisations: Sequence[str] = (),
    pcodes: Sequence[str] = (),
    by: str | None = None,
) -> list[int]:
    """Let an actor have identifying answers of a project opened. Returns the ids of the grants made.

    until  aware instant from which it holds no more; None: until it is revoked
    Forms, organisations and areas narrow it: a record fits one of each that is given.
    Raises NotFound (actor, project), Invalid (a tablet's user, a moment that is past).
    """
    who = session.first(select(actor).where(actor.c.id == actor_id, actor.c.revoked_at.is_(None)))
    if who is None:
        raise NotFound(
            f"There is no actor {actor_id}, or it was revoked.", "`waypost token list` shows the ids."
        )
    if who["kind"] == ActorKind.APP_USER:
        raise Invalid(
            f"{who['name']} is a tablet's user: it sends, and reads nothing.",
            "Grant it to a person: `waypost token create NAME --project ID --role viewer` makes one.",
        )
    if session.scalar(select(project.c.id).where(project.c.id == project_id)) is None:
        raise NotFound(f"There is no project {project_id}.", "`waypost project list` shows the ids.")
    at = now()
    if until is not None and until <= at:
        raise Invalid("The day until which it holds is past.", "Give a day to come, as 2027-03-31.")
    made = [
        assign(
            session,
            actor_id,
            Grant(Role.IDENTIFIERS, project_id, xml_form_id=form, organisation=organisation, pcode=pcode),
            at,
            until,
        )
        for form in forms or (None,)
        for organisation in organisations or (None,)
        for pcode in pcodes or (None,)
    ]
    session.change(ChangeKind.ACTOR, who["uuid"])
    session.audit(
        "identifiers.grant",
        who["uuid"],
        by,
        project=project_id,
        until=until.isoformat() if until else None,
        forms=list(forms),
        organisations=list(organisations),
        pcodes=list(pcodes),
    )
    return [
        row["id"]
        for row in session.all(
            select(assignment.c.id).where(assignment.c.uuid.in_(made)).order_by(assignment.c.id)
        )
    ]


def list_identifier_grants(session: ReadSession, project_id: int | None = None) -> list[dict[str, Any]]:
    """Every such grant there is or was, with whom it is given to; `holds` says whether it is good now."""
    columns = (
        assignment.c.id,
        actor.c.id.label("actor"),
        actor.c.name,
        assignment.c.project_id.label("project"),
        assignment.c.xml_form_id.label("form"),
        assignment.c.organisation,
        assignment.c.pcode,
        assignment.c.created_at,
        assignment.c.expires_at,
        assignment.c.revoked_at,
    )
    rows = select(*columns).join(actor, actor.c.id == assignment.c.actor_id)
    rows = rows.where(assignment.c.role == Role.IDENTIFIERS).order_by(assignment.c.id)
    if project_id is not None:
        rows = rows.where(assignment.c.project_id == project_id)
    at = now()
    return [
        {
            **row,
            "holds": row["revoked_at"] is None and (row["expires_at"] is None or row["expires_at"] > at),
        }
        for row in session.all(rows)
    ]


def revoke_identifier_grant(session: WriteSession, grant_id: int, by: str | None = None) -> None:
    """Take such a grant back, from now on. What was opened under it stays audited. Raises NotFound."""
    mine = (assignment.c.id == grant_id, assignment.c.role == Role.IDENTIFIERS)
    row = session.first(
        select(assignment.c.uuid, assignment.c.revoked_at, actor.c.uuid.label("actor_uuid"))
        .join(actor, actor.c.id == assignment.c.actor_id)
        .where(*mine)
    )
    if row is None:
        raise NotFound(f"There is no identifiers grant {grant_id}.", "`waypost grant list` shows the ids.")
    if row["revoked_at"] is not None:
        return
    session.execute(update(assignment).where(*mine).values(revoked_at=now()))
    session.change(ChangeKind.ASSIGNMENT, row["uuid"])
    session.audit("identifiers.revoke", row["actor_uuid"], by, grant=grant_id)


# -- what a grant covers -------------------------------------------------------------------------------


def held_grants(session: ReadSession, actor_uuid: str, project_id: int) -> list[Grant]:
    """The identifiers grants an actor has on a project at this moment."""
    rows = session.all(
        select(*(assignment.c[name] for name in Grant.__slots__))
        .join(actor, actor.c.id == assignment.c.actor_id)
        .where(
            actor.c.uuid == actor_uuid,
            actor.c.revoked_at.is_(None),
            assignment.c.project_id == project_id,
            assignment.c.role == Role.IDENTIFIERS,
            assignment.c.revoked_at.is_(None),
            or_(assignment.c.expires_at.is_(None), assignment.c.expires_at > now()),
        )
    )
    return [Grant(**row) for row in rows]


def cover_record(
    session: ReadSession, grants: Sequence[Grant], project_id: int, xml_form_id: str, root_id: int
) -> bool:
    """Whether a record lies in these grants together, by the policy of records (decision 0012): every row
    made of it in one of them. A record that has made none is in nobody's area and belongs to nobody."""
    release = active_release(session, project_id)
    release_id = release.id if release else None
    parts = [
        resolved(session, grant, EVERY_SENSITIVITY, release_id)
        for grant in grants
        if grant.xml_form_id in (None, xml_form_id)
    ]
    lies = shows(parts, submission)
    return session.scalar(select(submission.c.id).where(submission.c.id == root_id, lies)) is not None


def covers_area(session: ReadSession, grant: Grant, organisation: str | None, pcode: str | None) -> bool:
    """Whether somebody of that organisation and area (a key informant) lies in a grant. One that is narrowed
    to a form or place covers nobody."""
    if grant.xml_form_id is not None or grant.place_id is not None:
        return False
    if grant.organisation not in (None, organisation) or grant.project_id is None:
        return False
    return grant.pcode is None or grant.pcode in _upwards(session, grant.project_id, pcode)


def _upwards(session: ReadSession, project_id: int, pcode: str | None) -> set[str]:
    """An area and all it lies in, by the active boundary release; the area alone where there is none."""
    if pcode is None:
        return set()
    found, release = {pcode}, active_release(session, project_id)
    if release is None:
        return found
    columns = select(admin_area.c.code, admin_area.c.iso3, admin_area.c.parent_id)
    row = session.first(columns.where(admin_area.c.release_id == release.id, admin_area.c.code == pcode))
    while row is not None:
        found |= {row["code"], row["iso3"] or row["code"]}
        parent = row["parent_id"]
        row = session.first(columns.where(admin_area.c.id == parent)) if parent is not None else None
    return found
