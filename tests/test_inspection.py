"""What `waypost submission show` and `waypost status` tell: counts and reasons, never an answer."""

from __future__ import annotations

from typing import Any

import pytest

from sync.erase import erase_submission
from sync.inspection import list_submissions, show_submission, status
from sync.problems import Ambiguous, NotFound
from sync.registry import publish_form
from sync.store import Store, WriteSession, new_uuid, now
from sync.tables import actor, answer_row, attachment, flag, receipt_event, submission_version
from tests.datasets.rows import FMP_01, MONDAY, Country, country

PHOTO_FORM = b"""<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
        xmlns:jr="http://openrosa.org/javarosa" xmlns:orx="http://openrosa.org/xforms">
  <h:head><h:title>Photos</h:title><model>
    <instance><data id="photos" version="1"><n/><front/><back/><meta><instanceID/></meta></data></instance>
    <bind nodeset="/data/n" type="int"/>
    <bind nodeset="/data/front" type="binary"/><bind nodeset="/data/back" type="binary"/>
    <bind nodeset="/data/meta/instanceID" type="string" jr:preload="uid"/>
  </model></h:head>
  <h:body>
    <input ref="/data/n"><label>How many?</label></input>
    <upload ref="/data/front" mediatype="image/*"><label>Front</label></upload>
    <upload ref="/data/back" mediatype="image/*"><label>Back</label></upload>
  </h:body>
</h:html>"""


@pytest.fixture
def sahelia(store: Store) -> Country:
    return country(store)


class Arrivals:
    """What a receipt and the pipeline leave behind, piece by piece."""

    def __init__(self, of: Country) -> None:
        self.of = of
        self._versions = 0

    def version(self, made: dict[str, Any], state: str = "current", reason: str | None = None) -> int:
        self._versions += 1
        row = {
            "id": self._versions,
            "uuid": new_uuid(),
            "submission_id": made["id"],
            "body_hash": str(self._versions).encode(),
            "state": state,
            "hold_reason": reason,
            "form_version": "1",
            "size": 512,
            "received_at": now(),
        }
        self.of.store.write(lambda session: session.insert(submission_version, [row]))
        return self._versions

    def file(self, made: dict[str, Any], name: str) -> None:
        row = {
            "uuid": new_uuid(),
            "submission_id": made["id"],
            "name": name,
            "digest": name.encode(),
            "size": 5,
            "blob": new_uuid(),
            "blob_key": b"",
            "received_at": now(),
        }
        self.of.store.write(lambda session: session.insert(attachment, [row]))

    def answers(self, made: dict[str, Any], version_id: int, **values: Any) -> None:
        row = {
            "root_id": made["root_id"],
            "version_id": version_id,
            "table_path": "",
            "ordinal": 0,
            "answers": {f"/data/{name}": value for name, value in values.items()},
        }
        self.of.store.write(lambda session: session.insert(answer_row, [row]))

    def settled(self, made: dict[str, Any], **values: Any) -> None:
        changed = receipt_event.update().where(receipt_event.c.submission_id == made["id"]).values(**values)
        self.of.store.write(lambda session: session.execute(changed))


@pytest.fixture
def arrivals(sahelia: Country) -> Arrivals:
    return Arrivals(sahelia)


def state(of: Country, made: dict[str, Any]) -> str:
    found: str = show_submission(of.store, made["instance_id"])["state"]
    return found


def test_a_record_is_shown_from_receipt_to_rows(sahelia: Country, arrivals: Arrivals) -> None:
    publish_form(sahelia.store, sahelia.project_id, PHOTO_FORM, "photos.xml")
    made = sahelia.submission("uuid:1", form_id="photos")
    version = arrivals.version(made)
    before = show_submission(sahelia.store, "uuid:1")
    assert (before["attachments_received"], before["attachments_expected"]) == (0, None)
    arrivals.file(made, "front.jpg")
    arrivals.answers(made, version, n=3, front="front.jpg", back="back.jpg")
    sahelia.add_all("flow", [{"reporting_date": MONDAY, "n_ind": n, **FMP_01} for n in (3, 4)], made)
    note = {
        "root_id": made["id"],
        "step": "quality",
        "code": "sadd_sum",
        "reason": "3 is not 4",
        "detail": {},
    }
    sahelia.store.write(lambda session: session.insert(flag, [note]))
    shown = show_submission(sahelia.store, "uuid:1")
    received = shown["versions"][0].pop("received_at")
    assert received.tzinfo is not None
    wanted = ("state", "attachments_received", "attachments_expected", "attachments_missing", "rows", "flags",
              "versions", "record")  # fmt: skip
    assert {name: shown[name] for name in wanted} == {
        "state": "processed",
        "attachments_received": 1,
        "attachments_expected": 2,
        "attachments_missing": ["back.jpg"],
        "rows": {"flow": 2},
        "flags": [{"code": "sadd_sum", "step": "quality", "reason": "3 is not 4", "record_id": None}],
        "versions": [
            {
                "state": "current",
                "form_version": "1",
                "size": 512,
                "hold_reason": None,
                "deprecated_id": None,
                "instance_id": "uuid:1",
            }
        ],
        "record": {"root": "uuid:1", "edits": []},
    }
    assert status(sahelia.store)["incomplete"] == 1
    arrivals.file(made, "back.jpg")
    assert status(sahelia.store)["incomplete"] == 0


