"""What is told of projects, and their changes over the network: name, description, archived, deleted.

A deleted project is hidden from everybody and lets nobody in but its tablets: what they collected for it is
stored as before, for nothing they hold may be stranded by a click in an office.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, func, select, update

from sync.access import Actor
from sync.permissions import project_verbs
from sync.policy.figures import record_figures
from sync.policy.scope import scope_of
from sync.problems import Invalid
from sync.registry import create_project, get_project, list_projects
from sync.store import ReadSession, WriteSession, now
from sync.tables import actor, dataset, entity, form, project
from sync.tables.access import ActorKind
from sync.tables.log import ChangeKind


@dataclass(frozen=True, slots=True)
class ProjectFigures:
    """What a list of projects shows beside each."""

    forms: int
    app_users: int
    last_submission: datetime | None
    datasets: int
    last_entity: datetime | None


def projects_of(session: ReadSession, who: Actor) -> list[RowMapping]:
    """The projects somebody may read, archived ones last, by name."""
    mine = [row for row in list_projects(session) if "project.read" in project_verbs(who, row["id"])]
    return sorted(mine, key=lambda row: (row["archived_at"] is not None, row["name"].casefold(), row["id"]))


def project_figures(
    session: ReadSession, projects: Sequence[RowMapping], who: Actor
) -> dict[int, ProjectFigures]:
    """How many forms and app users each has, and when the last submission came that somebody sees."""
    ids = [row["id"] for row in projects]
    forms = _counts(session, form.c.project_id, form.c.project_id.in_(ids) & form.c.deleted_at.is_(None))
    users = _counts(
        session,
        actor.c.project_id,
        actor.c.project_id.in_(ids) & (actor.c.kind == ActorKind.APP_USER) & actor.c.revoked_at.is_(None),
    )
    last = {row["id"]: _last_seen(session, who, row) for row in projects}
    lists = _lists(
        session, [row["id"] for row in projects if "dataset.list" in project_verbs(who, row["id"])]
    )
    return {
        row["id"]: ProjectFigures(
            forms.get(row["id"], 0),
            users.get(row["id"], 0),
            last[row["id"]],
            *lists.get(row["id"], (0, None)),
        )
        for row in projects
    }


def _lists(session: ReadSession, ids: Sequence[int]) -> dict[int, tuple[int, datetime | None]]:
    """How many entity lists each project has, and when the last entity was made."""
    counted = session.all(
        select(
            dataset.c.project_id,
            func.count(dataset.c.id.distinct()).label("number"),
            func.max(entity.c.created_at).label("last"),
        )
        .outerjoin(entity, (entity.c.dataset_id == dataset.c.id) & entity.c.deleted_at.is_(None))
        .where(dataset.c.project_id.in_(list(ids)), dataset.c.deleted_at.is_(None))
        .group_by(dataset.c.project_id)
    )
    return {row["project_id"]: (row["number"], row["last"]) for row in counted}


def _last_seen(session: ReadSession, who: Actor, row: RowMapping) -> datetime | None:
    figures = record_figures(session, scope_of(session, who, row["id"]), row["uuid"]).values()
    return max((f.last_received_at for f in figures if f.last_received_at is not None), default=None)


def add_project(
    session: WriteSession, name: str, description: str | None, archived: bool, by: str | None
) -> int:
    """A new project's id. Raises Invalid (name)."""
    project_id = int(create_project(session, name, by)["id"])
    if description is not None or archived:
        changed = {"description": description, "archived_at": now() if archived else None}
        session.execute(update(project).where(project.c.id == project_id).values(**changed))
    return project_id


def change_project(
    session: WriteSession, project_id: int, changes: Mapping[str, Any], by: str | None = None
) -> None:
    """Set name, description or archived; what is not named stays. Raises NotFound, Invalid (name)."""
    before = get_project(session, project_id)
    values: dict[str, Any] = {}
    if "name" in changes:
        if not str(changes["name"] or "").strip():
            raise Invalid("A project needs a name.", "Give it the operation's name, as tablets will show it.")
        values["name"] = str(changes["name"]).strip()
    if "description" in changes:
        values["description"] = changes["description"]
    if "archived" in changes:
        values["archived_at"] = (before["archived_at"] or now()) if changes["archived"] else None
    if not values:
        return
    session.execute(update(project).where(project.c.id == project_id).values(**values, updated_at=now()))
    session.change(ChangeKind.PROJECT, before["uuid"])
    session.audit("project.update", before["uuid"], by, **changes)


def delete_project(session: WriteSession, project_id: int, by: str | None = None) -> None:
    """Hide a project for good. Nothing of it is erased. Raises NotFound."""
    uuid = get_project(session, project_id)["uuid"]
    session.execute(update(project).where(project.c.id == project_id).values(deleted_at=now()))
    session.change(ChangeKind.PROJECT, uuid)
    session.audit("project.delete", uuid, by)


def _counts(session: ReadSession, by: Any, where: Any) -> dict[int, int]:
    rows = session.all(select(by.label("of"), func.count().label("number")).where(where).group_by(by))
    return {row["of"]: row["number"] for row in rows}
