"""A tablet's card comes to the office: what is on it is received as if it had been sent."""

from __future__ import annotations

import unicodedata
import zipfile
from hashlib import sha256
from pathlib import Path

from sqlalchemy import select

from sync.tables import submission, submission_version
from tests.receipt.station import Station
from tests.receipt.tablet_wire import Part, multipart, xml_part
from tests.rescue.card import COLLECT, book, filled, put, zipped
from tests.rescue.conftest import Desk, became

JPEG = b"\xff\xd8\xff" + bytes(range(256)) * 40


def _is(content: bytes) -> str:
    return sha256(content).hexdigest()


def test_half_is_sent_over_the_air_and_all_by_cable(desk: Desk, tmp_path: Path) -> None:
    """One record each, with all photos, whatever came first and by whichever way."""
    card = tmp_path / "card" / COLLECT / "0a1b" / "instances"
    whole, half = filled("uuid:whole", photo="a.jpg"), filled("uuid:half", photo="b.jpg", voice="b.m4a")
    put(card, "Visit_1", whole, {"a.jpg": JPEG + b"a"})
    put(card, "Visit_2", half, {"b.jpg": JPEG + b"b", "b.m4a": b"voice"})
    put(card, "Visit_3", filled("uuid:never", photo="c.jpg"), {"c.jpg": JPEG + b"c"})
    put(card, "Visit_4", filled("uuid:edit", men=4, edits="uuid:whole"))
    put(card, "Visit_5", filled("uuid:lone", edits="uuid:nowhere"))
    put(card, "Visit_6", filled("uuid:other-form", form="census"))
    put(card, "Visit_7", filled("uuid:bare", photo="lost.jpg", voice="cut.m4a"), {"cut.m4a": b""})
    with Station(desk.store) as station:
        wire = station.wire(desk.mission)
        assert wire.post(xml_part(whole), Part("a.jpg", JPEG + b"a", "a.jpg", "image/jpeg")).status == 201
        assert wire.post_body(multipart([xml_part(half)])).status == 201

    tried = desk.imports(tmp_path / "card", dry_run=True)
    before = desk.holds()
    done = desk.imports(tmp_path / "card")
    expected = {
        "Visit_1": "here", "Visit_2": "completed", "Visit_3": "new", "Visit_4": "edit", "Visit_5": "held",
        "Visit_6": "held", "Visit_7": "new",
    }  # fmt: skip
    assert became(tried) == became(done) == expected
    assert [(line.files, line.missing, line.notes) for line in tried.lines] == [
        (line.files, line.missing, line.notes) for line in done.lines
    ]
    assert before.identities == [("visit", "uuid:half"), ("visit", "uuid:whole")]  # it was tried only
    assert {line.folder.rpartition("/")[2]: line.files for line in done.lines if line.files} == {
        "Visit_2": 2,
        "Visit_3": 1,
    }
    bare = done.lines[-1]
    assert bare.missing == ("cut.m4a", "lost.jpg")
    assert bare.notes == ["cut.m4a is empty in this copy, and is left out."]
    assert "does not know this form" in done.lines[5].notes[0]
    assert "edits arrives" in done.lines[4].notes[0]

    here = desk.holds()
    assert here.files == [
        ("visit", "uuid:whole", "a.jpg", _is(JPEG + b"a")),
        ("visit", "uuid:half", "b.jpg", _is(JPEG + b"b")),
        ("visit", "uuid:half", "b.m4a", _is(b"voice")),
        ("visit", "uuid:never", "c.jpg", _is(JPEG + b"c")),
    ]
    assert len(here.bodies) == len(here.identities) == 7
    with desk.store.read() as session:
        row = session.first(
            select(submission_version.c.user_agent, submission.c.device_id, submission.c.actor_uuid)
            .join(submission, submission.c.id == submission_version.c.submission_id)
            .where(submission.c.instance_id == "uuid:never")
        )
    assert row is not None
    assert tuple(row.values()) == ("waypost import instances card", "collect:seven", None)

    blobs = sorted(path.name for path in desk.store.blobs.folder.glob("??/*"))
    again = desk.imports(zipped(tmp_path / "card", tmp_path / "card.zip"), tmp_path / "card")
    assert set(became(again).values()) == {"here"}
    assert desk.holds() == here
    assert sorted(path.name for path in desk.store.blobs.folder.glob("??/*")) == blobs


def test_another_device_and_another_body_under_one_id_are_kept_and_told(desk: Desk, tmp_path: Path) -> None:
    put(tmp_path / "a" / "instances", "Visit_1", filled("uuid:1"))
    put(tmp_path / "b" / "instances", "Visit_1", filled("uuid:1", device="collect:eight"), {"x.jpg": JPEG})
    desk.imports(tmp_path / "a", app_user_id=desk.app_user_id)
    (line,) = desk.imports(tmp_path / "b").lines
    assert (str(line.outcome), line.files) == ("conflict", 1)
    assert line.notes == ["It came before from another device (collect:seven)."]
    assert desk.holds().states == {("visit", "uuid:1"): ["current", "conflict"]}
    (held,) = desk.imports(
        put(tmp_path / "c", "Other_1", filled("uuid:2", form="census")), app_user_id=desk.app_user_id
    ).lines
    assert "not given to this device" in held.notes[0]


