"""What was held, parked or counted wrongly is put right from the command line, and can be taken back."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from server.app import create_app
from server.demo.own_forms import MARKET_COUNT
from server.settings import Settings
from sync.store import open_store
from sync.tables import receipt_event
from sync.worker import Worker
from tests.cli.conftest import Shell

FORM = "market_count"


class Office:
    """A project with one form; what tablets send is received and processed at once."""

    def __init__(self, waypost: Shell, data: Path, database: str, folder: Path) -> None:
        self.waypost, self.data, self.database = waypost, data, database
        self.project = int(waypost("project", "create", "Flow monitoring").json["id"])
        form = folder / "market_count.md"
        form.write_text(MARKET_COUNT)
        (folder / "fmp.csv").write_text("name,label\nFMP-01,North gate\n")
        published = self.says("form", "publish", form, "--media", folder / "fmp.csv")
        assert published["form_id"] == FORM

    def says(self, *words: object) -> Any:
        """The result of a command about the project."""
        said = self.waypost(*words, "--project", self.project)
        assert said.status == 0, said.err
        return said.json

    def tablet(self, *words: object) -> Tablet:
        made = self.says("app-user", "create", "Tablet", *words)
        return Tablet(self, made["id"], made["token"])

    def counted(self) -> list[int]:
        """Persons of each row that counts, after everything that waits was processed."""
        store = open_store(self.data, self.database)
        worker = Worker(store)
        worker.drain()
        worker.stop()
        store.close()
        out = self.data / "flow.csv"
        self.says("dataset", "export", "flow", "--format", "csv", "-o", out)
        with out.open(newline="") as file:
            return sorted(int(row["n_ind"]) for row in csv.DictReader(file))

    def receives(self, token: str, xml: str) -> int:
        store = open_store(self.data, self.database)
        settings = Settings.from_env({"data": self.data, "database": self.database, "mode": "outside"}, {})
        client = TestClient(create_app(settings, store), base_url="http://127.0.0.1:8080")
        answer = client.post(
            f"/v1/key/{token}/projects/{self.project}/submission",
            files={"xml_submission_file": ("form.xml", xml.encode(), "text/xml")},
        )
        store.close()
        return int(answer.status_code)


@dataclass(frozen=True)
class Tablet:
    office: Office
    id: int
    token: str

    def sends(self, instance_id: str, n_ind: int, edits: str | None = None) -> int:
        """Send one count; gives the status."""
        deprecated = f"<deprecatedID>{edits}</deprecatedID>" if edits else ""
        xml = (
            f'<data id="{FORM}" version="1"><place>FMP-01</place><day>2026-03-02</day>'
            f"<n_ind>{n_ind}</n_ind><direction>incoming</direction>"
            f"<meta><instanceID>{instance_id}</instanceID>{deprecated}</meta></data>"
        )
        return self.office.receives(self.token, xml)


@pytest.fixture
def office(waypost: Shell, data: Path, database: str, tmp_path: Path) -> Office:
    return Office(waypost, data, database, tmp_path)


def test_an_edit_whose_original_never_came_is_adopted_and_given_up_again(office: Office) -> None:
    tablet = office.tablet()
    assert tablet.sends("uuid:edit", 12, edits="uuid:lost") == 202
    assert office.counted() == []
    made = office.says("submission", "adopt", "uuid:edit")["decision"]
    assert office.counted() == [12]
    assert office.waypost("submission", "adopt", "uuid:edit").status == 1
    assert office.waypost("submission", "take-back", made).status == 0
    assert office.counted() == []
    told = office.says("submission", "show", "uuid:edit")
    assert [(one["kind"], one["outcome"]) for one in told["decisions"]] == [
        ("adopt", "adopt"),
        ("adopt", "undecided"),
    ]
    assert told["decisions"][1]["replaces"] == made


def test_what_came_when_the_form_was_closed_is_adopted_one_by_one_or_counts_when_it_opens(
    office: Office,
) -> None:
    tablet = office.tablet()
    office.says("form", "state", FORM, "closed")
    assert [tablet.sends("uuid:1", 1), tablet.sends("uuid:2", 2)] == [202, 202]
    assert office.counted() == []
    made = office.says("submission", "adopt", "uuid:1")["decision"]
    assert office.counted() == [1]
    assert office.waypost("submission", "take-back", made).status == 0
    assert office.counted() == []
    office.says("form", "state", FORM, "open")
    assert office.counted() == [1, 2]


def test_a_form_given_later_releases_what_its_tablet_sent_and_nobody_elses(office: Office) -> None:
    tablet, other = (office.tablet("--form", "census") for _ in range(2))
    assert [tablet.sends("uuid:1", 1), tablet.sends("uuid:2", 2), other.sends("uuid:3", 3)] == [202, 202, 202]
    office.says("submission", "adopt", "uuid:1")
    assert office.counted() == [1]
    granted = office.waypost("app-user", "grant", tablet.id, "--form", FORM).json
    assert (granted["forms"], granted["released"]) == (["census", FORM], 1)
    assert office.counted() == [1, 2]
    assert tablet.sends("uuid:4", 4) == 201
    again = office.waypost("app-user", "grant", tablet.id, "--form", FORM).json
    assert (again["forms"], again["released"]) == (["census", FORM], 0)
    users = {user["id"]: user for user in office.says("app-user", "list")}
    assert [g["xml_form_id"] for g in users[tablet.id]["grants"]] == ["census", FORM]


def test_a_form_is_given_to_app_users_that_can_take_it_only(office: Office) -> None:
    everything, revoked = office.tablet(), office.tablet("--form", "census")
    assert office.waypost("app-user", "revoke", revoked.id).status == 0
    refused = [
        office.waypost("app-user", "grant", key, "--form", FORM).err
        for key in (everything.id, revoked.id, 999)
    ]
    for said, words in zip(refused, ("has every form", "was revoked", "no app user 999"), strict=True):
        assert words in said


def test_a_trial_is_withdrawn_and_taken_back(office: Office) -> None:
    tablet = office.tablet()
    assert [tablet.sends("uuid:1", 1), tablet.sends("uuid:2", 2)] == [201, 201]
    assert office.counted() == [1, 2]
    made = office.says("submission", "withdraw", "uuid:2", "--note", "a trial")["decision"]
    assert office.counted() == [1]
    assert office.waypost("submission", "take-back", made).status == 0
    assert office.counted() == [1, 2]


def test_a_parked_submission_is_tried_again(office: Office) -> None:
    tablet = office.tablet()
    assert [tablet.sends("uuid:1", 1), tablet.sends("uuid:2", 2), tablet.sends("uuid:3", 3)] == [
        201,
        201,
        201,
    ]
    store = open_store(office.data, office.database)
    parked = update(receipt_event).values(
        state="parked", step="parse", reason="a bug that is repaired by now"
    )
    store.write(lambda session: session.execute(parked))
    store.close()
    assert office.counted() == []
    assert office.waypost("submission", "retry").status == 1
    assert office.says("submission", "retry", "uuid:2") == {"retried": 1}
    assert office.counted() == [2]
    assert office.says("submission", "retry", "--all") == {"retried": 2}
    assert office.counted() == [1, 2, 3]
    assert office.says("submission", "list", "--state", "parked") == []
