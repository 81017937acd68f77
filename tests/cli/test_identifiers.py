"""An office and the people behind its figures: registered, granted, opened, forgotten, by commands."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.cli.conftest import Shell

NAME, PHONE = "Oumar Kanari", "+235 66 12 34 56"


@pytest.fixture
def project(waypost: Shell) -> int:
    return int(waypost("project", "create", "Alerts").json["id"])


def test_an_informant_is_registered_from_standard_input_and_forgotten(
    waypost: Shell, project: int, monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{NAME}\n{PHONE}\n"))
    added = waypost("informant", "add", "--project", project, "--role", "trader", "--pcode", "XS0101")
    pseudonym = added.json["pseudonym"]
    assert "No area XS0101" in added.err
    listed = waypost("informant", "list", "--project", project)
    assert [(i["pseudonym"], i["role"], i["pcode"]) for i in listed.json] == [(pseudonym, "trader", "XS0101")]
    assert NAME not in added.out + added.err + listed.out
    again = waypost("informant", "add", "--project", project, "--name", "Another", "--phone", "66123456")
    assert (again.status, pseudonym in again.err) == (1, True)

    actor = waypost("token", "create", "Supervisor", "--project", project, "--role", "supervisor").json["id"]
    opens = ("informant", "show", pseudonym, "--project", project, "--reason", "to call back")
    assert waypost(*opens).status == 1  # nobody is named
    refused = waypost(*opens, "--as", actor)
    assert (refused.status, "no grant covers it" in refused.err) == (1, True)
    [grant] = waypost("grant", "identifiers", actor, "--project", project, "--until", "2999-12-31").json[
        "grants"
    ]
    assert waypost("grant", "identifiers", actor, "--project", project, "--until", "2001-01-01").status == 1
    assert waypost(*opens, "--as", actor).json == {"pseudonym": pseudonym, "name": NAME, "phone": PHONE}
    assert [g["holds"] for g in waypost("grant", "list").json] == [True]
    assert waypost("grant", "revoke", grant).status == 0
    assert waypost(*opens, "--as", actor).status == 1
    actions = [entry["action"] for entry in waypost("audit", "list", "--action", "informant").json]
    assert actions == [
        "informant.disclose.refused", "informant.disclose", "informant.disclose.refused", "informant.add",
    ]  # fmt: skip

    erase = ("informant", "erase", pseudonym, "--project", project)
    assert waypost(*erase).status == 1  # neither --dry-run nor --yes
    assert waypost(*erase, "--dry-run").json["dry_run"] is True
    assert waypost(*erase, "--yes").json == {"pseudonym": pseudonym, "dry_run": False, "overwritten": True}
    assert [e["kind"] for e in waypost("erasures", "list").json["erasures"]] == ["informant"]
    assert waypost("audit", "verify").json["broken"] is None

    ledger = data / "keys" / "erasures.ledger"
    ledger.rename(data / "ledger-elsewhere")
    stopped = waypost("status")
    assert (stopped.status, "is missing" in stopped.err) == (1, True)
    assert waypost("erasures", "rewrite").status == 1  # without --yes it asks for the copy
    assert waypost("erasures", "rewrite", "--yes").json["listed"] == 1
    assert waypost("status").status == 0


def test_a_list_of_informants_is_tried_before_it_is_imported(
    waypost: Shell, project: int, tmp_path: Path
) -> None:
    file = tmp_path / "informants.csv"
    file.write_text(f"code,name,phone,role\n7,{NAME},{PHONE},trader\n8,Second,,king\n")
    wrong = waypost("informant", "import", file, "--project", project, "--dry-run")
    assert (wrong.status, '"line": 3' in wrong.err, NAME in wrong.err) == (1, True, False)
    file.write_text(f"code,name,phone,role\n7,{NAME},{PHONE},trader\n")
    tried = waypost("informant", "import", file, "--project", project, "--dry-run")
    assert (tried.json["dry_run"], tried.json["new"]) == (True, [{"line": 2, "code": "7", "pseudonym": None}])
    assert waypost("informant", "list", "--project", project).json == []
    done = waypost("informant", "import", file, "--project", project)
    assert done.json["new"][0]["pseudonym"].startswith("KI-")
    retired = waypost("informant", "retire", done.json["new"][0]["pseudonym"], "--project", project)
    assert retired.json["retired"] is True
