"""Forms, manifests and media: the very bytes, and only when the tablet has not got them."""

from __future__ import annotations

import gzip
import hashlib

import pytest

from tests.server.office import Office, Tablet, xform

VILLAGES = b"name,label\n" + b"\n".join(b"v%d,Village %d" % (n, n) for n in range(200))


def test_form_is_served_as_it_was_published(office: Office, tablet: Tablet) -> None:
    published = office.publishes("fmr", "1")
    answer = tablet.gets("/forms/fmr/versions/1.xml")
    assert answer.content == xform("fmr", "1")
    assert hashlib.md5(answer.content).hexdigest() == published.hash
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.headers["x-openrosa-version"] == "1.0"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert tablet.gets("/forms/fmr.xml").content == answer.content


def test_old_version_stays_what_it_was(office: Office, tablet: Tablet) -> None:
    office.publishes("fmr", "1", note=" people")
    office.publishes("fmr", "2", note=" households")
    assert tablet.gets("/forms/fmr/versions/1.xml").content == xform("fmr", "1", note=" people")
    assert tablet.gets("/forms/fmr.xml").content == xform("fmr", "2", note=" households")


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_form_on_the_tablet_is_not_sent_again(office: Office, tablet: Tablet, encoding: str) -> None:
    office.publishes("fmr")
    first = tablet.gets("/forms/fmr/versions/1.xml", Accept_Encoding=encoding)
    assert first.headers.get("content-encoding", "identity") == encoding
    assert first.headers["vary"] == "Accept-Encoding"
    tag = first.headers["etag"]
    again = tablet.gets("/forms/fmr/versions/1.xml", Accept_Encoding=encoding, If_None_Match=f'"x", W/{tag}')
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert tablet.gets("/forms/fmr/versions/1.xml", If_None_Match='"other"').status_code == 200


def test_each_encoding_has_its_own_tag(office: Office, tablet: Tablet) -> None:
    office.publishes("fmr")
    tags = {
        tablet.gets("/forms/fmr.xml", Accept_Encoding=encoding).headers["etag"]
        for encoding in ("gzip", "identity", "gzip;q=0")
    }
    assert len(tags) == 2


def test_zipped_bytes_are_the_same_bytes(office: Office, tablet: Tablet) -> None:
    office.publishes("fmr")
    with tablet.client.stream(
        "GET", f"{tablet.base}/forms/fmr.xml", headers={"Accept-Encoding": "gzip"}
    ) as answer:
        raw = b"".join(answer.iter_raw())
    assert len(raw) < len(xform("fmr", "1"))
    assert gzip.decompress(raw) == xform("fmr", "1")


def test_manifest_names_the_files_that_are_there(office: Office, tablet: Tablet) -> None:
    media = {"gate.png": b"\x89PNG", "villages.csv": VILLAGES}
    published = office.publishes("fmr", "1", media=media, names=("gate.png", "later.png"))
    (missing,) = [p for p in published.problems if p.code == "missing-media"]
    assert (missing.severity, "later.png" in missing.detail) == ("warning", True)
    (entry,) = tablet.lists()
    at = f"http://127.0.0.1:8080{tablet.base}/forms/fmr/versions/1/attachments"
    assert tablet.reads_manifest(entry["manifestUrl"]) == [
        {"filename": name, "hash": f"md5:{hashlib.md5(content).hexdigest()}", "downloadUrl": f"{at}/{name}"}
        for name, content in media.items()
    ]
    answer = tablet.gets(entry["manifestUrl"])
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.headers["x-openrosa-version"] == "1.0"
    tag = answer.headers["etag"]
    assert tablet.gets(entry["manifestUrl"], If_None_Match=tag).status_code == 304
    office.publishes("fmr", "1", media={"later.png": b"now"}, names=("gate.png", "later.png"))
    assert len(tablet.reads_manifest(entry["manifestUrl"])) == 3
    assert tablet.gets(entry["manifestUrl"], If_None_Match=tag).status_code == 200


def test_media_arrive_whole_and_once(office: Office, tablet: Tablet) -> None:
    office.publishes("fmr", media={"villages.csv": VILLAGES})
    (file,) = tablet.reads_manifest(tablet.lists()[0]["manifestUrl"])
    answer = tablet.gets(file["downloadUrl"])
    assert answer.content == VILLAGES
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == "attachment"
    again = tablet.gets(file["downloadUrl"], If_None_Match=answer.headers["etag"])
    assert again.status_code == 304
    asked = tablet.gets(file["downloadUrl"], method="HEAD", Accept_Encoding="identity")
    assert (asked.status_code, asked.headers["content-length"]) == (200, str(len(VILLAGES)))


ODD_IDS = (
    "a/b",
    "flux 2026",
    "enquête-تشاد",
    "50%",
    "a+b",
    "x&y<z",
    "q?#",
    "http://tool/form",
    "a.xml",
    "%2F",
)


def test_odd_form_ids_survive_the_way_through_addresses(office: Office, tablet: Tablet) -> None:
    for form_id in ODD_IDS:
        office.publishes(form_id, "1/2 b", media={"plan é+%.png": b"plan " + form_id.encode()})
    listed = tablet.lists()
    assert {entry["formID"] for entry in listed} == set(ODD_IDS)
    for entry in listed:
        assert entry["downloadUrl"].isascii()
        assert not set(entry["downloadUrl"]) & set(' <>"{}|\\^`+&?#')
        assert tablet.gets(entry["downloadUrl"]).content == xform(entry["formID"], "1/2 b")
        (file,) = tablet.reads_manifest(entry["manifestUrl"])
        assert file["filename"] == "plan é+%.png"
        assert tablet.gets(file["downloadUrl"]).content == b"plan " + entry["formID"].encode()


def test_what_is_not_there_is_said_in_openrosa(office: Office, tablet: Tablet) -> None:
    office.publishes("fmr", media={"yes.png": b"1"})
    assert tablet.gets("/forms/fmr/attachments/yes.png").status_code == 200
    for path in (
        "/forms/nothing.xml",
        "/forms/fmr/versions/9.xml",
        "/forms/fmr/attachments/no.png",
        "/forms/",
        "/forms/fmr/versions/1.xml/more",
        "/forms/%FF.xml",
        "/nothing",
        "/formList/",
    ):
        answer = tablet.gets(path)
        assert (path, answer.status_code) == (path, 404)
        assert answer.headers["content-type"].startswith("text/xml")
        assert answer.headers["x-openrosa-version"] == "1.0"
        assert "<OpenRosaResponse" in answer.text
