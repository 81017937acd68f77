"""Entities made and changed by what tablets send."""

from __future__ import annotations

from itertools import permutations

from sqlalchemy import select

from sync.entities.intake import force_held
from sync.erase import erase_submission
from sync.registry import publish_form
from sync.store import now
from sync.tables import entity_version, submission
from tests.entities.field import Field
from tests.entities.people import JANE, JOHN, filled

TREES = b"""
| survey |
| | type | name | label | save_to |
| | begin_repeat | tree | Tree | |
| | text | species | Species | species |
| | end_repeat | | | |
| settings |
| | form_id | form_title | version |
| | plot | plot | 1 |
| entities |
| | list_name | label | repeat |
| | trees | ${species} | ${tree} |
"""
BRANCH = "5d2cf0c5-2f2a-4a4c-9a7f-6f5c6f0a1b2c"


def test_registered_person_is_an_entity_once_however_often_the_record_comes(field: Field) -> None:
    for _ in range(2):
        assert field.registers(instance_id="uuid:1") == 201
    jane = field.jane()
    assert (jane["currentVersion"]["label"], jane["currentVersion"]["data"]) == (
        "Jane (30)",
        {"first_name": "Jane", "age": "30"},
    )
    assert jane["currentVersion"]["dataReceived"]["label"] == "Jane (30)"
    assert jane["creatorId"] == field.tablet.id
    assert jane["currentVersion"]["userAgent"] == "org.odk.collect.android/v2026.1"
    (version,) = field.admin.gets(f"{field.people}/entities/{JANE}/versions")
    source = version["source"]
    assert (source["submission"]["instanceId"], source["submission"]["xmlFormId"]) == ("uuid:1", "register")
    assert source["submission"]["currentVersion"]["submitter"]["displayName"] == "Tablet 7"
    assert source["event"]["action"] == "submission.create"
    (audit,) = field.admin.gets(f"{field.people}/entities/{JANE}/audits")
    assert (audit["action"], audit["actor"]["displayName"]) == ("entity.create", "Tablet 7")
    field.rebuilds()
    corrected = filled(
        "register", "people", {"age": "31"}, "Jane (31)", "uuid:2", deprecates="uuid:1", id=JANE, create="1"
    )
    assert field.sends(corrected) == 201
    field.rebuilds()
    assert field.said() == [(1, None, "Jane (30)", "30", None)]
    assert field.errors() == []


def test_what_makes_no_entity_is_noted_and_the_record_stays(field: Field) -> None:
    for entity, label, told in (
        ({"id": "", "create": "1"}, "x", "The entity has no uuid."),
        ({"id": "one", "create": "1"}, "x", "The value of uuid is not"),
        ({"id": JANE, "create": "1"}, " ", "The entity has no label."),
        ({"id": JANE, "update": "1", "baseVersion": "1"}, "x", "its form permits create"),
    ):
        assert field.sends(filled("register", "people", {}, label, **entity)) == 201
        assert told in field.errors()[-1]
    assert field.sends(filled("register", "nobody", {}, "x", id=JANE, create="1")) == 201
    assert "There is no entity list nobody" in field.errors()[-1]
    assert field.sends(filled("register", "people", {}, "x", id=JANE, create="0")) == 201
    field.visits(1)
    assert f"The list people has no entity {JANE}" in field.errors()[-1]
    field.registers()
    field.visits(7)
    assert f"The entity {JANE} of the list people has no version 7" in field.errors()[-1]
    field.visits(None)
    assert "The entity has no baseVersion" in field.errors()[-1]
    field.registers(instance_id="uuid:again")
    assert f"A resource already exists with uuid value(s) of {JANE}." in field.errors()[-1]
    assert len(field.errors()) == 9
    newest = field.admin.gets("/audits?action=entity.error")[0]["details"]["problem"]
    assert (newest["problemCode"], newest["problemDetails"]["fields"]) == (409.3, ["uuid"])
    assert len(field.admin.gets(f"{field.people}/entities")) == 1
    field.rebuilds()
    assert len(field.errors()) == 9


