"""`waypost import instances`: tried, done, done again, and what is told."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Shell
from tests.rescue.card import FORM, filled, put


def test_a_card_is_tried_taken_in_and_taken_in_again(shell: Shell, data: Path, tmp_path: Path) -> None:
    form, account, card = tmp_path / "visit.xml", tmp_path / "account.csv", tmp_path / "card" / "instances"
    form.write_bytes(FORM)
    put(card, "Visit_1", filled("uuid:1", photo="a.jpg"), {"a.jpg": b"jpeg"})
    put(card, "Visit_2", filled("uuid:2", photo="b.jpg")[:90])
    at = ("--data", data)
    for words in (("init",), ("project", "create", "Lake"), ("form", "publish", form, "--project", 1)):
        assert shell(*words, *at).status == 0
    words = ("import", "instances", card, "--project", 1, *at)
    tried = shell(*words, "--dry-run")
    assert (tried.status, tried.out.splitlines()[0]) == (
        1,
        "Records if it were no dry run: 1 new, 1 unreadable; 1 file.",
    )
    done = shell(*words, "--account", account, "--json")
    assert (done.status, done.json["new"], done.json["unreadable"], done.json["files"]) == (1, 1, 1, 1)
    assert done.json["folders"][0]["folder"] == "instances/Visit_1"
    assert [line.split(",")[:2] for line in account.read_text().splitlines()[1:]] == [
        ["instances/Visit_1", "new"],
        ["instances/Visit_2", "unreadable"],
    ]
    again = shell(*words)
    assert "1 came before with all their files: nothing was changed." in again.out
    assert shell(*words, "--as-app-user", 7).status == 1
    trail = shell("audit", "list", *at, "--json").json
    assert [row["detail"]["new"] for row in trail if row["action"] == "import.instances"] == [1]
