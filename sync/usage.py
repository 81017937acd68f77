"""How much a site is used, in counts and no names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from sync.access import Actor
from sync.projects import project_figures
from sync.registry import list_projects
from sync.store import ReadSession, now
from sync.tables import actor, assignment, submission, user_account
from sync.tables.access import Role

RECENT = timedelta(days=45)


def usage(session: ReadSession, who: Actor) -> dict[str, Any]:
    """{"system": {"num_admins": {"recent", "total"}}, "projects": [counts of each]}."""
    since = now() - RECENT
    admins = (
        select(func.count(actor.c.id.distinct()))
        .join(assignment, assignment.c.actor_id == actor.c.id)
        .join(user_account, user_account.c.actor_id == actor.c.id)
        .where(assignment.c.role == Role.ADMIN, assignment.c.project_id.is_(None))
        .where(assignment.c.revoked_at.is_(None), actor.c.revoked_at.is_(None))
    )
    projects = list_projects(session)
    figures = project_figures(session, projects, who)
    received = select(submission.c.project_uuid, func.count().label("number")).group_by(
        submission.c.project_uuid
    )
    total = {row["project_uuid"]: row["number"] for row in session.all(received)}
    recent = {
        row["project_uuid"]: row["number"]
        for row in session.all(received.where(submission.c.received_at >= since))
    }
    return {
        "system": {
            "num_admins": {
                "recent": session.scalar(admins.where(user_account.c.last_login_at >= since)),
                "total": session.scalar(admins),
            }
        },
        "projects": [
            {
                "id": row["id"],
                "users": {"num_app_users": {"total": figures[row["id"]].app_users}},
                "forms": {"num_forms": {"total": figures[row["id"]].forms}},
                "submissions": {
                    "num_submissions_received": {
                        "recent": recent.get(row["uuid"], 0),
                        "total": total.get(row["uuid"], 0),
                    }
                },
            }
            for row in projects
        ],
    }
