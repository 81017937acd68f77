"""Roles: what they are, who gets them, and what nobody may hand out."""

from __future__ import annotations

import pytest

from sync.access import Grant, assign
from sync.assignments import Place
from sync.permissions import ROLES, VERBS, may_give
from sync.registry import create_project
from sync.store import now
from tests.contract.people import Person, comes
from tests.server.office import Office


def test_roles_are_centrals_eight_and_two_of_ours(admin: Person) -> None:
    roles = admin.gets("/roles")
    assert [(role["id"], role["system"]) for role in roles] == [
        (1, "admin"),
        (2, "app-user"),
        (3, "pwreset"),
        (4, "manager"),
        (5, "viewer"),
        (6, "formview"),
        (7, "formfill"),
        (8, "pub-link"),
        (101, "analyst"),
        (102, "supervisor"),
    ]
    assert all(sorted(role) == ["createdAt", "id", "name", "system", "updatedAt", "verbs"] for role in roles)
    for role in roles:
        assert admin.gets(f"/roles/{role['id']}") == admin.gets(f"/roles/{role['system']}") == role
    assert admin.is_refused("GET", "/roles/boss") == 404.1
    assert set(roles[0]["verbs"]) == VERBS - {"user.password.reset"}


def test_no_role_gives_what_it_has_not() -> None:
    gives = {
        giver.system: [
            given.system for given in ROLES if given.role and may_give(frozenset(giver.verbs), given)
        ]
        for giver in ROLES
        if "assignment.create" in giver.verbs
    }
    everybody = ["manager", "viewer", "formview", "formfill", "pub-link", "analyst", "supervisor"]
    assert gives == {
        "admin": ["admin", "app-user", *everybody],
        "manager": ["app-user", *everybody],
    }


def test_role_on_the_site_holds_everywhere_until_it_is_taken(office: Office, admin: Person) -> None:
    paul = comes(office, "Paul")
    assert paul.is_refused("GET", "/assignments") == 403.1
    assert admin.does("POST", f"/assignments/admin/{paul.id}") == {"success": True}
    assert admin.does("POST", f"/assignments/1/{paul.id}") == {"success": True}  # twice is once
    assert paul.gets("/assignments") == [
        {"actorId": admin.id, "roleId": 1},
        {"actorId": paul.id, "roleId": 1},
    ]
    assert [actor["displayName"] for actor in paul.gets("/assignments/admin")] == ["Amina", "Paul"]
    extended = paul.gets("/assignments?offset=1", extended=True)
    assert [sorted(each) for each in extended] == [["actor", "actorId", "roleId"]]
    assert extended[0]["actor"] == paul.gets("/assignments/1")[1]
    assert [project["name"] for project in paul.gets("/projects")] == ["Flow monitoring"]
    admin.does("DELETE", f"/assignments/admin/{paul.id}")
    assert admin.is_refused("DELETE", f"/assignments/admin/{paul.id}") == 404.1
    assert paul.is_refused("GET", "/assignments") == 403.1
    assert paul.gets("/projects") == []


def test_unknown_roles_and_actors_are_not_found(admin: Person) -> None:
    for method in ("POST", "DELETE"):
        assert admin.is_refused(method, f"/assignments/99/{admin.id}") == 404.1
        assert admin.is_refused(method, "/assignments/admin/999") == 404.1
        assert admin.is_refused(method, "/assignments/admin/x") == 400.11
    assert admin.is_refused("POST", f"/assignments/pwreset/{admin.id}") in (400.8, 403.1)


def test_manager_hands_out_roles_in_the_project_and_none_above(office: Office) -> None:
    here = f"/projects/{office.project_id}"
    nadia = comes(office, "Nadia", "manager", Place(office.project_id))
    paul = comes(office, "Paul")
    assert nadia.is_refused("POST", f"/assignments/manager/{paul.id}") == 403.1
    assert nadia.is_refused("POST", f"{here}/assignments/admin/{paul.id}") == 403.1
    nadia.does("POST", f"{here}/assignments/viewer/{paul.id}")
    assert nadia.gets(f"{here}/assignments") == [
        {"actorId": nadia.id, "roleId": 4},
        {"actorId": paul.id, "roleId": 5},
    ]
    assert paul.gets(here)["id"] == office.project_id
    assert paul.is_refused("PATCH", here, {"name": "Mine"}) == 403.1


def test_grant_for_a_part_of_a_project_does_not_manage_the_whole(office: Office) -> None:
    paul, nadia = comes(office, "Paul"), comes(office, "Nadia")
    narrowed = Grant("coordinator", office.project_id, pcode="TD07")
    office.store.write(lambda s: assign(s, paul.id, narrowed, now()))
    here = f"/projects/{office.project_id}"
    assert paul.gets(here)["id"] == office.project_id
    assert paul.is_refused("POST", f"{here}/assignments/viewer/{nadia.id}") == 403.1
    assert paul.is_refused("DELETE", here) == 403.1
    assert paul.is_refused("POST", f"{here}/app-users", {"displayName": "x"}) == 403.1
    verbs = paul.gets(here, extended=True)["verbs"]
    assert {"submission.read", "submission.update"} <= set(verbs)


@pytest.mark.parametrize("form", ["fmr", "a/b", "é 100%"])
def test_role_on_a_form_holds_on_that_form(office: Office, admin: Person, form: str) -> None:
    from urllib.parse import quote

    office.publishes(form)
    office.publishes("other")
    paul = comes(office, "Paul")
    here = f"/projects/{office.project_id}"
    on_form = f"{here}/forms/{quote(form, safe='')}/assignments"
    admin.does("POST", f"{on_form}/manager/{paul.id}")
    assert paul.gets(on_form) == [{"actorId": paul.id, "roleId": 4}]
    assert paul.gets(f"{on_form}/manager")[0]["displayName"] == "Paul"
    every = admin.gets(f"{here}/assignments/forms")
    assert every == [{"actorId": paul.id, "roleId": 4, "xmlFormId": form}]
    assert admin.gets(f"{here}/assignments/forms/4", extended=True)[0]["actor"]["id"] == paul.id
    assert admin.gets(f"{here}/assignments/forms/viewer") == admin.gets(f"{here}/assignments") == []
    other, absent = (paul.asks("GET", f"{here}/forms/{name}/assignments") for name in ("other", "none"))
    assert (other.status_code, other.content) == (absent.status_code, absent.content)
    assert other.status_code == 404
    assert paul.is_refused("GET", f"{here}/assignments") == 403.1
    admin.does("DELETE", f"{on_form}/manager/{paul.id}")
    assert paul.is_refused("GET", on_form) == 404.1


def test_tablets_user_has_the_tablets_role_in_its_project_and_people_have_not(
    office: Office, admin: Person
) -> None:
    office.publishes("fmr")
    other = office.store.write(lambda s: create_project(s, "Other"))
    key = admin.does("POST", f"/projects/{office.project_id}/app-users", {"displayName": "Gate"})
    here, there = (f"/projects/{id_}" for id_ in (office.project_id, other["id"]))
    assert admin.is_refused("POST", f"{here}/assignments/viewer/{key['id']}") == 400.8
    assert admin.is_refused("POST", f"{here}/assignments/app-user/{admin.id}") == 400.8
    assert admin.is_refused("POST", f"{there}/assignments/app-user/{key['id']}") == 404.1
    admin.does("POST", f"{here}/forms/fmr/assignments/2/{key['id']}")
