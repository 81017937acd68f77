"""Edits and contradictions: nothing is refused, nothing is overwritten, order makes no difference."""

from __future__ import annotations

from itertools import permutations

from sync.envelope import read_envelope
from sync.receipt import Reception, Sender, make_arrival
from sync.store import Store, new_uuid, now
from tests.receipt.ledger import Body, blobs, records
from tests.receipt.tablet_wire import Wire, filled, photo, xml_part

STORED = "Received and stored."
AGAIN = "Received before: nothing was changed."
WAITS = "Received and stored, but held until the submission it edits arrives."
BESIDE = "Received and stored beside another submission with the same ID. A coordinator will look at both."


def told(tablet: Wire, xml: bytes) -> tuple[int, str]:
    answer = tablet.post(xml_part(xml))
    return answer.status, answer.message


def test_an_edit_arrives_first(tablet: Wire, store: Store) -> None:
    original, edit = filled("uuid:1", men=21), filled("uuid:2", edits="uuid:1", men=22)
    assert told(tablet, edit) == (202, WAITS)
    assert told(tablet, edit) == (202, WAITS)
    assert told(tablet, original) == (201, STORED)
    assert told(tablet, edit) == (201, AGAIN)
    assert records(store)["uuid:2"].bodies == [
        Body("held", "original_missing", edit)
    ]  # the pipeline applies it


def test_an_original_comes_again_after_its_edit(tablet: Wire, store: Store) -> None:
    original, edit = filled("uuid:1", men=21), filled("uuid:2", edits="uuid:1", men=22)
    assert told(tablet, original) == (201, STORED)
    assert told(tablet, edit) == (201, "Received and stored as an edit.")
    assert told(tablet, original) == (201, AGAIN)
    assert told(tablet, edit) == (201, AGAIN)
    assert [body.state for held in records(store).values() for body in held.bodies] == ["current", "edit"]


def test_another_body_under_the_same_id_is_kept_beside(tablet: Wire, store: Store) -> None:
    first, second = filled("uuid:1", men=21), filled("uuid:1", men=99)
    assert told(tablet, first) == (201, STORED)
    for _ in range(2):
        assert told(tablet, second) == (202, BESIDE)
    assert told(tablet, first) == (201, AGAIN)
    assert records(store)["uuid:1"].bodies == [Body("current", None, first), Body("conflict", None, second)]


def test_photos_of_a_conflicting_submission_are_kept(tablet: Wire, store: Store) -> None:
    first, second = filled("uuid:1", men=21), filled("uuid:1", men=99)
    assert tablet.post(xml_part(first), photo("a.jpg", b"a")).status == 201
    assert tablet.post(xml_part(second), photo("b.jpg", b"b")).status == 202
    assert records(store)["uuid:1"].files == [("a.jpg", b"a"), ("b.jpg", b"b")]
    assert blobs(store) == 2


def test_an_edit_that_names_itself_is_an_original(tablet: Wire, store: Store) -> None:
    assert told(tablet, filled("uuid:1", edits="uuid:1")) == (201, STORED)


def test_two_edits_that_name_each_other_wait(tablet: Wire, store: Store) -> None:
    assert told(tablet, filled("uuid:1", edits="uuid:2")) == (202, WAITS)
    assert told(tablet, filled("uuid:2", edits="uuid:1")) == (202, WAITS)


def test_the_same_id_in_two_forms_is_two_records(tablet: Wire, store: Store) -> None:
    assert told(tablet, filled("uuid:1")) == (201, STORED)
    assert told(tablet, filled("uuid:1", form="census"))[0] == 202
    with store.read() as session:
        from sqlalchemy import select

        from sync.tables import submission

        rows = session.all(select(submission.c.xml_form_id, submission.c.instance_id))
        assert sorted(map(tuple, (row.values() for row in rows))) == [("census", "uuid:1"), ("fmr", "uuid:1")]


def test_a_chain_of_edits_in_any_order_ends_in_the_same_answers(store: Store) -> None:
    """A <- B <- C <- D: each is answered 201 exactly when all before it are here, also within one batch."""
    reception = Reception(store)
    chain = [("A", None), ("B", "A"), ("C", "B"), ("D", "C")]
    for order in permutations(range(4)):
        sender, sent = Sender(new_uuid()), set()

        def arrive(link: int, sender: Sender = sender) -> object:
            name, edits = chain[link]
            xml = filled(f"uuid:{name}", edits=f"uuid:{edits}" if edits else None)
            return make_arrival(store.keyring, sender, read_envelope(xml), xml, now())

        for link in order:
            sent.add(link)
            expected = 201 if sent >= set(range(link)) else 202
            assert reception.accept(arrive(link)).status == expected  # type: ignore[arg-type]
        assert [reception.accept(arrive(link)).status for link in range(4)] == [201] * 4  # type: ignore[arg-type]