def test_unfinished_deleted_and_foreign_files_are_told_apart(desk: Desk, tmp_path: Path) -> None:
    tree = tmp_path / "card" / COLLECT / "0a1b"
    instances = tree / "instances"
    put(instances, "Draft_by_book", filled("uuid:d1"))
    put(instances, "Draft_by_end", filled("uuid:d2", end=""))
    put(instances, "Done_by_book", filled("uuid:f1", end=""))
    put(tmp_path / "card" / ".Trash-1000" / "instances", "Deleted", filled("uuid:t1"))
    book(tree, {"Draft_by_book": "incomplete", "Done_by_book": "submissionFailed"})
    forms = tree / "forms"
    (forms / "visit-media").mkdir(parents=True)
    (forms / "visit.xml").write_bytes(b"<h:html xmlns:h='http://www.w3.org/1999/xhtml'/>")
    (forms / "visit-media" / "last-saved.xml").write_bytes(filled("uuid:last"))
    (tree / "shared_prefs.xml").write_bytes(b"<map/>")
    mac = tmp_path / "card" / "__MACOSX" / "instances"
    put(mac, "Draft_by_end", b"\x00\x05\x16\x07")
    (instances / "Done_by_book" / "._Done_by_book.xml").write_bytes(b"\x00\x05\x16\x07")
    (instances / "Done_by_book" / ".DS_Store").write_bytes(b"x")

    expected = {"Deleted": "trash", "Draft_by_book": "draft", "Draft_by_end": "draft", "Done_by_book": "new"}
    seen = desk.imports(tmp_path / "card")
    assert (became(seen), seen.passed_over, seen.is_clean) == (expected, 2, True)
    assert desk.holds().identities == [("visit", "uuid:f1")]
    (tree / "metadata" / "instances.db").write_bytes(b"SQLite format 3\x00 and then nothing")
    all_of_it = became(desk.imports(tmp_path / "card", drafts=True, trash=True, dry_run=True))
    assert [all_of_it[name] for name in expected] == ["new", "new", "new", "here"]
    assert became(desk.imports(tmp_path / "card"))["Draft_by_book"] == "new"  # nobody says otherwise now


def test_names_in_two_spellings_and_several_projects(desk: Desk, tmp_path: Path) -> None:
    name = unicodedata.normalize("NFD", "Enquête é_1")
    photo = unicodedata.normalize("NFD", "forêt.jpg")
    first = tmp_path / "card" / COLLECT / "0a1b" / "instances"
    folder = put(first, name, filled("uuid:nfd", photo="forêt.jpg"), {photo: JPEG, "extra.txt": b"kept"})
    folder.rename(folder.with_name(unicodedata.normalize("NFC", name)))
    put(tmp_path / "card" / COLLECT / "2c3d" / "instances", "Visit_1", filled("uuid:second"))
    loose = tmp_path / "card" / "by hand"
    loose.mkdir()
    (loose / "one.xml").write_bytes(filled("uuid:loose1", photo="1.jpg"))
    (loose / "two.xml").write_bytes(filled("uuid:loose2", photo="2.jpg"))
    for file in ("1.jpg", "2.jpg", "holiday.jpg"):
        (loose / file).write_bytes(JPEG + file.encode())

    only = desk.imports(tmp_path / "card", collect_projects=("0a1b",))
    assert (len(only.lines), only.lines[0].missing, only.lines[0].files) == (1, (), 2)
    assert sorted(became(desk.imports(tmp_path / "card")).values()) == ["here", "new", "new", "new"]
    files = {(instance, name) for _, instance, name, _ in desk.holds().files}
    assert files == {
        ("uuid:nfd", "forêt.jpg"),
        ("uuid:nfd", "extra.txt"),
        ("uuid:loose1", "1.jpg"),
        ("uuid:loose2", "2.jpg"),
    }


def test_encrypted_records_and_a_browsers_export(desk: Desk, tmp_path: Path) -> None:
    sealed = tmp_path / "instances" / "Secret_1"
    sealed.mkdir(parents=True)
    manifest = (
        b'<data xmlns="http://opendatakit.org/submissions" id="visit" version="1" encrypted="yes">'
        b"<base64EncryptedKey>AAAA</base64EncryptedKey><meta><instanceID>uuid:secret</instanceID></meta>"
        b"<media><file>a.jpg.enc</file></media><encryptedXmlFile>submission.xml.enc</encryptedXmlFile></data>"
    )
    (sealed / "submission.xml").write_bytes(manifest)
    for name in ("submission.xml.enc", "a.jpg.enc", "a.jpg", "Secret_1.xml"):
        (sealed / name).write_bytes(b"\x00" + name.encode())
    export = tmp_path / "Visit_2026-11-22_10-00-00.zip"
    with zipfile.ZipFile(export, "w") as archive:
        for folder, instance in (("Visit_2026-11-20_08-00-00", "e1"), ("Visit_2026-11-21_08-00-00", "e2")):
            archive.writestr(f"{folder}/submission.xml", filled(f"uuid:{instance}", photo="p.jpg"))
            archive.writestr(f"{folder}/p.jpg", JPEG)
        archive.writestr("meta.json", b'[{"folder": "Visit_2026-11-21_08-00-00", "draft": true}]')

    assert list(became(desk.imports(tmp_path / "instances", export)).values()) == ["new", "new", "draft"]
    files = [(instance, name) for _, instance, name, _ in desk.holds().files]
    assert sorted(files) == [
        ("uuid:e1", "p.jpg"),
        ("uuid:secret", "a.jpg.enc"),
        ("uuid:secret", "submission.xml.enc"),
    ]
    assert sha256(manifest).hexdigest() in {body[2] for body in desk.holds().bodies}
