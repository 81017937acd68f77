"""Herds, corridors and alerts reach the public with their owner's release, late and coarse, or not at all."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from sync.store import Store, new_uuid, now
from sync.tables import organisation
from tests.datasets.readers import Readers
from tests.datasets.rows import AREAS, FMP_01, Country, person
from tests.datasets.test_flow_figures import figures

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


def test_asking_by_place_tells_the_public_nothing_of_herds(sahelia: Country, readers: Readers) -> None:
    release(sahelia.store, "RBM", 0)
    origin = sahelia.submission()
    (seen,) = sahelia.add_all(
        "flow",
        [{"reporting_date": LONG_AGO, "flow_tool": "TTT", "organisation": "RBM", "n_ind": 5, **PUDDLE}],
        origin,
    )
    sahelia.split(seen, "nationality", "TCD", 5, origin["id"])
    sahelia.split(seen, "next", "CP-02", 5, origin["id"])
    alert = {"reporting_date": LONG_AGO, "event_tool": "TTT", "event_id": "A-1", "organisation": "RBM"}
    sahelia.add("event", event_stage="report", **alert, **PUDDLE)
    sahelia.add("event", event_stage="follow_up", triangulated="confirmed", **alert, **PUDDLE)
    public, inside = readers.token("viewer"), readers.token("analyst")
    by = {
        token: [row["code"] for row in readers.csv("/flow_splits.csv", token)] for token in (public, inside)
    }
    assert by == {public: ["TCD"], inside: ["TCD", "CP-02"]}
    for name in ("flow", "herds", "event", "alerts"):
        assert len(readers.csv(f"/{name}.csv", public)) > 0, name
        for token, hits in ((public, 0), (inside, len(readers.csv(f"/{name}.csv", public)))):
            assert len(readers.csv(f"/{name}.csv?place=CP-01", token)) == hits, name
        head = readers.asks(f"/{name}.csv?place=CP-01", public, "HEAD")
        assert head.headers["X-Row-Count"] == "0", name


@pytest.mark.parametrize("narrowed", [{"place_id": "CP-01"}, {"pcode": "NO010101"}])
def test_a_public_grant_closer_than_a_district_shows_no_herds(
    sahelia: Country, narrowed: dict[str, str]
) -> None:
    release(sahelia.store, "RBM", 0)
    sahelia.village("NO010101", "Trois Acacias", within="NO0101")
    herd(sahelia, LONG_AGO, 5, adm3_pcode="NO010101")
    sahelia.flow(LONG_AGO, PUDDLE | {"place_type": "fmp"}, 8, adm3_pcode="NO010101")
    seen = {}
    for role in ("viewer", "analyst"):
        actor = person(role, sahelia.project_id, **narrowed)
        seen[role] = sorted(figures(sahelia, "flow", "n_ind", actor=actor))
    assert seen == {"viewer": [(8,)], "analyst": [(5,), (8,)]}


def test_the_order_of_rows_does_not_tell_the_public_between_which_places_herds_are(
    sahelia: Country, readers: Readers
) -> None:
    release(sahelia.store, "RBM", 0)
    for code in ("CP-00", "CP-02"):
        sahelia.flow(LONG_AGO, FMP_01 | {"place_id": code}, 1)
    herd(sahelia, LONG_AGO, 5)
    seen = {
        role: [row["place_id"] for row in readers.csv("/flow.csv", readers.token(role))]
        for role in ("viewer", "analyst")
    }
    assert seen == {"viewer": ["", "CP-00", "CP-02"], "analyst": ["CP-00", "CP-01", "CP-02"]}


def test_the_place_of_herders_is_in_no_figure_of_the_public(sahelia: Country, readers: Readers) -> None:
    release(sahelia.store, "RBM", 0)
    at = {"reporting_date": LONG_AGO, "organisation": "RBM", **PUDDLE}
    sahelia.add("baseline", record_type="population", breakdown="total", population_category="transhumant",
                ind=40, **at)  # fmt: skip
    sahelia.add("baseline", record_type="place_status", operational_status="open", **at)
    public, inside = readers.token("viewer"), readers.token("analyst")
    for name in ("stock", "poe_status"):
        assert "CP-01" not in readers.asks(f"/{name}.csv", public).text, name
        assert "CP-01" in readers.asks(f"/{name}.csv", inside).text, name
    assert [row["ind"] for row in readers.csv("/stock_totals.csv", public)] == ["40", "40"]


@pytest.mark.parametrize(
    "values",
    [
        {"place_type": "water_point"},
        {"place_type": "corridor_node"},
        {"herds": 4},
        {"cattle": 300},
        {"transhumance_type": "internal"},
    ],
)
def test_what_tells_of_herds_is_theirs_whatever_tool_told_it(
    sahelia: Country, readers: Readers, values: dict[str, Any]
) -> None:
    sahelia.flow(LONG_AGO, FMP_01, 8, **values)
    assert readers.csv("/flow.csv", readers.token("viewer")) == []
    assert len(readers.csv("/flow.csv", readers.token("analyst"))) == 1


def test_where_a_herd_was_counted_before_is_a_place_too(sahelia: Country, readers: Readers) -> None:
    release(sahelia.store, "RBM", 0)
    herd(sahelia, LONG_AGO, 5, counted_elsewhere="yes", counted_place="CP-07", declared_pcode="NO010101",
         subroute="by the wells")  # fmt: skip
    names = ("n_ind", "counted_place", "declared_pcode", "subroute")
    seen = [[row[name] for name in names] for row in readers.csv("/flow.csv", readers.token("viewer"))]
    assert seen == [["5", "", "", ""]]


@pytest.mark.parametrize(
    ("then", "is_seen"),
    [
        ([], True),
        ([{"event_stage": "follow_up", "triangulated": "refuted", "reporting_date": YESTERDAY}], False),
        ([{"event_stage": "follow_up", "triangulated": "pending", "reporting_date": YESTERDAY}], False),
        ([{"event_stage": "follow_up", "triangulated": "pending"}], True),
        ([{"event_stage": "follow_up", "resolved": "yes", "reporting_date": YESTERDAY}], True),
        ([{"event_stage": "report"}], False),
        ([{"event_stage": "report", "status": "withdrawn"}], True),
    ],
)
def test_only_the_newest_answer_confirms_an_alert_and_only_where_the_number_is_one_alerts(
    sahelia: Country, readers: Readers, then: list[dict[str, Any]], is_seen: bool
) -> None:
    release(sahelia.store, "RBM", 0)
    alert = {"reporting_date": LONG_AGO, "event_tool": "TTT", "event_id": "A-1", "organisation": "RBM"}
    sahelia.add("event", **alert, event_stage="report", injured=3)
    sahelia.add("event", **alert, event_stage="follow_up", triangulated="confirmed")
    for values in then:
        sahelia.add("event", **alert | values)
    seen = [row for row in readers.csv("/alerts.csv", readers.token("viewer")) if row["injured"] == "3"]
    assert bool(seen) is is_seen


def test_a_withdrawn_alert_takes_its_follow_ups_out_of_what_is_published(
    sahelia: Country, readers: Readers
) -> None:
    release(sahelia.store, "RBM", 0)
    alert = {"reporting_date": LONG_AGO, "event_tool": "TTT", "event_id": "A-1", "organisation": "RBM"}
    sahelia.add("event", **alert, event_stage="report", status="withdrawn")
    sahelia.add("event", **alert, event_stage="follow_up", triangulated="confirmed")
    assert readers.csv("/event.csv?removed=true", readers.token("viewer")) == []
    assert len(readers.csv("/event.csv?removed=true", readers.token("analyst"))) == 2
