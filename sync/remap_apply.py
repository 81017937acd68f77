"""Apply a mapping: a further revision, and every submission of its versions read again from raw.

Revision and queue are written in one transaction; what then works the queue off may be this process, or, if
it is killed, any worker. Raw records and the XForm are never touched, and no revision is ever changed or
deleted (decision 0010).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select

from forms.mapping_revisions import mapping_hash
from forms.vocabulary import VERSION
from sync import queue
from sync.catalogue import newest_mapping
from sync.problems import Conflict, Invalid, Unavailable
from sync.remap import Remapping, Target, submissions_of
from sync.remap_figures import Tally, stored_tally
from sync.store import Store, WriteSession, new_uuid, now
from sync.tables import form_mapping, receipt_event
from sync.tables.log import ChangeKind, EventState
from sync.turns import take_turn
from sync.worker import Worker

_LOOK_AGAIN_S = 0.1

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying did. `submissions` counts those that were read again."""

    numbers: dict[str, int]  # version -> number of its mapping now
    submissions: int
    parked: int
    before: Tally
    after: Tally


def apply_remapping(
    store: Store,
    remapping: Remapping,
    note: str,
    by: str | None = None,
    progress: Progress = lambda done, total: None,
    worker: Worker | None = None,
    patience_s: float = 2 * queue.LEASE.total_seconds(),
) -> Applied:
    """Store the mapping as the next revision of each version it changes, and read their submissions again.

    note      why, for whoever asks later; it must not be empty
    progress  called with (submissions read again, submissions in all)
    Killed after the first transaction it is completed by the worker, or by being run again: a mapping that is
    in use already makes no further revision.
    Raises Invalid (no note), Conflict (revised by somebody else meanwhile), Unavailable (another process
    holds submissions and does not get on with them).
    """
    if not note.strip():
        raise Invalid("It is not said why.", "Give --note: whoever asks later reads it.")
    with store.read() as session:
        before = stored_tally(session, remapping.project_uuid, remapping.form_id, remapping.versions)
    store.write(lambda session: _store(session, remapping, note.strip(), by))
    _work_off(store, remapping, progress, worker, patience_s)
    with store.read() as session:
        mine = submissions_of(remapping)
        parked = select(func.count(func.distinct(receipt_event.c.submission_id))).where(
            receipt_event.c.state == EventState.PARKED, receipt_event.c.submission_id.in_(mine)
        )
        return Applied(
            {one.version: newest_mapping(session, one.version_id) for one in remapping.targets},
            session.scalar(select(func.count()).select_from(mine.subquery())),
            session.scalar(parked),
            before,
            stored_tally(session, remapping.project_uuid, remapping.form_id, remapping.versions),
        )


def _store(session: WriteSession, remapping: Remapping, note: str, by: str | None) -> None:
    """The revisions and the queue in one transaction: a kill leaves both or none."""
    take_turn(session, {remapping.project_uuid})  # no worker writes by the old mapping after this
    changed = remapping.changed
    for target in changed:
        if newest_mapping(session, target.version_id) != target.number:
            raise Conflict(
                f"The mapping of version {target.version!r} was revised meanwhile.",
                "Look at `waypost form mappings`, then preview and apply again.",
            )
        _revise(session, remapping, target, note, by)
    if changed:
        queue.requeue(session, [row["id"] for row in session.all(submissions_of(remapping))])


def _revise(session: WriteSession, remapping: Remapping, target: Target, note: str, by: str | None) -> None:
    uuid, digest = new_uuid(), mapping_hash(remapping.annotations)
    session.insert_returning(
        form_mapping,
        {
            "uuid": uuid,
            "form_version_id": target.version_id,
            "number": target.number + 1,
            "annotations": remapping.annotations,
            "hash": digest,
            "vocabulary_version": VERSION,
            "note": note,
            "actor_uuid": by,
            "created_at": now(),
        },
    )
    session.change(ChangeKind.MAPPING, uuid, bytes.fromhex(digest))
    session.audit(
        "form.remap", uuid, by, form=remapping.form_id, version=target.version, mapping=target.number + 1,
        note=note,
    )  # fmt: skip


def _work_off(
    store: Store, remapping: Remapping, progress: Progress, worker: Worker | None, patience_s: float
) -> None:
    """Work until no submission of the versions waits; other processes may hold some."""
    mine = submissions_of(remapping)
    waits = select(func.count(func.distinct(receipt_event.c.submission_id))).where(
        receipt_event.c.state == EventState.WAITING, receipt_event.c.submission_id.in_(mine)
    )
    own = worker or Worker(store)
    try:
        with store.read() as session:
            total = session.scalar(waits)
        before, since = total, time.monotonic()
        while True:
            settled = own.step()
            with store.read() as session:
                left = session.scalar(waits)
            progress(max(0, total - left), total)
            if not left:
                return
            if settled or left < before:
                before, since = left, time.monotonic()
            elif time.monotonic() - since > patience_s:
                raise Unavailable(
                    f"{left} submissions are held by another process, which does not get on with them.",
                    "See that the workers run: the mapping is stored, and they complete it.",
                )
            else:
                time.sleep(_LOOK_AGAIN_S)
    finally:
        if worker is None:
            own.stop()
