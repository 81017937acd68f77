"""A link that fails: answers are lost, uploads come again, photos come in any split and order."""

from __future__ import annotations

import time

from sync.store import Store
from tests.receipt.ledger import Body, Held, blobs, change_numbers, records, waiting
from tests.receipt.tablet_wire import INCOMPLETE, Wire, filled, multipart, photo, xml_part

XML = filled("uuid:1")
GATE, CAMP = photo("gate.jpg", b"\xff\xd8 gate" * 9000), photo("camp.jpg", b"\xff\xd8 camp")
AUDIT = photo("audit.csv", b"event,node,start,end\n")


def told(tablet: Wire, *parts: object) -> tuple[int, str]:
    answer = tablet.post(*parts)  # type: ignore[arg-type]
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.headers["x-openrosa-version"] == "1.0"
    return answer.status, answer.message


def test_a_submission_is_stored_as_it_was_sent(tablet: Wire, store: Store) -> None:
    assert told(tablet, xml_part(XML), CAMP) == (201, "Received and stored. 1 file stored.")
    assert records(store) == {"uuid:1": Held([Body("current", None, XML)], [("camp.jpg", CAMP.body)])}
    assert (waiting(store), blobs(store)) == (1, 1)


def test_tablet_resends_after_a_lost_answer(tablet: Wire, store: Store) -> None:
    body = multipart([xml_part(XML), CAMP])
    tablet.post_and_lose_the_answer(body)
    for _ in range(2):
        answer = tablet.post_body(body)
        assert (answer.status, answer.message) == (201, "Received before: nothing was changed.")
    assert records(store) == {"uuid:1": Held([Body("current", None, XML)], [("camp.jpg", CAMP.body)])}
    assert (waiting(store), blobs(store)) == (1, 1)


def test_photos_arrive_in_three_requests_in_the_wrong_order(tablet: Wire, store: Store) -> None:
    assert told(tablet, xml_part(XML), AUDIT, INCOMPLETE) == (201, "Received and stored. 1 file stored.")
    more = (201, "Received before, now with more files. 1 file stored.")
    assert told(tablet, CAMP, xml_part(XML), INCOMPLETE) == more
    assert told(tablet, GATE, xml_part(XML)) == more
    files = [("audit.csv", AUDIT.body), ("camp.jpg", CAMP.body), ("gate.jpg", GATE.body)]
    assert records(store) == {"uuid:1": Held([Body("current", None, XML)], files)}
    before = change_numbers(store)
    for parts in ([xml_part(XML), GATE, INCOMPLETE], [xml_part(XML), CAMP, AUDIT]):  # the retry starts again
        assert told(tablet, *parts) == (201, "Received before: nothing was changed.")
    assert records(store) == {"uuid:1": Held([Body("current", None, XML)], files)}
    assert (blobs(store), change_numbers(store)) == (3, before)


def test_two_files_of_one_name_are_both_kept(tablet: Wire, store: Store) -> None:
    other = photo("camp.jpg", b"another camp")
    assert told(tablet, xml_part(XML), CAMP, other, CAMP) == (201, "Received and stored. 2 files stored.")
    assert records(store)["uuid:1"].files == [("camp.jpg", other.body), ("camp.jpg", CAMP.body)]
    assert blobs(store) == 2


def test_file_names_keep_their_letters(tablet: Wire, store: Store) -> None:
    decomposed = photo("e\u0301te\u0301 تشاد.jpg", b"1")
    nameless = photo("nameless", b"2")
    parts = [
        decomposed,
        type(nameless)("field", b"2"),
        photo('a"b\n.jpg', b"3"),
        photo("x" * 300 + ".jpg", b""),
    ]
    assert told(tablet, xml_part(XML, filename=None), *parts)[0] == 201
    names = dict(records(store)["uuid:1"].files)
    assert names == {"été تشاد.jpg": b"1", "field": b"2", 'a"b.jpg': b"3", "x" * 251 + ".jpg": b""}


def test_a_large_photo_streams_through(tablet: Wire, store: Store) -> None:
    large = photo("film.mp4", bytes(range(256)) * 12_000)  # 3 MB
    assert told(tablet, xml_part(XML), large)[0] == 201
    assert records(store)["uuid:1"].files == [("film.mp4", large.body)]


def test_an_upload_that_loses_its_link_is_sent_again(tablet: Wire, store: Store) -> None:
    body = multipart([xml_part(XML), GATE, CAMP])
    for sent in (1, 400, 900, 60_000, len(body) - 3):
        tablet.post_and_hang_up(body, sent)
    deadline = time.monotonic() + 5
    while blobs(store) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (records(store), blobs(store)) == ({}, 0)
    assert tablet.post_body(body).status == 201
    assert records(store)["uuid:1"].files == [("camp.jpg", CAMP.body), ("gate.jpg", GATE.body)]
