"""`waypost import`: said before, done, and written down row by row."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.cli.conftest import Shell
from tests.importing.office import sheet
from tests.importing.test_baseline import DTM, FIRST
from tests.importing.test_missing_migrants import LIST


def test_a_list_is_tried_imported_and_imported_again(waypost: Shell, tmp_path: Path) -> None:
    file, account = tmp_path / "list.csv", tmp_path / "account.csv"
    file.write_bytes(LIST + b"70001,,,,,5\n")
    assert waypost("project", "create", "Missing").status == 0
    tried = waypost("import", "missing-migrants", file, "--project", 1, "--dry-run")
    assert (tried.status, tried.json["new"], tried.json["listed"]) == (0, 3, 1)
    assert tried.json["form"] == {"form_id": "mmp_incident", "version": "2026112201", "published": True}
    assert waypost("form", "list", "--project", 1).json == []
    done = waypost("import", "missing-migrants", file, "--project", 1, "--account", account)
    assert (done.status, done.json["new"], done.json["listed"]) == (0, 3, 1)
    assert done.json["sums"]["Number Dead"] == {
        "file": 19, "imported": 14, "listed": 5, "unknown": 1, "unknown_imported": 1, "balanced": True,
    }  # fmt: skip
    assert done.json["listed_rows"][0]["line"] == 5
    with account.open(encoding="utf-8", newline="") as rows:
        became = [(row["line"], row["outcome"]) for row in csv.DictReader(rows)]
    assert became == [("2", "new"), ("3", "new"), ("4", "new"), ("5", "listed"), ("5", "listed")]
    again = waypost("import", "missing-migrants", file, "--project", 1).json
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 3)


def test_it_is_told_in_sentences_what_became_of_a_sheet(shell: Shell, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "dtm.csv"
    file.write_bytes(sheet(DTM, FIRST, {**FIRST, "roundNumber": 2}))
    for words in (("init",), ("project", "create", "Lake")):
        assert shell(*words, "--data", data).status == 0
    options = ("--round", "3", "--assessment", "BA", "--project", "1", "--data", data)
    said = shell("import", "baseline", file, *options)
    assert (said.status, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[:3] == [
        "dtm.csv: 2 rows, read as utf-8-sig.",
        "The form dtm_baseline_row 2026112201 was published: the project had none.",
        "Records: 1 new, 0 changed, 0 unchanged, 1 listed, 0 gone.",
    ]
    assert lines[4].split() == ["numPresentIdpInd", "54164", "27082", "27082", "0", "yes"]
    assert "  line 3, roundNumber '2': It is of another round: 3 was asked for." in lines
    refused = shell("import", "baseline", file, *options, "--date", "soon")
    assert (refused.status, "'soon' is not a date" in refused.err) == (1, True)
