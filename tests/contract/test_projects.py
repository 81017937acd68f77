"""Projects over the network."""

from __future__ import annotations

from sqlalchemy import select

from sync.assignments import Place
from sync.tables import audit
from tests.contract.people import Person, comes, stranger
from tests.server.office import Office
from tests.server.test_whole_app import sends

FIELDS = ["archived", "createdAt", "deletedAt", "description", "id", "keyId", "name", "updatedAt"]


def test_projects_are_listed_to_those_who_have_to_do_with_them(office: Office, admin: Person) -> None:
    for body in (
        {"name": "A trial", "archived": True},
        {"name": "aardvark", "description": "What is it for?"},
    ):
        made = admin.does("POST", "/projects", body)
        assert sorted(made) == FIELDS
        assert admin.gets(f"/projects/{made['id']}") == made
    listed = admin.gets("/projects")
    assert [(each["name"], each["description"], each["archived"]) for each in listed] == [
        ("aardvark", "What is it for?", None),
        ("Flow monitoring", None, None),
        ("A trial", None, True),
    ]
    paul = comes(office, "Paul", "viewer", Place(office.project_id))
    assert [each["name"] for each in paul.gets("/projects")] == ["Flow monitoring"]
    assert comes(office, "Nadia").gets("/projects") == stranger(office).gets("/projects") == []
    assert paul.is_refused("POST", "/projects", {"name": "Mine"}) == 403.1


def test_figures_and_verbs_are_told_when_asked_for(office: Office, admin: Person) -> None:
    office.publishes("fmr")
    tablet = office.sets_up_tablet()
    here = f"/projects/{office.project_id}"
    assert admin.gets(here, extended=True)["lastSubmission"] is None
    assert sends(tablet, "fmr", "1") == 201
    project = admin.gets(here, extended=True)
    assert (project["forms"], project["appUsers"], project["datasets"]) == (1, 1, 0)
    assert project["lastSubmission"].endswith("Z")
    assert project["verbs"] == admin.gets("/users/current", extended=True)["verbs"]
    assert admin.gets("/projects", extended=True) == [project]
    nadia = comes(office, "Nadia", "manager", Place(office.project_id))
    assert nadia.gets(here, extended=True)["verbs"] == nadia.gets("/roles/manager")["verbs"]
    (with_forms,) = nadia.gets("/projects?forms=true")
    assert [form["xmlFormId"] for form in with_forms["formList"]] == ["fmr"]
    filler = comes(office, "Paul", "formfill", Place(office.project_id))
    assert [form["xmlFormId"] for form in filler.gets("/projects?forms=true")[0]["formList"]] == ["fmr"]


def test_only_what_is_named_changes(office: Office, admin: Person) -> None:
    here = f"/projects/{office.project_id}"
    changed = admin.does("PATCH", here, {"name": "Flows", "archived": True, "description": "Why"})
    assert (changed["name"], changed["archived"], changed["description"]) == ("Flows", True, "Why")
    changed = admin.does("PATCH", here, {"description": "Why not", "id": 9})
    assert (changed["id"], changed["name"], changed["description"]) == (office.project_id, "Flows", "Why not")
    assert admin.is_refused("PATCH", here, {"archived": "aaa"}) == 400.11
    assert admin.is_refused("PATCH", here, {"name": " "}) == 400.8
    assert admin.is_refused("POST", "/projects", {}) == 400.2
    assert admin.gets(here) == changed
    with office.store.read() as session:
        last = session.first(select(audit).order_by(audit.c.id.desc()).limit(1))
    assert last is not None
    assert (last["action"], last["detail"]) == ("project.update", {"description": "Why not"})
    assert admin.does("PUT", here, {"name": "Flows"}) | {"updatedAt": None} == {
        **changed,
        "archived": None,
        "description": None,
        "updatedAt": None,
    }


