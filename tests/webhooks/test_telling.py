"""Others are told what happens to records: once it happened, in order, signed, and without answers."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from sync.store import now
from sync.tables import webhook
from sync.webhooks import queue
from sync.worker import Worker
from tests.contract.people import Person
from tests.webhooks.conftest import BASE, Outside
from tests.webhooks.receiver import Receiver


def test_each_thing_that_happens_is_told_in_order(outside: Outside, admin: Person) -> None:
    outside.receives("uuid:before")
    with Receiver() as receiver, Receiver() as of_one_form, outside.sending():
        hook = outside.tells(receiver)
        outside.tells(of_one_form, "submission.held", "submission.released", forms=["census"])
        outside.receives("uuid:a", point="SECRET PLACE")
        outside.receives("uuid:b", edits="uuid:a")
        outside.receives("uuid:c", edits="uuid:b")
        outside.receives("uuid:a", men=99)
        outside.receives("uuid:x", form="census")
        outside.receives("uuid:a", point="SECRET PLACE")  # a resend is nothing new
        record = f"/projects/{outside.office.project_id}/forms/fmr/submissions/uuid:a"
        admin.does("PATCH", record, {"reviewState": "hasIssues"})
        receiver.waits_for(6)
        outside.office.publishes("census")
        worker = Worker(outside.store)
        worker.drain()
        worker.stop()
        got = receiver.waits_for(7)
        of_one_form.waits_for(2)
        outside.settles(hook)
    assert [(one.event, one.body["submission"]["versionInstanceId"]) for one in got] == [
        ("submission.created", "uuid:a"),
        ("submission.updated", "uuid:b"),
        ("submission.updated", "uuid:c"),
        ("submission.conflict", "uuid:a"),
        ("submission.held", "uuid:x"),
        ("submission.reviewed", "uuid:a"),
        ("submission.released", "uuid:x"),
    ]
    assert of_one_form.events == ["submission.held", "submission.released"]
    assert all(one.is_signed for one in got + of_one_form.got)
    assert len({one.delivery for one in got}) == 7
    assert {one.body["submission"]["instanceId"] for one in got} == {"uuid:a", "uuid:x"}
    held, reviewed = got[4].body, got[5].body
    assert (held["reason"], held["submission"]["versionState"]) == ("unknown_form", "held")
    assert reviewed["submission"]["reviewState"] == "hasIssues"
    project = outside.office.project_id
    here = f"{BASE}/v1/projects/{project}/forms/fmr/submissions/uuid%3Aa"
    at, sequence = got[0].body.pop("at"), got[0].body.pop("sequence")
    assert (at.endswith("Z"), sequence) == (True, got[1].body["sequence"] - 1)
    received = got[0].body["submission"].pop("receivedAt")
    assert received <= at
    assert got[0].body == {
        "delivery": got[0].delivery,
        "event": "submission.created",
        "project": {"id": project},
        "form": {"xmlFormId": "fmr", "version": "1"},
        "submission": {
            "instanceId": "uuid:a", "versionInstanceId": "uuid:a", "reviewState": None,
            "versionState": "current",
        },
        "reason": None,
        "links": {"submission": here, "xml": f"{here}.xml", "attachments": f"{here}/attachments"},
    }  # fmt: skip
    assert "SECRET" not in str([one.body for one in got])


def test_slow_dead_and_refusing_receivers_hold_up_nobody_else(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "_FIRST_S", 0.05)
    with (
        Receiver(delay_s=30) as slow,
        Receiver(answers=lambda before: 503 if before < 2 else 200) as ill,
        Receiver(answers=lambda before: 422 if before == 0 else 200) as picky,
        Receiver() as well,
        Receiver(answers=lambda _: 302, location="http://169.254.169.254/") as leading,
    ):
        hooks = [outside.tells(one) for one in (slow, ill, picky, well, leading)]
        with outside.sending():
            began = time.monotonic()
            for number in range(5):
                outside.receives(f"uuid:{number}")
            well.waits_for(5)
            ill.waits_for(7)
            picky.waits_for(5)
            leading.waits_for(2)
            assert time.monotonic() - began < 15
            assert len(slow.got) == 1
            counts = ((5, 0), (0, 0), (0, 1), (0, 0), (5, 0))
            for hook, (waiting, parked) in zip(hooks, counts, strict=True):
                outside.settles(hook, waiting, parked)
        order = [f"uuid:{number}" for number in range(5)]

        def told(receiver: Receiver) -> list[str]:
            return [one.body["submission"]["instanceId"] for one in receiver.got]

        assert told(well) == told(picky) == order
        assert told(ill) == ["uuid:0", "uuid:0", *order]  # tried again under the same id, the rest waits
        assert len({one.delivery for one in ill.got}) == 5
        assert set(told(leading)) == {"uuid:0"}
        with outside.store.read() as session:
            (refused,) = queue.list_deliveries(session, hooks[2], "parked")
            head = queue.list_deliveries(session, hooks[4])[-1]
        assert (refused["status"], refused["said"]) == (422, "x" * 200)
        assert (head["status"], "not followed" in head["said"]) == (302, True)
        outside.store.write(lambda session: queue.redeliver(session, hooks[2], refused["uuid"]))
        with outside.sending():
            assert picky.waits_for(6)[-1].delivery == refused["uuid"]


def test_sender_is_killed_and_the_next_one_goes_on(outside: Outside) -> None:
    """At least once, in order: what was under way comes again under its id."""
    with Receiver(delay_s=20) as receiver:
        hook = outside.tells(receiver)
        for number in range(3):
            outside.receives(f"uuid:{number}")
        script = (
            "import sys, time; from pathlib import Path; from sync.store import open_store;"
            "from server.webhooks.sender import Sender; from server.webhooks.address import Policy;"
            "store = open_store(Path(sys.argv[1]), sys.argv[2]);"
            "Sender(store, 'https://x.example', Policy.allowing(['127.0.0.1']), look_s=0.02).start();"
            "time.sleep(60)"
        )
        database = outside.store.engine.url.render_as_string(False)
        running = subprocess.Popen([sys.executable, "-c", script, outside.store.data, database])
        receiver.waits_for(1)
        running.kill()
        running.wait()
        receiver.delay_s = 0
        minute = {"leased_until": now() - timedelta(seconds=1)}  # it passes
        outside.store.write(lambda session: session.execute(update(webhook).values(**minute)))
        with outside.sending():
            got = receiver.waits_for(4)
            outside.settles(hook)
    told = [one.body["submission"]["instanceId"] for one in got]
    assert told == ["uuid:0", "uuid:0", "uuid:1", "uuid:2"]
    assert got[0].delivery == got[1].delivery


def test_two_processes_send_each_thing_once(outside: Outside) -> None:
    with Receiver(delay_s=0.005) as receiver, outside.sending(), outside.sending():
        outside.tells(receiver)
        for number in range(25):
            outside.receives(f"uuid:{number}")
        receiver.waits_for(25)
    assert [one.body["submission"]["instanceId"] for one in receiver.got] == [f"uuid:{n}" for n in range(25)]


def test_office_manages_webhooks_over_the_api(outside: Outside, admin: Person) -> None:
    here = f"/projects/{outside.office.project_id}/webhooks"
    url = "https://hooks.example.org/w?key=1"
    made = admin.does("POST", here, {"url": url})
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    events = ["created", "updated", "conflict", "held", "released", "reviewed"]
    assert made == {
        "id": made["id"], "projectId": outside.office.project_id, "name": "hooks.example.org", "url": url,
        "events": [f"submission.{event}" for event in events], "forms": None, "state": "active",
        "waiting": 0, "parked": 0, "createdAt": made["createdAt"], "updatedAt": None,
    }  # fmt: skip
    assert admin.gets(here) == [made]
    with outside.store.read() as session:
        assert secret.encode() not in session.first(select(webhook))["sealed"]  # type: ignore[index]
    one = f"{here}/{made['id']}"
    for refused, code in (
        ({}, 400.2),
        ({"url": "ftp://hooks.example.org"}, 400.8),
        ({"url": "https://a:b@hooks.example.org"}, 400.8),
        ({"url": "https://127.0.0.1/"}, 400.8),
        ({"url": "https://[::ffff:10.0.0.1]/"}, 400.8),
        ({"url": "https://LOCALHOST:8080/"}, 400.8),
        ({"url": url, "events": ["submission.eaten"]}, 400.8),
        ({"url": url, "events": "submission.held"}, 400.11),
    ):
        assert admin.is_refused("POST", here, refused) == code, refused
        if refused:
            assert admin.is_refused("PATCH", one, refused) == code, refused
    changed = admin.does("PATCH", one, {"paused": True, "events": ["submission.held"], "forms": ["fmr"]})
    assert (changed["state"], changed["events"], changed["forms"]) == ("paused", ["submission.held"], ["fmr"])
    sent = admin.does("POST", f"{one}/test")
    assert (sent["event"], sent["state"], sent["body"]["event"]) == ("test", "waiting", "test")
    assert admin.gets(f"{one}/deliveries?state=waiting") == [sent]
    again = admin.does("POST", f"{one}/deliveries/{sent['id']}/redeliver")
    assert (again["id"], again["state"]) == (sent["id"], "waiting")
    assert admin.is_refused("POST", f"{one}/deliveries/none/redeliver") == 404.1
    assert admin.does("DELETE", one) == {"success": True}
    assert admin.is_refused("GET", one) == 404.1
    assert admin.gets(here) == []
