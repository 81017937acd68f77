"""Entity lists over the network."""

from __future__ import annotations

from typing import Any

from sync.assignments import Place
from sync.registry import publish_form
from tests.contract.people import Person, comes
from tests.entities.people import entity_form
from tests.server.office import Office

FIELDS = ["approvalRequired", "createdAt", "name", "ownerOnly", "projectId"]
METADATA = [
    *FIELDS, "draftLinkedForms", "draftSourceForms", "lastUpdate", "linkedForms", "properties", "sourceForms",
]  # fmt: skip


def without_dates(value: dict[str, Any]) -> dict[str, Any]:
    return {name: held for name, held in value.items() if name not in ("createdAt", "lastUpdate")}


def test_lists_are_made_looked_at_and_changed(office: Office, admin: Person) -> None:
    here = f"/projects/{office.project_id}/datasets"
    assert admin.gets(here) == []
    trees = admin.does("POST", here, {"name": "trees"})
    assert sorted(trees) == sorted(METADATA)
    assert trees["lastUpdate"].endswith("Z")
    assert without_dates(trees) == {
        "name": "trees", "projectId": office.project_id, "approvalRequired": False, "ownerOnly": False,
        "properties": [], "linkedForms": [], "sourceForms": [], "draftLinkedForms": [],
        "draftSourceForms": [],
    }  # fmt: skip
    strict = admin.does("POST", here, {"name": "people", "approvalRequired": True, "ownerOnly": True})
    assert (strict["approvalRequired"], strict["ownerOnly"]) == (True, True)
    assert admin.gets(f"{here}/trees") == trees
    listed = admin.gets(here)
    assert [each["name"] for each in listed] == ["people", "trees"]
    assert sorted(listed[0]) == sorted(FIELDS)
    (_, extended) = admin.gets(here, extended=True)
    assert (extended["entities"], extended["lastEntity"], extended["conflicts"]) == (0, None, 0)
    for name in (None, "__trees", "big.trees", "1st", 7, ""):
        assert admin.is_refused("POST", here, {"name": name}) == 400.8
    assert admin.is_refused("POST", here, {"name": "trees"}) == 409.3
    assert admin.is_refused("POST", here, {"name": "TREES"}) == 409.16
    changed = admin.does("PATCH", f"{here}/trees", {"approvalRequired": True})
    assert (changed["approvalRequired"], changed["ownerOnly"]) == (True, False)
    assert admin.does("PATCH", f"{here}/trees", {"ownerOnly": True})["ownerOnly"] is True
    assert admin.is_refused("PATCH", f"{here}/trees", {"ownerOnly": "yes"}) == 400.11
    assert admin.is_refused("PATCH", f"{here}/trees?convert=maybe", {"approvalRequired": False}) == 400.8
    assert admin.is_refused("GET", f"{here}/bushes") == 404.1
    newest = admin.gets("/audits?action=dataset", extended=True)[0]
    assert (newest["action"], newest["actee"]["name"]) == ("dataset.update", "trees")


def test_properties_are_added_and_taken_out_again_while_nobody_uses_them(
    office: Office, admin: Person
) -> None:
    here = f"/projects/{office.project_id}/datasets/trees"
    admin.does("POST", f"/projects/{office.project_id}/datasets", {"name": "trees"})
    assert admin.does("POST", f"{here}/properties", {"name": "height.cm"}) == {"success": True}
    (height,) = admin.gets(here)["properties"]
    assert height.pop("publishedAt").endswith("Z")
    assert height == {"name": "height.cm", "odataName": "height_cm", "forms": []}
    for name in (None, "name", "Label", "__x", "a:b", "1st"):
        assert admin.is_refused("POST", f"{here}/properties", {"name": name}) == 400.8
    assert admin.is_refused("POST", f"{here}/properties", {"name": "height.cm"}) == 409.3
    assert admin.is_refused("POST", f"{here}/properties", {"name": "Height.cm"}) == 409.3
    made = admin.does("POST", f"{here}/entities", {"label": "Oak", "data": {"height.cm": "1200"}})
    refused = admin.asks("DELETE", f"{here}/properties/height.cm").json()
    assert refused["code"] == 409.22
    assert refused["details"]["prerequisites"]["nonEmptyEntities"]["details"]["totalCount"] == 1
    admin.does("PATCH", f"{here}/entities/{made['uuid']}?force=true", {"data": {"height.cm": " "}})
    assert admin.does("DELETE", f"{here}/properties/height.cm") == {"success": True}
    assert admin.gets(here)["properties"] == []
    assert admin.is_refused("DELETE", f"{here}/properties/height.cm") == 404.1
    assert admin.does("POST", f"{here}/properties", {"name": "height.cm"}) == {"success": True}


def test_published_form_makes_its_list_and_shows_among_its_sources(office: Office, admin: Person) -> None:
    here = f"/projects/{office.project_id}"
    publish_form(office.store, office.project_id, entity_form("people"), "form.xml")
    people = admin.gets(f"{here}/datasets/people")
    assert people["sourceForms"] == [{"xmlFormId": "people", "name": "people"}]
    assert [
        (each["name"], [form["xmlFormId"] for form in each["forms"]]) for each in people["properties"]
    ] == [
        ("first_name", ["people"]),
        ("age", ["people"]),
    ]
    assert admin.gets(f"{here}/forms/people/dataset-diff") == [
        {
            "name": "people",
            "properties": [{"name": "first_name", "inForm": True}, {"name": "age", "inForm": True}],
        }
    ]
    second = entity_form("people", version="2", properties=("first_name", "city"))
    publish_form(office.store, office.project_id, second, "form.xml")
    assert admin.gets(f"{here}/forms/people/dataset-diff") == [
        {
            "name": "people",
            "properties": [
                {"name": "age", "inForm": False},
                {"name": "first_name", "inForm": True},
                {"name": "city", "inForm": True},
            ],
        }
    ]
    refused = admin.asks("DELETE", f"{here}/datasets/people").json()
    assert (refused["code"], refused["details"]["sourceForms"][0]["xmlFormId"]) == (409.21, "people")
    admin.does("POST", f"{here}/datasets", {"name": "empty"})
    assert admin.does("DELETE", f"{here}/datasets/empty") == {"success": True}
    assert admin.is_refused("GET", f"{here}/datasets/empty") == 404.1
    assert [each["name"] for each in admin.gets(f"{here}/datasets?deleted=true")] == ["empty"]
    assert admin.does("POST", f"{here}/datasets", {"name": "EMPTY"})["name"] == "EMPTY"


def test_who_has_a_part_of_a_project_sees_no_list(office: Office, admin: Person) -> None:
    here = f"/projects/{office.project_id}/datasets"
    admin.does("POST", here, {"name": "trees"})
    admin.does("POST", f"{here}/trees/properties", {"name": "age"})
    uuid = admin.does("POST", f"{here}/trees/entities", {"label": "Oak", "data": {"age": "9"}})["uuid"]
    viewer = comes(office, "Paul", "viewer", Place(office.project_id))
    seen = viewer.gets(f"{here}/trees/entities/{uuid}")["currentVersion"]
    assert (seen["label"], seen["data"]) == ("", {})  # internal, as answers are by default
    analyst = comes(office, "Nadia", "analyst", Place(office.project_id))
    assert analyst.gets(f"{here}/trees/entities/{uuid}")["currentVersion"]["data"] == {"age": "9"}
    assert analyst.is_refused("POST", f"{here}/trees/entities", {"label": "Elm"}) == 403.1