def test_first_of_a_chain_that_can_makes_the_entity_in_any_order(field: Field) -> None:
    def record(uuid: str, label: str, number: str, edits: str | None = None) -> bytes:
        said = {"age": label[-1:]}
        return filled("register", "people", said, label, number, deprecates=edits, id=uuid, create="1")

    field.sends(record(JANE, "", "uuid:1"))
    assert field.ids() == []
    field.sends(record(JANE, "Jane 1", "uuid:2", edits="uuid:1"))
    assert field.said() == [(1, None, "Jane 1", "1", None)]
    field.sends(record(JOHN, "John 1", "uuid:4", edits="uuid:3"))
    assert field.ids() == [JANE]
    field.sends(record(JOHN, "John 0", "uuid:3"))
    assert field.said(JOHN) == [(1, None, "John 0", "0", None)]


def test_updates_made_side_by_side_are_in_conflict_until_somebody_settles_it(field: Field) -> None:
    field.registers()
    field.visits(1, age="31")
    assert field.jane()["conflict"] is None
    field.visits(1, first_name="Janet")
    assert field.jane()["conflict"] == "soft"
    field.visits(1, "Jane (40)", age="40")
    jane = field.jane()
    assert (jane["conflict"], jane["currentVersion"]["conflictingProperties"]) == ("hard", ["age"])
    assert field.said() == [
        (1, None, "Jane (30)", "30", None),
        (2, 1, "Jane (30)", "31", None),
        (3, 1, "Jane (30)", "31", "soft"),
        (4, 1, "Jane (40)", "40", "hard"),
    ]
    versions = f"{field.people}/entities/{JANE}/versions"
    relevant = field.admin.gets(f"{versions}?relevantToConflict=true")
    assert [(v["version"], v["lastGoodVersion"]) for v in relevant] == [
        (1, False), (2, True), (3, False), (4, False),
    ]  # fmt: skip
    assert field.admin.gets(f"{field.people}", extended=True)["conflicts"] == 1
    settled = field.admin.does("PATCH", f"{field.people}/entities/{JANE}?resolve=true&baseVersion=4")
    assert (settled["conflict"], settled["currentVersion"]["version"]) == (None, 4)
    assert [v["resolved"] for v in field.admin.gets(versions)] == [False, False, True, True]
    assert field.admin.gets(f"{field.people}/entities/{JANE}/audits")[0]["action"] == "entity.update.resolve"


def test_offline_updates_come_to_the_same_in_any_order(field: Field) -> None:
    for place, order in enumerate(permutations(range(3))):
        uuid, branch = (f"{kind}2345678-1234-4123-8234-12345678900{place}" for kind in "ab")
        offline = place % 2 == 0  # registered online or offline
        trunk = "" if offline else "1"
        sent = [lambda u=uuid: field.registers(uuid=u, works=False)]
        sent += [
            lambda n=number, u=uuid, b=branch, t=trunk: field.visits(
                n, id=u, branchId=b, trunkVersion=t, age=str(30 + n), works=False
            )
            for number in (1, 2)
        ]
        for number in order:
            assert sent[number]() == 201
    field.worker.drain()
    for each in field.ids():
        assert [(v, base, age, conflict) for v, base, _, age, conflict in field.said(each)] == [
            (1, None, "30", None),
            (2, 1, "31", None),
            (3, 2, "32", None),
        ]
    assert len(field.ids()) == 6
    here = f"{field.people}/entities/{uuid}"
    field.admin.does("PATCH", f"{here}?force=true", {"data": {"first_name": "J"}})
    field.visits(3, id=uuid, branchId=branch, trunkVersion=trunk, age="33")
    assert field.said(uuid)[-1][4] == "soft"
    assert "submission.backlog.hold" in {event["action"] for event in field.admin.gets("/audits")}


def test_entities_wait_for_approval_where_the_list_wants_it(field: Field) -> None:
    field.admin.does("PATCH", field.people, {"approvalRequired": True})
    for number, uuid in enumerate((JANE, JOHN)):
        field.registers(uuid=uuid, instance_id=f"uuid:{number}")
    assert field.admin.gets(f"{field.people}/entities") == []
    refused = field.admin.asks("PATCH", field.people, {"approvalRequired": False}).json()
    assert (refused["code"], refused["details"]) == (400.29, {"count": 2})
    field.reviews("uuid:0", "approved")
    assert [each["uuid"] for each in field.admin.gets(f"{field.people}/entities")] == [JANE]
    (audit,) = field.admin.gets(f"{field.people}/entities/{JANE}/audits")
    assert (audit["actor"]["displayName"], audit["details"]["source"]["event"]["action"]) == (
        "Amina",
        "submission.update",
    )
    field.reviews("uuid:0", "approved")
    field.admin.does("PATCH", f"{field.people}?convert=true", {"approvalRequired": False})
    field.worker.drain()
    assert [each["uuid"] for each in field.admin.gets(f"{field.people}/entities")] == [JOHN, JANE]
    field.rebuilds()
    assert len(field.admin.gets(f"{field.people}/entities")) == 2
    field.admin.does("PATCH", field.people, {"approvalRequired": True})
    third = "12345678-1234-4123-8234-123456789ccc"
    record = filled("register", "people", {"age": "30"}, "Ali", "uuid:3", id=third, create="1")
    field.sends(record, works=False)
    field.reviews("uuid:3", "approved")  # faster than the worker
    assert field.said(third) == [(1, None, "Ali", "30", None)]


