"""A story for each of the twenty bugs that other servers made with tablets (PROTOCOL 1.12): none is here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from xml.etree import ElementTree

import pytest
from sqlalchemy import update

from sync.orphans import sweep
from sync.places.sites import import_sites
from sync.problems import Conflict
from sync.registry import publish_form, set_form_state
from sync.store import now
from sync.tables import form
from tests.collect.yard import ONE_ENGINE, Yard, asks, attached, md5
from tests.contract.serving import served
from tests.receipt.ledger import records
from tests.receipt.tablet_wire import (
    FORM,
    INCOMPLETE,
    VERSION,
    Part,
    Wire,
    filled,
    multipart,
    photo,
    xml_part,
)
from tests.receipt.test_envelope import ENCRYPTED
from tests.server.office import LIST, MANIFEST, Office, xform
from tests.server.test_generated_lists import country, manifest, publishes

__all__ = ["country"]  # a fixture of the story of lists

FORM_XML = (
    xform(FORM, VERSION)
    .replace(b"<n/>", b"<start/><point/><n/><note/><photo/><second/>")
    .replace(b'<bind nodeset="/data/n"', b'<bind nodeset="/data/photo" type="binary"/>'
             b'<bind nodeset="/data/second" type="binary"/><bind nodeset="/data/n"')
)  # fmt: skip
STORED, AGAIN = "Received and stored.", "Received before: nothing was changed."


@pytest.fixture
def yard(office: Office) -> Iterator[Yard]:
    publish_form(office.store, office.project_id, FORM_XML, "form.xml")
    with served(office) as url:
        yield Yard(office, url)


@pytest.fixture
def sender(yard: Yard) -> Wire:
    return yard.sets_up()


def answered(instance_id: str, **values: str) -> bytes:
    """A filled form; values by the name of their question."""
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
    meta = f"<meta><instanceID>{instance_id}</instanceID></meta>"
    return f'<data id="{FORM}" version="{VERSION}">{inside}{meta}</data>'.encode()


@ONE_ENGINE
def test_01_what_is_stored_is_answered_201_and_never_200(sender: Wire) -> None:
    statuses = [sender.post(xml_part(filled("uuid:1"))).status for _ in range(3)]
    statuses.append(sender.post(xml_part(filled("uuid:2")), photo("a.jpg", b"a"), INCOMPLETE).status)
    assert (statuses, sender.head().status) == ([201] * 4, 204)


@ONE_ENGINE
def test_02_what_came_before_is_a_success(sender: Wire) -> None:
    body = multipart([xml_part(filled("uuid:1")), photo("a.jpg", b"a")])
    told = [(answer.status, answer.message) for answer in (sender.post_body(body), sender.post_body(body))]
    assert told == [(201, "Received and stored. 1 file stored."), (201, AGAIN)]


def test_03_what_comes_twice_at_once_is_one_record(yard: Yard, sender: Wire) -> None:
    bodies = [multipart([xml_part(filled(f"uuid:{number}"))]) for number in range(3)] * 8
    with ThreadPoolExecutor(8) as pool:
        assert {answer.status for answer in pool.map(sender.post_body, bodies)} == {201}
    kept = records(yard.office.store)
    assert {name: len(held.bodies) for name, held in kept.items()} == {f"uuid:{n}": 1 for n in range(3)}


@ONE_ENGINE
def test_04_what_has_no_instance_id_is_known_by_its_content(yard: Yard, sender: Wire) -> None:
    one, other = filled(None, men=1), filled(None, men=2)
    files = [photo(f"{n}.jpg", b"x" * n) for n in (1, 2, 3)]
    for parts in (
        [xml_part(one), files[0], INCOMPLETE],
        [xml_part(one), *files[1:]],
        [xml_part(one), *files],
    ):
        assert sender.post(*parts).status == 201
    assert sender.post(xml_part(other)).status == 201
    held = sorted((len(each.bodies), len(each.files)) for each in records(yard.office.store).values())
    assert held == [(1, 0), (1, 3)]


@ONE_ENGINE
def test_05_files_that_come_with_a_repeat_are_kept(yard: Yard, sender: Wire) -> None:
    assert sender.post(xml_part(filled("uuid:1"))).message == STORED
    late = sender.post(xml_part(filled("uuid:1")), photo("late.jpg", b"late"))
    assert (late.status, late.message) == (201, "Received before, now with more files. 1 file stored.")
    assert records(yard.office.store)["uuid:1"].files == [("late.jpg", b"late")]


@ONE_ENGINE
def test_06_files_of_the_same_bytes_or_name_are_no_conflict(yard: Yard, sender: Wire) -> None:
    xml = answered("uuid:1", photo="same.jpg", second="same.jpg")
    sent = [photo("same.jpg", b"one"), photo("copy.jpg", b"one"), photo("same.jpg", b"one")]
    assert [sender.post(xml_part(xml), *sent).status for _ in range(2)] == [201, 201]
    assert records(yard.office.store)["uuid:1"].files == [("copy.jpg", b"one"), ("same.jpg", b"one")]
    yard.works()
    shown = yard.shows("uuid:1")
    assert (shown["state"], shown["attachments_missing"]) == ("processed", [])


@ONE_ENGINE
def test_07_every_hash_is_the_md5_of_what_is_served(yard: Yard, sender: Wire) -> None:
    yard.office.publishes("pictures", names=("été.png",), media={"été.png": b"\x89PNG"})
    listed = ElementTree.fromstring(asks(sender, "/formList?deviceID=collect%3Ax").body)
    assert len(listed) == 2
    for entry in listed:
        assert entry.findtext(f"{LIST}hash") == md5(
            asks(sender, entry.findtext(f"{LIST}downloadUrl", "")).body
        )
    at = next(filter(None, (entry.findtext(f"{LIST}manifestUrl") for entry in listed)))
    (file,) = ElementTree.fromstring(asks(sender, at).body)
    assert file.findtext(f"{MANIFEST}hash") == md5(
        asks(sender, file.findtext(f"{MANIFEST}downloadUrl", "")).body
    )


@ONE_ENGINE
def test_08_the_bytes_of_a_form_are_the_same_for_everybody_at_any_time(yard: Yard, sender: Wire) -> None:
    other = yard.sets_up("Tablet 8")
    path = f"/forms/{FORM}/versions/{VERSION}.xml"
    hosts = ({}, {"Host": f"localhost:{sender.port}"}, {"User-Agent": "enketo"}, {"Accept-Language": "fr"})
    bodies = {asks(who, path, headers=headers).body for who, headers in product((sender, other), hosts)}
    yard.office.publishes(FORM, "later")
    assert bodies | {asks(sender, path).body} == {FORM_XML}


@ONE_ENGINE
def test_09_a_version_has_one_content_and_a_form_one_entry(yard: Yard, sender: Wire) -> None:
    with pytest.raises(Conflict):
        yard.office.publishes(FORM, VERSION, note=" more")
    yard.office.publishes(FORM, "later")
    listed = ElementTree.fromstring(asks(sender, "/formList").body)
    assert [entry.findtext(f"{LIST}formID") for entry in listed] == [FORM]


@ONE_ENGINE
def test_10_letters_of_a_file_name_are_kept_however_they_are_composed(yard: Yard, sender: Wire) -> None:
    composed = "Photo é تشاد 村.jpg"
    apart = unicodedata.normalize("NFD", composed)
    assert apart != composed
    xml = answered("uuid:1", photo=apart, second='a"b%22.jpg')
    assert sender.post(xml_part(xml), photo(composed, b"1"), photo('a"b%22.jpg', b"2")).status == 201
    yard.works()
    shown = yard.shows("uuid:1")
    assert (shown["attachments_received"], shown["attachments_expected"]) == (2, 2)


@ONE_ENGINE
def test_11_no_answer_is_too_bad_to_be_stored(yard: Yard, sender: Wire) -> None:
    bad = ("many", "NaN", "Infinity", "1e999", "💧" * 1000)
    for number, value in enumerate(bad):
        assert sender.post(xml_part(answered(f"uuid:{number}", n=value))).status == 201
    yard.works()
    assert {yard.shows(f"uuid:{number}")["state"] for number in range(len(bad))} == {"processed"}


@ONE_ENGINE
def test_12_what_was_finalized_for_a_closed_or_deleted_form_waits(yard: Yard, sender: Wire) -> None:
    store, project_id = yard.office.store, yard.office.project_id
    store.write(lambda session: set_form_state(session, project_id, FORM, "closed"))
    yard.office.app.state.catalogue.expire()
    closed = sender.post(xml_part(filled("uuid:1")))
    store.write(lambda session: set_form_state(session, project_id, FORM, "open"))
    yard.works()
    assert yard.shows("uuid:1")["state"] == "processed"
    store.write(lambda session: session.execute(update(form).values(deleted_at=now())))
    yard.office.app.state.catalogue.expire()
    deleted = sender.post(xml_part(filled("uuid:2")))
    assert [(answer.status, "held" in answer.message) for answer in (closed, deleted)] == [(202, True)] * 2
    assert yard.shows("uuid:2")["state"] == "held"


REFUSALS = {
    "no parts": (b"--x--\r\n", "multipart/form-data; boundary=x", 400),
    "no multipart": (b"<data/>", "text/xml", 400),
    "no xml part": (multipart([Part("other", b"x")]), None, 400),
    "no xml": (multipart([xml_part(b"not XML")]), None, 400),
    "cut": (multipart([xml_part(filled("uuid:1"))])[:-30], None, 400),
}


@ONE_ENGINE
def test_13_every_refusal_says_what_is_wrong(yard: Yard, sender: Wire) -> None:
    for name, (body, kind, status) in REFUSALS.items():
        answer = sender.post_body(body, kind)
        assert answer.status == status, name
        assert len(answer.message) > 20, name
        assert not re.search("undefined|None|null|Traceback", answer.message), name
    assert records(yard.office.store) == {}


@ONE_ENGINE
def test_14_no_error_is_a_page(sender: Wire) -> None:
    stranger = Wire(sender.host, sender.port, "/v1/key/" + "a" * 64 + "/projects/1")
    errors = [
        asks(sender, "/formList", "DELETE"),
        asks(sender, "/forms/none.xml"),
        asks(sender, f"/forms/{FORM}/attachments/none.png"),
        asks(sender, "/nothing"),
        asks(stranger, "/formList"),
        asks(stranger, "/forms/fmr/manifest"),
        stranger.post(xml_part(filled("uuid:1"))),
    ]
    assert [error.status for error in errors] == [405, 404, 404, 404, 403, 403, 403]
    for error in errors:
        assert error.headers["content-type"] == "text/xml; charset=utf-8"
        assert ElementTree.fromstring(error.body).tag == "{http://openrosa.org/http/response}OpenRosaResponse"
        assert b"<message" in error.body


@ONE_ENGINE
def test_15_encrypted_parts_are_kept_as_they_come_and_nothing_is_opened_early(
    yard: Yard, sender: Wire
) -> None:
    xml = ENCRYPTED.replace(b'version="3"', f'version="{VERSION}"'.encode()).replace(
        b"</media>", b"<file>b.jpg.enc</file></media><encryptedXmlFile>submission.xml.enc</encryptedXmlFile>"
    )
    parts = [attached(name, name.encode(), "application/octet-stream")
             for name in ("photo.jpg.enc", "b.jpg.enc", "submission.xml.enc")]  # fmt: skip
    for number, part in enumerate(parts):
        assert sender.post(xml_part(xml), part, *([INCOMPLETE] if number < 2 else [])).status == 201
        sweep(yard.office.store, older_than_s=0)
    assert sender.post(xml_part(xml), *parts).message == AGAIN
    assert records(yard.office.store)["uuid:1"].files == sorted((part.name, part.body) for part in parts)
    yard.works()
    assert (yard.shows("uuid:1")["state"], yard.shows("uuid:1")["attachments_missing"]) == ("processed", [])


@ONE_ENGINE
def test_16_a_list_that_loses_an_entry_has_another_hash(country: Office) -> None:
    publishes(country)
    collecting = country.sets_up_tablet()
    before = manifest(collecting)["fmp.csv"]["hash"]
    import_sites(
        country.store, country.project_id, b"place_id,name,kind,valid_to\nFMP-E,Gare,fmp,2020-01-01\n"
    )
    after = manifest(collecting)["fmp.csv"]
    assert before != after["hash"] == md5(collecting.gets(after["downloadUrl"]).content)


@ONE_ENGINE
def test_17_every_answer_is_as_long_as_it_says(yard: Yard, sender: Wire) -> None:
    yard.office.publishes("pictures", names=("a.png",), media={"a.png": b"\x89PNG" * 5000})
    at = "/forms/pictures/versions/1"
    for path in ("/formList", f"{at}.xml", f"{at}/manifest", f"{at}/attachments/a.png", "/forms/none.xml"):
        for encoding in ("identity", "gzip"):
            got = asks(sender, path, headers={"Accept-Encoding": encoding})
            assert int(got.headers["content-length"]) == len(got.body) > 0, path
        assert asks(sender, path, "HEAD").body == b""
    for answer in (sender.post(xml_part(filled("uuid:1"))), sender.post_body(b"x", "text/xml")):
        assert int(answer.headers["content-length"]) == len(answer.body) > 0


@ONE_ENGINE
def test_18_copies_of_a_submission_that_name_its_roots_are_all_taken(yard: Yard, sender: Wire) -> None:
    assert sender.post(xml_part(filled("uuid:1"))).status == 201
    copies = [filled(f"uuid:{number}", edits="uuid:1", men=number) for number in (2, 3)]
    copies.append(filled("uuid:4").replace(b"</orx:meta>", b"<rootUuid>uuid:1</rootUuid></orx:meta>"))
    assert [sender.post(xml_part(copy)).status for copy in copies] == [201, 201, 201]
    yard.works()
    record = yard.shows("uuid:1")
    assert sorted(record["record"]["edits"]) == ["uuid:2", "uuid:3"]
    assert "branched_edits" in {flag["code"] for flag in record["flags"]}
    assert yard.shows("uuid:4")["record"] == {"root": "uuid:4", "edits": []}


@ONE_ENGINE
def test_19_files_with_any_name_come_back(yard: Yard, sender: Wire) -> None:
    names = ("Enquête تشاد.png", 'a"b;c.png', "100%25.png", "e\u0301.png")
    yard.office.publishes("pictures", names=names, media={name: name.encode() for name in names})
    files = ElementTree.fromstring(asks(sender, "/forms/pictures/versions/1/manifest").body)
    assert len(files) == len(names)
    for file in files:
        got = asks(sender, file.findtext(f"{MANIFEST}downloadUrl", ""))
        assert (got.status, md5(got.body)) == (200, file.findtext(f"{MANIFEST}hash"))
        assert got.headers["content-disposition"].isascii()


@ONE_ENGINE
def test_20_changed_answers_under_a_used_id_are_kept_beside_the_first(yard: Yard, sender: Wire) -> None:
    first, changed = filled("uuid:1", men=1), filled("uuid:1", men=2)
    assert sender.post(xml_part(first), photo("a.jpg", b"a"), INCOMPLETE).status == 201
    for _ in range(2):
        assert sender.post(xml_part(changed), photo("b.jpg", b"b")).status == 202
    (held,) = records(yard.office.store).values()
    assert [(body.state, body.xml) for body in held.bodies] == [("current", first), ("conflict", changed)]
    assert held.files == [("a.jpg", b"a"), ("b.jpg", b"b")]
