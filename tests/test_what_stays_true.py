"""What must stay true of a record whatever comes, is decided or breaks beside it, on both engines."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import select, update

from sync import queue
from sync.canonical import review_hash
from sync.decisions import adopt, take_back, withdraw
from sync.derived_rows import Derived, replace_derived
from sync.envelope import read_envelope
from sync.places.releases import activate, import_release
from sync.places.retag import pending_retag
from sync.places.sites import import_sites
from sync.problems import Unavailable
from sync.queue import LEASE
from sync.rebuild import rebuild
from sync.receipt import Reception, Sender, hold_reason, make_arrival
from sync.store import Store, WriteSession, now
from sync.tables import (
    duplicate_pair,
    flag,
    flow,
    flow_split,
    raw_body,
    receipt_event,
    submission,
    submission_version,
    tag,
)
from sync.worker import Worker
from tests.places.sahelia import cod_ab, geojson
from tests.test_confluence import release_of_nothing
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
    assert desk.rows(receipt_event, "state", "step") == [("done", None), ("parked", "open")]


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
    states = desk.rows(receipt_event, "state", "step", "reason")
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
    assert desk.rows(receipt_event, "state") == [("parked",)]
    desk.receives(filled("uuid:e", (12, "in"), edits="uuid:o"))
    desk.worker.drain()
    assert counted(desk) == [(12, "valid")]
    assert desk.rows(receipt_event, "state", "reason") == [("done", None), ("done", None)]


def test_a_lease_of_a_clock_that_was_put_back_holds_nothing_up(desk: Desk) -> None:
    desk.receives(filled("uuid:1", (21, "in")))
    desk.store.write(lambda session: queue.claim(session, 1))
    assert desk.worker.drain() == 0
    in_a_year = now() + LEASE * 100_000
    desk.store.write(lambda session: session.execute(update(receipt_event).values(claimed_until=in_a_year)))
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


@pytest.mark.parametrize(("more", "n", "code"), [(0, 2**31 - 1, "split_repeated"), (1, None, "out_of_range")])
def test_a_sum_that_no_column_can_hold_stays_unknown_on_both_engines(
    desk: Desk, more: int, n: int | None, code: str
) -> None:
    twice = b"".join(b"<nats><nat>MLI</nat><nat_n>%d</nat_n></nats>" % one for one in (2**31 - 2, 1 + more))
    once = b"<nats><nat>MLI</nat><nat_n>21</nat_n></nats>"
    desk.receives(filled("uuid:1", (21, "in")).replace(once, twice))
    desk.worker.drain()
    assert desk.rows(flow_split, "code", "n") == [("MLI", n)]
    assert {"split_repeated", "out_of_range"} & {c for (c,) in desk.rows(flag, "code")} == {code}
    assert desk.rows(receipt_event, "state") == [("done",)]


def test_a_retag_does_not_wait_until_nothing_comes_any_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.worker.BATCH", 1)
    monkeypatch.setattr("sync.worker.RETAG_EVERY", 3)
    activate(desk.store, release_of_nothing(desk.store), desk.project_id)
    for number in range(9):
        desk.receives(filled(f"uuid:{number}", (number + 1, "in")))
    due = []
    for _ in range(3):
        desk.worker.step()
        with desk.store.read() as session:
            due.append(pending_retag(session))
            assert queue.anything_waiting(session)
    assert due == [desk.project_id, desk.project_id, None]
    desk.worker.drain()
    assert len(counted(desk)) == 9


def test_going_back_to_a_release_places_by_what_an_edit_declared_meanwhile(
    desk: Desk, tmp_path: Path
) -> None:
    import_sites(
        desk.store,
        desk.project_id,
        b"place_id,name,kind,lon,lat\nFMP-03,Pont,fmp,0.5,0.5\nFMP-04,Bac,fmp,2.7,0.5\n",
    )
    first = [geojson(tmp_path / f"a_admin{level}.geojson", cod_ab(level)) for level in (0, 1, 2)]
    second = [geojson(tmp_path / f"b_admin{level}.geojson", cod_ab(level)) for level in (0, 1)]

    def is_placed_by(files: list[Path], name: str) -> None:
        import_release(desk.store, files, name, desk.project_id)
        desk.worker.drain()

    is_placed_by(first, "v01")
    desk.receives(filled("uuid:1", (21, "in")))
    desk.worker.drain()
    is_placed_by(second, "v02")
    is_placed_by(first, "v01")
    before = desk.rows(flow, "place_id", "boundary_release", "adm1_pcode")
    elsewhere = filled("uuid:e", (21, "in"), edits="uuid:1").replace(b"FMP-03", b"FMP-04")
    desk.receives(elsewhere)
    desk.worker.drain()
    is_placed_by(second, "v02")
    now_there = desk.rows(flow, "place_id", "boundary_release", "adm1_pcode")
    assert (before, now_there) == ([("FMP-03", "v01", "XS01")], [("FMP-04", "v02", "XS02")])
    assert {place for (place,) in desk.rows(tag, "declared_place")} == {"FMP-04"}
    assert rebuild(desk.store, desk.project_id, worker=desk.worker).unchanged


def test_a_rebuild_waits_for_what_another_process_has_claimed(desk: Desk) -> None:
    for number in range(3):
        desk.receives(filled(f"uuid:{number}", (number + 1, "in")))
    desk.worker.drain()
    desk.receives(filled("uuid:e", (50, "in"), edits="uuid:0"))
    (claimed,) = desk.store.write(lambda session: queue.claim(session, 1))
    with pytest.raises(Unavailable):
        rebuild(desk.store, desk.project_id, worker=desk.worker, patience_s=0.3)
    gives_back = threading.Timer(
        1.0, lambda: desk.store.write(lambda session: queue.release(session, [claimed.event_id]))
    )
    gives_back.start()
    seen: list[tuple[int, int]] = []
    done = rebuild(desk.store, desk.project_id, lambda *at: seen.append(at), desk.worker, patience_s=30)
    gives_back.join()
    assert (done.records, seen) == (4, [(4, 4), (3, 4)])
    assert {state for (state,) in desk.rows(receipt_event, "state")} == {"done"}
