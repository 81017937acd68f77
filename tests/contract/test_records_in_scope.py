"""Who sees which records over REST, and what of them: as everywhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync.store import Store
from tests.datasets.rows import country
from tests.odata.test_who_sees_what import placed
from tests.odata.village import Village


@pytest.fixture
def village(store: Store, data: Path) -> Iterator[Village]:
    here = Village(store, data, country(store))
    yield here
    here.stop()


def asks(village: Village, path: str, token: str, method: str = "GET", **sent: Any) -> httpx.Response:
    where = f"/v1/projects/{village.country.project_id}/forms/village/submissions{path}"
    return village.client.request(method, where, headers={"Authorization": f"Bearer {token}"}, **sent)


def test_area_or_organisation_shows_its_records_only(village: Village) -> None:
    north = placed(village, area="NO01", owner="A", persons=1)
    south = placed(village, area="SU02", owner="B", persons=2)
    seen = {
        "coordinator": (village.token("coordinator"), [south, north]),
        "north": (village.token("supervisor", pcodes=["NO01"]), [north]),
        "owner": (village.token("supervisor", organisations=["B"]), [south]),
        "elsewhere": (village.token("supervisor", pcodes=["ZZ"]), []),
    }
    for who, (token, expected) in seen.items():
        assert [each["instanceId"] for each in asks(village, "", token).json()] == expected, who
        for hidden in {north, south} - set(expected):
            absent = asks(village, "/uuid:none", token)
            for rest in ("", ".xml", "/attachments", "/comments", "/versions", "/diffs", "/audits"):
                told = asks(village, f"/{hidden}{rest}", token)
                assert (told.status_code, told.json()) == (404, absent.json()), (who, rest)
            for method, rest, body in (
                ("PATCH", "", {"reviewState": "rejected"}),
                ("POST", "/comments", {"body": "x"}),
            ):
                assert asks(village, f"/{hidden}{rest}", token, method, json=body).status_code == 404
            edit = f'<data id="village" version="1"><meta><instanceID>e</instanceID><deprecatedID>{hidden}'
            edit += "</deprecatedID></meta></data>"
            assert asks(village, f"/{hidden}", token, "PUT", content=edit).status_code == 404
    supervisor = seen["north"][0]
    assert asks(village, f"/{north}", supervisor, "PATCH", json={"reviewState": "hasIssues"}).is_success
    assert asks(village, f"/{north}", supervisor, "DELETE").status_code == 403


def test_what_identifies_or_is_closed_to_a_reader_is_withheld(village: Village) -> None:
    answers = {
        "day": "2026-11-02", "village": "P", "persons": 4, "litres": 7, "head": "Adam Oumar",
        "abuse": "beaten", "well": "well.jpg",
    }  # fmt: skip
    one = village.household(**answers)
    shown = {
        "coordinator": ("4", "7", "", "beaten"),
        "analyst": ("4", "7", "", ""),
        "viewer": ("4", "", "", ""),
    }
    for role, texts in shown.items():
        token = village.token(role)
        xml = asks(village, f"/{one}.xml", token).text
        for tag, text in zip(("persons", "litres", "head", "abuse"), texts, strict=True):
            assert (f"<{tag}>{text}</{tag}>" if text else f"<{tag}/>") in xml, (role, tag)
        assert "Adam" not in xml
        told = asks(village, f"/{one}", token).json()
        assert told["currentVersion"]["instanceName"] is None
        assert (told["submitterId"] is None, told["deviceId"] is None) == (role == "viewer",) * 2
        files = asks(village, f"/{one}/attachments", token).json()
        assert files == ([] if role == "viewer" else [{"name": "well.jpg", "exists": False}])
        assert bool(asks(village, "/submitters", token).json()) == (role != "viewer")
