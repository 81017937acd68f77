"""Who did what when, over the network."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert

from sync.audit import next_link
from sync.store import WriteSession
from sync.tables import audit
from tests.contract.people import PASSWORD, Person, comes
from tests.server.office import Office

KEYS = {"actorId", "action", "acteeId", "details", "loggedAt", "notes"}


def actions(admin: Person, query: str = "") -> list[str]:
    return [event["action"] for event in admin.gets(f"/audits{query}")]


def test_administrator_reads_who_did_what(office: Office, admin: Person) -> None:
    project = admin.does("POST", "/projects", {"name": "Flows"})
    admin.does("PATCH", f"/projects/{project['id']}", {"name": "Flows 2026"})
    paul = admin.does("POST", "/users", {"displayName": "Paul", "email": "paul@example.org"})
    events = admin.gets("/audits?limit=3", extended=True)
    assert [set(event) for event in events] == [KEYS | {"actor", "actee"}] * 3
    assert [(event["action"], event["details"]) for event in events] == [
        (
            "user.create",
            {
                "data": {
                    "actorId": paul["id"],
                    "email": "paul@example.org",
                    "password": None,
                    "lastLoginAt": None,
                }
            },
        ),
        ("project.update", {"data": {"name": "Flows 2026"}}),
        ("project.create", {"data": {"name": "Flows"}}),
    ]
    assert {event["actorId"] for event in events} == {admin.id}
    assert {event["actor"]["displayName"] for event in events} == {"Amina"}
    user = admin.gets(f"/users/{paul['id']}")
    assert events[0]["actee"] == {name: user[name] for name in events[0]["actee"]}
    assert events[1]["actee"] == admin.gets(f"/projects/{project['id']}") == events[2]["actee"]
    assert events[1]["acteeId"] == events[2]["acteeId"]
    plain = [{name: event[name] for name in KEYS} for event in events]
    assert admin.gets("/audits?limit=3") == plain
    assert admin.gets("/audits?limit=1&offset=1") == plain[1:2]
    assert comes(office, "Nadia", "manager").is_refused("GET", "/audits") == 403.1


def test_groups_of_actions(office: Office, admin: Person) -> None:
    office.publishes("fmr")
    paul = admin.does("POST", "/users", {"email": "paul@example.org", "password": PASSWORD})["id"]
    begins = {"email": "paul@example.org", "password": PASSWORD}
    assert office.client.post("/v1/sessions", json=begins).status_code == 200
    admin.does("PATCH", f"/users/{paul}", {"displayName": "Paul"})
    admin.does("POST", f"/assignments/admin/{paul}")
    admin.does("DELETE", f"/assignments/admin/{paul}")
    admin.does("DELETE", f"/users/{paul}")
    users = f"/projects/{office.project_id}/app-users"
    gate = admin.does("POST", users, {"displayName": "Gate"})
    admin.does("POST", f"/projects/{office.project_id}/forms/fmr/assignments/2/{gate['id']}")
    admin.does("DELETE", f"/sessions/{gate['token']}")
    admin.does("DELETE", f"{users}/{gate['id']}")
    assert actions(admin, "?action=user&limit=6") == [
        "user.delete", "user.assignment.delete", "user.assignment.create", "user.update",
        "user.session.create", "user.create",
    ]  # fmt: skip
    field_key = [
        "field_key.delete",
        "field_key.session.end",
        "field_key.assignment.create",
        "field_key.create",
    ]
    assert actions(admin, "?action=field_key") == field_key
    assert actions(admin, "?action=form") == ["form.update.publish"]
    given = admin.gets("/audits?action=user.assignment.create")[0]["details"]
    assert given == {"roleId": 1, "grantedActeeId": "*"}
    to_gate = admin.gets("/audits?action=field_key.assignment.create")[0]["details"]
    published = admin.gets("/audits?action=form.update.publish", extended=True)[0]
    assert to_gate == {"roleId": 2, "grantedActeeId": published["acteeId"]}
    assert admin.gets("/audits?action=user.update")[0]["details"] == {"data": {"displayName": "Paul"}}
    assert published["actee"] == admin.gets(f"/projects/{office.project_id}/forms/fmr")
    assert published["details"]["oldDefId"] is None
    assert published["details"]["newDefId"] > 0
    gone = admin.gets("/audits?action=user.delete", extended=True)[0]["actee"]
    assert (gone["displayName"], gone["deletedAt"] is None) == ("Paul", False)
    assert "actor" not in published  # the command line did it
    assert actions(admin, "?action=nothing.of.the.kind") == []
    people = f"/projects/{office.project_id}/datasets"
    admin.does("POST", people, {"name": "people"})
    one = admin.does("POST", f"{people}/people/entities", {"label": "Awa", "data": {}})
    made = admin.gets("/audits?action=entity", extended=True)[0]
    assert (made["action"], made["details"]["entity"]["uuid"]) == ("entity.create", one["uuid"])
    assert (made["actee"]["name"], made["actee"]["projectId"]) == ("people", office.project_id)
    assert actions(admin, "?action=dataset") == ["dataset.create"]
    figures = admin.gets(f"/projects/{office.project_id}", extended=True)
    assert (figures["datasets"], figures["lastEntity"] is None) == (1, False)
    (with_lists,) = admin.gets("/projects?datasets=true")
    assert [(each["name"], each["entities"]) for each in with_lists["datasetList"]] == [("people", 1)]
    assert with_lists | {"datasetList": None} == figures | {"datasetList": None}


def test_what_came_in_is_told_newest_first_and_never_what_it_says(office: Office, admin: Person) -> None:
    office.publishes("fmr")
    tablet = office.sets_up_tablet()
    for name in ("one", "two", "three"):
        meta = f"<meta><instanceID>{name}</instanceID></meta>"
        xml = f'<data id="fmr" version="1"><n>forty-one people</n>{meta}</data>'
        files = {"xml_submission_file": ("x.xml", xml), "photo.jpg": ("photo.jpg", name)}
        sent = office.client.post(f"{tablet.base}/submission", files=files)
        assert sent.status_code == 201, sent.text
    come = admin.gets("/audits?action=submission.create", extended=True)
    assert [event["details"]["instanceId"] for event in come] == ["three", "two", "one"]
    assert {event["actor"]["displayName"] for event in come} == {"Tablet 7"}
    assert {event["actee"]["xmlFormId"] for event in come} == {"fmr"}
    page = admin.gets("/audits?action=submission.create&offset=1&limit=1")
    assert [event["details"]["instanceId"] for event in page] == ["two"]
    files_told = admin.gets("/audits?action=submission.attachment.update")
    assert [event["details"]["name"] for event in files_told] == ["photo.jpg"] * 3
    assert sorted(actions(admin, "?action=submission")) == sorted(
        ["submission.create", "submission.attachment.update"] * 3
    )
    assert not {name for name in actions(admin, "?action=nonverbose") if name.startswith("submission")}
    assert "forty-one" not in admin.asks("GET", "/audits?action=submission").text


def test_between_two_dates(office: Office, admin: Person) -> None:
    def tests(session: WriteSession) -> None:
        previous = None
        for day in range(1, 11):
            at = datetime(2000, 1, day, tzinfo=UTC)
            previous_row: dict[str, Any] = next_link(previous, at, None, f"test.{day}", None, {})
            session.execute(insert(audit), previous_row)
            previous = previous_row["row_hash"]

    office.store.write(tests)
    found = {
        query: [name for name in actions(admin, query) if name.startswith("test.")]
        for query in (
            "?start=2000-01-08Z", "?start=2000-01-08T12:00Z", "?end=2000-01-03Z", "?end=2000-01-02T12:00Z",
            "?start=2000-01-02&end=2000-01-03T01:00%2B01:00",
        )
    }  # fmt: skip
    assert found == {
        "?start=2000-01-08Z": ["test.10", "test.9", "test.8"],
        "?start=2000-01-08T12:00Z": ["test.10", "test.9"],
        "?end=2000-01-03Z": ["test.3", "test.2", "test.1"],
        "?end=2000-01-02T12:00Z": ["test.2", "test.1"],
        "?start=2000-01-02&end=2000-01-03T01:00%2B01:00": ["test.3", "test.2"],
    }
    assert admin.is_refused("GET", "/audits?start=yesterday") == 400.11
    assert admin.is_refused("GET", "/audits?end=2000-13-01") == 400.11