def test_access_to_all_forms_is_set_at_once_or_not_at_all(office: Office, admin: Person) -> None:
    for form in ("fmr", "fms"):
        office.publishes(form)
    paul = comes(office, "Paul")
    here = f"/projects/{office.project_id}"
    key = admin.does("POST", f"{here}/app-users", {"displayName": "Gate"})["id"]
    wanted = [
        {"xmlFormId": "fmr", "state": "closing", "assignments": [{"actorId": paul.id, "roleId": 5}]},
        {"xmlFormId": "fms", "state": "open", "assignments": [{"actorId": key, "roleId": 2}]},
    ]
    admin.does("PUT", here, {"name": "Flows", "forms": wanted})
    given = [
        {"actorId": paul.id, "roleId": 5, "xmlFormId": "fmr"},
        {"actorId": key, "roleId": 2, "xmlFormId": "fms"},
    ]
    assert admin.gets(f"{here}/assignments/forms") == given
    assert [form["state"] for form in admin.gets("/projects?forms=true")[0]["formList"]] == [
        "closing",
        "open",
    ]
    first, second = wanted[0], {**wanted[1], "state": "open"}

    def with_role(**role: object) -> list[object]:
        return [{**first, "assignments": []}, {**second, "assignments": [role]}]

    for forms, code in (
        (wanted[:1], 501.2),
        ([*wanted, {"xmlFormId": "new"}], 501.2),
        ([first, first], 400.8),
        ([first, {"xmlFormId": "fms"}], 400.8),
        ([{**first, "assignments": []}, {**second, "state": "ajar"}], 400.8),
        (with_role(actorId=999, roleId=2), 400.14),
        (with_role(actorId=key, roleId=99), 400.14),
        (with_role(actorId=key), 400.2),
        (with_role(roleId=2), 400.2),
        ("all", 400.11),
    ):
        assert admin.is_refused("PUT", here, {"name": "Changed", "forms": forms}) == code
        assert admin.gets(here)["name"] == "Flows"
        assert admin.gets(f"{here}/assignments/forms") == given
    fills = comes(office, "Fills", "formfill", Place(office.project_id))
    assert [form["state"] for form in fills.gets("/projects?forms=true")[0]["formList"]] == [
        "closing",
        "open",
    ]
    emptied = [{**form, "assignments": []} for form in wanted]
    admin.does("PUT", here, {"name": "Flows", "forms": emptied})
    assert admin.gets(f"{here}/assignments/forms") == []


def test_deleted_project_is_hidden_and_takes_what_its_tablets_still_hold(
    office: Office, admin: Person
) -> None:
    office.publishes("fmr")
    tablet, reader = office.sets_up_tablet(), office.gives_token()
    here = f"/projects/{office.project_id}"
    figures = f"/v1{here}/figures/flow.csv"
    reading = {"Authorization": f"Bearer {reader.token}"}
    assert office.client.get(figures, headers=reading).status_code == 200
    assert admin.does("DELETE", here) == {"success": True}
    gone, absent = admin.asks("GET", here), admin.asks("GET", "/projects/99")
    assert (gone.status_code, gone.content) == (absent.status_code, absent.content)
    assert gone.status_code == 404
    assert admin.gets("/projects") == []
    assert office.client.get(figures, headers=reading).status_code == 404
    assert sends(tablet, "fmr", "1") == 201


def test_what_a_client_has_is_not_sent_again(office: Office, admin: Person) -> None:
    here = f"/projects/{office.project_id}"
    first = admin.asks("GET", here)
    tag = first.headers["etag"]
    assert tag.startswith('W/"')
    assert first.headers["cache-control"] == "private, no-cache"
    for sent in (tag, tag.removeprefix("W/"), f'"x", {tag}'):
        again = admin.asks("GET", here, if_none_match=sent)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    head = admin.asks("HEAD", here)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", tag)
    admin.does("PATCH", here, {"description": "Other"})
    assert admin.asks("GET", here, if_none_match=tag).status_code == 200


def test_signed_in_reader_reads_datasets_within_the_role(office: Office) -> None:
    figures = f"/projects/{office.project_id}/figures/flow.csv"
    paul = comes(office, "Paul", "viewer", Place(office.project_id))
    assert paul.asks("GET", figures).status_code == 200
    assert comes(office, "Nadia").asks("GET", figures).status_code == 404
    assert stranger(office).asks("GET", figures).status_code == 401
