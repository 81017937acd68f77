"""Drafts: set, tested, given files, replaced, published; and what becomes of what was sent to test them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from sync.drafts import current_draft, draft_by_token, space_of_draft
from sync.envelope import read_envelope
from sync.receipt import Reception, Sender, make_arrival
from sync.registry import get_form
from sync.store import now
from sync.tables import form_draft, submission
from tests.contract.central_forms import WITH_FILES, simple, workbook
from tests.contract.people import Person
from tests.contract.test_forms import FORMS, WORKBOOK, is_refused, sends
from tests.server.office import Office

SIMPLE = f"{FORMS}/simple"


@pytest.fixture
def published(office: Office, admin: Person) -> Person:
    """The administrator, who has published a first version without a name."""
    sends(admin, f"{FORMS}?publish=true", simple())
    return admin


def test_draft_is_set_replaced_and_published(office: Office, published: Person) -> None:
    admin = published
    assert admin.is_refused("GET", f"{SIMPLE}/draft") == 404.1
    assert admin.is_refused("POST", f"{SIMPLE}/draft/publish") == 404.1
    assert sends(admin, f"{SIMPLE}/draft", simple("2", title="New")) == {"success": True}
    first = admin.gets(f"{SIMPLE}/draft")
    assert (first["version"], first["name"], first["publishedAt"]) == ("2", "New", None)
    assert (admin.gets(SIMPLE)["version"], admin.gets(SIMPLE)["name"]) == ("", "Simple")
    assert [each["version"] for each in admin.gets(f"{SIMPLE}/versions")] == [""]
    sends(admin, f"{SIMPLE}/draft", simple("3"))
    second = admin.gets(f"{SIMPLE}/draft")
    assert (second["version"], second["draftToken"]) == ("3", first["draftToken"])

    assert admin.does("POST", f"{SIMPLE}/draft/publish") == {"success": True}
    assert admin.is_refused("GET", f"{SIMPLE}/draft") == 404.1
    assert admin.gets(SIMPLE)["version"] == "3"
    assert [each["version"] for each in office.sets_up_tablet().lists()] == ["3"]
    admin.does("POST", f"{SIMPLE}/draft")  # with nothing: a copy of what is published
    copied = admin.gets(f"{SIMPLE}/draft")
    assert (copied["sha256"], copied["draftToken"] == first["draftToken"]) == (second["sha256"], False)
    refusal = admin.asks("POST", f"{SIMPLE}/draft/publish")
    assert refusal.json()["code"] == 409.6
    assert refusal.json()["details"] == {"xmlFormId": "simple", "version": "3"}
    noted = {"X_Action_Notes": "shorter%20hint"}
    assert admin.asks("POST", f"{SIMPLE}/draft/publish?version=4%20a", **noted).status_code == 200
    listed = admin.gets(f"{SIMPLE}/versions", extended=True)
    assert [(each["version"], each["publishNotes"]) for each in listed] == [
        ("4 a", "shorter hint"), ("3", None), ("", None)
    ]  # fmt: skip
    assert [each["publishedBy"]["displayName"] for each in listed] == ["Amina"] * 3
    assert admin.asks("GET", f"{SIMPLE}/versions/4%20a.xml").content == simple("4 a")
    assert admin.asks("GET", f"{SIMPLE}/versions/___.xml").content == simple()
    assert admin.is_refused("GET", f"{SIMPLE}/versions/5") == 404.1


def test_draft_is_thrown_away_only_when_something_is_left(published: Person) -> None:
    admin = published
    assert admin.is_refused("DELETE", f"{SIMPLE}/draft") == 404.1
    admin.does("POST", f"{SIMPLE}/draft")
    token = admin.gets(f"{SIMPLE}/draft")["draftToken"]
    assert admin.does("DELETE", f"{SIMPLE}/draft") == {"success": True}
    assert admin.is_refused("GET", f"{SIMPLE}/draft") == 404.1
    admin.does("POST", f"{SIMPLE}/draft")
    assert admin.gets(f"{SIMPLE}/draft")["draftToken"] != token
    sends(admin, FORMS, simple(form_id="new"))
    assert admin.is_refused("DELETE", f"{FORMS}/new/draft") == 409.7
    assert is_refused(admin, f"{FORMS}/new/draft", b"") == (400.2, {"field": "xml"})
    mismatch = {"field": "xmlFormId", "value": "other", "reason": "does not match the form you are updating"}
    assert is_refused(admin, f"{SIMPLE}/draft", simple(form_id="other")) == (400.8, mismatch)
    assert is_refused(admin, f"{FORMS}/none/draft", simple())[0] == 404.1


def test_draft_is_held_against_what_was_published(published: Person) -> None:
    admin = published
    path = f"{SIMPLE}/draft"
    assert is_refused(admin, path, simple(age="date")) == (400.17, {"path": "/age", "type": "int"})
    as_text = simple("2", age="string")
    sends(admin, path, as_text)
    admin.does("POST", f"{path}/publish")
    assert is_refused(admin, path, simple("3")) == (400.17, {"path": "/age", "type": "string"})
    renamed = as_text.replace(b"age", b"years")
    changed = {"workflowWarnings": [{"type": "structureChanged", "details": ["age"]}]}
    assert is_refused(admin, path, renamed) == (400.16, {"warnings": changed})
    sends(admin, f"{path}?ignoreWarnings=True", renamed)
    admin.does("POST", f"{path}/publish?version=3")
    assert is_refused(admin, path, simple("4"))[0] == 400.17  # what an older version had counts too


def test_files_carry_over_by_their_names(admin: Person) -> None:
    at = f"{FORMS}/files"
    sends(admin, FORMS, WITH_FILES)
    for name in ("goodone.csv", "goodtwo.mp3"):
        sends(admin, f"{at}/draft/attachments/{name}", f"this is {name}".encode(), "text/xml")

    def there(path: str = "/draft") -> dict[str, bool]:
        return {each["name"]: each["exists"] for each in admin.gets(f"{at}{path}/attachments")}

    sends(admin, f"{at}/draft", WITH_FILES.replace(b"goodtwo", b"greattwo"))
    assert there() == {"goodone.csv": True, "greattwo.mp3": False}
    assert admin.is_refused("DELETE", f"{at}/draft/attachments/greattwo.mp3") == 404.1
    admin.does("POST", f"{at}/draft/publish")
    assert there("") == there("/versions/___") == {"goodone.csv": True, "greattwo.mp3": False}
    answer = admin.asks("GET", f"{at}/attachments/goodone.csv")
    assert (answer.content, answer.headers["content-type"]) == (
        b"this is goodone.csv",
        "text/xml; charset=utf-8",
    )
    sends(
        admin, f"{at}/draft?ignoreWarnings=true", WITH_FILES.replace(b'id="files"', b'id="files" version="2"')
    )
    assert there() == {"goodone.csv": True, "goodtwo.mp3": False}
    assert admin.does("DELETE", f"{at}/draft/attachments/goodone.csv") == {"success": True}
    assert there() == {"goodone.csv": False, "goodtwo.mp3": False}
    assert there("")["goodone.csv"] is True


def test_entity_list_stands_for_a_file_of_its_name(admin: Person) -> None:
    at = f"{FORMS}/files"

    def slots(path: str = "/draft") -> list[tuple[str, bool, bool]]:
        listed = admin.gets(f"{at}{path}/attachments")
        return [(each["name"], each["blobExists"], each["datasetExists"]) for each in listed]

    sends(admin, FORMS, WITH_FILES)
    slot = f"{at}/draft/attachments/goodone.csv"
    assert admin.is_refused("PATCH", slot, {"dataset": True}) == 404.1
    for name in ("goodone", "goodtwo.mp3"):
        admin.asks("POST", "/projects/1/datasets", {"name": name})
    assert slots() == [("goodone.csv", False, False), ("goodtwo.mp3", False, False)]
    linked = admin.does("PATCH", slot, {"dataset": True})
    assert (linked["exists"], linked["blobExists"], linked["datasetExists"]) == (True, False, True)
    sends(admin, slot, b"a,b", "text/csv")
    assert slots()[0] == ("goodone.csv", True, False)
    admin.does("PATCH", slot, {"dataset": True})
    admin.does("POST", f"{at}/draft/publish")
    assert slots("")[0] == ("goodone.csv", False, True)
    admin.does("POST", f"{at}/draft")
    assert slots()[0] == ("goodone.csv", False, True)
    admin.does("PATCH", slot, {"dataset": False})
    assert (slots()[0], slots("")[0]) == (("goodone.csv", False, False), ("goodone.csv", False, True))
    sends(admin, f"{at}/draft", WITH_FILES.replace(b"goodone", b"new").replace(b"<town/>", b"<town/><x/>"))
    admin.asks("POST", "/projects/1/datasets", {"name": "new"})
    sends(admin, f"{at}/draft", WITH_FILES.replace(b"goodone", b"new").replace(b"<town/>", b"<town/><x/>"))
    assert slots()[1] == ("new.csv", False, True)  # by itself, for the list is there by now


def test_workbook_comes_back_as_it_was_sent(office: Office, admin: Person) -> None:
    settings = office.app.state.settings
    office.app.state.settings = replace(settings, forms=replace(settings.forms, java="none"))
    book = workbook("survey", ("type", "name", "label"), ("text", "q", "Why?"))
    path = f"{FORMS}?publish=true"
    made = sends(admin, path, book, WORKBOOK, X_XlsForm_FormId_Fallback="mon%20formulaire")
    assert made["xmlFormId"] == "mon_formulaire"
    at = f"{FORMS}/mon_formulaire"
    answer = admin.asks("GET", f"{at}.xlsx")
    assert (answer.content, answer.headers["content-type"]) == (book, WORKBOOK)
    again = admin.asks("GET", f"{at}.xlsx", If_None_Match=answer.headers["etag"])
    assert again.status_code == 304
    assert admin.is_refused("GET", f"{at}.xls") == 404.1
    assert admin.gets(at, extended=True)["excelContentType"] == WORKBOOK
    admin.does("POST", f"{at}/draft")
    admin.does("POST", f"{at}/draft/publish?version=new")
    assert admin.asks("GET", f"{at}.xlsx").content == book
    sends(admin, f"{at}/draft", admin.asks("GET", f"{at}.xml").content)
    assert admin.is_refused("GET", f"{at}/draft.xlsx") == 404.1


def test_what_was_sent_to_test_a_draft_outlives_it(office: Office, published: Person) -> None:
    admin, store = published, office.store
    admin.does("POST", f"{SIMPLE}/draft")
    token = admin.gets(f"{SIMPLE}/draft")["draftToken"]

    def tests(instance_id: str) -> str:
        """Send to the test address; the space it went to."""
        with store.read() as session:
            draft = draft_by_token(session, 1, "simple", token, also_ended=True)
        assert draft is not None
        xml = f'<data id="simple"><meta><instanceID>{instance_id}</instanceID></meta></data>'.encode()
        sender = Sender(space_of_draft(draft))
        arrival = make_arrival(store.keyring, sender, read_envelope(xml), xml, now())
        assert Reception(store).accept(arrival).status == 201
        return sender.project_uuid

    first = tests("uuid:1")
    assert admin.gets(f"{SIMPLE}/draft", extended=True)["submissions"] == 1
    assert admin.gets(SIMPLE, extended=True)["submissions"] == 0
    sends(admin, f"{SIMPLE}/draft", simple("2"))
    assert admin.gets(f"{SIMPLE}/draft", extended=True)["submissions"] == 0
    second = tests("uuid:2")
    admin.does("POST", f"{SIMPLE}/draft/publish")
    assert tests("uuid:3") == second != first
    with store.read() as session:
        kept = session.all(select(submission.c.project_uuid, submission.c.instance_id))
        ended = session.all(select(form_draft.c.uuid, form_draft.c.ended_at.is_not(None).label("over")))
        assert current_draft(session, get_form(session, 1, "simple")["id"]) is None
    assert {tuple(row.values()) for row in kept} == {
        (first, "uuid:1"), (second, "uuid:2"), (second, "uuid:3")
    }  # fmt: skip
    assert {tuple(row.values()) for row in ended} == {(first, True), (second, True)}
