"""What must stay true of a record whatever comes, is decided or breaks beside it, on both engines."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, update

from sync import queue
from sync.canonical import review_hash
from sync.decisions import adopt, take_back, withdraw
from sync.derived_rows import Derived, replace_derived
from sync.envelope import read_envelope
from sync.queue import LEASE
from sync.rebuild import rebuild
from sync.receipt import Reception, Sender, hold_reason, make_arrival
from sync.store import Store, WriteSession, now
from sync.tables import duplicate_pair, event, flow, raw_body, submission, submission_version
from sync.worker import Worker
from tests.test_worker import Desk, desk, filled

__all__ = ["desk"]


def uuid_of(desk: Desk, instance_id: str) -> str:
    with desk.store.read() as session:
        return str(session.scalar(select(submission.c.uuid).where(submission.c.instance_id == instance_id)))


def counted(desk: Desk) -> list[tuple[int, str]]:
    return desk.rows(flow, "n_ind", "status")


def comes_from_a_device_without_the_form(desk: Desk, xml: bytes) -> int:
    envelope = read_envelope(xml)
    hold = hold_reason(envelope, "open", may_submit=False)
    arrival = make_arrival(desk.store.keyring, Sender(desk.project_uuid), envelope, xml, now(), hold=hold)
    return Reception(desk.store).accept(arrival).status


def test_an_edit_that_was_withdrawn_stays_so_when_its_original_comes(desk: Desk) -> None:
    desk.receives(filled("uuid:e", (12, "in"), edits="uuid:o"))
    desk.worker.drain()
    decision = withdraw(desk.store, uuid_of(desk, "uuid:e"))
    desk.receives(filled("uuid:o", (21, "in")))
    desk.worker.drain()
    assert counted(desk) == [(12, "withdrawn")]
    assert rebuild(desk.store, desk.project_id, worker=desk.worker).unchanged
    take_back(desk.store, decision)
    assert counted(desk) == [(12, "valid")]


def test_an_edit_that_was_withdrawn_before_it_was_processed_stays_so(desk: Desk) -> None:
    desk.receives(filled("uuid:o", (21, "in")))
    desk.worker.drain()
    desk.receives(filled("uuid:e", (12, "in"), edits="uuid:o"))
    withdraw(desk.store, uuid_of(desk, "uuid:e"))
    desk.worker.drain()
    assert counted(desk) == [(12, "withdrawn")]


def test_an_adopted_edit_still_counts_when_an_earlier_edit_comes(desk: Desk) -> None:
    desk.receives(filled("uuid:e2", (12, "in"), edits="uuid:e1"))
    desk.worker.drain()
    adopt(desk.store, uuid_of(desk, "uuid:e2"))
    desk.worker.drain()
    assert counted(desk) == [(12, "valid")]
    desk.receives(filled("uuid:e1", (13, "in"), edits="uuid:o"))
    desk.worker.drain()
    assert counted(desk) == [(12, "valid")]
    desk.receives(filled("uuid:o", (14, "in")))
    desk.worker.drain()
    assert counted(desk) == [(12, "valid")]


def test_what_a_device_without_the_form_sent_counts_once_a_person_says_so(desk: Desk) -> None:
    assert comes_from_a_device_without_the_form(desk, filled("uuid:1", (21, "in"))) == 202
    desk.worker.drain()
    assert counted(desk) == []
    decision = adopt(desk.store, uuid_of(desk, "uuid:1"))
    desk.worker.drain()
    assert counted(desk) == [(21, "valid")]
    assert desk.receives(filled("uuid:1", (21, "in"))) == 201
    take_back(desk.store, decision)
    desk.worker.drain()
    assert counted(desk) == []
    assert desk.rows(submission_version, "state", "hold_reason") == [("held", "not_assigned")]


def test_a_damaged_original_is_parked_alone(desk: Desk) -> None:
    desk.receives(filled("uuid:1", (21, "in")))
    desk.receives(filled("uuid:2", (22, "in")))

    def damage(session: WriteSession) -> None:
        first = select(raw_body.c.version_id).order_by(raw_body.c.version_id).limit(1).scalar_subquery()
        session.execute(update(raw_body).where(raw_body.c.version_id == first).values(sealed=b"x" * 60))

    desk.store.write(damage)
    desk.worker.drain()
    assert counted(desk) == [(22, "valid")]
    assert desk.rows(event, "state", "step") == [("done", None), ("parked", "open")]


def test_a_record_the_database_refuses_is_parked_alone_and_its_answers_are_in_no_message(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refusing(session: WriteSession, batch: list[Derived]) -> None:
        replace_derived(session, batch)
        if any(row.values["n_ind"] == 987654 for d in batch if d.outcome for row in d.outcome.rows):
            session.insert(flow, [{"record_id": "secret 987654"}])  # lacks what may not be null

    monkeypatch.setattr("sync.worker.replace_derived", refusing)
    for number, persons in enumerate((21, 987654, 23)):
        desk.receives(filled(f"uuid:{number}", (persons, "in")))
    desk.worker.drain()
    assert counted(desk) == [(21, "valid"), (23, "valid")]
    states = desk.rows(event, "state", "step", "reason")
    assert [state for state, _, _ in states] == ["done", "done", "parked"]
    assert states[-1][1] == "write"
    assert "987654" not in str(states)
    assert "987654" not in caplog.text


def test_an_error_of_the_database_repeats_no_answer(store: Store) -> None:
    with pytest.raises(Exception) as refused:
        store.write(lambda session: session.insert(flow, [{"record_id": "987654"}]))
    assert "parameters hidden" in str(refused.value)
    assert "[parameters:" not in str(refused.value)


def test_what_was_parked_is_done_when_an_edit_mends_it(desk: Desk) -> None:
    desk.receives(filled("uuid:o", (21, "in")))
    failure = queue.Failure("parse", "broken", final=True)
    desk.store.write(
        lambda session: queue.fail(session, {c.event_id: failure for c in queue.claim(session, 1)})
    )
    assert desk.rows(event, "state") == [("parked",)]
    desk.receives(filled("uuid:e", (12, "in"), edits="uuid:o"))
    desk.worker.drain()
    assert counted(desk) == [(12, "valid")]
    assert desk.rows(event, "state", "reason") == [("done", None), ("done", None)]


def test_a_lease_of_a_clock_that_was_put_back_holds_nothing_up(desk: Desk) -> None:
    desk.receives(filled("uuid:1", (21, "in")))
    desk.store.write(lambda session: queue.claim(session, 1))
    assert desk.worker.drain() == 0
    in_a_year = now() + LEASE * 100_000
    desk.store.write(lambda session: session.execute(update(event).values(claimed_until=in_a_year)))
    assert desk.worker.drain() == 1


def test_two_workers_find_every_pair_their_records_make(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.worker.BATCH", 1)
    beside = Store(desk.store.engine, desk.store.data, desk.store.keyring)  # as another process would
    other = Worker(beside, step_seconds=10)
    for round_ in range(4):
        for tablet in "ab":
            desk.receives(filled(f"uuid:{tablet}{round_}", (1000 + 500 * round_, "in")))
        threads = [threading.Thread(target=worker.drain) for worker in (desk.worker, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    other.stop()
    beside.writer.close()
    pairs = desk.rows(duplicate_pair, "record_a", "record_b")
    with desk.store.read() as session:
        before = review_hash(session, desk.project_uuid)
    assert rebuild(desk.store, desk.project_id, worker=desk.worker).unchanged
    assert desk.rows(duplicate_pair, "record_a", "record_b") == pairs
    with desk.store.read() as session:
        assert review_hash(session, desk.project_uuid) == before
