"""The registers of a project as the steps take them, and a value that differs when one has changed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, func, select

from sync.steps.values import KnownRound, Registers
from sync.store import ReadSession
from sync.tables import enumerator, operation, organisation, project, round_

_PROJECT = select(project.c.id).where(project.c.uuid == bindparam("project_uuid")).scalar_subquery()
_OF_PROJECT = (operation, round_, enumerator)


def known_registers(session: ReadSession, project_uuid: str) -> Registers:
    """Everything registered that rows of the project may carry."""
    of = {"project_uuid": project_uuid}
    rows = {
        table.name: session.all(select(table).where(table.c.project_id == _PROJECT).order_by(table.c.id), of)
        for table in _OF_PROJECT
    }
    return Registers(
        organisations=frozenset(row["code"] for row in session.all(select(organisation.c.code))),
        operations=frozenset(row["code"] for row in rows["operation"]),
        rounds=tuple(
            KnownRound(
                row["code"], row["assessment_type"], row["operation"], row["period_start"], row["period_end"]
            )
            for row in rows["round"]
        ),
        enumerators={
            row["pseudonym"]: row["retired_at"].date() if row["retired_at"] else None
            for row in rows["enumerator"]
        },
    )


def registers_version(session: ReadSession, project_uuid: str) -> tuple[Any, ...]:
    """Cheap values that differ after anything a project's rows are compared with was registered."""
    return tuple((session.first(_VERSION, {"project_uuid": project_uuid}) or {}).values())


_VERSION = select(
    *(
        select(measure).where(table.c.project_id == _PROJECT).scalar_subquery().label(f"{table.name}_{name}")
        for table in _OF_PROJECT
        for name, measure in (("count", func.count(table.c.id)), ("newest", func.max(table.c.updated_at)))
    ),
    select(func.count(organisation.c.id)).scalar_subquery().label("organisation_count"),
    select(func.max(organisation.c.updated_at)).scalar_subquery().label("organisation_newest"),
)
