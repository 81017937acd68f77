"""What an office does with the command line, on both engines."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from server.app import create_app
from server.demo.own_forms import MARKET_COUNT
from server.demo.world import World, build_world
from server.qr import read_payload
from server.settings import Settings
from sync.store import open_store
from sync.worker import Worker
from tests.cli.conftest import Shell

BROKEN = """
| survey |
| | type | name | label | harmonise |
| | integr | men | Men | flow.men |
| | integer | women | Women | flow.womn |
| | select_one nowhere | direction | Direction | flow.direction |
| choices |
| | list_name | name | label |
| | somewhere | here | Here |
"""


@pytest.fixture(scope="session")
def world() -> World:
    return build_world(1)


@pytest.fixture
def market(tmp_path: Path) -> Path:
    path = tmp_path / "market_count.md"
    path.write_text(MARKET_COUNT)
    (tmp_path / "fmp.csv").write_text("name,label\nFMP-01,North gate\n")
    return path


@pytest.fixture
def project(waypost: Shell) -> int:
    return int(waypost("project", "create", "Flow monitoring").json["id"])


@pytest.fixture
def published(waypost: Shell, project: int, market: Path) -> int:
    media = market.with_name("fmp.csv")
    assert waypost("form", "publish", market, "--project", project, "--media", media).status == 0
    return project


def test_form_check_lists_every_problem_with_its_cell(waypost: Shell, market: Path) -> None:
    fine = waypost("form", "check", market)
    market.write_text(BROKEN)
    broken = waypost("form", "check", market)
    assert (fine.status, fine.json["form_id"], fine.json["problems"]) == (0, "market_count", [])
    assert (broken.status, broken.json["form_id"]) == (1, None)
    assert {(p["code"], p["cell"]) for p in broken.json["problems"]} >= {
        ("unknown-type", "survey!A2"),
        ("unknown-variable", "survey!D3"),
        ("unknown-list", "survey!A4"),
    }


def test_form_publish_publishes_or_says_why_not(waypost: Shell, project: int, market: Path) -> None:
    good = waypost("form", "publish", market, "--project", project)
    assert (good.status, good.json["form_id"], good.json["version"], len(good.json["hash"])) == (
        0,
        "market_count",
        "1",
        32,
    )
    market.write_text(BROKEN)
    bad = waypost("form", "publish", market, "--project", project)
    assert (bad.status, bad.json["form_id"], len(bad.json["problems"]) >= 3) == (1, None, True)
    assert [f["form_id"] for f in waypost("form", "list", "--project", project).json] == ["market_count"]


def test_form_state_is_changed(waypost: Shell, published: int) -> None:
    assert waypost("form", "state", "market_count", "closing", "--project", published).status == 0
    assert [f["state"] for f in waypost("form", "list", "--project", published).json] == ["closing"]
    assert waypost("form", "state", "market_count", "ajar", "--project", published).status == 2
    assert waypost("form", "state", "other", "closed", "--project", published).status == 1


def test_app_user_create_gives_token_url_and_code(waypost: Shell, project: int, tmp_path: Path) -> None:
    picture = tmp_path / "tablet-7.png"
    made = waypost(
        "app-user", "create", "Tablet 7", "--project", project, "--form", "fmr", "--qr", picture
    ).json
    assert made["warnings"] == [
        "No form fmr is published in this project yet: the tablet is not offered it until then.",
        "This address is for this machine only: no tablet can reach it. "
        "Set WAYPOST_PUBLIC_URL to the address tablets use, and create the app user then.",
    ]
    assert made["url"].endswith(f"/v1/key/{made['token']}/projects/{project}")
    assert read_payload(made["qr"])["general"]["server_url"] == made["url"]
    assert picture.read_bytes().startswith(b"\x89PNG")
    (listed,) = waypost("app-user", "list", "--project", project).json
    assert (listed["name"], [g["xml_form_id"] for g in listed["grants"]]) == ("Tablet 7", ["fmr"])
    assert made["token"] not in str(listed)
    assert waypost("app-user", "revoke", made["id"]).status == 0
    (revoked,) = waypost("app-user", "list", "--project", project).json
    assert (listed["revoked_at"], revoked["revoked_at"] is not None) == (None, True)


def test_token_create_takes_a_role_of_readers_only(waypost: Shell, project: int) -> None:
    good = waypost("token", "create", "Report", "--project", project, "--role", "analyst")
    bad = waypost("token", "create", "Report", "--project", project, "--role", "app-user")
    assert (good.status, good.json["role"], bad.status) == (0, "analyst", 1)
    assert [a["name"] for a in waypost("token", "list", "--project", project).json] == ["Report"]


def test_places_and_sites_are_imported(waypost: Shell, project: int, world: World, tmp_path: Path) -> None:
    files = world.write_boundaries(world.country.v01, tmp_path / "v01")
    areas = waypost("places", "import", *files, "--project", project, "--release", "v01")
    assert (areas.status, areas.json["release"], areas.json["areas"]) == (
        0,
        "v01",
        {"0": 1, "1": 4, "2": 12, "3": 48},
    )
    sites = tmp_path / "sites.csv"
    sites.write_bytes(world.sites_csv())
    assert sorted(waypost("sites", "import", sites, "--project", project).json["new"]) == sorted(world.points)
    sites.write_text("place_id,name\nX,Y\n")
    refused = waypost("sites", "import", sites, "--project", project)
    assert (refused.status, refused.out, "kind" in refused.err) == (1, "", True)


@pytest.fixture
def one_received(waypost: Shell, published: int, data: Path, database: str) -> str:
    """One market count, received and processed; gives its instanceID."""
    token = waypost("app-user", "create", "Tablet 7", "--project", published).json["token"]
    instance_id = "uuid:5b2e0d0c-3a66-4c1f-9d53-0c6f2f6f0001"
    xml = (
        '<data id="market_count" version="1"><place>FMP-01</place><day>2026-03-02</day><n_ind>12</n_ind>'
        f"<direction>incoming</direction><meta><instanceID>{instance_id}</instanceID></meta></data>"
    )
    store = open_store(data, database)
    settings = Settings.from_env({"data": data, "database": database, "mode": "outside"}, {})
    client = TestClient(create_app(settings, store), base_url="http://127.0.0.1:8080")
    sent = client.post(
        f"/v1/key/{token}/projects/{published}/submission",
        files={"xml_submission_file": ("form.xml", xml.encode(), "text/xml")},
    )
    assert sent.status_code == 201, sent.text
    worker = Worker(store)
    worker.drain()
    worker.stop()
    store.close()
    return instance_id


def test_a_submission_is_shown_listed_and_erased(waypost: Shell, one_received: str) -> None:
    shown = waypost("submission", "show", one_received).json
    assert (shown["instance_id"], shown["state"], shown["rows"]) == (one_received, "processed", {"flow": 1})
    assert (shown["attachments_received"], shown["attachments_expected"], len(shown["versions"])) == (0, 0, 1)
    assert waypost("submission", "list", "--state", "held").json == []
    assert waypost("submission", "erase", one_received).status == 1
    would = waypost("submission", "erase", one_received, "--dry-run").json
    assert (would["dry_run"], waypost("submission", "show", one_received).json["state"]) == (
        True,
        "processed",
    )
    assert waypost("submission", "erase", one_received, "--yes").json["rows"] == would["rows"]
    erased = waypost("submission", "show", one_received).json
    assert (erased["state"], erased["rows"]) == ("erased", {})
    assert waypost("submission", "show", "uuid:nobody").status == 1


def test_figures_leave_as_files_and_are_derived_again(
    waypost: Shell, published: int, one_received: str, tmp_path: Path
) -> None:
    out = tmp_path / "flow.csv"
    written = waypost("dataset", "export", "flow", "--project", published, "--format", "csv", "-o", out)
    assert (written.status, written.json["rows"]) == (0, 1)
    with out.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["instance_id"], row["n_ind"], row["direction"]) == (one_received, "12", "incoming")
    assert (
        waypost("dataset", "export", "flows", "--project", published, "-o", tmp_path / "no.csv").status == 1
    )
    assert sorted(path.name for path in tmp_path.glob("*.csv*")) == ["flow.csv", "fmp.csv"]
    again = waypost("rebuild", "--project", published)
    assert (again.status, again.json["unchanged"], again.json["records"]) == (0, True, 1)
    assert waypost("status").status == 0
    assert waypost("duplicates", "list", "--project", published).json == []


def test_an_instance_id_of_two_forms_ends_with_2_and_the_candidates(
    waypost: Shell, data: Path, database: str, one_received: str
) -> None:
    store = open_store(data, database)
    other = int(waypost("project", "create", "Another").json["id"])
    token = waypost("app-user", "create", "Tablet 8", "--project", other).json["token"]
    settings = Settings.from_env({"data": data, "database": database, "mode": "outside"}, {})
    client = TestClient(create_app(settings, store), base_url="http://127.0.0.1:8080")
    xml = f'<data id="market_count"><meta><instanceID>{one_received}</instanceID></meta></data>'
    client.post(
        f"/v1/key/{token}/projects/{other}/submission",
        files={"xml_submission_file": ("form.xml", xml.encode(), "text/xml")},
    )
    store.close()
    said = waypost("submission", "show", one_received)
    assert (said.status, said.out, "candidates" in said.err or "errors" in said.err) == (2, "", True)
    assert waypost("submission", "show", one_received, "--project", other).json["state"] == "held"


def test_a_database_or_a_folder_that_is_not_there_is_said_in_a_sentence(
    waypost: Shell, shell: Shell, project: int, data: Path, tmp_path: Path
) -> None:
    nowhere = tmp_path / "gone" / "flow.csv"
    written = waypost("dataset", "export", "flow", "--project", project, "-o", tmp_path / "flow.csv")
    lost = waypost("dataset", "export", "flow", "--project", project, "-o", nowhere)
    away = shell("status", "--data", data, "--database", "postgresql://nobody@127.0.0.1:1/none")
    assert (written.status, lost.status, away.status) == (0, 1, 1)
    assert (str(nowhere.parent) in lost.err, "cannot be used" in away.err) == (True, True)
    assert "Traceback" not in lost.err + away.err
