"""Entities over the network: made, changed, deleted, read as a file and as a table."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.contract.people import Person
from tests.entities.people import JANE, JOHN
from tests.server.office import Office

ENTITY = ["conflict", "createdAt", "creatorId", "currentVersion", "deletedAt", "updatedAt", "uuid"]
VERSION = [
    "baseVersion", "branchBaseVersion", "branchId", "conflictingProperties", "createdAt", "creatorId",
    "current", "label", "trunkVersion", "userAgent", "version",
]  # fmt: skip


@pytest.fixture
def people(office: Office, admin: Person) -> str:
    """The address of a list with two properties."""
    here = f"/projects/{office.project_id}/datasets"
    admin.does("POST", here, {"name": "people"})
    for name in ("first_name", "age"):
        admin.does("POST", f"{here}/people/properties", {"name": name})
    return f"{here}/people"


def test_entity_is_made_changed_and_its_history_kept(people: str, admin: Person) -> None:
    body = {"uuid": f"uuid:{JANE.upper()}", "label": "Jane", "data": {"first_name": "Jane", "age": "30"}}
    made = admin.asks("POST", f"{people}/entities", body, user_agent="ruODK").json()
    assert sorted(made) == ENTITY
    assert sorted(made["currentVersion"]) == sorted([*VERSION, "data", "dataReceived"])
    assert (made["uuid"], made["updatedAt"], made["creatorId"]) == (JANE, None, admin.id)
    current = made["currentVersion"]
    assert (current["version"], current["baseVersion"], current["userAgent"]) == (1, None, "ruODK")
    assert current["data"] == {"first_name": "Jane", "age": "30"}
    assert current["dataReceived"] == {"first_name": "Jane", "age": "30", "label": "Jane"}
    (listed,) = admin.gets(f"{people}/entities")
    assert sorted(listed["currentVersion"]) == VERSION
    (extended,) = admin.gets(f"{people}/entities", extended=True)
    assert (
        extended["creator"]["displayName"] == extended["currentVersion"]["creator"]["displayName"] == "Amina"
    )
    at = f"{people}/entities/{JANE}"
    refused = admin.asks("PATCH", at, {"data": {"age": "31"}}).json()
    assert (refused["code"], refused["details"]) == (409.15, {"current": "1", "provided": None})
    changed = admin.does("PATCH", f"{at}?baseVersion=1", {"data": {"age": "31"}})
    assert changed["updatedAt"] is not None
    assert changed["currentVersion"]["data"] == {"first_name": "Jane", "age": "31"}
    assert changed["currentVersion"]["dataReceived"] == {"age": "31"}
    assert admin.is_refused("PATCH", f"{at}?baseVersion=1", {"data": {"age": "32"}}) == 409.15
    admin.does("PATCH", f"{at}?force=true", {"label": "Jane (31)"})
    versions = admin.gets(f"{at}/versions")
    told = [(v["version"], v["label"], v["current"], v["baseVersion"], v["conflict"]) for v in versions]
    assert told == [
        (1, "Jane", False, None, None),
        (2, "Jane", False, 1, None),
        (3, "Jane (31)", True, 2, None),
    ]
    assert [(v["lastGoodVersion"], v["source"], v["baseDiff"]) for v in versions[1:]] == [
        (False, {}, ["age"]),
        (True, {}, ["label"]),
    ]
    assert admin.gets(f"{at}/diffs") == [
        [{"old": "30", "new": "31", "propertyName": "age"}],
        [{"old": "Jane", "new": "Jane (31)", "propertyName": "label"}],
    ]
    audits = admin.gets(f"{at}/audits")
    assert [each["action"] for each in audits] == [
        "entity.update.version", "entity.update.version", "entity.create",
    ]  # fmt: skip
    details = audits[2]["details"]
    assert details["entityId"] > 0
    assert details["entityDefId"] > 0
    assert (details["entity"], details["source"]) == ({"uuid": JANE, "dataset": "people"}, {})
    assert audits[2]["actor"]["displayName"] == "Amina"
    newest = admin.gets("/audits?action=entity", extended=True)[0]
    assert (newest["action"], newest["actee"]["name"]) == ("entity.update.version", "people")


def test_bodies_that_make_no_entity_are_refused(people: str, admin: Person) -> None:
    for body, code in (
        ({}, 400.2),
        ({"label": " "}, 400.8),
        ({"label": 7}, 400.11),
        ({"label": "Jane", "uuid": 7}, 400.11),
        ({"label": "Jane", "uuid": "not one"}, 400.11),
        ({"label": "Jane", "uuid": "12345678-1234-1123-8234-123456789abc"}, 400.11),
        ({"label": "Jane", "name": "x"}, 400.31),
        ({"label": "Jane", "data": {"age": 30}}, 400.11),
        ({"label": "Jane", "data": {"height": "3"}}, 400.28),
        ({"entities": []}, 400.31),
        ({"entities": "all"}, 400.31),
        ({"entities": [{"label": "Jane"}]}, 400.2),
        ({"entities": [{"label": "Jane"}], "source": {}}, 400.2),
        ({"entities": [{"label": "Jane"}], "source": {"name": 7}}, 400.11),
        ({"entities": [{"label": "J"}, {"label": ""}], "source": {"name": "a.csv"}}, 400.8),
    ):
        assert admin.is_refused("POST", f"{people}/entities", body) == code, body
    assert admin.gets(f"{people}/entities") == []
    made = admin.does("POST", f"{people}/entities", {"label": "Jane"})
    assert len(made["uuid"]) == 36
    assert admin.is_refused("POST", f"{people}/entities", {"label": "J", "uuid": made["uuid"]}) == 409.3
    at = f"{people}/entities/{made['uuid']}?force=true"
    for body, code in (({}, 400.28), ({"data": {"x": "y"}}, 400.28), ({"label": ""}, 400.8)):
        assert admin.is_refused("PATCH", at, body) == code, body
    assert admin.is_refused("PATCH", f"{at}&resolve=true", {"label": "x"}) == 400.32
    for path in ("123", JOHN):
        for below in ("", "/versions", "/diffs", "/audits"):
            assert admin.is_refused("GET", f"{people}/entities/{path}{below}") == 404.1
    assert admin.is_refused("GET", f"{people}s/entities") == 404.1


def test_file_of_entities_is_taken_whole_and_deleted_ones_come_back(people: str, admin: Person) -> None:
    rows = [{"uuid": JANE, "label": "Jane", "data": {"age": "30"}}, {"uuid": JOHN, "label": "John"}]
    source = {"name": "people.csv", "size": 100}
    assert admin.does("POST", f"{people}/entities", {"entities": rows, "source": source}) == {"success": True}
    twice = {"entities": [{"label": "A"}, {"uuid": JOHN, "label": "B"}], "source": source}
    assert admin.is_refused("POST", f"{people}/entities", twice) == 409.3
    assert [each["uuid"] for each in admin.gets(f"{people}/entities")] == [JOHN, JANE]
    (version,) = admin.gets(f"{people}/entities/{JANE}/versions")
    assert (version["source"]["name"], version["source"]["count"]) == ("people.csv", 2)
    assert [each["displayName"] for each in admin.gets(f"{people}/entities/creators")] == ["Amina"]
    assert admin.does("DELETE", f"{people}/entities/{JANE}") == {"success": True}
    assert admin.is_refused("GET", f"{people}/entities/{JANE}") == 404.1
    assert admin.is_refused("DELETE", f"{people}/entities/{JANE}") == 404.1
    (gone,) = admin.gets(f"{people}/entities?deleted=true")
    assert (gone["uuid"], gone["deletedAt"] is None) == (JANE, False)
    assert admin.is_refused("POST", f"{people}/entities", {"uuid": JANE, "label": "Jane"}) == 409.19
    assert admin.does("POST", f"{people}/entities/{JANE}/restore") == {"success": True}
    assert admin.is_refused("POST", f"{people}/entities/{JANE}/restore") == 404.1
    both = {"ids": [JANE, JOHN, "12345678-1234-4123-8234-nobody"]}
    assert admin.does("POST", f"{people}/entities/bulk-delete", both) == {"success": True, "count": 2}
    assert admin.does("POST", f"{people}/entities/bulk-delete", both) == {"success": True, "count": 0}
    assert admin.gets(f"{people}/entities") == []
    assert admin.does("POST", f"{people}/entities/bulk-restore", both) == {"success": True, "count": 2}
    assert len(admin.gets(f"{people}/entities")) == 2
    assert [each["action"] for each in admin.gets(f"{people}/entities/{JANE}/audits")][:2] == [
        "entity.bulk.restore", "entity.bulk.delete",
    ]  # fmt: skip
    for body in ({}, {"ids": "all"}, {"ids": []}):
        assert admin.is_refused("POST", f"{people}/entities/bulk-delete", body) == 400.31
    assert [each["action"] for each in admin.gets("/audits?action=entity")][:2] == [
        "entity.bulk.restore", "entity.bulk.delete",
    ]  # fmt: skip


def test_list_is_read_as_a_file(people: str, admin: Person) -> None:
    admin.does("POST", f"{people}/entities", {"uuid": JANE, "label": 'Jane "J"', "data": {"age": "30"}})
    answer = admin.asks("GET", f"{people}/entities.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"people.csv\"; filename*=UTF-8''people.csv"
    )
    heading, row, end = answer.text.split("\n")
    assert heading == (
        "__id,label,first_name,age,__createdAt,__creatorId,__creatorName,__updates,__updatedAt,__version"
    )
    assert row.startswith(f'{JANE},"Jane ""J""",,30,')
    assert row.endswith(f"Z,{admin.id},Amina,0,,1")
    assert end == ""
    tag = answer.headers["etag"]
    assert admin.asks("GET", f"{people}/entities.csv", if_none_match=tag).status_code == 304
    admin.does("PATCH", f"{people}/entities/{JANE}?force=true", {"label": "Jane"})
    assert admin.asks("GET", f"{people}/entities.csv", if_none_match=tag).status_code == 200
    none = admin.asks("GET", f"{people}/entities.csv?$filter=__system/createdAt lt 2020-01-01").text
    assert none == f"{heading}\n"


