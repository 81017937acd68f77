"""What receipt reads of a submission, in all the shapes it comes in."""

from __future__ import annotations

import time

import pytest

from sync.envelope import Envelope, EnvelopeUnreadable, read_envelope
from tests.receipt.tablet_wire import filled

ENCRYPTED = (
    b'<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="fmr" version="3" encrypted="yes">'
    b"<base64EncryptedKey>a2V5</base64EncryptedKey>"
    b'<orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>uuid:1</orx:instanceID></orx:meta>'
    b"<media><file>photo.jpg.enc</file></media></data>"
)


@pytest.mark.parametrize(
    ("xml", "envelope"),
    [
        (filled("uuid:1", edits="uuid:0", version="3"), Envelope("data", "fmr", "3", "uuid:1", "uuid:0")),
        (b"<d id='f'><meta><instanceID>\n uuid:1 </instanceID></meta></d>", Envelope("d", "f", "", "uuid:1")),
        (
            b"<d id='f'><meta><instanceID>uuid:1</instanceID><instanceName>&amp;x</instanceName></meta></d>",
            Envelope("d", "f", "", "uuid:1", None, "&x"),
        ),
        (b"<d id='f'><meta><instanceID/></meta></d>", Envelope("d", "f", "")),
        (
            b"<d xmlns='http://example.org/census' version=' 2 '/>",
            Envelope("d", "http://example.org/census", "2"),
        ),
        (b"<d><q>no id at all</q></d>", Envelope("d", None, "")),
        (
            b"<d id='f'><g><meta><instanceID>uuid:an answer</instanceID></meta></g></d>",
            Envelope("d", "f", ""),
        ),
        (ENCRYPTED, Envelope("data", "fmr", "3", "uuid:1", encrypted=True)),
        (
            "<d id='été'><meta><instanceID>تشاد</instanceID></meta></d>".encode("utf-16"),
            Envelope("d", "été", "", "تشاد"),
        ),
    ],
)
def test_the_envelope_is_read_by_local_names(xml: bytes, envelope: Envelope) -> None:
    assert read_envelope(xml) == envelope


def test_what_breaks_off_is_read_as_far_as_it_goes() -> None:
    xml = filled("uuid:1234", version="3")
    named = xml.index(b"</orx:instanceID>") + len(b"</orx:instanceID>")
    root = xml.index(b">", xml.index(b"<data")) + 1
    for length in range(len(xml)):
        if length < root:
            with pytest.raises(EnvelopeUnreadable):
                read_envelope(xml[:length])
        else:  # half an instanceID would be another record's
            instance_id = "uuid:1234" if length >= named else None
            assert read_envelope(xml[:length]) == Envelope("data", "fmr", "3", instance_id)


@pytest.mark.parametrize(
    "middle",
    [b"<g>" * 5000 + b"</g>" * 5000, b"<q/>" * 250_000, b"<q>" + b"x" * 4_000_000 + b"</q>"],
    ids=["deep", "many", "long"],
)
def test_odd_but_well_formed_xml_is_read(middle: bytes) -> None:
    xml = b"<d id='f'>" + middle + b"<meta><instanceID>uuid:1</instanceID></meta></d>"
    started = time.process_time()
    assert read_envelope(xml) == Envelope("d", "f", "", "uuid:1")
    assert time.process_time() - started < 3


def test_a_document_type_is_never_read() -> None:
    bomb = b"<!DOCTYPE d [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><d id='f'><q>&b;</q></d>"
    outside = b"<!DOCTYPE d SYSTEM 'file:///etc/passwd'><d id='f'/>"
    for xml in (bomb, outside, bomb.decode().encode("utf-16")):
        with pytest.raises(EnvelopeUnreadable, match="document type"):
            read_envelope(xml)
    spoken_of = b"<d id='f'><q><![CDATA[<!DOCTYPE d>]]></q></d>"
    assert read_envelope(spoken_of) == Envelope("d", "f", "")
