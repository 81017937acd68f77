"""Records that are reviewed, deleted and talked about over REST, and what becomes of the figures."""

from __future__ import annotations

from sqlalchemy import select

from sync.erase import erase_submission
from sync.registry import publish_form, set_form_state
from sync.tables import submission, submission_comment
from sync.worker import Worker
from tests.contract.central_forms import filled, publishes, sends
from tests.contract.people import Person, comes
from tests.server.office import Office


def test_record_is_reviewed_deleted_restored_and_its_history_told(office: Office, admin: Person) -> None:
    path = publishes(office, "simple", name="string")
    bob = comes(office, "Bob", "manager")
    sends(admin, path, filled("simple", "one", name="Alice"))
    sends(admin, path, filled("simple", "two", name="Bob"))
    assert admin.is_refused("PATCH", f"{path}/none", {"reviewState": "approved"}) == 404.1
    assert admin.is_refused("PATCH", f"{path}/one", {"reviewState": "lovely"}) == 400.8
    told = bob.asks("PATCH", f"{path}/one", {"reviewState": "rejected"}, X_Action_Notes="not%20ours").json()
    assert (told["instanceId"], told["reviewState"]) == ("one", "rejected")
    assert told["updatedAt"] is not None
    sends(admin, f"{path}/one", filled("simple", "one.2", edits="one", name="Alyssa"), "PUT")
    assert admin.gets(f"{path}/one")["reviewState"] == "edited"
    assert admin.does("PATCH", f"{path}/one", {"reviewState": None})["reviewState"] is None
    assert admin.is_refused("POST", f"{path}/one/restore") == 404.1
    assert admin.does("DELETE", f"{path}/one") == {"success": True}
    assert admin.is_refused("GET", f"{path}/one") == admin.is_refused("DELETE", f"{path}/one") == 404.1
    assert admin.is_refused("GET", f"{path}/one.xml") == admin.is_refused("GET", f"{path}/one.2") == 404.1
    assert [each["instanceId"] for each in admin.gets(path)] == ["two"]
    gone = admin.gets(f"{path}?deleted=true")
    assert [each["instanceId"] for each in gone] == ["one"]
    assert gone[0]["deletedAt"] is not None
    assert sends(admin, path, filled("simple", "one", name="Alice")) == 409.3
    assert admin.does("POST", f"{path}/one/restore") == {"success": True}
    assert admin.gets(f"{path}/one")["currentVersion"]["instanceId"] == "one.2"

    history = admin.gets(f"{path}/one/audits", extended=True)
    ids = {key: history[-1]["details"][key] for key in ("submissionId", "instanceId")}
    assert [(each["action"], each["actor"]["displayName"], each["notes"]) for each in history] == [
        ("submission.restore", "Amina", None),
        ("submission.delete", "Amina", None),
        ("submission.update", "Amina", None),
        ("submission.update.version", "Amina", None),
        ("submission.update", "Bob", "not ours"),
        ("submission.create", "Amina", None),
    ]
    assert history[0]["details"] == history[1]["details"] == ids
    assert history[3]["details"] == ids | {
        "instanceId": "one.2", "submissionDefId": history[3]["details"]["submissionDefId"],
    }  # fmt: skip
    assert history[4]["details"]["reviewState"] == "rejected"
    assert "actor" not in admin.gets(f"{path}/one/audits?limit=1&offset=1")[0]


def test_people_write_about_a_record(office: Office, admin: Person) -> None:
    path = publishes(office, "simple", name="string")
    bob = comes(office, "Bob", "manager")
    sends(admin, path, filled("simple", "one", name="Alice"))
    assert admin.is_refused("POST", f"{path}/none/comments", {"body": "test"}) == 404.1
    assert admin.is_refused("POST", f"{path}/one/comments", {}) == 400.2
    made = admin.does("POST", f"{path}/one/comments", {"body": "call again"})
    assert set(made) == {"body", "actorId", "createdAt"}
    bob.does("POST", f"{path}/one/comments", {"body": "done"})
    assert [each["body"] for each in admin.gets(f"{path}/one/comments")] == ["done", "call again"]
    extended = admin.gets(f"{path}/one/comments", extended=True)
    assert [each["actor"]["displayName"] for each in extended] == ["Bob", "Amina"]
    office.store.write(lambda s: set_form_state(s, office.project_id, "simple", "closing"))
    assert admin.is_refused("GET", f"{path}/one/edit") == 409.12
    office.store.write(lambda s: set_form_state(s, office.project_id, "simple", "open"))
    assert admin.is_refused("GET", f"{path}/one/edit") == 409.11
    assert admin.is_refused("GET", f"{path}/none/edit") == 404.1

    with office.store.read() as session:
        uuid = session.scalar(select(submission.c.uuid))
    erase_submission(office.store, str(uuid), None, "asked for by the family")
    with office.store.read() as session:
        assert session.all(select(submission_comment)) == []
    assert admin.gets(path) == admin.gets(f"{path}?deleted=true") == []
    assert admin.is_refused("GET", f"{path}/one/comments") == 404.1


ENTITY_FORM = b"""<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
 xmlns:entities="http://www.opendatakit.org/xforms/entities"><h:head><h:title>People</h:title>
<model entities:entities-version="2024.1.0"><instance><data id="people" version="1"><name/>
<meta><instanceID/><entity dataset="people" id="" create=""><label/></entity></meta></data></instance>
<bind nodeset="/data/name" type="string" entities:saveto="first_name"/></model></h:head>
<h:body><input ref="/data/name"><label>Name</label></input></h:body></h:html>"""


def test_history_tells_which_entities_were_made(office: Office, admin: Person) -> None:
    publish_form(office.store, office.project_id, ENTITY_FORM, "people.xml")
    path = f"/projects/{office.project_id}/forms/people/submissions"
    uuid = "12345678-1234-4123-8234-123456789abc"
    made = f'<entity dataset="people" id="{uuid}" create="1"><label>Alice (88)</label></entity>'
    xml = filled("people", "one", version="1", name="Alice").decode()
    sends(admin, path, xml.replace("</meta>", f"{made}</meta>").encode())
    worker = Worker(office.store)
    worker.drain()
    worker.stop()
    event, came = admin.gets(f"{path}/one/audits")
    assert (event["action"], came["action"]) == ("entity.create", "submission.create")
    assert event["details"]["entity"] == {"uuid": uuid, "dataset": "people"}
    whole = admin.gets(f"{path}/one/audits", extended=True)[0]["details"]["entity"]
    assert (whole["uuid"], whole["currentVersion"]["label"]) == (uuid, "Alice (88)")
    admin.does("DELETE", f"/projects/{office.project_id}/datasets/people/entities/{uuid}")
    gone = admin.gets(f"{path}/one/audits", extended=True)[0]["details"]["entity"]
    assert gone == {"uuid": uuid, "dataset": "people"}
