"""What the server cannot place yet is stored and held, never refused: a refused record stays on a tablet."""

from __future__ import annotations

import warnings

import pytest
from sqlalchemy import delete, select, update

from server.app import create_app
from sync.problems import Unavailable
from sync.store import Store, now
from sync.tables import record_key, submission, submission_version
from sync.tables.records import HoldReason, VersionState
from tests.receipt.ledger import Body, Held, blobs, change_numbers, records, waiting
from tests.receipt.station import Mission, Station, publish, settings_for, start_mission
from tests.receipt.tablet_wire import BOUNDARY, Wire, filled, multipart, photo, xml_part

NO_VERSION = "the server does not know this version of the form yet."

with warnings.catch_warnings():  # it asks for a successor of httpx that is not among our dependencies
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient


@pytest.mark.parametrize(
    ("xml", "reason", "words"),
    [
        (filled("uuid:1", form="census"), "unknown_form", "the server does not know this form yet."),
        (filled("uuid:1", version="2019"), "unknown_version", NO_VERSION),
        (filled("uuid:1", version=None), "unknown_version", NO_VERSION),
        (filled("uuid:1", form="shut"), "form_closed", "this form is closed."),
        (filled("uuid:1", form=None), "unreadable", "it does not say which form it belongs to."),
    ],
)  # fmt: skip
def test_a_submission_the_server_cannot_place_is_held(
    tablet: Wire, store: Store, mission: Mission, xml: bytes, reason: str, words: str
) -> None:
    store.write(lambda session: publish(session, mission.project_id, "shut", state="closed"))
    for message in (
        f"Received and stored, but held: {words} 1 file stored.",
        f"Received and stored, but held: {words}",
    ):
        answer = tablet.post(xml_part(xml), photo("a.jpg", b"a"))
        assert (answer.status, answer.message) == (202, message)
    assert records(store) == {"uuid:1": Held([Body("held", reason, xml)], [("a.jpg", b"a")])}


def test_a_closing_form_still_takes_submissions(tablet: Wire, store: Store, mission: Mission) -> None:
    store.write(lambda session: publish(session, mission.project_id, "ending", state="closing"))
    assert tablet.post(xml_part(filled("uuid:1", form="ending"))).status == 201


def test_a_form_the_device_was_not_given_is_held(store: Store) -> None:
    mission = start_mission(store, forms=["census"])
    with Station(store) as station:
        answer = station.wire(mission).post(xml_part(filled("uuid:1")))
    assert (answer.status, answer.message) == (
        202, "Received and stored, but held: this form was not given to this device.",
    )  # fmt: skip
    assert records(store)["uuid:1"].bodies == [Body("held", "not_assigned", filled("uuid:1"))]


def test_a_submission_without_an_id_is_known_by_its_content(tablet: Wire, store: Store) -> None:
    xml, other = filled(None, men=21), filled(None, men=22)
    assert [tablet.post(xml_part(x)).status for x in (xml, xml, other)] == [201, 201, 201]
    held = records(store)
    assert sorted(h.bodies[0].xml for h in held.values()) == sorted([xml, other])
    assert all(instance_id.startswith("content:") for instance_id in held)


def test_an_id_no_index_could_hold_is_still_an_id(tablet: Wire, store: Store) -> None:
    xml = filled("uuid:" + "x" * 100_000)
    assert [tablet.post(xml_part(xml)).status for _ in range(2)] == [201, 201]
    assert [h.bodies for h in records(store).values()] == [[Body("current", None, xml)]]


def test_a_huge_submission_is_parked(store: Store, mission: Mission) -> None:
    xml = filled("uuid:1").replace(b"<note>", b"<note>" + b"a very long story " * 9000)
    with Station(store, settings_for({"WAYPOST_MAX_XML_BYTES": "100000"})) as station:
        tablet = station.wire(mission)
        for files in (1, 1):
            answer = tablet.post(photo("a.jpg", b"a"), xml_part(xml))
            assert answer.status == 202
            assert answer.message.startswith(
                "Received and stored, but held: it is too large to be read at once."
            )
            (held,) = records(store).values()
            assert held == Held([Body("held", "too_large", xml)], [("a.jpg", b"a")])
            assert blobs(store) == files + 1
    with store.read() as session:
        assert session.scalar(select(submission.c.xml_form_id)) == "fmr"  # its beginning was read


def test_a_huge_submission_that_cannot_be_taken_leaves_no_file_behind(store: Store, mission: Mission) -> None:
    app = create_app(settings_for({"WAYPOST_MAX_XML_BYTES": "1024"}), store)
    huge = filled("uuid:1").replace(b"<note>", b"<note>" + b"a very long story " * 900)
    body = multipart([photo("a.jpg", b"a"), xml_part(huge)])
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    client = TestClient(app, raise_server_exceptions=False)
    state_of_forms = app.state.form_state

    def busy(*_: str) -> str:
        raise Unavailable("The database does not answer.")

    app.state.form_state = busy
    assert client.post(f"{mission.base}/submission", content=body, headers=headers).status_code == 503
    assert (records(store), blobs(store)) == ({}, 0)
    del app.state.submission_desk
    app.state.form_state = state_of_forms
    assert client.post(f"{mission.base}/submission", content=body, headers=headers).status_code == 202
    assert (len(records(store)), blobs(store)) == (1, 2)


def test_xml_that_breaks_off_is_kept_for_the_pipeline_to_judge(tablet: Wire, store: Store) -> None:
    xml = filled("uuid:1").replace(b"</data>", b"<unclosed></data>")
    assert tablet.post(xml_part(xml)).status == 201
    assert records(store)["uuid:1"].bodies == [Body("current", None, xml)]


def test_an_erased_record_stays_erased_when_it_is_sent_again(tablet: Wire, store: Store) -> None:
    parts = [xml_part(filled("uuid:1")), photo("a.jpg", b"a")]
    assert tablet.post(*parts).status == 201
    store.write(lambda session: session.execute(delete(record_key)))
    store.write(lambda session: session.execute(update(submission).values(erased_at=now())))
    before = (change_numbers(store), waiting(store), blobs(store))
    answer = tablet.post(*parts, photo("b.jpg", b"b"))
    assert (answer.status, answer.message) == (201, "Received before: nothing was changed.")
    assert (change_numbers(store), waiting(store), blobs(store)) == before


def test_whatever_a_record_is_held_for_its_resend_is_answered(tablet: Wire, store: Store) -> None:
    """Some reasons are given afterwards, by a person: the tablet may not have heard of the first receipt."""
    assert tablet.post(xml_part(filled("uuid:1"))).status == 201
    for reason in HoldReason:
        held = {"state": VersionState.HELD, "hold_reason": reason}
        store.write(lambda session, held=held: session.execute(update(submission_version).values(**held)))
        answer = tablet.post(xml_part(filled("uuid:1")))
        assert (answer.status, answer.message.startswith("Received and stored")) == (202, True), reason
