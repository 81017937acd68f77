"""What Collect and ODK's web forms bring along: audit logs, stray files, long lists, edits without files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median
from xml.etree import ElementTree

import pytest
from sqlalchemy import select

from sync.registry import publish_form
from sync.tables import answer_row, flag, submission
from tests.collect.yard import ONE_ENGINE, Yard, asks, attached, md5
from tests.contract.serving import served
from tests.receipt.ledger import records
from tests.receipt.tablet_wire import Part, Wire, photo, xml_part
from tests.server.office import LIST, MANIFEST, Office

VISIT = """
| survey |
| | type | name | label | default | parameters |
| | start | start | | | |
| | deviceid | deviceid | | | |
| | audit | audit | | | track-changes=true |
| | background-audio | sound | | | |
| | text | who | Who | ${last-saved#who} | |
| | decimal | d | D | | |
| | geotrace | way | Way | | |
| | time | hour | Hour | | |
| | image | photo | Photo | | |
| | begin_repeat | trip | Trip | | |
| | text | to | To | | |
| | end_repeat | | | | |
| settings |
| | form_id | form_title | version | client_editable |
| | visit | Visit | 1 | yes |
"""


def from_the_web(instance_id: str, who: str, edits: str = "") -> bytes:
    """As ODK's web-form engine 0.22 writes it: no XML declaration, fractions of a second without their last
    zeros, `;` without a blank, whole documents on one line, `deprecatedID` after the instanceID."""
    meta = f"<instanceID>{instance_id}</instanceID>"
    meta += f"<deprecatedID>{edits}</deprecatedID>" if edits else ""
    return (
        '<data id="visit" version="1"><start>2026-11-22T13:40:44.15+01:00</start>'
        f"<deviceid>getodk.org:webforms:abc</deviceid><who>{who}</who><d>123456789.123</d>"
        "<way>12.1 15.0 0.0 0.0;12.2 15.1 0.0 0.0</way><hour>14:05:00.000+01:00</hour>"
        '<photo>pho"to été.jpg</photo><trip><to>A</to></trip><trip><to>B</to></trip>'
        f"<meta>{meta}</meta></data>"
    ).encode()


@pytest.fixture
def yard(office: Office) -> Iterator[Yard]:
    publish_form(office.store, office.project_id, VISIT.encode(), "visit.md")
    with served(office) as url:
        yield Yard(office, url)


@pytest.fixture
def sender(yard: Yard) -> Wire:
    return yard.sets_up()


@ONE_ENGINE
def test_last_saved_is_the_tablets_own_and_edits_are_allowed(yard: Yard, sender: Wire) -> None:
    (entry,) = ElementTree.fromstring(asks(sender, "/formList").body)
    assert entry.find(f"{LIST}manifestUrl") is None
    document = asks(sender, entry.findtext(f"{LIST}downloadUrl", "")).body
    assert b'src="jr://instance/last-saved"' in document
    assert b'client-editable="true"' in document
    assert (
        ElementTree.fromstring(asks(sender, "/forms/visit/manifest").body).find(f"{MANIFEST}mediaFile")
        is None
    )


def test_web_forms_are_read_and_their_edit_keeps_the_files_of_the_original(yard: Yard, sender: Wire) -> None:
    picture = photo('pho"to été.jpg', b"\xff\xd8")
    plain = xml_part(from_the_web("uuid:w1", "Ümit &lt;&amp;&gt; 💧\nline"), "xml_submission_file")
    assert sender.post(plain, picture).status == 201
    assert sender.post(xml_part(from_the_web("uuid:w2", "Adam", edits="uuid:w1"), "blob")).status == 201
    yard.works()
    shown = yard.shows("uuid:w1")
    assert shown["record"] == {"root": "uuid:w1", "edits": ["uuid:w2"]}
    assert (shown["state"], shown["attachments_missing"]) == ("processed", [])
    assert yard.shows("uuid:w2")["attachments_missing"] == []
    with yard.office.store.read() as session:
        rows = session.all(select(answer_row).order_by(answer_row.c.table_path, answer_row.c.ordinal))
        root = session.scalar(select(submission.c.id).where(submission.c.instance_id == "uuid:w1"))
        codes = {row["code"] for row in session.all(select(flag.c.code))}
    assert "attachments_missing" not in codes
    assert [(row["root_id"], row["table_path"], row["answers"]) for row in rows] == [
        (
            root,
            "",
            {
                "/data/start": "2026-11-22T13:40:44.15+01:00",
                "/data/deviceid": "getodk.org:webforms:abc",
                "/data/who": "Adam",
                "/data/d": 123456789.123,
                "/data/way": {
                    "type": "LineString",
                    "coordinates": [[15.0, 12.1, 0.0], [15.1, 12.2, 0.0]],
                },
                "/data/hour": "14:05:00.000+01:00",
                "/data/photo": 'pho"to été.jpg',
            },
        ),
        (root, "/data/trip", {"/data/trip/to": "A"}),
        (root, "/data/trip", {"/data/trip/to": "B"}),
    ]


@ONE_ENGINE
def test_audit_log_that_grows_and_files_nobody_refers_to_are_kept(yard: Yard, sender: Wire) -> None:
    first = b"event,node,start,end\nform start,,1700000000000,\n"
    grown = first + (
        b"event,node,start,end,old-value,new-value\n"
        b'question,/data/trip[2]/to,1700000000001,1700000000002,,"two\nlines, ""quoted"""\n'
    )
    xml = from_the_web("uuid:a", "Awa").replace(b"<meta>", b"<meta><audit>audit.csv</audit>")
    left = attached("1700000000000.jpg", b"left over")
    sent = [
        sender.post(xml_part(xml), Part("audit.csv", log, "audit.csv", "text/csv"), left)
        for log in (first, grown)
    ]
    assert [answer.status for answer in sent] == [201, 201]
    files = sorted([("audit.csv", first), ("audit.csv", grown), ("1700000000000.jpg", b"left over")])
    assert records(yard.office.store)["uuid:a"].files == files


@ONE_ENGINE
def test_form_that_chooses_among_a_hundred_thousand_places_costs_little_to_check(
    yard: Yard, sender: Wire
) -> None:
    office = yard.office
    towns = "name,label\n" + "".join(f"t{n},Town {n}\n" for n in range(100_000))
    form = VISIT.replace(
        "| | text | who | Who", "| | select_one_from_file towns.csv | town | Town | | |\n| | text | who | Who"
    )
    publish_form(
        office.store, office.project_id, form.replace("| visit |", "| far |").encode(), "far.md",
        {"towns.csv": towns.encode()},
    )  # fmt: skip
    took = []
    for _ in range(9):
        begun = time.perf_counter()
        listed, files = asks(sender, "/formList"), asks(sender, "/forms/far/versions/1/manifest")
        took.append(time.perf_counter() - begun)
    assert median(took) < 0.25  # of both; a few milliseconds on an idle machine
    assert len(ElementTree.fromstring(listed.body)) == 2
    (file,) = ElementTree.fromstring(files.body)
    assert file.findtext(f"{MANIFEST}hash") == md5(towns.encode())
    got = asks(sender, file.findtext(f"{MANIFEST}downloadUrl", ""))
    assert got.body == towns.encode()
    tag = {"If-None-Match": got.headers["etag"]}
    assert asks(sender, file.findtext(f"{MANIFEST}downloadUrl", ""), headers=tag).status == 304
