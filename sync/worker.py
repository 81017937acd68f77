"""The worker: claims events, runs the steps in a child, writes what comes of them.

The second of the two transactions per submission. Runs as a thread inside the server on SQLite, or as
`waypost worker` processes on PostgreSQL. Whatever happens to it, nothing is lost: an event stays waiting
until its outcome is committed in the same transaction that marks it done.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import select

from forms.model import CompiledForm
from sync import queue
from sync.catalogue import compiled_form, form_states
from sync.contexts import Contexts, Surroundings
from sync.derivation import Refused, Work, derive
from sync.derived_rows import NO_RELEASE, Derived, replace_derived
from sync.entities.intake import Arrival, take_in, untaken
from sync.lineage import Record, Version, chain, resolve
from sync.originals import open_bodies, record_keys
from sync.places.retag import pending_retag, retag
from sync.problems import StorageFull, Unavailable
from sync.registers.known import registers_version
from sync.safe_xml import XmlUnreadable
from sync.sandbox import Sandbox, SandboxFailure
from sync.steps.entities import submitted_entities
from sync.steps.values import FlagNote, Outcome, SubmittedEntity
from sync.store import ReadSession, Store, WriteSession
from sync.tables import submission
from sync.turns import take_turn

log = logging.getLogger("waypost.worker")

_DAMAGED = queue.Failure("open", "The stored original does not open: restore it from a backup.", final=True)

BATCH = 64
"""Records a transaction: small, so that receipts never wait long for the writer."""

RETAG_EVERY = 32
"""Steps after which a re-tag is looked for though events wait: on a busy server some always do."""


@dataclass(frozen=True, slots=True)
class _Job:
    """One record of the batch, on its way through the child."""

    record: Record
    events: tuple[int, ...]
    work: Work | None = None  # None: nothing to derive, the record is held or erased
    damaged: bool = False  # its bytes do not open
    release_id: int = NO_RELEASE
    mapping_id: int = 0
    registers: tuple[Any, ...] = ()  # sync.registers.known.registers_version when it was derived
    earlier: tuple[tuple[Version, tuple[SubmittedEntity, ...]], ...] = ()  # entities of versions before it
    form: CompiledForm | None = None  # the version it was filled in with


class Worker:
    """Works off the queue. Belongs to one thread; `start` gives it one of its own."""

    def __init__(
        self,
        store: Store,
        *,
        memory_mb: int = 1024,
        step_seconds: float = 10.0,
        idle_s: float = 0.2,
        derive: Callable[[Work], Outcome | Refused] = derive,
    ) -> None:
        """
        memory_mb     what the child may hold
        step_seconds  what one record may take
        idle_s        how often an empty queue is looked at
        derive        what the child runs; a story hands in a poisoned one
        """
        self.store = store
        self._derive = derive
        self._contexts = Contexts(store)
        self._sandbox = Sandbox(memory_mb=memory_mb, seconds=step_seconds)
        self._idle_s = idle_s
        self._steps = 0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def child_pid(self) -> int | None:
        """The process that runs the steps, once there was something to do."""
        return self._sandbox.pid

    # -- running -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Work in a thread of its own. On SQLite this is the only worker, and what one that was killed had
        claimed is free at once; doing a batch twice ends in the same rows."""
        if self.store.dialect == "sqlite":
            self.store.write(queue.release_leases)
        self._thread = threading.Thread(target=self.run, name="worker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch at hand, then stop."""
        self._stopping.set()
        if self._thread:
            self._thread.join()
        self._sandbox.close()
        self._contexts.close()

    def run(self) -> None:
        """Work until `stop`. A batch that cannot be written is tried again after a while, and said."""
        while not self._stopping.is_set():
            try:
                if self.step() == 0:
                    self._stopping.wait(self._idle_s)
            except Exception:
                log.exception("The batch could not be written; trying again in five seconds.")
                self._stopping.wait(5)

    def drain(self) -> int:
        """Work until nothing waits. Returns the number of events settled."""
        total = 0
        while settled := self.step():
            total += settled
        return total

    def step(self) -> int:
        """One batch, or a re-tag that is due. Returns how many events, or rows, it settled."""
        self._steps += 1
        with self.store.read() as session:
            waiting = queue.anything_waiting(session)
            is_looked_for = not waiting or self._steps % RETAG_EVERY == 0
            pending = pending_retag(session) if is_looked_for else None
        settled = 0
        if pending is not None:
            beside: list[int] = []  # neither waits for the other
            settled = retag(self.store, pending, progress=lambda _: beside.append(self._work_off()))
            settled += sum(beside)
        return settled + (self._work_off() if waiting else 0)

    def _work_off(self) -> int:
        """One batch of events. Returns how many it settled."""
        claimed = self.store.write(lambda session: queue.claim(session, BATCH))
        if not claimed:
            return 0
        try:
            self._process(claimed)
        except BaseException:
            ids = [c.event_id for c in claimed]
            self.store.write(lambda session: queue.release(session, ids))
            raise
        return len(claimed)

    # -- one batch ---------------------------------------------------------------------------------

    def _process(self, claimed: list[queue.Claimed]) -> None:
        with self.store.read() as session:
            jobs = list(self._jobs(session, claimed))
        whole = [job for job in jobs if not job.damaged]
        done: list[tuple[_Job, Outcome | None]] = [(job, None) for job in whole if job.work is None]
        failures = [(job, _DAMAGED) for job in jobs if job.damaged]
        by_work = {id(job.work): job for job in jobs if job.work is not None}
        for work, outcome in self._sandbox.stream(
            self._derive, (job.work for job in jobs if job.work is not None)
        ):
            job = by_work[id(work)]
            if isinstance(outcome, Outcome):
                done.append((job, outcome))
            else:
                failures.append((job, _failure(outcome)))
        try:
            self.store.write(lambda session: self._write(session, done, failures))
        except (StorageFull, Unavailable):
            raise
        except Exception:
            self._write_apart(done, failures)

    def _write_apart(
        self, done: list[tuple[_Job, Outcome | None]], failures: list[tuple[_Job, queue.Failure]]
    ) -> None:
        """Each record in a transaction of its own, so that one the database refuses is parked alone."""
        self.store.write(partial(_fail, failures=failures))
        for one in done:
            try:
                self.store.write(partial(self._write, done=[one], failures=[]))
            except (StorageFull, Unavailable):
                raise
            except Exception as error:
                cause = type(getattr(error, "orig", None) or error).__name__  # its text may repeat answers
                failure = queue.Failure("write", f"The database refused the rows ({cause}).", final=True)
                self.store.write(partial(_fail, failures=[(one[0], failure)]))

    def _jobs(self, session: ReadSession, claimed: list[queue.Claimed]) -> Iterable[_Job]:
        records = resolve(session, {c.submission_id for c in claimed}, form_states(session))
        surroundings: dict[str, Surroundings] = {}
        owning = [version for record in records if (version := record.owned_by) is not None]
        organisations = self._contexts.organisations(session, owning)
        bodies = open_bodies(session, self.store, [r.winner.id for r in records if r.root and r.winner])
        for record in records:
            members = {node.id for node in record.nodes}
            events = tuple(c.event_id for c in claimed if c.submission_id in members)
            if record.root is None or record.winner is None or record.winner.id not in bodies:
                yield _Job(record, events)
                continue
            body = bodies[record.winner.id]
            if body is None:
                yield _Job(record, events, damaged=True)
                continue
            root, winner = record.root, record.winner
            if root.project_uuid not in surroundings:
                surroundings[root.project_uuid] = self._contexts.surroundings(session, root.project_uuid)
            around = surroundings[root.project_uuid]
            context = self._contexts.packed(around, root.project_uuid, root.xml_form_id, winner.form_version)
            assert context is not None, "a version of an unknown form version is held"
            work = Work(
                context=context,
                root_id=root.id,
                project_uuid=root.project_uuid,
                root_instance_id=root.instance_id,
                body=body,
                form_version=winner.form_version,
                received_at=winner.received_at,
                organisation=organisations.get((record.owned_by or winner).id),
            )
            yield _Job(
                record,
                events,
                work,
                release_id=around.release_id,
                mapping_id=around.mapping_id,
                registers=around.registers_version,
                earlier=tuple(self._earlier(session, record)) if winner.submission_id != root.id else (),
                form=compiled_form(self.store, root.project_uuid, root.xml_form_id, winner.form_version),
            )

    def _earlier(
        self, session: ReadSession, record: Record
    ) -> Iterable[tuple[Version, tuple[SubmittedEntity, ...]]]:
        """What the versions before the one that counts say about entities, where they were never taken: an
        original that comes after its edit makes what it would have made before it."""
        root, before = record.root, chain(record)[:-1]
        assert root is not None
        known = (root.project_uuid, root.xml_form_id)
        forms = [compiled_form(self.store, *known, version.form_version) for version in before]
        declaring = [v for v, form in zip(before, forms, strict=True) if form is not None and form.entities]
        fresh = untaken(session, declaring)
        bodies = open_bodies(session, self.store, [version.id for version in fresh])
        for version, form in zip(before, forms, strict=True):
            body = bodies.get(version.id)
            if body is not None and form is not None:
                with contextlib.suppress(XmlUnreadable):
                    yield version, submitted_entities(body, form)

    def _write(
        self,
        session: WriteSession,
        done: list[tuple[_Job, Outcome | None]],
        failures: list[tuple[_Job, queue.Failure]],
    ) -> None:
        """Everything of a batch in one transaction. A record that grew meanwhile goes back to the queue."""
        take_turn(session, {node.project_uuid for job, _ in done for node in job.record.nodes})
        roots = [node.id for job, _ in done for node in job.record.nodes]
        session.all(
            select(submission.c.id)
            .where(submission.c.id.in_(roots))
            .order_by(submission.c.id)
            .with_for_update()
        )
        now = {record.nodes[0].id: record for record in resolve(session, roots, form_states(session))}
        projects = {job.record.nodes[0].project_uuid for job, _ in done}
        releases = self._contexts.release_ids(session, projects)
        mappings = self._contexts.mapping_ids(session, projects)
        registers = {uuid: registers_version(session, uuid) for uuid in projects}
        fresh: list[tuple[_Job, Outcome | None]] = []
        for job, outcome in done:
            record = now.get(job.record.nodes[0].id)
            derived_with = job.registers == registers[job.record.nodes[0].project_uuid]
            as_before = derived_with or job.work is None
            if record is not None and as_before and _is_as_before(record, job, releases, mappings):
                fresh.append((replace(job, record=record), outcome))
            else:
                queue.release(session, job.events)
        keys = record_keys(
            session, self.store, [job.record.winner.submission_id for job, _ in fresh if job.record.winner]
        )
        replace_derived(
            session,
            [
                Derived(
                    record=job.record,
                    outcome=outcome,
                    key=keys.get(job.record.winner.submission_id) if job.record.winner else None,
                    release_id=job.release_id,
                    notes=tuple(_notes(job.record)),
                    form=job.form,
                )
                for job, outcome in fresh
            ],
        )
        take_in(session, self.store.keyring, _arrivals(fresh))
        queue.settle_parked(
            session, [id_ for job, outcome in fresh if outcome for id_ in _processed(job.record)]
        )
        queue.finish(session, [event_id for job, _ in fresh for event_id in job.events])
        _fail(session, failures)


def _arrivals(fresh: Iterable[tuple[_Job, Outcome | None]]) -> Iterable[Arrival]:
    """The records that say something about entities."""
    for job, outcome in fresh:
        winner = job.record.winner
        if outcome is not None and winner is not None and (outcome.entities or job.earlier):
            yield Arrival(job.record, (*job.earlier, (winner, outcome.entities)))


def _processed(record: Record) -> set[int]:
    """The submissions of a record that nobody need look at any more."""
    return {node.id for node in record.nodes} - {version.submission_id for version in record.not_applied}


def _fail(session: WriteSession, failures: Iterable[tuple[_Job, queue.Failure]]) -> None:
    for job, failure in failures:
        root, winner = job.record.root, job.record.winner
        if root is None or winner is None:  # nothing was derived: only its old rows could not be removed
            queue.fail(session, dict.fromkeys(job.events, failure))
        else:
            queue.fail_version(session, job.events, winner.submission_id, root.id, failure)


def _is_as_before(record: Record, job: _Job, releases: dict[str, int], mappings: dict[str, int]) -> bool:
    """Whether what was derived still follows from what is stored: the same versions, states, release and
    mapping."""
    project_uuid = record.nodes[0].project_uuid
    placed_by = job.work is None or releases.get(project_uuid, NO_RELEASE) == job.release_id
    read_by = job.work is None or mappings.get(project_uuid, 0) == job.mapping_id
    counts = [r.winner.id if r.winner else None for r in (record, job.record)]
    not_applied = [[v.id for v in r.not_applied] for r in (record, job.record)]
    if counts[0] != counts[1] or not_applied[0] != not_applied[1]:
        return False  # an edit was parked, or is tried again
    return (
        placed_by
        and read_by
        and record.fingerprint == job.record.fingerprint
        and record.states == job.record.states
    )


def _failure(outcome: Refused | SandboxFailure) -> queue.Failure:
    if isinstance(outcome, Refused):
        return queue.Failure(outcome.step, outcome.reason, final=True)
    return queue.Failure(outcome.reason, outcome.detail, final=outcome.reason == "error")


def _notes(record: Record) -> Iterable[FlagNote]:
    if record.conflicts:
        yield FlagNote(
            "conflicting_versions",
            f"{len(record.conflicts)} other version(s) came under an instanceID that already had one; "
            "the first received counts, all are kept.",
        )
    if record.branched:
        yield FlagNote(
            "branched_edits",
            "Two edits deprecate the same version; one counts by a fixed rule, all are kept.",
        )
    if record.winner and record.not_applied:
        yield FlagNote(
            "edit_not_applied",
            f"{len(record.not_applied)} edit(s) could not be processed and are parked; "
            "the version before counts.",
        )
