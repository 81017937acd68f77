"""Derive everything again from raw records, forms, releases and decisions.

The harmonised tables' canonical hash is taken before and after: equal means that every published figure can
still be explained from what was received. Derived rows are replaced record by record, in small transactions,
while the server goes on; killed in the middle, it is simply run again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select

from sync import queue
from sync.canonical import harmonised_hash
from sync.problems import NotFound
from sync.store import Store
from sync.tables import event, project, submission
from sync.tables.log import EventState
from sync.worker import Worker

BATCH = 500


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did. `records` counts submissions; the hashes are hex SHA-256."""

    records: int
    parked: int
    hash_before: str
    hash_after: str

    @property
    def unchanged(self) -> bool:
        return self.hash_before == self.hash_after


def rebuild(
    store: Store,
    project_id: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
    worker: Worker | None = None,
) -> Rebuilt:
    """Queue every submission of a project again and work the queue off.

    progress  called with (submissions done, submissions in all)
    Raises    NotFound for an unknown project
    """
    with store.read() as session:
        project_uuid = session.scalar(select(project.c.uuid).where(project.c.id == project_id))
        if project_uuid is None:
            raise NotFound(f"There is no project {project_id}.", "`waypost project list` shows the projects.")
        before = harmonised_hash(session, project_uuid)
        mine = select(submission.c.id).where(
            submission.c.project_uuid == project_uuid, submission.c.erased_at.is_(None)
        )
        ids = [row["id"] for row in session.all(mine.order_by(submission.c.id))]
    own = worker or Worker(store)
    try:
        for start in range(0, len(ids), BATCH):
            part = ids[start : start + BATCH]
            store.write(lambda session, part=part: queue.requeue(session, part))  # type: ignore[misc]
            own.drain()
            progress(min(start + BATCH, len(ids)), len(ids))
    finally:
        if worker is None:
            own.stop()
    with store.read() as session:
        parked = select(func.count()).where(
            event.c.state == EventState.PARKED,
            event.c.submission_id.in_(
                select(submission.c.id).where(submission.c.project_uuid == project_uuid)
            ),
        )
        return Rebuilt(len(ids), session.scalar(parked), before, harmonised_hash(session, project_uuid))
