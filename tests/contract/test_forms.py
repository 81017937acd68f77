"""Forms over the API: uploaded, listed for each role, changed, deleted and restored."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import quote

from sync.assignments import Place
from tests.contract.central_forms import MALFORMED, NO_META, WITH_FILES, WITH_REPEAT, simple, workbook
from tests.contract.people import Person, comes
from tests.server.office import Office

FORMS = "/projects/1/forms"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KEYS = {
    "projectId", "xmlFormId", "state", "enketoId", "enketoOnceId", "createdAt", "updatedAt",
    "webformsEnabled", "keyId", "version", "hash", "sha", "sha256", "draftToken", "publishedAt", "name",
}  # fmt: skip
EXTENDED = {
    "submissions", "entityRelated", "reviewStates", "lastSubmission", "excelContentType", "publicLinks",
    "createdBy", "publishNotes",
}  # fmt: skip


def sends(who: Person, path: str, body: bytes, kind: str = "application/xml", **headers: str) -> Any:
    """The JSON of an upload that is answered with 200."""
    answer = uploads(who, path, body, kind, **headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def uploads(who: Person, path: str, body: bytes, kind: str = "application/xml", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {"Authorization": f"Bearer {who.token}", "Content-Type": kind, **named}
    return who.client.post(f"/v1{path}", content=body, headers=sent)


def is_refused(who: Person, path: str, body: bytes) -> tuple[float, Any]:
    """Central's number and the details of the refusal of an upload."""
    answer = uploads(who, path, body)
    assert answer.status_code == int(answer.json()["code"]), answer.text
    return answer.json()["code"], answer.json().get("details")


def test_uploaded_form_is_a_draft_unless_it_is_published_at_once(office: Office, admin: Person) -> None:
    made = sends(admin, FORMS, simple("2.1"))
    assert set(made) == KEYS
    assert (made["publishedAt"], made["name"], made["version"], made["keyId"]) == (
        None,
        "Simple",
        "2.1",
        None,
    )
    assert made["sha256"] == hashlib.sha256(simple("2.1")).hexdigest()
    assert len(made["draftToken"]) == 64
    assert admin.gets(f"{FORMS}/simple") == made == admin.gets(f"{FORMS}/simple/draft")
    assert admin.gets(f"{FORMS}/simple/versions") == []
    assert office.sets_up_tablet().lists() == []

    out = sends(admin, f"{FORMS}?publish=True", WITH_REPEAT)
    assert (out["publishedAt"], out["updatedAt"], out["draftToken"]) == (out["createdAt"], None, None)
    assert (out["name"], out["version"]) == (None, "1.0")
    assert admin.asks("GET", f"{FORMS}/withrepeat.xml").content == WITH_REPEAT
    assert admin.is_refused("GET", f"{FORMS}/withrepeat/draft") == 404.1
    assert [each["xmlFormId"] for each in admin.gets(FORMS)] == ["simple", "withrepeat"]
    assert [each["formID"] for each in office.sets_up_tablet("Tablet 8").lists()] == ["withrepeat"]
    extended = admin.gets(FORMS, extended=True)[1]
    assert set(extended) == KEYS | EXTENDED
    assert extended["reviewStates"] == {"received": 0, "hasIssues": 0, "edited": 0}
    assert (extended["submissions"], extended["createdBy"]["displayName"]) == (0, "Amina")


def test_upload_that_cannot_be_taken_says_why(office: Office, admin: Person) -> None:
    sends(admin, FORMS, simple())
    assert is_refused(admin, FORMS, b"<hello")[0] == 400.2
    assert is_refused(admin, FORMS, b"<test/>") == (400.2, {"field": "formId"})
    number, details = is_refused(admin, FORMS, simple())
    assert (number, details["fields"]) == (409.3, ["projectId", "xmlFormId"])
    assert details["values"] == ["1", "simple"]
    for form_id in ("formid.xml", "formid.xls", "formid.xlsx"):
        assert is_refused(admin, FORMS, simple(form_id=form_id))[0] == 400.8
    assert is_refused(admin, FORMS, simple(form_id="a" * 65))[0] == 400.13
    assert is_refused(admin, FORMS, NO_META)[0] == 400.27
    assert sends(admin, f"{FORMS}?ignoreWarnings=true", NO_META)["xmlFormId"] == "old"
    assert sends(admin, FORMS, MALFORMED)["xmlFormId"] == "malformed"
    assert len(admin.gets(f"{FORMS}/malformed/draft/fields")) == 4
    for book in (b"no workbook", workbook("survey", ("type", "name", "label"), ("nonsense", "q", "Why?"))):
        answer = uploads(admin, FORMS, book, WORKBOOK)
        assert answer.json()["code"] == 400.15
        assert set(answer.json()["details"]) == {"error", "warnings"}
    assert "nonsense" in answer.json()["details"]["error"]
    paul = comes(office, "Paul", "viewer", Place(1))
    assert is_refused(paul, FORMS, simple(form_id="mine"))[0] == 403.1


