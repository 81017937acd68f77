"""Herds, corridors and alerts reach the public with their owner's release, late and coarse, or not at all."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from sync.store import Store, new_uuid, now
from sync.tables import organisation
from tests.datasets.readers import Readers
from tests.datasets.rows import AREAS, FMP_01, Country

PUDDLE = {
    "place_id": "CP-01",
    "place_name": "Puddle of the three acacias",
    "place_type": "counting_point",
    **AREAS["NO01"],
}
LONG_AGO = now().date() - timedelta(days=30)
YESTERDAY = now().date() - timedelta(days=1)


def herd(of: Country, day: date, n_ind: int, **values: Any) -> str:
    return of.flow(day, PUDDLE, n_ind, **{"flow_tool": "TTT", "organisation": "RBM", "cattle": 300} | values)


def release(store: Store, code: str, days: int | None) -> None:
    row = {"uuid": new_uuid(), "code": code, "name": code, "release_after_days": days}
    store.write(lambda session: session.upsert(organisation, [row], key=("code",)))


def test_herds_are_published_when_their_association_says_so_late_and_without_the_place(
    sahelia: Country, readers: Readers
) -> None:
    herd(sahelia, LONG_AGO, 5)
    herd(sahelia, YESTERDAY, 6)
    herd(sahelia, LONG_AGO, 7, organisation="Another")
    sahelia.flow(YESTERDAY, FMP_01, 8)
    public, inside = readers.token("viewer"), readers.token("analyst")

    def seen(token: str) -> list[tuple[str, str]]:
        return sorted((row["n_ind"], row["place_name"]) for row in readers.csv("/flow.csv", token))

    everything = [(n, PUDDLE["place_name"]) for n in "567"] + [("8", FMP_01["place_name"])]
    assert (seen(public), seen(inside)) == ([("8", FMP_01["place_name"])], everything)
    release(sahelia.store, "RBM", 14)
    assert (seen(public), seen(inside)) == ([("5", ""), ("8", FMP_01["place_name"])], everything)
    release(sahelia.store, "RBM", None)
    assert seen(public) == [("8", FMP_01["place_name"])]


def test_nothing_that_is_told_by_place_tells_the_public_where_herds_are(
    sahelia: Country, readers: Readers
) -> None:
    release(sahelia.store, "RBM", 0)
    sahelia.point(PUDDLE, weekdays="1234567", since=LONG_AGO)
    herd(sahelia, LONG_AGO, 5)
    sahelia.day_form(YESTERDAY, PUDDLE, "movement")
    public, inside = readers.token("viewer"), readers.token("analyst")
    for path in (
        "/flow_daily.csv",
        "/flow_daily.geojson",
        "/flow_points.csv",
        "/flow.json",
        "/observation.csv",
    ):
        assert PUDDLE["place_name"] not in readers.asks(path, public).text, path
        assert "CP-01" not in readers.asks(path, public).text, path
        assert "CP-01" in readers.asks(path, inside).text, path


@pytest.mark.parametrize(("answer", "is_seen"), [("confirmed", True), ("refuted", False), (None, False)])
def test_an_alert_is_published_when_independent_sources_confirm_it(
    sahelia: Country, readers: Readers, answer: str | None, is_seen: bool
) -> None:
    release(sahelia.store, "RBM", 7)
    alert = {
        "reporting_date": LONG_AGO,
        "event_tool": "TTT",
        "event_id": "A-7F3K",
        "organisation": "RBM",
        "location_description": "by the well",
        **PUDDLE,
    }
    sahelia.add("event", event_stage="report", **alert)
    if answer:
        sahelia.add("event", event_stage="follow_up", triangulated=answer, **alert)
    said = [
        (row["event_stage"], row["location_description"], row["place_id"])
        for row in readers.csv("/event.csv", readers.token("viewer"))
    ]
    assert sorted(said) == ([("follow_up", "", ""), ("report", "", "")] if is_seen else [])
    assert "by the well" in readers.asks("/event.csv", readers.token("analyst")).text