def test_an_edit_and_its_original_are_shown_as_one_record(sahelia: Country, arrivals: Arrivals) -> None:
    original = sahelia.submission("uuid:1")
    edit = sahelia.submission("uuid:2", deprecated_id="uuid:1", root_id=original["id"])
    arrivals.version(original)
    arrivals.version(edit, "edit")
    for name in ("uuid:1", "uuid:2"):
        shown = show_submission(sahelia.store, name)
        assert shown["record"] == {"root": "uuid:1", "edits": ["uuid:2"]}
        assert [(v["instance_id"], v["state"], v["deprecated_id"]) for v in shown["versions"]] == [
            ("uuid:1", "current", None),
            ("uuid:2", "edit", "uuid:1"),
        ]


def test_each_state_is_told(sahelia: Country, arrivals: Arrivals) -> None:
    waiting, parked, held, doubled, erased = (sahelia.submission() for _ in range(5))
    for made in (waiting, parked, doubled, erased):
        arrivals.version(made)
    arrivals.version(held, "held", "unknown_form")
    arrivals.version(doubled, "conflict")
    arrivals.settled(waiting, state="waiting", done_at=None)
    arrivals.settled(parked, state="parked", step="parse", reason="not well-formed", done_at=None)
    erase_submission(sahelia.store, erased["uuid"], None, "request 12")
    told = [state(sahelia, made) for made in (waiting, parked, held, doubled, erased)]
    assert told == ["received", "parked", "held", "conflict", "erased"]
    assert show_submission(sahelia.store, parked["instance_id"])["events"][0]["reason"] == "not well-formed"
    lists = {name: list_submissions(sahelia.store, name) for name in ("held", "parked", "conflict")}
    assert {name: [(r["instance_id"], r["reason"]) for r in rows] for name, rows in lists.items()} == {
        "held": [(held["instance_id"], "unknown_form")],
        "parked": [(parked["instance_id"], "not well-formed")],
        "conflict": [(doubled["instance_id"], "conflict")],
    }


def test_one_instance_id_in_two_forms_is_ambiguous_until_one_is_named(sahelia: Country) -> None:
    other = country(sahelia.store, "Elsewhere")
    sahelia.submission("uuid:1", form_id="fmr")
    sahelia.submission("uuid:1", form_id="fms")
    other.submission("uuid:1", form_id="fmr")
    with pytest.raises(Ambiguous) as caught:
        show_submission(sahelia.store, "uuid:1")
    assert [(one["project"], one["form_id"]) for one in caught.value.errors] == [
        (sahelia.project_id, "fmr"),
        (sahelia.project_id, "fms"),
        (other.project_id, "fmr"),
    ]
    with pytest.raises(Ambiguous):
        show_submission(sahelia.store, "uuid:1", sahelia.project_id)
    shown = show_submission(sahelia.store, "uuid:1", sahelia.project_id, "fms")
    assert (shown["form_id"], shown["project"]) == ("fms", sahelia.project_id)
    with pytest.raises(NotFound):
        show_submission(sahelia.store, "uuid:2")


def test_the_status_counts_by_reason_form_and_app_user(sahelia: Country, arrivals: Arrivals) -> None:
    def tablet(session: WriteSession) -> str:
        uuid = new_uuid()
        session.insert(actor, [{"uuid": uuid, "kind": "app_user", "name": "Tablet 1", "created_at": now()}])
        return uuid

    country(sahelia.store, "Elsewhere").submission()
    by = sahelia.store.write(tablet)
    first = sahelia.submission(actor_uuid=by)
    held = sahelia.submission(actor_uuid=by, form_id="lost")
    arrivals.version(first)
    arrivals.version(held, "held", "unknown_form")
    arrivals.settled(held, state="waiting", done_at=None)
    now_ = status(sahelia.store, sahelia.project_id)
    last = now_.pop("last_received")
    assert [one.pop("last_received") <= last for one in (*now_["forms"], *now_["app_users"])] == [True] * 3
    assert now_ == {
        "received": 2,
        "erased": 0,
        "waiting": 1,
        "parked": 0,
        "held": {"unknown_form": 1},
        "conflicts": 0,
        "incomplete": 0,
        "under_review": 0,
        "forms": [
            {"project": sahelia.project_id, "form_id": "fmr", "received": 1},
            {"project": sahelia.project_id, "form_id": "lost", "received": 1},
        ],
        "app_users": [{"name": "Tablet 1", "received": 2}],
    }
    assert status(sahelia.store)["received"] == 3
    with pytest.raises(NotFound):
        status(sahelia.store, 9999)
