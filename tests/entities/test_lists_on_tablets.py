"""Entity lists as tablets get them, and the lists this server makes among the entity lists."""

from __future__ import annotations

from xml.etree import ElementTree

from sync.assignments import Place
from sync.registers.organisations import add_organisation
from sync.registry import publish_form
from tests.contract.people import Person, comes
from tests.entities.people import JANE, JOHN, entity_form
from tests.server.office import MANIFEST, Office, Tablet

FORM = entity_form("people", "visit", lists=("people",))


def manifest_of(tablet: Tablet) -> tuple[dict[str, str], dict[str, str]]:
    """Attributes and fields of the one entry of the form's manifest."""
    (form,) = tablet.lists()
    (entry,) = ElementTree.fromstring(tablet.gets(form["manifestUrl"]).content)
    return dict(entry.attrib), {field.tag.removeprefix(MANIFEST): field.text or "" for field in entry}


def test_tablet_follows_a_list_and_asks_what_became_of_its_own(office: Office) -> None:
    admin = comes(office, "Amina", "admin")
    people = f"/projects/{office.project_id}/datasets/people"
    for number in ("1", "2"):  # the first makes the list, the second finds it
        form = entity_form("people", "visit", version=number, lists=("people",))
        publish_form(office.store, office.project_id, form, "form.xml")
    tablet = office.sets_up_tablet()
    kind, entry = manifest_of(tablet)
    assert (kind, entry["filename"]) == ({"type": "entityList"}, "people.csv")
    assert entry["integrityUrl"] == (
        f"http://127.0.0.1:8080/v1/key/{tablet.token}/projects/1/datasets/people/integrity"
    )
    assert tablet.gets(entry["downloadUrl"]).text == "name,label,__version,first_name,age\n"
    hashes = [entry["hash"]]
    entity = f"{people}/entities/{JANE}"
    data = {"first_name": "Jane", "age": "30"}
    for method, path, body in (
        ("POST", f"{people}/entities", {"uuid": JANE, "label": "Jane, D.", "data": data}),
        ("PATCH", f"{entity}?force=true", {"data": {"age": "31"}}),
    ):
        admin.does(method, path, body)
        hashes.append(manifest_of(tablet)[1]["hash"])
    got = tablet.gets(entry["downloadUrl"])
    assert got.text == f'name,label,__version,first_name,age\n{JANE},"Jane, D.",2,Jane,31\n'
    assert tablet.gets(entry["downloadUrl"], if_none_match=got.headers["etag"]).status_code == 304
    asked = tablet.gets(f"{entry['integrityUrl']}?id={JANE},{JOHN}")
    assert (asked.headers["content-type"], asked.headers["x-openrosa-version"]) == (
        "text/xml; charset=utf-8",
        "1.0",
    )
    assert asked.text.endswith(
        f'<data><entities><entity id="{JANE}"><deleted>false</deleted></entity></entities></data>'
    )
    admin.does("DELETE", entity)
    hashes.append(manifest_of(tablet)[1]["hash"])
    assert len(set(hashes)) == 3  # deleted again, it is the empty list it was
    assert hashes[0] == hashes[3]
    assert "<deleted>true</deleted>" in tablet.gets(entry["integrityUrl"]).text
    admin.does("PATCH", people, {"approvalRequired": True})
    assert manifest_of(tablet)[0] == {"type": "approvalEntityList"}
    other = office.sets_up_tablet("Other", forms=("another",))
    refused = other.gets("/datasets/people/integrity")
    assert (refused.status_code, refused.headers["content-type"]) == (403, "text/xml; charset=utf-8")
    assert other.gets("/datasets/none/integrity").text == refused.text
    assert admin.asks("GET", f"{people}/integrity").status_code == 200
    none = f"/projects/{office.project_id}/datasets/none/integrity"
    assert admin.asks("GET", none).status_code == 404