def test_form_of_any_id_is_reached_by_its_address(office: Office, admin: Person) -> None:
    for form_id in ("a/b 100%", "enquête تشاد.y"):
        _is_reached(admin, form_id)


def _is_reached(admin: Person, form_id: str) -> None:
    sends(admin, FORMS, simple("v/1 é", form_id))
    at = f"{FORMS}/{quote(form_id, safe='')}"
    admin.does("POST", f"{at}/draft/publish")
    assert admin.gets(at)["xmlFormId"] == form_id
    version = quote("v/1 é", safe="")
    for path in (f"{at}.xml", f"{at}/versions/{version}.xml"):
        assert admin.asks("GET", path).content == simple("v/1 é", form_id)
    admin.does("PATCH", at, {"state": "closing"})
    admin.does("POST", f"{at}/draft")
    assert admin.gets(f"{at}/draft")["xmlFormId"] == form_id
    admin.does("DELETE", at)
    assert admin.is_refused("GET", at) == 404.1


def test_questions_are_listed_in_the_binds_own_words(office: Office, admin: Person) -> None:
    def told(*fields: tuple[str, str, str]) -> list[dict[str, Any]]:
        return [
            {"name": n, "path": p, "type": t, "binary": None, "selectMultiple": None} for n, p, t in fields
        ]

    sends(admin, FORMS, simple())
    assert admin.gets(f"{FORMS}/simple/fields") == told(
        ("meta", "/meta", "structure"), ("instanceID", "/meta/instanceID", "string"),
        ("name", "/name", "string"), ("age", "/age", "int"),
    )  # fmt: skip
    sends(admin, FORMS, WITH_REPEAT)
    assert admin.gets(f"{FORMS}/withrepeat/fields?odata=true")[2:] == told(
        ("name", "/name", "string"), ("children", "/children", "structure"),
        ("child", "/children/child", "repeat"), ("age", "/children/child/age", "int"),
    )  # fmt: skip


def test_each_role_sees_the_forms_it_has_to_do_with(office: Office, admin: Person) -> None:
    for form_id in ("open", "closing", "closed"):
        sends(admin, f"{FORMS}?publish=true", simple(form_id=form_id, title=form_id))
        admin.does("PATCH", f"{FORMS}/{form_id}", {"state": form_id})
    sends(admin, FORMS, simple(form_id="drafted", title="drafted"))
    seen = {
        "manager": ["closed", "closing", "drafted", "open"],
        "viewer": ["closed", "closing", "open"],
        "formview": ["closed", "closing", "open"],
        "formfill": ["closing", "open"],
    }
    for role, listed in seen.items():
        who = comes(office, f"a-{role}", role, Place(1))
        assert [each["xmlFormId"] for each in who.gets(FORMS)] == listed
        for form_id in seen["manager"]:
            for path in ("", ".xml", "/fields", "/attachments", "/manifest", "/versions"):
                status = who.asks("GET", f"{FORMS}/{form_id}{path}").status_code
                assert status == (200 if form_id in listed else 403), (role, form_id, path)
    with_forms = admin.gets("/projects?forms=true")[0]["formList"]
    assert [each["xmlFormId"] for each in with_forms] == seen["manager"]
    assert set(with_forms[0]) == KEYS | EXTENDED


def test_form_is_closed_and_opened(office: Office, admin: Person) -> None:
    sends(admin, f"{FORMS}?publish=true", simple())
    changed = admin.does(
        "PATCH", f"{FORMS}/simple", {"state": "closing", "webformsEnabled": False, "name": "x"}
    )
    assert (changed["state"], changed["webformsEnabled"], changed["name"]) == ("closing", False, "Simple")
    assert changed["updatedAt"] is not None
    assert int(admin.is_refused("PATCH", f"{FORMS}/simple", {"state": "the coolest"})) == 400
    assert admin.gets(f"{FORMS}/simple") == changed


