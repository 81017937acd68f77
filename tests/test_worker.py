"""The worker: what was received becomes rows, once, whatever breaks on the way."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select

from sync import queue
from sync.canonical import harmonised_hash
from sync.catalogue import catalogue
from sync.envelope import read_envelope
from sync.rebuild import rebuild
from sync.receipt import Reception, Sender, hold_reason, make_arrival
from sync.registry import create_project, publish_form
from sync.store import Store, now
from sync.tables import flag, flow, flow_split, receipt_event, submission, submission_version
from sync.worker import Worker
from tests.poison import poisoned_derive

FORM = """
| survey   |                  |          |                |                      |
|          | type             | name     | label          | harmonise            |
|          | select_one place | point    | Point          | flow.place_id        |
|          | date             | day      | Day            | flow.reporting_date  |
|          | begin_repeat     | groups   | Groups         | flow                 |
|          | integer          | n        | Persons        | flow.n_ind           |
|          | select_one way   | way      | Direction      | flow.direction       |
|          | begin_repeat     | nats     | Nationalities  | flow_split{dimension=nationality} |
|          | text             | nat      | Nationality    | flow_split.code      |
|          | integer          | nat_n    | Persons        | flow_split.n         |
|          | end_repeat       |          |                |                      |
|          | end_repeat       |          |                |                      |
| choices  |                  |          |                |                      |
|          | list_name        | name     | label          | harmonise            |
|          | place            | FMP-03   | Gao station    |                      |
|          | way              | in       | In             | incoming             |
|          | way              | out      | Out            | outgoing             |
| settings |                  |          |                |                      |
|          | form_title       | form_id  | version        | harmonise            |
|          | Counting         | counting | 1              | flow{flow_tool=FMR}  |
"""


def filled(instance_id: str, *groups: tuple[int, str], edits: str = "", version: str = "1") -> bytes:
    deprecated = f"<deprecatedID>{edits}</deprecatedID>" if edits else ""
    repeats = "".join(
        f"<groups><n>{n}</n><way>{way}</way><nats><nat>MLI</nat><nat_n>{n}</nat_n></nats></groups>"
        for n, way in groups
    )
    return (
        f'<data id="counting" version="{version}"><point>FMP-03</point><day>2026-11-03</day>{repeats}'
        f"<meta><instanceID>{instance_id}</instanceID>{deprecated}</meta></data>"
    ).encode()


@dataclass
class Desk:
    """A store with one project, the counting form, and a worker."""

    store: Store
    project_id: int
    project_uuid: str
    worker: Worker

    def receives(self, xml: bytes) -> int:
        envelope = read_envelope(xml)
        state = catalogue(self.store).state(self.project_uuid, envelope.xml_form_id or "", envelope.version)
        hold = hold_reason(envelope, state, may_submit=True)
        sender = Sender(self.project_uuid)
        arrival = make_arrival(self.store.keyring, sender, envelope, xml, now(), hold=hold)
        return Reception(self.store).accept(arrival).status

    def rows(self, table: Any, *names: str) -> list[tuple[Any, ...]]:
        with self.store.read() as session:
            found = session.all(select(*(table.c[name] for name in names)))
        return sorted(tuple(row.values()) for row in found)

    def hash(self) -> str:
        with self.store.read() as session:
            return harmonised_hash(session, self.project_uuid)


@pytest.fixture
def desk(store: Store) -> Iterator[Desk]:
    project = store.write(lambda session: create_project(session, "Border"))
    publish_form(store, project["id"], FORM.encode(), "counting.md")
    worker = Worker(store, step_seconds=10)
    yield Desk(store, project["id"], project["uuid"], worker)
    worker.stop()


def test_a_submission_becomes_rows_with_its_splits(desk: Desk) -> None:
    assert desk.receives(filled("uuid:1", (21, "in"), (4, "out"))) == 201
    assert desk.worker.drain() == 1
    assert desk.rows(flow, "place_id", "direction", "n_ind", "instance_id", "flow_tool", "status") == [
        ("FMP-03", "incoming", 21, "uuid:1", "FMR", "valid"),
        ("FMP-03", "outgoing", 4, "uuid:1", "FMR", "valid"),
    ]
    assert desk.rows(flow_split, "dimension", "code", "n") == [
        ("nationality", "MLI", 4),
        ("nationality", "MLI", 21),
    ]
    assert desk.rows(receipt_event, "state", "reason") == [("done", None)]


def test_an_edit_replaces_the_rows_and_keeps_their_identity(desk: Desk) -> None:
    desk.receives(filled("uuid:1", (21, "in")))
    desk.worker.drain()
    before = desk.rows(flow, "record_id")
    assert desk.receives(filled("uuid:2", (12, "in"), edits="uuid:1")) == 201
    desk.worker.drain()
    assert desk.rows(flow, "n_ind", "instance_id") == [(12, "uuid:1")]
    assert desk.rows(flow, "record_id") == before
    assert desk.rows(submission_version, "state") == [("current",), ("edit",)]


def test_an_edit_that_comes_first_counts_when_its_original_is_here(desk: Desk) -> None:
    assert desk.receives(filled("uuid:2", (12, "in"), edits="uuid:1")) == 202
    desk.worker.drain()
    assert desk.rows(flow, "n_ind") == []
    assert desk.receives(filled("uuid:1", (21, "in"))) == 201
    desk.worker.drain()
    assert desk.rows(flow, "n_ind", "instance_id") == [(12, "uuid:1")]
    assert desk.rows(submission_version, "state") == [("current",), ("edit",)]


def test_a_submission_for_a_version_not_yet_published_waits_for_it(desk: Desk) -> None:
    assert desk.receives(filled("uuid:1", (21, "in"), version="2")) == 202
    desk.worker.drain()
    assert desk.rows(submission_version, "state", "hold_reason") == [("held", "unknown_version")]
    assert desk.rows(flow, "n_ind") == []
    publish_form(
        desk.store, desk.project_id, FORM.replace("counting | 1 ", "counting | 2 ").encode(), "counting.md"
    )
    desk.worker.drain()
    assert desk.rows(submission_version, "state", "hold_reason") == [("current", None)]
    assert desk.rows(flow, "n_ind", "form_version") == [(21, "2")]


def test_two_bodies_under_one_instance_id_are_flagged_and_the_first_counts(desk: Desk) -> None:
    assert desk.receives(filled("uuid:1", (21, "in"))) == 201
    assert desk.receives(filled("uuid:1", (22, "in"))) == 202
    desk.worker.drain()
    assert desk.rows(flow, "n_ind") == [(21,)]
    assert ("conflicting_versions",) in desk.rows(flag, "code")
    assert desk.rows(submission_version, "state") == [("conflict",), ("current",)]


def test_a_rebuild_ends_in_the_same_tables(desk: Desk) -> None:
    for number in range(12):
        desk.receives(filled(f"uuid:{number}", (number + 1, "in"), (30 + number, "out")))
    desk.receives(filled("uuid:e", (99, "in"), edits="uuid:3"))
    desk.worker.drain()
    before = desk.hash()
    desk.store.write(lambda session: session.execute(flow.delete()))  # somebody's accident
    assert desk.hash() != before
    seen: list[tuple[int, int]] = []
    report = rebuild(desk.store, desk.project_id, lambda done, total: seen.append((done, total)), desk.worker)
    assert (report.hash_after, report.records, report.parked) == (before, 13, 0)
    assert seen == [(13, 13)]
    assert rebuild(desk.store, desk.project_id, worker=desk.worker).unchanged


def test_work_that_was_claimed_by_a_killed_worker_is_done_by_the_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.receives(filled("uuid:1", (21, "in")))
    assert len(desk.store.write(lambda session: queue.claim(session, 10))) == 1  # and then it is killed
    assert desk.worker.drain() == 0
    monkeypatch.setattr(queue, "now", lambda: now() + queue.LEASE * 2)
    assert desk.worker.drain() == 1
    assert desk.rows(flow, "n_ind") == [(21,)]


def test_two_workers_share_the_queue_and_do_nothing_twice(desk: Desk) -> None:
    import threading

    for number in range(60):
        desk.receives(filled(str(uuid.uuid4()), (number + 1, "in")))
    other = Worker(desk.store, step_seconds=10)
    threads = [threading.Thread(target=worker.drain) for worker in (desk.worker, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.stop()
    desk.worker.drain()
    assert [n for (n,) in desk.rows(flow, "n_ind")] == list(range(1, 61))
    with desk.store.read() as session:
        assert session.scalar(select(func.count()).select_from(submission)) == 60
        assert session.scalar(select(func.count()).where(receipt_event.c.state != "done")) == 0


def test_poison_submissions_are_parked_with_their_reasons_while_a_hundred_others_pass(desk: Desk) -> None:
    worker = Worker(desk.store, step_seconds=3, memory_mb=512, derive=poisoned_derive)
    poisons = ("crash", "hang", "memory", "bug")
    for number in range(100):
        desk.receives(filled(f"uuid:{number}", (number + 1, "in")))
        if number % 25 == 12:
            desk.receives(filled(f"uuid:{number} poison:{poisons[number // 25]}", (1, "in")))
    worker.drain()
    worker.stop()
    assert [n for (n,) in desk.rows(flow, "n_ind")] == list(range(1, 101))
    assert [
        (state, step) for state, step in desk.rows(receipt_event, "state", "step") if state != "done"
    ] == [
        ("parked", "crashed"),
        ("parked", "error"),
        ("parked", "out_of_memory"),
        ("parked", "timeout"),
    ]
    with desk.store.read() as session:
        reasons = [
            r["reason"]
            for r in session.all(select(receipt_event.c.reason).where(receipt_event.c.state == "parked"))
        ]
    assert all(reasons)
    assert not any(
        "nobody thought of" in reason for reason in reasons
    )  # an exception's text may quote answers

    assert desk.store.write(queue.retry_parked) == 4  # the bug is fixed, somebody tries again
    assert desk.worker.drain() == 4
    assert len(desk.rows(flow, "n_ind")) == 104


@pytest.mark.parametrize("poison", ["bug", "crash"])
@pytest.mark.parametrize("together", [True, False])
def test_an_edit_that_cannot_be_processed_leaves_the_version_before_it_until_it_can(
    desk: Desk, together: bool, poison: str
) -> None:
    broken = Worker(desk.store, step_seconds=3, derive=poisoned_derive)
    bodies = (
        filled("uuid:o", (21, "in")),
        filled("uuid:a", (22, "in"), edits="uuid:o"),
        filled("uuid:b", (23, "in"), edits="uuid:a") + f"<!--poison:{poison}-->".encode(),
    )
    for body in bodies:
        desk.receives(body)
        if not together:
            broken.drain()
    broken.drain()

    def seen() -> tuple[object, ...]:
        parked = sum(state == "parked" for (state,) in desk.rows(receipt_event, "state"))
        waiting = sum(state == "waiting" for (state,) in desk.rows(receipt_event, "state"))
        flagged = ("edit_not_applied",) in desk.rows(flag, "code")
        return desk.rows(flow, "n_ind"), flagged, parked, waiting

    assert seen() == ([(22,)], True, 1, 0)
    assert rebuild(desk.store, desk.project_id, worker=broken).unchanged
    assert seen() == ([(22,)], True, 1, 0)
    broken.stop()
    assert desk.store.write(queue.retry_parked) == 1  # the bug is fixed
    desk.worker.drain()
    assert seen() == ([(23,)], False, 0, 0)