def test_tablets_get_their_own_part_of_a_list_and_none_without_what_it_is_cut_by(office: Office) -> None:
    admin = comes(office, "Amina", "admin")
    here = f"/projects/{office.project_id}"
    for number in ("1", "2"):
        form = entity_form("people", "visit", version=number, lists=("people",))
        publish_form(office.store, office.project_id, form, "form.xml")
    for name, age in (("Ali", "30"), ("Bea", "40")):
        data = {"first_name": name, "age": age}
        admin.does("POST", f"{here}/datasets/people/entities", {"label": name, "data": data})
    admin.does("POST", f"{here}/actor-properties", {"name": "decade"})

    def reads(who: Person | None, key: str = "") -> list[str]:
        """The labels in people.csv as somebody gets it."""
        file = f"{here}/forms/visit/attachments/people.csv"
        address = f"/v1/key/{key}{file}" if who is None else f"/v1{file}"
        headers = {} if who is None else {"Authorization": f"Bearer {who.token}"}
        answer = office.client.get(address, headers=headers)
        assert answer.status_code == 200, answer.text
        return [row.split(",")[1] for row in answer.text.splitlines()[1:]]

    keys = []
    for properties in ({}, {"decade": "40"}):
        body = {"displayName": "Gate", "properties": properties}
        user = admin.does("POST", f"{here}/app-users", body)
        admin.does("POST", f"{here}/forms/visit/assignments/app-user/{user['id']}")
        keys.append(user["token"])
    office.app.state.access.expire()
    assert [reads(None, key) for key in keys] == [["Bea", "Ali"]] * 2
    rule = {"datasetProperty": "age", "actorProperty": "decade"}
    assert admin.gets(f"{here}/datasets/people/access-filter") is None
    assert admin.does("PUT", f"{here}/datasets/people/access-filter", rule) == rule
    assert admin.gets(f"{here}/datasets/people/access-filter") == rule
    assert [reads(None, key) for key in keys] == [[], ["Bea"]]
    assert reads(admin) == ["Bea", "Ali"]
    admin.does("PATCH", f"{here}/datasets/people", {"ownerOnly": True})
    assert [reads(None, key) for key in keys] == [[], []]
    assert reads(admin) == ["Bea", "Ali"]


def test_file_of_a_draft_becomes_a_list_and_a_file_again(office: Office) -> None:
    admin = comes(office, "Amina", "admin")
    here = f"/projects/{office.project_id}"
    admin.does("POST", f"{here}/datasets", {"name": "trees"})
    form = entity_form("people", "visit", lists=("trees", "people"))
    made = office.client.post(
        f"/v1{here}/forms?ignoreWarnings=true", content=form,
        headers={"Authorization": f"Bearer {admin.token}", "Content-Type": "application/xml"},
    )  # fmt: skip
    assert made.status_code == 200, made.text
    files = f"{here}/forms/visit/draft/attachments"

    def linked() -> dict[str, bool]:
        return {each["name"]: each["datasetExists"] for each in admin.gets(files)}

    bad = office.client.post(
        f"/v1{here}/forms", content=form.replace(b'dataset="people"', b'dataset="__p"'),
        headers={"Authorization": f"Bearer {admin.token}", "Content-Type": "application/xml"},
    )  # fmt: skip
    assert bad.json()["code"] == 400.25
    assert linked() == {"people.csv": False, "trees.csv": True}  # its list was there
    assert admin.is_refused("PATCH", f"{files}/people.csv", {"dataset": True}) == 404.1
    assert admin.does("PATCH", f"{files}/trees.csv", {"dataset": False})["datasetExists"] is False
    admin.does("PATCH", f"{files}/trees.csv", {"dataset": True})
    assert linked() == {"people.csv": False, "trees.csv": True}
    assert admin.gets(f"{here}/forms/visit/draft/dataset-diff") == [
        {
            "name": "people",
            "isNew": True,
            "properties": [
                {"name": "first_name", "isNew": True, "inForm": True},
                {"name": "age", "isNew": True, "inForm": True},
            ],
        }
    ]
    trees = admin.gets(f"{here}/datasets/trees")
    assert [each["xmlFormId"] for each in trees["draftLinkedForms"]] == ["visit"]
    admin.does("POST", f"{here}/forms/visit/draft/publish")
    assert [each["xmlFormId"] for each in admin.gets(f"{here}/datasets/trees")["linkedForms"]] == ["visit"]
    assert [each["name"] for each in admin.gets("/projects?datasets=true")[0]["datasetList"]] == [
        "people",
        "trees",
    ]
    assert admin.gets(here, extended=True)["datasets"] == 2
    assert admin.is_refused("DELETE", f"{here}/datasets/trees") == 409.21


