"""The commands of a coordinator: what waits, what came of a tablet, and a record sent back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Shell
from tests.cli.test_held import Office


@pytest.fixture
def office(waypost: Shell, data: Path, database: str, tmp_path: Path) -> Office:
    return Office(waypost, data, database, tmp_path)


def test_what_waits_is_listed_decided_and_reopened_and_a_record_goes_back(office: Office) -> None:
    tablet = office.tablet()
    assert [tablet.sends("uuid:1", 10), tablet.sends("uuid:1", 20)] == [201, 202]
    assert tablet.sends("uuid:2", 5) == 201
    assert office.counted() == [5, 10]
    (item,) = office.says("held", "list")["items"]
    assert (item["kind"], item["instance_id"]) == ("conflict", "uuid:1")
    assert "keep_both" in office.waypost("held", "show", item["id"], "--project", office.project).out

    act = ("held", "act", item["id"])
    told = office.says(*act, "keep_both", "--reason", "two visits", "--dry-run")
    assert (told["decision"], told["dry_run"]) == (None, True)
    assert office.says(*act, "keep_both", "--reason", "two visits")["instance_id"] == told["instance_id"]
    assert office.counted() == [5, 10, 20]
    assert office.says("held", "list")["items"] == []
    office.says(*act, "reopen", "--reason", "it was one visit")
    assert office.counted() == [5, 10]

    ledger = office.says("app-user", "ledger", tablet.id)
    assert (ledger["submissions"], ledger["conflicts"]) == (2, 1)
    assert [name for _, name in ledger["safe"]["instance_ids"]] == ["uuid:2"]
    assert office.says("submission", "return", "uuid:2", "--message", "Five?")["review_state"] == "hasIssues"
    assert office.waypost("submission", "return", "uuid:9", "--message", "Five?").status == 1
    as_tablet = office.waypost("held", "list", "--project", office.project, "--as", tablet.id)
    assert (as_tablet.status, as_tablet.out) == (1, ""), "a tablet sees nothing of it"
