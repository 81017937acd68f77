"""What does not count is seen with its reason, put right with one action, and taken back."""

from __future__ import annotations

from sqlalchemy import select

from sync.assignments import Place
from sync.held.keeping import derived_instance_id
from sync.rebuild import rebuild
from sync.tables import attachment, submission, submission_version
from sync.trail import read_trail
from tests.contract.people import comes
from tests.coordinator.bureau import FORM, Bureau


def test_each_thing_that_waits_is_listed_with_its_reason_and_what_can_be_done(bureau: Bureau) -> None:
    tablet, narrow = bureau.tablet(), bureau.tablet("Gate", forms=("other",))
    assert tablet.sends("uuid:1", 1, files={"a.jpg": b"a"}, photo="a.jpg") == 201
    assert tablet.sends("uuid:2", 2, photo="lost.jpg") == 201
    waiting = [
        tablet.sends("uuid:3", 3, form="census"),
        tablet.sends("uuid:4", 4, version="9"),
        tablet.sends("uuid:5", 5, edits="uuid:never"),
        narrow.sends("uuid:6", 6),
        tablet.sends("uuid:1", 7),
    ]
    assert waiting == [202] * 5
    assert [tablet.sends(f"uuid:1{letter}", 8, edits="uuid:2") for letter in "ab"] == [201, 201]
    assert bureau.counts() == [1, 8]

    items = bureau.held()
    assert [(i["kind"], i["reason"], i["instanceId"], i["actions"]) for i in items] == [
        ("held", "unknown_form", "uuid:3", ["publish", "discard"]),
        ("held", "unknown_version", "uuid:4", ["publish", "discard"]),
        ("held", "not_assigned", "uuid:6", ["assign", "adopt", "discard"]),
        ("orphan_edit", "original_missing", "uuid:5", ["adopt", "discard"]),
        ("conflict", "conflict", "uuid:1", ["keep_both", "use_this", "discard"]),
        ("branched", "branched", "uuid:2", ["use_this", "settle"]),
    ]
    assert items == bureau.held(limit=2), "page by page the same"
    assert [i["instanceId"] for i in bureau.held(appUser=narrow.id)] == ["uuid:6"]
    assert [i["kind"] for i in bureau.held(form=FORM, kind="conflict")] == ["conflict"]
    first = items[0]
    assert (first["appUser"], first["deviceId"]) == (
        {"id": tablet.id, "displayName": "Tablet 7"},
        "collect:abc",
    )
    assert first["otherwise"].startswith("Publish that version")

    second = items[1]
    asked = {"reason": "told by the team"}
    path = f"/projects/{bureau.project_id}/held"
    assert bureau.amina.is_refused("POST", f"{path}/{second['id']}/publish", asked) == 409.3
    bureau.drafts("9")
    assert "is published" in bureau.acts(second, "publish", dry=True)["follows"][0]
    assert bureau.counts() == [1, 8]
    bureau.acts(second, "publish")
    assert bureau.counts() == [1, 4, 8]

    assert tablet.sends("uuid:7", 9, photo="north.jpg") == 201
    assert bureau.counts() == [1, 4, 8, 9]
    (lacking,) = bureau.held(kind="incomplete")
    assert (lacking["instanceId"], lacking["missing"], lacking["formVersion"]) == (
        "uuid:7",
        ["north.jpg"],
        "1",
    )
    assert tablet.sends("uuid:7", 9, files={"north.jpg": b"n"}, photo="north.jpg") == 201
    assert bureau.held(kind="incomplete") == []

    stranger = comes(bureau.office, "Sam", "supervisor", Place(bureau.project_id, "other"))
    refused = [stranger.asks(method, where) for method, where in (("GET", path), ("POST", f"{path}/x/adopt"))]
    assert {answer.status_code for answer in refused} == {403}
    assert bureau.amina.is_refused("POST", f"{path}/{'0' * 8}/discard", asked) == 404.1
    assert bureau.amina.is_refused("POST", f"{path}/{first['id']}/adopt", asked) == 409.3
    assert bureau.amina.is_refused("POST", f"{path}/{first['id']}/eat", asked) == 404.1