def test_lists_made_from_registers_are_read_as_entity_lists_and_not_written(office: Office) -> None:
    admin = comes(office, "Amina", "admin")
    here = f"/projects/{office.project_id}/datasets"
    assert admin.gets(here) == []
    add_organisation(office.store, "nso", "Statistics Office")
    (listed,) = admin.gets(here)
    assert (listed["name"], listed["readOnly"]) == ("organisations", True)
    assert admin.gets(f"{here}/organisations")["properties"] == []
    assert admin.asks("GET", f"{here}/organisations/entities.csv").text == (
        "name,label\nnso,Statistics Office\n"
    )
    assert admin.is_refused("POST", f"{here}/organisations/entities", {"label": "x"}) == 409.3
    assert admin.is_refused("PATCH", f"{here}/organisations", {"ownerOnly": True}) == 409.3
    assert admin.is_refused("DELETE", f"{here}/organisations") == 409.3
    analyst = comes(office, "Ann", "analyst", Place(office.project_id))
    public = comes(office, "Vera", "viewer", Place(office.project_id))
    assert [each["name"] for each in analyst.gets(here)] == ["organisations"]
    assert public.gets(here) == []
    assert public.is_refused("GET", f"{here}/organisations/entities.csv") == 404.1


NAMED = b"""
| survey |
| | type | name | label | save_to | sensitivity |
| | text | first_name | First name | first_name | direct_identifier |
| | text | village | Village | village | |
| settings |
| | form_id | form_title | version |
| | people | People | 1 |
| entities |
| | list_name | label |
| | people | ${first_name} |
"""


def test_who_reads_forms_gets_no_more_of_a_list_in_them_than_of_its_entities(office: Office) -> None:
    admin = comes(office, "Amina", "admin")
    here = f"/projects/{office.project_id}"
    publish_form(office.store, office.project_id, NAMED, "people.md")
    for number in ("1", "2"):  # the first makes nothing; the list is there when the second comes
        form = entity_form("others", "visit", version=number, lists=("people",))
        publish_form(office.store, office.project_id, form, "form.xml")
    said = {"label": "Ali", "data": {"first_name": "Ali", "village": "Gao"}}
    admin.does("POST", f"{here}/datasets/people/entities", said)
    tablet = office.sets_up_tablet()
    collector = comes(office, "Carl", "formfill", Place(office.project_id))
    readers = {
        "form viewer": comes(office, "Fred", "formview", Place(office.project_id)),
        "analyst": comes(office, "Ana", "analyst", Place(office.project_id)),
        "viewer of the form": comes(office, "Vera", "viewer", Place(office.project_id, "visit")),
        "manager": comes(office, "Mira", "manager", Place(office.project_id)),
    }
    file = f"{here}/forms/visit/attachments/people.csv"
    as_tablets_do = f"{here}/forms/visit/versions/2/attachments/people.csv"

    def reads(who: Person, path: str = file, as_whom: int | None = None) -> str:
        answer = who.asks("GET", path) if as_whom is None else who.asks("GET", path, X_View_As=str(as_whom))
        assert answer.status_code == 200, answer.text
        return answer.text

    assert "Ali" in tablet.gets("/forms/visit/versions/2/attachments/people.csv").text
    assert "Ali" in reads(collector), "the list was linked for whoever fills in"
    assert {
        who for who, each in readers.items() if "Ali" in reads(each) + reads(each, as_tablets_do)
    } == set()
    entities = f"{here}/datasets/people/entities"
    for looks in (admin, readers["manager"]):
        for path in (file, as_tablets_do, f"{entities}.csv"):
            assert "Ali" not in reads(looks, path)
        for path in (file, as_tablets_do):
            assert "Ali" not in reads(looks, path, collector.id), "as whomever"


def test_who_sees_only_what_is_public_is_not_told_who_made_entities(office: Office) -> None:
    admin = comes(office, "Amina", "admin")
    here = f"/projects/{office.project_id}/datasets"
    admin.does("POST", here, {"name": "wells"})
    made = admin.does("POST", f"{here}/wells/entities", {"label": "Old well", "data": {}})
    one = f"{here}/wells/entities/{made['uuid']}"
    for role, maker, makers in (("analyst", admin.id, 1), ("viewer", 0, 0)):
        reader = comes(office, role.title(), role, Place(office.project_id))
        newest = reader.gets(one)
        (version,) = reader.gets(f"{one}/versions")
        told = [newest["creatorId"], newest["currentVersion"]["creatorId"], version["creatorId"]]
        assert told == [maker] * 3, role
        assert bool(version["userAgent"]) is bool(makers), role
        assert len(reader.gets(f"{here}/wells/entities/creators")) == makers, role
        listed = reader.asks("GET", f"{here}/wells/entities.csv").text
        assert ("Amina" in listed) is bool(makers), role