def test_deleted_form_is_nowhere_and_comes_back_by_its_number(office: Office, admin: Person) -> None:
    sends(admin, f"{FORMS}?publish=true", simple())
    tablet = office.sets_up_tablet()
    gate = admin.does("POST", "/projects/1/app-users", {"displayName": "Gate"})["id"]
    admin.does("POST", f"{FORMS}/simple/assignments/app-user/{gate}")
    assert len(admin.gets("/projects/1/assignments/forms")) == 1
    assert admin.does("DELETE", f"{FORMS}/simple") == {"success": True}
    for path in ("", ".xml", "/draft", "/versions", "/assignments", ".svc"):
        assert int(admin.is_refused("GET", f"{FORMS}/simple{path}")) == 404, path
    assert (admin.gets(FORMS), tablet.lists()) == ([], [])
    assert admin.gets("/projects/1/assignments/forms") == []
    assert tablet.gets("/forms/simple.xml").status_code == 404
    (gone,) = admin.gets(f"{FORMS}?deleted=true")
    assert set(gone) == KEYS | {"id", "deletedAt"}

    number, details = is_refused(admin, FORMS, simple())
    assert number == 400.16
    assert details == {
        "warnings": {"workflowWarnings": [{"type": "deletedFormExists", "details": {"xmlFormId": "simple"}}]}
    }
    again = f"{FORMS}?publish=true&ignoreWarnings=true"
    assert is_refused(admin, again, simple()) == (409.6, {"xmlFormId": "simple", "version": ""})
    restore = f"{FORMS}/{gone['id']}/restore"
    assert admin.is_refused("POST", f"{FORMS}/simple/restore") == 400.11
    assert admin.does("POST", restore) == {"success": True}
    assert admin.gets(f"{FORMS}/simple")["version"] == ""
    assert admin.is_refused("POST", restore) == 404.1

    admin.does("DELETE", f"{FORMS}/simple")
    made = sends(admin, f"{FORMS}?ignoreWarnings=true", simple("two"))
    assert (made["version"], made["publishedAt"]) == ("two", None)
    assert tablet.lists() == []
    assert admin.is_refused("POST", restore) == 409.3
    admin.does("DELETE", f"{FORMS}/simple")
    admin.does("POST", restore)


def test_what_tablets_send_for_a_deleted_form_waits_for_it(office: Office, admin: Person) -> None:
    sends(admin, f"{FORMS}?publish=true", simple())
    tablet = office.sets_up_tablet()

    def sent(instance_id: str) -> int:
        xml = f'<data id="simple"><meta><instanceID>{instance_id}</instanceID></meta><age>3</age></data>'
        files = {"xml_submission_file": ("a.xml", xml.encode(), "text/xml")}
        return office.client.post(f"{tablet.base}/submission", files=files).status_code

    assert sent("uuid:1") == 201
    (before,) = admin.gets(FORMS, extended=True)
    admin.does("DELETE", f"{FORMS}/simple")
    assert sent("uuid:2") == 202
    (gone,) = admin.gets(f"{FORMS}?deleted=true", extended=True)
    assert (gone["submissions"], gone["lastSubmission"]) == (1, before["lastSubmission"])
    admin.does("POST", f"{FORMS}/{gone['id']}/restore")
    assert sent("uuid:3") == 201


def test_files_of_a_form_are_slots_it_names(office: Office, admin: Person) -> None:
    sends(admin, FORMS, WITH_FILES)
    empty = {"exists": False, "blobExists": False, "datasetExists": False, "hash": None}
    assert admin.gets(f"{FORMS}/files/attachments") == [
        {"name": "goodone.csv", "type": "file", **empty}, {"name": "goodtwo.mp3", "type": "audio", **empty},
    ]  # fmt: skip
    given = sends(admin, f"{FORMS}/files/draft/attachments/goodone.csv", b"test,csv\n1,2", "text/csv")
    assert given | {"updatedAt": ""} == {
        "name": "goodone.csv", "type": "file", "exists": True, "blobExists": True, "datasetExists": False,
        "hash": "2241de57bbec8144c8ad387e69b3a3ba", "updatedAt": "",
    }  # fmt: skip
    assert is_refused(admin, f"{FORMS}/files/draft/attachments/other.csv", b"x")[0] == 404.1
    admin.does("POST", f"{FORMS}/files/draft/publish")
    answer = admin.asks("GET", f"{FORMS}/files/attachments/goodone.csv")
    assert answer.content == b"test,csv\n1,2"
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    named = "attachment; filename=\"goodone.csv\"; filename*=UTF-8''goodone.csv"
    assert answer.headers["content-disposition"] == named
    etag = answer.headers["etag"]
    again = admin.asks("GET", f"{FORMS}/files/attachments/goodone.csv", If_None_Match=etag)
    assert again.status_code == 304
    manifest = admin.asks("GET", f"{FORMS}/files/versions/___/manifest").text
    assert "<hash>md5:2241de57bbec8144c8ad387e69b3a3ba</hash>" in manifest
    assert "/v1/projects/1/forms/files/versions/___/attachments/goodone.csv</downloadUrl>" in manifest
    assert admin.is_refused("GET", f"{FORMS}/files/attachments/goodtwo.mp3") == 404.1
