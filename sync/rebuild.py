"""Derive everything again from raw records, forms, releases and decisions.

The harmonised tables' canonical hash is taken before and after: equal means that every published figure can
still be explained from what was received. Derived rows are replaced record by record, in small transactions,
while the server goes on; killed in the middle, it is simply run again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from sync import queue
from sync.canonical import harmonised_hash
from sync.problems import NotFound, Unavailable
from sync.store import Store
from sync.tables import project, receipt_event, submission
from sync.tables.log import EventState
from sync.worker import Worker

BATCH = 500
_LOOK_AGAIN_S = 0.1


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
    patience_s: float = 2 * queue.LEASE.total_seconds(),
) -> Rebuilt:
    """Queue every submission of a project again and work the queue off.

    progress    called with (submissions done, submissions in all)
    patience_s  how long to wait for what other processes have claimed while nothing moves; what one that was
                killed had claimed is free again after a lease, so that it is worked off here by then
    Raises      NotFound for an unknown project, Unavailable when the patience is at its end
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
        mine = mine.where(submission.c.id <= (ids[-1] if ids else 0))  # not what is received meanwhile
    own = worker or Worker(store)
    try:
        for start in range(0, len(ids), BATCH):
            part = ids[start : start + BATCH]
            store.write(lambda session, part=part: queue.requeue(session, part))  # type: ignore[misc]
            own.drain()
            progress(min(start + BATCH, len(ids)), len(ids))
        _wait_for_others(store, own, mine, len(ids), progress, patience_s)
    finally:
        if worker is None:
            own.stop()
    with store.read() as session:
        parked = select(func.count()).where(
            receipt_event.c.state == EventState.PARKED,
            receipt_event.c.submission_id.in_(
                select(submission.c.id).where(submission.c.project_uuid == project_uuid)
            ),
        )
        return Rebuilt(len(ids), session.scalar(parked), before, harmonised_hash(session, project_uuid))


def _wait_for_others(
    store: Store,
    own: Worker,
    mine: Select[Any],
    total: int,
    progress: Callable[[int, int], None],
    patience_s: float,
) -> None:
    """Until no event of the submissions waits: other processes may have claimed some, and not written yet."""
    waits = select(func.count(func.distinct(receipt_event.c.submission_id))).where(
        receipt_event.c.state == EventState.WAITING, receipt_event.c.submission_id.in_(mine)
    )
    before, since = total + 1, time.monotonic()
    while True:
        with store.read() as session:
            left = session.scalar(waits)
        if not left:
            return
        if left < before:
            before, since = left, time.monotonic()
            progress(total - left, total)
        elif time.monotonic() - since > patience_s:
            raise Unavailable(
                f"{left} submissions are held by another process, which does not get on with them.",
                "See that the workers run, then rebuild again: what was derived so far stays.",
            )
        time.sleep(_LOOK_AGAIN_S)
        own.drain()
