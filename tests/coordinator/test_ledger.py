"""What an app user's tablets have sent, what is missing, and what may be deleted there."""

from __future__ import annotations

from typing import Any

from sync.registry import publish_form
from tests.contract.people import comes
from tests.coordinator.bureau import Bureau, Tablet

COUNTED = """
| survey |
| | type | name | label | calculation |
| | end | end | | |
| | calculate | device_counter | | once(coalesce(${last-saved#device_counter}, 0) + 1) |
| | integer | n | How many? | |
| | image | photo | Photo | |
| settings |
| | form_id | form_title | version |
| | counted | Counted | 1 |
"""


def sends(tablet: Tablet, number: int, device: str = "collect:a", photo: str = "", **further: Any) -> int:
    files = further.get("files")
    instance_id = further.get("instance_id", f"uuid:{device[-1]}{number}")
    end = further.get("end", "2026-03-02T08:00:00.000+01:00")
    return tablet.posts(
        f'<data id="counted" version="1"><end>{end}</end><device_counter>{number}</device_counter>'
        f"<n>{number}</n><photo>{photo}</photo><meta><instanceID>{instance_id}</instanceID></meta></data>",
        files,
        device,
    )


def test_the_ledger_tells_what_came_what_did_not_and_what_may_be_deleted(bureau: Bureau) -> None:
    publish_form(bureau.store, bureau.project_id, COUNTED.encode(), "counted.md")
    tablet, other = bureau.tablet(), bureau.tablet("Tablet 8")
    for number in (1, 2, 5, 6):
        assert sends(tablet, number) == 201
    assert sends(tablet, 1, "collect:b", "lost.jpg", end="2999-01-01T00:00:00.000+00:00") == 201
    assert sends(tablet, 2, "collect:b", "there.jpg", files={"there.jpg": b"x"}) == 201
    assert tablet.sends("uuid:held", 1, form="unknown", device="collect:b") == 202
    assert sends(other, 9, "collect:c") == 201
    bureau.counts()

    path = f"/projects/{bureau.project_id}/app-users/{tablet.id}/ledger"
    told = bureau.amina.gets(path)
    assert (told["appUser"], told["submissions"], told["held"]) == (
        {"id": tablet.id, "displayName": "Tablet 7"}, 7, 1
    )  # fmt: skip
    assert [(d["deviceId"], d["submissions"]) for d in told["devices"]] == [
        ("collect:a", 4),
        ("collect:b", 3),
    ]
    versions = [(v["xmlFormId"], v["version"], v["submissions"]) for v in told["formVersions"]]
    assert versions == [("counted", "1", 6), ("unknown", "1", 1)]
    gaps = [
        (s["deviceId"], s["first"], s["last"], s["missing"], s["missingCount"]) for s in told["sequences"]
    ]
    assert gaps == [("collect:a", 1, 6, [[3, 4]], 2), ("collect:b", 1, 2, [], 0)]
    assert told["sequences"][0]["question"].startswith("2 numbers of counted did not come.")
    assert told["sequences"][1]["question"] is None
    assert (told["lag"]["records"], told["lag"]["clockAhead"]) == (6, 1)
    assert told["incomplete"] == [
        {"instanceId": "uuid:b1", "xmlFormId": "counted", "missing": ["lost.jpg"], "missingWithheld": 0}
    ]
    safe = [one["instanceId"] for one in told["safe"]["records"]]
    assert safe == ["uuid:a1", "uuid:a2", "uuid:a5", "uuid:a6", "uuid:b2"]
    first = bureau.amina.gets(f"{path}?limit=2")["safe"]
    rest = bureau.amina.gets(f"{path}?limit=9&after={first['next']}")["safe"]
    assert [one["instanceId"] for one in first["records"] + rest["records"]] == safe
    assert rest["next"] is None

    page = bureau.amina.asks("GET", f"{path}.txt")
    assert page.headers["content-type"] == "text/plain; charset=utf-8"
    for line in ("Ledger of Tablet 7", "  did not come     3-4", "Incomplete         uuid:b1: lost.jpg"):
        assert line in page.text
    assert "uuid:c9" not in page.text

    admin = comes(bureau.office, "Root", "admin")
    assert admin.gets(path)["submissions"] == 7
    nowhere = f"/projects/{bureau.project_id}/app-users/999/ledger"
    assert bureau.amina.is_refused("GET", nowhere) == 404.1