def test_update_whose_predecessor_never_comes_is_applied_after_some_days(field: Field) -> None:
    field.visits(2, branchId=BRANCH, trunkVersion="1", age="32")
    field.visits(2, id=JOHN, branchId=BRANCH[:-1] + "d", trunkVersion="1", age="42", label="John")
    assert field.ids() == []
    field.office.store.write(lambda session: force_held(session, now()))
    field.worker.drain()
    assert field.said() == [(1, None, "auto generated", "32", None)]
    field.registers()  # the creation comes late: it is applied as an update
    assert field.said()[-1][:1] == (2,)
    assert field.jane()["conflict"] == "hard"
    assert field.ids() == [JOHN, JANE]


def test_what_an_erased_record_said_is_in_no_entity_any_more(field: Field) -> None:
    field.registers(instance_id="uuid:1")
    field.visits(1, age="31", instance_id="uuid:2")
    field.admin.does("PATCH", f"{field.people}/entities/{JANE}?force=true", {"data": {"age": "32"}})
    uuids = {}
    with field.office.store.read() as session:
        for row in session.all(select(submission.c.instance_id, submission.c.uuid)):
            uuids[row["instance_id"]] = row["uuid"]
    erase_submission(field.office.store, uuids["uuid:1"], None, "asked for by the person")
    versions = field.admin.gets(f"{field.people}/entities/{JANE}/versions")
    assert [(v["label"], v["data"], v["dataReceived"]) for v in versions] == [
        ("erased", {}, {}),
        ("erased", {"age": "31"}, {"age": "31"}),
        ("erased", {"age": "32"}, {"age": "32"}),
    ]
    field.registers(uuid=JOHN, name="John", instance_id="uuid:3")
    with field.office.store.read() as session:
        third = session.scalar(select(submission.c.uuid).where(submission.c.instance_id == "uuid:3"))
    erase_submission(field.office.store, third, None, "asked for by the person")
    assert field.ids() == [JANE]
    assert field.admin.is_refused("POST", f"{field.people}/entities/{JOHN}/restore") == 404.1
    assert "<deleted>true</deleted>" in field.admin.asks("GET", f"{field.people}/integrity?id={JOHN}").text
    with field.office.store.read() as session:
        kept = session.all(select(entity_version.c.sealed).where(entity_version.c.sealed.is_(None)))
    assert len(kept) == 1


def test_each_instance_of_a_repeat_makes_an_entity_and_all_are_made_or_none(field: Field) -> None:
    published = publish_form(field.office.store, field.office.project_id, TREES, "trees.md")
    field.office.app.state.catalogue.expire()
    here = f"/projects/{field.office.project_id}/datasets/trees"
    assert field.admin.gets(here)["sourceForms"] == [
        {"xmlFormId": "plot", "name": "plot", "repeatPath": "/tree/"}
    ]

    def plot(number: int, *trees: tuple[str, str]) -> bytes:
        told = "".join(
            f"<tree><species>{label}</species><meta><entity dataset='trees' create='1' id='{uuid}'>"
            f"<label>{label}</label></entity></meta></tree>"
            for uuid, label in trees
        )
        meta = f"<meta><instanceID>uuid:{number}</instanceID></meta>"
        return f"<data id='plot' version='{published.version}'>{told}{meta}</data>".encode()

    field.sends(plot(1, (JANE, "Oak"), (JOHN, "Elm")))
    rows = field.admin.gets(f"{here}.svc/Entities")["value"]
    assert sorted((row["label"], row["species"]) for row in rows) == [("Elm", "Elm"), ("Oak", "Oak")]
    other = "12345678-1234-4123-8234-123456789ccc"
    field.sends(plot(2, (other, "Ash"), (JANE, "Oak")))
    assert len(field.admin.gets(f"{here}/entities")) == 2
    assert "1 of 2 entities" in field.errors()[-1]
