"""pyodk's entity lists and entities, as its users call them, against a served office."""

from __future__ import annotations

from pathlib import Path

from sync.assignments import Place
from tests.contract.people import comes
from tests.contract.serving import served
from tests.contract.test_pyodk import client_of
from tests.entities.people import JANE
from tests.server.office import Office


def test_script_keeps_a_list_of_people(office: Office, tmp_path: Path) -> None:
    paul = comes(office, "Paul", "manager", Place(office.project_id))
    with served(office) as address, client_of(paul, address, tmp_path) as client:
        assert client.entity_lists.list() == []
        made = client.entity_lists.create(entity_list_name="people")
        assert (made.name, made.projectId, made.approvalRequired) == ("people", 1, False)
        for name in ("first_name", "age"):
            assert client.entity_lists.add_property(name, entity_list_name="people")
        assert [each.name for each in client.entity_lists.get("people").properties or ()] == [
            "first_name",
            "age",
        ]
        jane = client.entities.create("Jane", {"first_name": "Jane", "age": "30"}, "people", uuid=JANE)
        assert (jane.uuid, jane.currentVersion.label, jane.creatorId) == (JANE, "Jane", paul.id)
        many = [{"label": name, "first_name": name, "age": "40"} for name in ("Ali", "Bea")]
        assert client.entities.create_many(many, "people")
        assert [each.currentVersion.label for each in client.entities.list("people")] == [
            "Bea",
            "Ali",
            "Jane",
        ]
        grown = client.entities.update(JANE, "people", data={"age": "31"}, base_version=1)
        assert (grown.currentVersion.version, grown.currentVersion.data) == (
            2,
            {"first_name": "Jane", "age": "31"},
        )
        client.entities.update(JANE, "people", label="Jane D.", force=True)
        table = client.entities.get_table("people", count=True, top=2)
        assert (table["@odata.count"], [row["label"] for row in table["value"]]) == (3, ["Bea", "Ali"])
        wanted = [
            {"label": "Ali", "first_name": "Ali", "age": "41"},
            {"label": "Cem", "first_name": "Cem", "age": "20"},
            {"label": "Jane D.", "first_name": "Jane", "age": "31"},
        ]
        client.entities.merge(wanted, "people", match_keys=["first_name"], delete_not_matched=True)
        rows = client.entities.get_table("people", filter="__system/deletedAt eq null")["value"]
        assert sorted((row["label"], row["age"]) for row in rows) == [
            ("Ali", "41"),
            ("Cem", "20"),
            ("Jane D.", "31"),
        ]
        assert client.entities.delete(JANE, "people")
        assert len(client.entities.list("people")) == 2