def test_list_is_read_as_a_table(office: Office, people: str, admin: Person) -> None:
    for number, name in enumerate(("Ali", "Bea", "Cem")):
        data = {"first_name": name, "age": str(30 + number)}
        admin.does("POST", f"{people}/entities", {"label": name, "data": data})
    root = f"http://127.0.0.1:8080/v1{people}.svc"
    assert admin.gets(f"{people}.svc") == {
        "@odata.context": f"{root}/$metadata",
        "value": [{"name": "Entities", "kind": "EntitySet", "url": "Entities"}],
    }
    document = admin.asks("GET", f"{people}.svc/$metadata").text
    assert 'Namespace="org.opendatakit.user.people"' in document
    assert '<Property Name="first_name" Type="Edm.String"/>' in document

    def rows(query: str) -> list[str]:
        return [row["label"] for row in admin.gets(f"{people}.svc/Entities{query}")["value"]]

    whole = admin.gets(f"{people}.svc/Entities?$count=true")
    assert (whole["@odata.count"], whole["@odata.context"]) == (3, f"{root}/$metadata#Entities")
    first = whole["value"][0]
    assert first["__system"].pop("createdAt").endswith("Z")
    assert {**first, "__id": None} == {
        "__id": None, "label": "Cem", "first_name": "Cem", "age": "32",
        "__system": {
            "creatorId": str(admin.id), "creatorName": "Amina", "updates": 0, "updatedAt": None,
            "deletedAt": None, "version": 1, "conflict": None,
        },
    }  # fmt: skip
    assert rows("?$top=1&$skip=1") == ["Bea"]
    page: dict[str, Any] = admin.gets(f"{people}.svc/Entities?$top=2")
    link = page["@odata.nextLink"]
    token = parse_qs(urlsplit(link).query)["$skiptoken"][0]
    assert json.loads(base64.b64decode(token[2:])) == {"uuid": page["value"][-1]["__id"]}
    rest = admin.gets(link.removeprefix("http://127.0.0.1:8080/v1"))
    assert ([row["label"] for row in rest["value"]], "@odata.nextLink" in rest) == (["Ali"], False)
    assert rows(f"?$filter=__system/creatorId eq {admin.id}") == ["Cem", "Bea", "Ali"]
    assert rows("?$filter=__system/createdAt gt 2021-01-01") == ["Cem", "Bea", "Ali"]
    assert rows("?$filter=__system/conflict ne null") == []
    assert rows("?$filter=age ge '31' and not startswith(first_name,'C')") == ["Bea"]
    assert rows("?$orderby=first_name asc") == ["Ali", "Bea", "Cem"]
    assert rows("?$search=bea") == ["Bea"]
    assert admin.gets(f"{people}.svc/Entities?$select=__id,age&$top=1")["value"][0].keys() == {"__id", "age"}
    for query, code in (
        ("$select=nothing", 400.23),
        ("$filter=nothing eq 1", 501.5),
        ("$filter=age ge", 400.18),
        ("$apply=x", 501.4),
        ("$skiptoken=zz", 400.35),
    ):
        assert admin.is_refused("GET", f"{people}.svc/Entities?{query}") == code
    gone = page["value"][0]["__id"]
    admin.does("DELETE", f"{people}/entities/{gone}")
    assert rows("") == ["Bea", "Ali"]
    assert rows("?$filter=__system/deletedAt ne null") == ["Cem"]


def test_positions_of_entities_are_drawn_on_a_map(people: str, admin: Person) -> None:
    admin.does("POST", f"{people}/properties", {"name": "geometry"})
    line = "12.1 15.0 300 5;12.2 15.1"
    for uuid, place in ((JANE, "12.1 15.0 300 5"), (JOHN, line), (None, "nowhere"), (None, "")):
        body = {"label": "Well", "data": {"geometry": place}} | ({"uuid": uuid} if uuid else {})
        admin.does("POST", f"{people}/entities", body)
    answer = admin.asks("GET", f"{people}/entities.geojson")
    assert answer.headers["content-type"] == "application/geo+json; charset=utf-8"
    features = answer.json()["features"]
    assert [(each["id"], each["geometry"]) for each in features] == [
        (JOHN, {"type": "LineString", "coordinates": [[15.0, 12.1, 300.0], [15.1, 12.2]]}),
        (JANE, {"type": "Point", "coordinates": [15.0, 12.1, 300.0]}),
    ]
    assert admin.gets(f"{people}/entities/{JANE}/geojson")["features"] == features[1:]
