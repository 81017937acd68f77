"""Versions of records and their files over REST."""

from __future__ import annotations

import gzip
from typing import Any

import httpx

from tests.contract.central_forms import filled, publishes, sends
from tests.contract.people import Person, comes
from tests.server.office import Office

FILES = {"file1": "my_file1.mp4", "file2": "here_is_file2.jpg"}


def told(*exist: str) -> list[dict[str, Any]]:
    return [{"name": name, "exists": name in exist} for name in sorted(FILES.values())]


def puts(who: Person, path: str, content: bytes, method: str = "POST", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return who.client.request(
        method, f"/v1{path}", content=content, headers={"Authorization": f"Bearer {who.token}", **named}
    )


def test_versions_and_what_each_changed(office: Office, admin: Person) -> None:
    path = publishes(office, "simple", name="string", age="int")
    one = filled("simple", "one", name="custom name", age=30)
    two = filled("simple", "two", edits="one", age=31)
    sends(admin, path, one, user_agent="tests/1")
    sends(admin, f"{path}/one?deviceID=updateDevice", two, "PUT", user_agent="tests/2")
    found = admin.gets(f"{path}/one/versions")
    assert [(v["instanceId"], v["instanceName"], v["current"], v["deviceId"]) for v in found] == [
        ("two", None, True, "updateDevice"),
        ("one", "custom name", False, None),
    ]
    assert [v["userAgent"] for v in found] == ["tests/2", "tests/1"]
    assert all("formVersion" not in v for v in found)
    extended = admin.gets(f"{path}/one/versions", extended=True)
    assert [(v["formVersion"], v["submitter"]["displayName"]) for v in extended] == [("", "Amina")] * 2
    assert admin.gets(f"{path}/one/versions/one") == found[1]
    assert admin.asks("GET", f"{path}/one/versions/one.xml").content == one
    assert admin.asks("GET", f"{path}/one/versions/two.xml").content == two
    for rest in ("three", "three.xml", "three/attachments"):
        assert admin.is_refused("GET", f"{path}/one/versions/{rest}") == 404.1
    assert admin.is_refused("GET", f"{path}/none/diffs") == 404.1
    assert admin.gets(f"{path}/one/diffs") == {
        "two": [
            {"new": "two", "old": "one", "path": ["meta", "instanceID"]},
            {"old": "custom name", "path": ["meta", "instanceName"]},
            {"new": "one", "path": ["meta", "deprecatedID"]},
            {"new": "31", "old": "30", "path": ["age"]},
        ]
    }


def test_files_are_added_shown_taken_off_and_carried_forward(office: Office, admin: Person) -> None:
    path = publishes(office, "files", file1="binary", file2="binary")
    sends(admin, path, filled("files", "both", **FILES))
    files, first = f"{path}/both/attachments", "my_file1.mp4"
    assert admin.gets(files) == told()
    assert admin.is_refused("GET", f"{files}/{first}") == 404.1
    assert puts(admin, f"{files}/cool.mp3", b"testaudio").status_code == 404
    video = {"Content_Type": "video/mp4"}
    assert puts(admin, f"{files}/{first}", b"this is test file one", **video).json() == {"success": True}
    got = admin.asks("GET", f"{files}/{first}")
    assert (got.content, got.headers["content-type"]) == (b"this is test file one", "video/mp4")
    assert got.headers["etag"] == '"75f5701abfe7de8202cecaa0ca753f29"'
    assert got.headers["content-disposition"] == (
        "attachment; filename=\"my_file1.mp4\"; filename*=UTF-8''my_file1.mp4"
    )
    assert admin.asks("GET", f"{files}/{first}", If_None_Match=got.headers["etag"]).status_code == 304
    sends(admin, f"{path}/both", filled("files", "both2", edits="both", **FILES), "PUT")
    sends(admin, f"{path}/both", filled("files", "both3", edits="both2", **FILES), "PUT")
    assert admin.gets(files) == told(first)
    middle = f"{path}/both/versions/both2/attachments"
    assert puts(admin, f"{middle}/{first}", b"", "DELETE").json() == {"success": True}
    assert admin.is_refused("DELETE", f"{middle}/other.mp4") == 404.1
    for version, there in (("both", first), ("both2", ""), ("both3", first)):
        assert admin.gets(f"{path}/both/versions/{version}/attachments") == told(there)
    assert admin.does("DELETE", f"{files}/{first}") == {"success": True}
    assert admin.gets(files) == told()
    packed = gzip.compress(b"this is test file one")
    assert puts(admin, f"{files}/{first}", packed, Content_Encoding="gzip").status_code == 200
    assert admin.asks("GET", f"{files}/{first}").headers["content-type"] == "application/octet-stream"
    assert puts(admin, f"{files}/{first}", b"another").status_code == 200
    assert puts(admin, f"{files}/{first}", b"this is test file one").status_code == 200
    assert admin.asks("GET", f"{files}/{first}").content == b"this is test file one"
    events = admin.gets("/audits?action=submission.attachment.update")
    told_of = [(e["actorId"], e["details"]["instanceId"], "newBlobId" in e["details"]) for e in events]
    third = [(admin.id, "both3", new) for new in (True, True, True, False)]
    assert told_of == [*third, (admin.id, "both2", False), (admin.id, "both", True)]
    again, other, once = (event["details"] for event in events[:3])
    assert again["oldBlobId"] == other["newBlobId"] != once["newBlobId"] == again["newBlobId"]
    assert events[-1]["details"] == {
        "instanceId": "both",
        "submissionDefId": events[-1]["details"]["submissionDefId"],
        "name": first,
        "oldBlobId": None,
        "newBlobId": events[-1]["details"]["newBlobId"],
    }
    assert admin.gets("/audits?action=nonverbose&limit=1")[0]["action"] != events[0]["action"]


def test_who_sent_a_record_adds_what_is_missing_to_it(office: Office, admin: Person) -> None:
    path = publishes(office, "files", file1="binary", file2="binary")
    chelsea, david = comes(office, "Chelsea", "formfill"), comes(office, "David", "formfill")
    sends(chelsea, path, filled("files", "both", **FILES))
    where = f"{path}/both/attachments/my_file1.mp4"
    assert puts(david, where, b"testimage").json()["code"] == 403.1
    assert puts(chelsea, where, b"testimage").status_code == 200
    assert puts(chelsea, where, b"testimage").json()["code"] == 403.1
    sends(admin, f"{path}/both", filled("files", "both2", edits="both", **FILES), "PUT")
    assert puts(chelsea, f"{path}/both/attachments/here_is_file2.jpg", b"x").json()["code"] == 403.1
    for name, kind in (("a.csv", "text/csv; charset=utf-8"), ("b.geojson", "application/geo+json")):
        sends(admin, path, filled("files", name, file1=name))
        puts(admin, f"{path}/{name}/attachments/{name}", b"a,b", Content_Type="")
        assert admin.asks("GET", f"{path}/{name}/attachments/{name}").headers["content-type"] == kind
