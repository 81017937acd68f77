"""Figures of events: an alert is one however often it is followed up, and a death not known is not a zero."""

from __future__ import annotations

from typing import Any

from tests.datasets.rows import AREAS, FMP_01, MONDAY, TUESDAY, WEDNESDAY, Country
from tests.datasets.test_flow_figures import figures

NORTH = AREAS["NO01"]


def alert(of: Country, number: str, stage: str = "report", **values: Any) -> None:
    row = {"reporting_date": MONDAY, "event_tool": "TTT", "event_stage": stage, "event_id": number, **NORTH}
    of.add("event", **{**row, **values})


def incident(of: Country, **values: Any) -> None:
    row = {"reporting_date": MONDAY, "event_tool": "MMP", "event_stage": "report", "lat": 35.0, "lon": 12.0}
    of.add("event", **{**row, **values})


def test_an_alert_that_is_followed_up_twice_is_one_alert_and_the_newest_answer_counts(
    sahelia: Country,
) -> None:
    alert(
        sahelia, "A1", alert_kind="event", event_type="attack", dead=2,
        event_time="2026-11-02T06:00:00+01:00", report_time="2026-11-02T09:30:00+01:00",
    )  # fmt: skip
    alert(sahelia, "A2", alert_kind="movement", movement_alert="early")
    alert(sahelia, "A1", "follow_up", reporting_date=TUESDAY, triangulated="pending", resolved="no",
          authority_time="2026-11-02T11:30:00+01:00")  # fmt: skip
    alert(sahelia, "A1", "follow_up", reporting_date=WEDNESDAY, triangulated="confirmed")
    columns = (
        "event_id",
        "dead",
        "triangulated",
        "resolved",
        "follow_ups",
        "hours_to_report",
        "hours_to_authority",
    )
    assert sorted(figures(sahelia, "alerts", *columns)) == [
        ("A1", 2, "confirmed", "no", 2, 3.5, 2.0),
        ("A2", None, None, None, 0, None, None),
    ]


def test_a_follow_up_after_the_period_still_tells_of_the_alert_in_it(sahelia: Country) -> None:
    alert(sahelia, "A1")
    alert(sahelia, "A1", "follow_up", reporting_date=WEDNESDAY, triangulated="refuted")
    found = figures(sahelia, "alerts", "event_id", "triangulated", date_to=TUESDAY)
    assert found == [("A1", "refuted")]


def test_sums_of_incidents_are_minima_and_what_is_not_known_stands_beside_them(sahelia: Country) -> None:
    incident(sahelia, dead=3, missing=None, migration_route="sahara", death_cause="harsh_conditions")
    incident(
        sahelia, dead=None, missing=12, migration_route="sahara", death_cause="harsh_conditions", lat=None
    )
    incident(sahelia, dead=None, missing=None, migration_route="sahara", death_cause="harsh_conditions")
    incident(sahelia, dead=0, missing=0, migration_route=None, death_cause="drowning", under_review=True)
    columns = (
        "month", "migration_route", "incidents", "dead", "missing", "dead_and_missing", "without_dead",
        "without_position", "n_under_review",
    )  # fmt: skip
    assert figures(sahelia, "incidents", *columns) == [
        ("2026-11", None, 1, 0, 0, 0, 0, 0, 1),
        ("2026-11", "sahara", 3, 3, 12, 15, 2, 1, 0),
    ]


def test_an_alert_is_no_incident_and_an_incident_no_alert(sahelia: Country) -> None:
    alert(sahelia, "A1", dead=5)
    incident(sahelia, dead=7)
    assert figures(sahelia, "incidents", "dead") == [(7,)]
    assert figures(sahelia, "alerts", "dead") == [(5,)]


def test_arrivals_of_an_emergency_are_told_by_week_and_change_no_stock(sahelia: Country) -> None:
    eet = {"flow_tool": "EET", "trigger_code": "flood", "adm0_iso3": "XSA"}
    sahelia.flow(MONDAY, NORTH, 200, direction="incoming", hh=40, **eet)
    sahelia.flow(WEDNESDAY, NORTH, 50, direction="incoming", **eet)
    sahelia.flow(TUESDAY, NORTH, None, direction="outgoing", **eet)
    sahelia.flow(TUESDAY, FMP_01, 999)  # the registry counts the same people: never added
    columns = ("week", "trigger_code", "direction", "movements", "hh", "reports", "reports_without_count")
    assert figures(sahelia, "emergencies", *columns) == [
        (MONDAY, "flood", "incoming", 250, 40, 2, 0),
        (MONDAY, "flood", "outgoing", None, None, 1, 1),
    ]
    assert figures(sahelia, "stock", "ind") == []


def test_the_newest_answer_is_the_same_for_every_reader_and_engine(sahelia: Country) -> None:
    alert(sahelia, "A1", organisation="RBM")
    told = {"reporting_date": TUESDAY, "organisation": "RBM"}
    alert(sahelia, "A1", "follow_up", **told, resolved="yes", report_time="2026-11-03T09:00:00+01:00")
    alert(sahelia, "A1", "follow_up", **told, resolved="no", report_time="2026-11-03T08:30:00+00:00")
    alert(sahelia, "A1", "follow_up", reporting_date=None, resolved="dnk", triangulated="pending")
    assert figures(sahelia, "alerts", "resolved", "triangulated", "follow_ups") == [("no", "pending", 3)]


def test_a_number_that_two_alerts_carry_resolves_neither(sahelia: Country) -> None:
    alert(sahelia, "A1", dead=1)
    alert(sahelia, "A1", dead=2, reporting_date=TUESDAY)
    alert(sahelia, "A2", dead=3, reporting_date=WEDNESDAY)
    for number in ("A1", "A2"):
        alert(sahelia, number, "follow_up", reporting_date=WEDNESDAY, resolved="yes")
    found = figures(sahelia, "alerts", "dead", "resolved", "follow_ups")
    assert found == [(1, None, 0), (2, None, 0), (3, "yes", 1)]


def test_an_alert_whose_day_is_not_known_stands_first_on_both_engines(sahelia: Country) -> None:
    alert(sahelia, "A1")
    alert(sahelia, "A2", reporting_date=None)
    assert figures(sahelia, "alerts", "event_id") == [("A2",), ("A1",)]


def test_absurd_numbers_of_one_incident_do_not_break_the_figure(sahelia: Country) -> None:
    most = 2**31 - 1
    incident(sahelia, dead=most, missing=most)
    incident(sahelia, dead=1, missing=None)
    columns = ("incidents", "dead", "missing", "dead_and_missing")
    assert figures(sahelia, "incidents", *columns) == [(2, most + 1, most, 2 * most + 1)]
