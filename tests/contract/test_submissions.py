"""Records over REST: what ODK Central's clients send, list and get."""

from __future__ import annotations

from sqlalchemy import select

from sync.assignments import Place
from sync.registry import set_form_state
from sync.tables import answer_row, submission_version
from sync.worker import Worker
from tests.contract.central_forms import filled, publishes, sends
from tests.contract.people import Person, comes
from tests.server.office import Office

VERSION = {"instanceId", "submitterId", "createdAt", "instanceName", "current", "userAgent", "deviceId"}
SUBMISSION = {
    "instanceId", "createdAt", "updatedAt", "submitterId", "currentVersion", "userAgent", "deviceId",
    "reviewState", "deletedAt",
}  # fmt: skip


def test_record_is_sent_listed_and_read_byte_for_byte(office: Office, admin: Person) -> None:
    path = publishes(office, "simple", name="string", age="int")
    assert admin.gets(path) == []
    one, two = (filled("simple", name, name="Alice", age=30) for name in ("one", "two"))
    made = sends(admin, f"{path}?deviceID=testtest", one, user_agent="central/test")
    assert isinstance(made, dict)
    assert set(made) == SUBMISSION
    assert set(made["currentVersion"]) == VERSION
    assert (made["instanceId"], made["submitterId"], made["deviceId"]) == ("one", admin.id, "testtest")
    assert made["currentVersion"]["userAgent"] == made["userAgent"] == "central/test"
    sends(admin, path, two)
    assert [each["instanceId"] for each in admin.gets(path)] == ["two", "one"]
    assert [each["instanceId"] for each in admin.gets(f"{path}?limit=1&offset=1")] == ["one"]
    assert admin.gets(f"{path}/one") == made
    extended = admin.gets(f"{path}/one", extended=True)
    assert extended["submitter"]["displayName"] == extended["currentVersion"]["submitter"]["displayName"]
    got = admin.asks("GET", f"{path}/one.xml")
    assert (got.content, got.headers["content-type"]) == (one, "application/xml; charset=utf-8")
    again = admin.asks("GET", f"{path}/one.xml", If_None_Match=got.headers["etag"])
    assert again.status_code == 304
    assert [each["displayName"] for each in admin.gets(f"{path}/submitters")] == ["Amina"]
    assert admin.is_refused("GET", f"{path}/three") == 404.1
    assert comes(office, "Chelsea").is_refused("GET", f"{path}/one") == 404.1


def test_what_is_refused_is_kept_all_the_same(office: Office, admin: Person) -> None:
    path = publishes(office, "simple", name="string")
    assert sends(admin, path, b"<aoeu") == 400.2
    assert sends(admin, path, filled("other", "one")) == 400.8
    sends(admin, path, filled("simple", "one", name="Alice"))
    assert sends(admin, path, filled("simple", "one", name="Alice")) == 409.3
    assert sends(admin, path, filled("simple", "one", name="Bob")) == 409.1
    assert sends(admin, path, filled("simple", "two", version="9")) == 404.6
    assert sends(admin, path, filled("simple", "three", edits="nobody")) == 404.5
    office.store.write(lambda s: set_form_state(s, office.project_id, "simple", "closed"))
    office.app.state.catalogue.expire()
    assert sends(admin, path, filled("simple", "four")) == 409.2
    with office.store.read() as session:
        v = submission_version.c
        kept = session.all(select(v.state, v.hold_reason).order_by(v.id))
    assert [tuple(row.values()) for row in kept] == [
        ("current", None),
        ("conflict", None),
        ("held", "unknown_version"),
        ("held", "original_missing"),
        ("held", "form_closed"),
    ]
    assert [each["instanceId"] for each in admin.gets(path)] == ["one"]


def test_record_is_corrected_and_its_edits_lead_back_to_it(office: Office, admin: Person) -> None:
    path = publishes(office, "simple", name="string")
    sends(admin, path, filled("simple", "one", name="Alice"), user_agent="node1")
    assert sends(admin, f"{path}/two", filled("simple", "three", edits="two"), "PUT") == 404.1
    assert sends(admin, f"{path}/one", filled("simple", "two"), "PUT") == 400.19
    edit = filled("simple", "two", edits="one", name="Alyssa")
    told = sends(admin, f"{path}/one?deviceID=web", edit, "PUT", user_agent="node2")
    assert isinstance(told, dict)
    assert (told["instanceId"], told["userAgent"], told["reviewState"]) == ("one", "node1", "edited")
    current = told["currentVersion"]
    assert (current["instanceId"], current["userAgent"], current["deviceId"]) == ("two", "node2", "web")
    assert told["updatedAt"] == current["createdAt"]
    for number in range(6):  # whichever way their names happen to sort
        late = filled("simple", f"late{number}", edits="one", name="Anna")
        assert sends(admin, f"{path}/one", late, "PUT") == 409.9
    assert sends(admin, f"{path}/one", edit, "PUT") == 409.9
    assert admin.asks("GET", f"{path}/one.xml").content == edit
    assert admin.gets(path) == [admin.gets(f"{path}/one")] == [told]
    for rest in ("", ".xml", "/attachments", "/attachments/any.mp3"):
        moved = admin.client.get(
            f"/v1{path}/two{rest}",
            headers={"Authorization": f"Bearer {admin.token}"},
            follow_redirects=False,
        )
        assert moved.status_code == 301
        assert moved.text == f"Moved Permanently. Redirecting to /v1{path}/one/versions/two{rest}"


def test_who_corrects_anothers_record_is_told_nothing_of_it(office: Office, admin: Person) -> None:
    path = publishes(office, "simple", name="string")
    carl = comes(office, "Carl", "formfill", Place(office.project_id))
    sends(admin, path, filled("simple", "one", name="Alice"), user_agent="node1")
    admin.does("PATCH", f"{path}/one", {"reviewState": "hasIssues"})
    for method, where, name, before in (("PUT", f"{path}/one", "a", "one"), ("POST", path, "b", "a")):
        told = sends(carl, where, filled("simple", name, edits=before), method)
        assert isinstance(told, dict), told
        kept = ("submitterId", "deviceId", "userAgent", "reviewState")
        assert [told["instanceId"], *(told[each] for each in kept)] == ["one", *[None] * 4]
    own = sends(carl, path, filled("simple", "two", name="Carl"), user_agent="node2")
    assert isinstance(own, dict)
    assert (own["submitterId"], own["userAgent"]) == (carl.id, "node2")
    assert admin.gets(f"{path}/one")["submitterId"] == admin.id


def test_prefix_that_is_declared_nowhere_is_read_all_the_same(office: Office, admin: Person) -> None:
    path = publishes(office, "simple", name="string")
    xml = b'<data id="simple"><orx:meta><orx:instanceID>one</orx:instanceID></orx:meta><name>B</name></data>'
    sends(admin, path, xml)
    assert admin.asks("GET", f"{path}/one.xml").content == xml
    worker = Worker(office.store)
    worker.drain()
    worker.stop()
    with office.store.read() as session:
        answers = session.all(select(answer_row.c.answers))
    assert [row["answers"] for row in answers] == [{"/data/name": "B"}]
