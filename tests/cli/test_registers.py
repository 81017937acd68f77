"""An office keeps its registers and its own codes from the command line, on both engines."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Shell


def test_an_office_sets_up_its_registers(waypost: Shell, tmp_path: Path) -> None:
    project = int(waypost("project", "create", "Stocks").json["id"])
    of = ("--project", project)
    assert waypost("organisation", "add", "ONS", "Office of Statistics").json["new"] == ["ONS"]
    assert waypost("organisation", "release", "ONS", "--after-days", 30).json["release_after_days"] == 30
    assert [one["release_after_days"] for one in waypost("organisation", "list").json] == [30]
    assert waypost("organisation", "release", "ONS", "--withdraw").json["release_after_days"] is None
    assert waypost("organisation", "release", "OSN", "--after-days", 30).status == 1
    assert waypost("organisation", "release", "ONS").status == 1
    assert waypost("organisation", "release", "ONS", "--after-days", 99_999_999).status == 1
    assert waypost("operation", "add", "LAKE", "Lake Chad", *of, "--country", "TCD").status == 0
    days = ("--start", "2026-10-01", "--end", "2026-10-31")
    assert waypost("round", "add", "16", *of, "--type", "BA", *days).json["new"] == ["LAKE BA 16"]
    assert waypost("round", "state", "16", "validated", *of).json["changed"] == ["LAKE BA 16"]
    (found,) = waypost("round", "list", *of).json
    assert (found["status"], found["period_start"], found["operation"]) == ("validated", "2026-10-01", "LAKE")
    assert waypost("operation", "state", "LAKE", "inactive", *of).json["changed"] == ["LAKE"]
    assert [one["status"] for one in waypost("operation", "list", *of).json] == ["inactive"]
    made = waypost("enumerator", "add", *of, "--count", 3, "--organisation", "ONS").json["new"]
    assert waypost("enumerator", "retire", made[0], *of, "--on", "2026-11-05").status == 0
    retired = {e["pseudonym"]: e["retired_at"] for e in waypost("enumerator", "list", *of).json}
    assert {name: at and at[:10] for name, at in retired.items()} == {
        made[0]: "2026-11-05",
        made[1]: None,
        made[2]: None,
    }
    tablet = ("app-user", "create", "Tablet 7", *of, "--organisation")
    assert [w for w in waypost(*tablet, "ONS").json["warnings"] if "organisation" in w] == []
    assert [w[:19] for w in waypost(*tablet, "OSN").json["warnings"] if "organisation" in w] == [
        "No organisation OSN"
    ]


def test_a_table_of_each_register_is_tried_before_it_is_imported(waypost: Shell, tmp_path: Path) -> None:
    project = int(waypost("project", "create", "Stocks").json["id"])
    file = tmp_path / "table.csv"
    for group, table, count in (
        ("organisation", "code,name\nONS,Office\n", 1),
        ("operation", "code,name\nLAKE,Lake\nNORTH,North\n", 2),
        ("round", "operation,assessment_type,code\nLAKE,BA,16\nNORTH,BA,16\n", 2),
        ("enumerator", "pseudonym;organisation\nEN-4K7;ONS\n", 1),
        ("crosswalk", "list_name,foreign_code,code\nage_band,01,0_4\n", 1),
    ):
        file.write_text(table)
        of = () if group == "organisation" else ("--project", project)
        source = ("--source", "insae_ages") if group == "crosswalk" else ()
        tried = waypost(group, "import", file, *of, *source, "--dry-run").json
        done = waypost(group, "import", file, *of, *source).json
        assert (len(tried["new"]), tried["dry_run"], done) == (count, True, tried | {"dry_run": False})
        file.write_text(table + ",\n" + "Mariam Saleh\n")
        assert waypost(group, "import", file, *of, *source).status == 1
    exported = waypost("crosswalk", "export", "insae_ages", "--project", project).json
    assert exported["csv"].splitlines()[1] == "age_band,01,0_4,,,"
    listed = waypost("crosswalk", "list", "--project", project).json
    assert [one["source"] for one in listed] == ["dtm_api", "insae_ages", "missing_migrants"]


def test_a_statistician_looks_a_code_up(waypost: Shell) -> None:
    listed = waypost("codes", "list", "death_cause", "--lang", "fr").json
    drowning = next(one for one in listed if one["code"] == "drowning")
    assert (drowning["label"], drowning["valid_from"]) == ("Noyade", "1.1")
    shown = waypost("codes", "show", "displacement_reason", "conflict").json
    assert shown["crosswalks"] == {"dtm_api": ["Conflict"]}
    assert "baseline.reason_code" in shown["variables"]
    assert "death_cause" in [one["list"] for one in waypost("codes", "list").json["lists"]]
    for words in (("list", "nowhere"), ("show", "sex", "x9"), ("list", "sex", "--lang", "xx")):
        assert waypost("codes", *words).status == 1
