"""An upload is cut at every byte, and nothing false is acknowledged."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from sync.store import Store
from tests.receipt.gates import no_cut_is_acknowledged, no_lost_link_leaves_anything
from tests.receipt.ledger import blobs, records
from tests.receipt.tablet_wire import Wire, filled, multipart, photo, xml_part

PARTS = [
    xml_part(filled("uuid:1")),
    photo("gate.jpg", b"\xff\xd8--gate"),
    photo("camp.jpg", b"\xff\xd8\r\ncamp"),
]


def test_a_body_that_ends_before_its_closing_boundary_is_refused(tablet: Wire, store: Store) -> None:
    no_cut_is_acknowledged(tablet, store, PARTS)
    assert tablet.post(*PARTS).status == 201  # whole, it is taken


def test_a_link_that_breaks_at_any_byte_leaves_nothing(
    tablet: Wire, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.openrosa.multipart._BUFFER", 0)  # every byte goes to the disk as it comes
    no_lost_link_leaves_anything(tablet, store, PARTS)
    assert tablet.post(*PARTS).status == 201


def test_a_body_without_its_last_line_break_is_whole(tablet: Wire, store: Store) -> None:
    assert tablet.post_body(multipart(PARTS).removesuffix(b"\r\n")).status == 201
    assert tablet.post_body(multipart(PARTS) + b"an epilogue nobody reads").status == 201
    assert len(records(store)) == 1


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        (multipart(PARTS), "", "with a boundary"),
        (multipart(PARTS), "multipart/form-data", "with a boundary"),
        (multipart(PARTS), "text/xml", "with a boundary"),
        (multipart(PARTS), "multipart/form-data; boundary=another", "cut before its end"),
        (multipart(PARTS[1:]), None, "no part named xml_submission_file"),
        (multipart(PARTS[:1] * 2), None, "two parts named xml_submission_file"),
        (multipart([xml_part(b"")]), None, "cannot be read"),
        (multipart([xml_part(b"<html><p>Log in")]), None, ""),
        (multipart([xml_part(b"PK\x03\x04")]), None, "cannot be read"),
        (multipart([xml_part(b"<!DOCTYPE d [<!ENTITY x 'y'>]><d id='fmr'/>")]), None, "document type"),
        (b"", None, "cut before its end"),
    ],
)  # fmt: skip
def test_what_is_no_submission_is_refused_in_words(
    tablet: Wire, store: Store, body: bytes, content_type: str | None, words: str
) -> None:
    answer = tablet.post_body(body, content_type)
    if words:
        assert answer.status == 400
        assert words in answer.message
        assert (records(store), blobs(store)) == ({}, 0)
    else:  # well-formed as far as it goes, from a device we know: held for a person to look at
        assert answer.status == 202
        assert [held.bodies[0].hold for held in records(store).values()] == ["unreadable"]
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"


def test_head_is_answered_as_collect_wants_it_and_only_to_who_may_post(tablet: Wire, store: Store) -> None:
    answer = tablet.head()
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["x-openrosa-version"] == "1.0"
    assert int(answer.headers["x-openrosa-accept-content-length"]) > 0
    mine = tablet.path
    for key, status in (("a" * 64, 403), ("no key", 401)):  # unknown; nothing that could be one
        tablet.path = re.sub("/key/[^/]+", f"/key/{quote(key)}", mine)
        assert [tablet.head().status, tablet.post(*PARTS).status] == [status, status]
    assert (records(store), blobs(store)) == ({}, 0)