def test_a_second_body_becomes_a_record_of_its_own_once_and_can_be_taken_back(bureau: Bureau) -> None:
    tablet = bureau.tablet()
    assert tablet.sends("uuid:1", 10, files={"a.jpg": b"a"}, photo="a.jpg") == 201
    assert tablet.sends("uuid:1", 20, files={"b.jpg": b"b"}, photo="b.jpg") == 202
    assert bureau.counts() == [10]
    (item,) = bureau.held()
    derived = derived_instance_id(item["id"])

    told = bureau.acts(item, "keep_both", dry=True)
    assert (told["dryRun"], told["decision"], told["instanceId"]) == (True, None, derived)
    assert bureau.counts() == [10]
    assert (
        bureau.amina.is_refused("POST", f"/projects/{bureau.project_id}/held/{item['id']}/keep_both", {})
        == 400.8
    )
    done = bureau.acts(item, "keep_both")
    assert done["instanceId"] == derived
    assert (bureau.counts(), bureau.held()) == ([10, 20], [])
    with bureau.store.read() as session:
        files = session.all(
            select(submission.c.instance_id, attachment.c.name)
            .join(attachment, attachment.c.submission_id == submission.c.id)
            .order_by(attachment.c.id)
        )
        bodies = session.all(
            select(submission.c.instance_id, submission_version.c.state)
            .join(submission_version, submission_version.c.submission_id == submission.c.id)
            .order_by(submission_version.c.id)
        )
    assert [tuple(row.values()) for row in files] == [
        ("uuid:1", "a.jpg"),
        ("uuid:1", "b.jpg"),
        (derived, "b.jpg"),
    ]
    assert [tuple(row.values()) for row in bodies] == [
        ("uuid:1", "current"), ("uuid:1", "conflict"), (derived, "current")
    ]  # fmt: skip
    assert tablet.sends("uuid:1", 20, files={"b.jpg": b"b"}, photo="b.jpg") == 202, "a resend adds nothing"
    assert bureau.counts() == [10, 20]
    assert rebuild(bureau.store, bureau.project_id, worker=bureau.worker).unchanged

    (decided,) = bureau.held(state="decided")
    assert (decided["decision"], decided["actions"]) == (done["decision"], ["reopen"])
    bureau.acts(decided, "reopen")
    assert (bureau.counts(), [i["id"] for i in bureau.held()]) == ([10], [item["id"]])
    bureau.acts(item, "keep_both")
    assert (bureau.counts(), bureau.held()) == ([10, 20], [])
    with bureau.store.read() as session:
        trail = read_trail(session, ["decision.keep"])
    assert [(entry["actor"], entry["object"]) for entry in trail] == [("Amina", item["id"])] * 3


def test_held_records_are_adopted_assigned_discarded_chosen_and_settled(bureau: Bureau) -> None:
    tablet, narrow = bureau.tablet(), bureau.tablet("Gate", forms=("other",))
    assert tablet.sends("uuid:1", 1) == 201
    assert tablet.sends("uuid:1", 100) == 202
    assert tablet.sends("uuid:2", 2, edits="uuid:never") == 202
    assert narrow.sends("uuid:3", 3) == 202
    bureau.sets_state("closed")
    assert tablet.sends("uuid:4", 4) == 202
    bureau.sets_state("open")
    assert bureau.counts() == [1, 4]
    bureau.sets_state("closed")
    assert tablet.sends("uuid:5", 5) == 202
    assert bureau.counts() == [1, 4]
    by_id = {item["instanceId"]: item for item in bureau.held()}

    bureau.acts(by_id["uuid:5"], "discard")
    bureau.sets_state("open")
    bureau.acts(by_id["uuid:2"], "adopt")
    bureau.acts(by_id["uuid:3"], "assign")
    bureau.acts(by_id["uuid:1"], "use_this")
    assert (bureau.counts(), bureau.held()) == ([2, 3, 4, 100], [])
    decided = {item["instanceId"]: item for item in bureau.held(state="decided")}
    assert set(decided) >= {"uuid:1", "uuid:5"}
    for name in ("uuid:1", "uuid:5"):
        bureau.acts(decided[name], "reopen")
    assert bureau.counts() == [1, 2, 3, 4, 5]

    edits = [tablet.sends(f"uuid:4{letter}", n, edits="uuid:4") for letter, n in (("a", 41), ("b", 42))]
    assert edits == [201, 201]
    bureau.counts()
    (branch,) = bureau.held(kind="branched")
    refused = bureau.amina.asks(
        "POST", f"/projects/{bureau.project_id}/held/{branch['id']}/use_this", {"reason": "told so"}
    )
    assert refused.status_code == 400
    for edit, n in (("uuid:4a", 41), ("uuid:4b", 42)):
        if bureau.held(kind="branched"):
            bureau.acts(branch, "use_this", edit=edit)
            assert n in bureau.counts()
    assert bureau.held(kind="branched") == []
