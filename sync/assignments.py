"""Who has which role where: on the whole site, on a project, on a form.

Grants that the command line narrowed to a place, an area or an organisation are among them: whoever looks up
who has access has to see them, and taking a role away takes all of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, exists, select, update

from sync.access import Grant, assign, find_actor, no_actor
from sync.permissions import SystemRole, system_role
from sync.problems import Invalid, NotFound
from sync.store import ReadSession, WriteSession, now
from sync.tables import actor, assignment, form, project
from sync.tables.access import ActorKind, Role
from sync.tables.log import ChangeKind


@dataclass(frozen=True, slots=True)
class Place:
    """Where a role holds. project_id None: the site; xml_form_id None: the whole project."""

    project_id: int | None = None
    xml_form_id: str | None = None


@dataclass(frozen=True, slots=True)
class Assigned:
    """One actor's role at one place."""

    actor_id: int
    role: SystemRole
    xml_form_id: str | None


def list_assignments(
    session: ReadSession, at: Place, role: SystemRole | None = None, on_forms: bool = False
) -> list[Assigned]:
    """The roles held at a place, each once, in the order of the actors.

    on_forms  instead of those on the project those on each of its forms that is not deleted
    """
    here = _here(at) if not on_forms else [*_here(at)[:1], assignment.c.xml_form_id.is_not(None), ~_DELETED]
    rows = session.all(
        select(assignment.c.actor_id, assignment.c.role, assignment.c.xml_form_id)
        .join(actor, actor.c.id == assignment.c.actor_id)
        .where(*here, assignment.c.revoked_at.is_(None), actor.c.revoked_at.is_(None))
        .where(assignment.c.role.not_in([Role.IDENTIFIERS, Role.PUBLIC_LINK]))
        .distinct()
        .order_by(assignment.c.actor_id, assignment.c.role, assignment.c.xml_form_id)
    )
    found = [
        Assigned(row["actor_id"], held, row["xml_form_id"])
        for row in rows
        if (held := system_role(row["role"])) is not None
    ]
    return [each for each in found if role in (None, each.role)]


def give_role(
    session: WriteSession, at: Place, role: SystemRole, actor_id: int, by: str | None = None
) -> None:
    """Give an actor a role. Giving it again changes nothing.

    Raises NotFound (actor), Invalid (a role nobody is assigned; a tablet's role to a person, or a person's to
    a tablet).
    """
    who = find_actor(session, actor_id)
    if role.role in (None, Role.PUBLIC_LINK) or who.kind == ActorKind.PUBLIC_LINK:
        raise Invalid(f"Nobody is assigned the role {role.system}.", "It comes with a link or a reset.")
    is_tablet = who.kind == ActorKind.APP_USER
    if is_tablet != (role.role is Role.APP_USER):
        raise Invalid(
            "A tablet's user has the role app-user and no other, and nobody else has it.",
            "Give a person the role of a viewer, data collector or manager.",
        )
    if is_tablet and at.project_id != who.project_id:
        raise no_actor(actor_id)  # another project's tablet is as good as absent
    mine = [assignment.c.actor_id == actor_id, assignment.c.role == role.role, *_here(at), *_WHOLE]
    if session.scalar(select(assignment.c.id).where(*mine, assignment.c.revoked_at.is_(None))) is not None:
        return
    assert role.role is not None
    assign(session, actor_id, Grant(role.role, at.project_id, at.xml_form_id), now())
    session.change(ChangeKind.ACTOR, who.uuid)
    session.audit("assignment.create", who.uuid, by, **_detail(session, at, role))


def take_role(
    session: WriteSession, at: Place, role: SystemRole, actor_id: int, by: str | None = None
) -> None:
    """Take a role away from an actor, narrowed or not. Raises NotFound (actor, or it has not the role)."""
    who = find_actor(session, actor_id)
    mine = [
        assignment.c.actor_id == actor_id,
        assignment.c.role == (role.role or ""),
        *_here(at),
        assignment.c.revoked_at.is_(None),
    ]
    ended = session.all(select(assignment.c.uuid).where(*mine))
    if not ended:
        raise NotFound("This actor does not have this role here.", "The list of assignments shows who has.")
    session.execute(update(assignment).where(*mine).values(revoked_at=now()))
    for row in ended:
        session.change(ChangeKind.ASSIGNMENT, row["uuid"])
    session.audit("assignment.delete", who.uuid, by, **_detail(session, at, role))


def actors_by_id(session: ReadSession, ids: Iterable[int]) -> dict[int, RowMapping]:
    """id, uuid, kind, name, created_at and updated_at of actors, by id."""
    columns = (
        actor.c.id, actor.c.uuid, actor.c.kind, actor.c.name, actor.c.created_at, actor.c.updated_at
    )  # fmt: skip
    return {row["id"]: row for row in session.all(select(*columns).where(actor.c.id.in_(set(ids))))}


def actors_by_uuid(session: ReadSession, uuids: Iterable[str]) -> dict[str, RowMapping]:
    """The same, by uuid."""
    ids = session.all(select(actor.c.id).where(actor.c.uuid.in_(set(uuids))))
    return {row["uuid"]: row for row in actors_by_id(session, [row["id"] for row in ids]).values()}


_DELETED = exists().where(
    form.c.project_id == assignment.c.project_id,
    form.c.xml_form_id == assignment.c.xml_form_id,
    form.c.deleted_at.is_not(None),
)
_WHOLE = (
    assignment.c.place_id.is_(None),
    assignment.c.organisation.is_(None),
    assignment.c.pcode.is_(None),
)


def _here(at: Place) -> list[ColumnElement[bool]]:
    if at.project_id is None:
        return [assignment.c.project_id.is_(None), assignment.c.xml_form_id.is_(None)]
    form: ColumnElement[bool] = (
        assignment.c.xml_form_id.is_(None)
        if at.xml_form_id is None
        else assignment.c.xml_form_id == at.xml_form_id
    )
    return [assignment.c.project_id == at.project_id, form]


def _detail(session: ReadSession, at: Place, role: SystemRole) -> dict[str, Any]:
    """For the audit trail; `on` is the uuid of the project or form, for the names may be used again."""
    on: Any = None
    if at.xml_form_id is not None:
        here = form.c.project_id == at.project_id, form.c.xml_form_id == at.xml_form_id
        on = session.scalar(select(form.c.uuid).where(*here))
    elif at.project_id is not None:
        on = session.scalar(select(project.c.uuid).where(project.c.id == at.project_id))
    return {"role": role.system, "project": at.project_id, "form": at.xml_form_id, "on": on}
