"""App users over the network, and what their keys open."""

from __future__ import annotations

import re

from sqlalchemy import select

from sync.access import authenticate
from sync.assignments import Place
from sync.tables import token
from sync.tokens import read_token
from tests.contract.people import Person, comes
from tests.server.office import Office
from tests.server.test_whole_app import submission_of


def test_app_user_has_no_form_until_it_is_given_one(office: Office, admin: Person) -> None:
    office.publishes("fmr")
    office.publishes("fms")
    here = f"/projects/{office.project_id}"
    made = admin.does("POST", f"{here}/app-users", {"displayName": "Gate north"})
    assert sorted(made) == sorted(
        ["id", "type", "displayName", "createdAt", "updatedAt", "deletedAt", "projectId", "token"]
    )
    assert (made["type"], made["displayName"], made["projectId"]) == (
        "field_key",
        "Gate north",
        office.project_id,
    )
    assert re.fullmatch(r"[A-Za-z0-9!$]{64}", made["token"])
    device = f"/v1/key/{made['token']}{here}"

    def listed() -> list[str]:
        answer = office.client.get(f"{device}/formList")
        assert answer.status_code == 200
        return re.findall(r"<formID>(.*?)</formID>", answer.text)

    def sends(form: str, instance_id: str) -> int:
        return office.client.post(
            f"{device}/submission", files=submission_of(form, "1", instance_id)
        ).status_code

    assert (listed(), sends("fmr", "uuid:1")) == ([], 202)  # held: nothing a tablet sends is refused
    admin.does("POST", f"{here}/forms/fmr/assignments/app-user/{made['id']}")
    assert (listed(), sends("fmr", "uuid:2"), sends("fms", "uuid:3")) == (["fmr"], 201, 202)
    admin.does("DELETE", f"{here}/forms/fmr/assignments/2/{made['id']}")
    assert listed() == []


def test_key_is_told_again_to_whoever_could_make_one(office: Office, admin: Person) -> None:
    here = f"/projects/{office.project_id}/app-users"
    first = admin.does("POST", here, {"displayName": "Tablet 1"})
    second = admin.does("POST", here, {"displayName": "Tablet 2"})
    ended = admin.does("POST", here, {"displayName": "Lost"})
    admin.does("DELETE", f"/sessions/{ended['token']}")
    assert admin.gets(here) == [second, first, {**ended, "token": None}]
    assert admin.gets(f"{here}/{first['id']}") == first
    extended = admin.gets(f"{here}?limit=1", extended=True)
    assert [(each["createdBy"]["displayName"], each["lastUsed"]) for each in extended] == [("Amina", None)]
    supervisor = comes(office, "Sara", "supervisor", Place(office.project_id))
    shown = [each["token"] for each in supervisor.gets(here)]
    assert [key and key.startswith("kept-secret-") for key in shown] == [True, True, None]


def test_key_of_the_command_line_is_good_and_was_shown_once(office: Office, admin: Person) -> None:
    tablet = office.sets_up_tablet("Tablet 7")
    (listed,) = admin.gets(f"/projects/{office.project_id}/app-users")
    assert (listed["displayName"], listed["token"]) == ("Tablet 7", f"kept-secret-{tablet.token[7:15]}")


def test_database_alone_does_not_give_a_key_away(office: Office, admin: Person) -> None:
    made = admin.does("POST", f"/projects/{office.project_id}/app-users", {"displayName": "Gate"})
    with office.store.read() as session:
        (row,) = session.all(select(token))
        assert authenticate(session, made["token"]).actor.id == made["id"]
    assert made["token"][15:].encode() not in row["sealed"]
    assert made["token"] not in repr(dict(row))
    assert read_token(made["token"][:-1] + ("A" if made["token"][-1] != "A" else "B")) is None


def test_deleted_app_user_is_gone_from_the_list_and_locked_out(office: Office, admin: Person) -> None:
    here = f"/projects/{office.project_id}"
    other = admin.does("POST", "/projects", {"name": "Other"})["id"]
    made = admin.does("POST", f"{here}/app-users", {"displayName": "Gate"})
    device = f"/v1/key/{made['token']}{here}/formList"
    assert office.client.get(device).status_code == 200
    assert admin.is_refused("DELETE", f"/projects/{other}/app-users/{made['id']}") == 404.1
    assert admin.is_refused("GET", f"/projects/{other}/app-users/{made['id']}") == 404.1
    assert admin.does("DELETE", f"{here}/app-users/{made['id']}") == {"success": True}
    assert admin.gets(f"{here}/app-users") == []
    assert admin.is_refused("DELETE", f"{here}/app-users/{made['id']}") == 404.1
    assert office.client.get(device).status_code == 403


def test_app_user_needs_a_name(admin: Person, office: Office) -> None:
    here = f"/projects/{office.project_id}/app-users"
    assert [
        admin.is_refused("POST", here, body) for body in ({}, {"displayName": ""}, {"displayName": " "})
    ] == [
        400.2,
        400.2,
        400.8,
    ]
    assert admin.is_refused("POST", here, {"displayName": 7}) == 400.11
    assert admin.gets(here) == []
