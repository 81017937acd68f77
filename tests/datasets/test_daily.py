"""flow_daily: silence, zero and not observed are three different things, and no tools are added up."""

from __future__ import annotations

from datetime import date
from typing import Any

from server.datasets.daily import daily_rows
from server.datasets.filters import Filters
from server.datasets.network import locator
from server.datasets.scope import scope
from sync.access import Actor
from sync.places.sites import ALWAYS
from tests.datasets.rows import FMP_01, FMP_02, MONDAY, TUESDAY, WEDNESDAY, Country, person

TODAY = date(2026, 11, 30)


def days(of: Country, *names: str, actor: Actor | None = None, **filters: Any) -> list[tuple[Any, ...]]:
    """flow_daily as the actor sees it: (date, place, tool, outcome, ...) and the columns asked for."""
    with of.store.read() as session:
        seen = scope(session, actor, of.project_id)
        locate = locator(of.store, session, of.project_id)
        batches = list(daily_rows(session, seen, Filters(**filters), TODAY, locate))
    first = ("date", "place_id", "flow_tool", "outcome", *names)
    return [tuple(row.get(name) for name in first) for batch in batches for row in batch]


def test_silence_is_not_zero_and_neither_is_a_day_nobody_observed(sahelia: Country) -> None:
    sahelia.point(FMP_01, weekdays="12345")
    sahelia.point(FMP_02, weekdays="12345")
    sahelia.flow(MONDAY, FMP_01, 12)
    sahelia.flow(MONDAY, FMP_01, 30)
    sahelia.day_form(MONDAY, FMP_01, "movement", obs_start="06:00", obs_end="18:00", obs_hours=12.0)
    sahelia.day_form(TUESDAY, FMP_01, "no_movement", obs_start="06:00", obs_end="18:00", obs_hours=12.0)
    sahelia.day_form(WEDNESDAY, FMP_01, "not_observed", not_observed_reason="insecurity")
    figures = (
        "movements",
        "obs_hours",
        "not_observed_reason",
        "points_reporting",
        "points_observed",
        "points_expected",
    )
    assert days(sahelia, *figures) == [
        (MONDAY, "FMP-01", "FMR", "observed", 42, 12.0, None, 1, 1, 2),
        (MONDAY, "FMP-02", "FMR", "missing", None, None, None, 1, 1, 2),
        (TUESDAY, "FMP-01", "FMR", "observed", 0, 12.0, None, 1, 1, 2),
        (TUESDAY, "FMP-02", "FMR", "missing", None, None, None, 1, 1, 2),
        (WEDNESDAY, "FMP-01", "FMR", "not_observed", None, None, "insecurity", 1, 0, 2),
        (WEDNESDAY, "FMP-02", "FMR", "missing", None, None, None, 1, 0, 2),
    ]


def test_a_day_off_by_the_schedule_is_not_silence(sahelia: Country) -> None:
    sahelia.point(FMP_01, weekdays="13")
    sahelia.point(FMP_02)
    sahelia.flow(TUESDAY, FMP_01, 5)
    sahelia.flow(WEDNESDAY, FMP_02, 7)
    assert days(sahelia, "expected", "movements", "points_expected") == [
        (MONDAY, "FMP-01", "FMR", "missing", True, None, 1),
        (TUESDAY, "FMP-01", "FMR", "no_day_form", False, 5, 0),
        (WEDNESDAY, "FMP-01", "FMR", "missing", True, None, 1),
        (WEDNESDAY, "FMP-02", "FMR", "no_day_form", None, 7, 1),
    ]


def test_silence_is_told_until_the_last_day_anything_came_or_the_day_asked_for(sahelia: Country) -> None:
    sahelia.point(FMP_01, weekdays="1234567")
    sahelia.flow(MONDAY, FMP_01, 5)
    sahelia.flow(date(2099, 1, 1), FMP_01, 1)  # a wrong clock
    sahelia.flow(date(1970, 1, 1), FMP_01, 1)
    assert [row[0] for row in days(sahelia)] == [date(1970, 1, 1), MONDAY, date(2099, 1, 1)]
    asked = days(sahelia, date_from=TUESDAY, date_to=date(2026, 12, 24))
    assert [row[0] for row in asked] == [date(2026, 11, day) for day in range(3, 31)]
    assert {row[3] for row in asked} == {"missing"}


def test_a_schedule_without_a_beginning_tells_of_silence_from_the_first_day_anything_came(
    sahelia: Country,
) -> None:
    sahelia.point(FMP_01, weekdays="1234567", since=ALWAYS)
    sahelia.point(FMP_02, weekdays="1234567", since=ALWAYS)
    sahelia.flow(TUESDAY, FMP_01, 5)
    sahelia.flow(WEDNESDAY, FMP_01, 6)
    assert [(row[0], row[3]) for row in days(sahelia)] == [
        (TUESDAY, "no_day_form"),
        (TUESDAY, "missing"),
        (WEDNESDAY, "no_day_form"),
        (WEDNESDAY, "missing"),
    ]
    assert [row[:2] for row in days(sahelia, date_from=MONDAY, date_to=MONDAY)] == [
        (MONDAY, "FMP-01"),
        (MONDAY, "FMP-02"),
    ]


def test_two_tools_at_one_border_post_are_never_added(sahelia: Country) -> None:
    post = {**FMP_01, "place_id": "POE-01", "place_type": "poe_land"}
    sahelia.flow(MONDAY, post, 120)
    sahelia.day_form(MONDAY, post, "movement", obs_hours=12.0)
    sahelia.flow(MONDAY, post, 115, flow_tool="POE", form_id="poe_flow")
    sahelia.day_form(TUESDAY, post, "no_movement", obs_hours=12.0)
    assert days(sahelia, "movements") == [
        (MONDAY, "POE-01", "FMR", "observed", 120),
        (MONDAY, "POE-01", "POE", "no_day_form", 115),
        (TUESDAY, "POE-01", "FMR", "observed", 0),
    ]
    assert days(sahelia, "movements", tool="POE") == [(MONDAY, "POE-01", "POE", "no_day_form", 115)]


def test_what_is_unknown_stays_unknown_and_what_is_zero_is_zero(sahelia: Country) -> None:
    known = {"men": 10, "women": 8, "boys": 1, "girls": 1}
    sahelia.flow(MONDAY, FMP_01, 20, direction="outgoing", **known)
    sahelia.flow(MONDAY, FMP_01, 20, direction="incoming", men=4)
    sahelia.flow(MONDAY, FMP_01, None, direction="incoming")
    sahelia.flow(TUESDAY, FMP_01, None)
    sahelia.flow(None, FMP_01, 3)
    counted = days(sahelia, "groups", "groups_without_count", "movements", "men", "girls", "herds")
    assert counted == [
        (None, "FMP-01", "FMR", "no_day_form", 1, 0, 3, None, None, None),
        (MONDAY, "FMP-01", "FMR", "no_day_form", 3, 1, 40, 14, 1, None),
        (TUESDAY, "FMP-01", "FMR", "no_day_form", 1, 1, None, None, None, None),
    ]
    asked = ("movements_outgoing", "movements_transit", "movements_short_term_local")
    assert [row[4:] for row in days(sahelia, *asked, "sadd_known", "sadd_known_share")] == [
        (None, None, None, 0, 0.0),
        (20, 0, None, 20, 0.5),
        (None, None, None, None, None),
    ]


def test_groups_under_review_stay_counted_and_are_told_apart(sahelia: Country) -> None:
    sahelia.flow(MONDAY, FMP_01, 40, under_review=True, counted_elsewhere="no")
    sahelia.flow(MONDAY, FMP_01, 41, under_review=True, counted_elsewhere="no")
    sahelia.flow(MONDAY, FMP_01, 5, counted_elsewhere="yes")
    sahelia.flow(MONDAY, FMP_01, 900, status="rejected_duplicate")
    names = ("movements", "n_under_review", "movements_under_review", "movements_without_review",
             "movements_counted_elsewhere")  # fmt: skip
    assert days(sahelia, *names) == [(MONDAY, "FMP-01", "FMR", "no_day_form", 86, 2, 81, 5, 5)]


def test_a_day_form_and_groups_that_disagree_are_said_to(sahelia: Country) -> None:
    sahelia.flow(MONDAY, FMP_01, 7)
    sahelia.day_form(MONDAY, FMP_01, "no_movement")
    sahelia.day_form(TUESDAY, FMP_01, "movement")
    sahelia.flow(WEDNESDAY, FMP_01, 2)
    sahelia.day_form(WEDNESDAY, FMP_01, "not_observed", not_observed_reason="staff")
    assert days(sahelia, "movements", "contradiction") == [
        (MONDAY, "FMP-01", "FMR", "observed", 7, True),
        (TUESDAY, "FMP-01", "FMR", "observed", None, True),
        (WEDNESDAY, "FMP-01", "FMR", "not_observed", 2, True),
    ]


def test_hours_that_two_observers_share_count_once(sahelia: Country) -> None:
    sahelia.day_form(MONDAY, FMP_01, "no_movement", obs_start="06:00", obs_end="12:00", obs_hours=6.0)
    sahelia.day_form(
        MONDAY, FMP_01, "no_movement", obs_start="10:00:00.000+01:00", obs_end="18:00", obs_hours=8.0
    )
    sahelia.day_form(TUESDAY, FMP_01, "no_movement", obs_start="20:00", obs_end="02:00", obs_hours=None)
    sahelia.day_form(WEDNESDAY, FMP_01, "no_movement")
    assert days(sahelia, "obs_start", "obs_end", "obs_hours") == [
        (MONDAY, "FMP-01", "FMR", "observed", "06:00", "18:00", 12.0),
        (TUESDAY, "FMP-01", "FMR", "observed", "20:00", "02:00", 6.0),
        (WEDNESDAY, "FMP-01", "FMR", "observed", None, None, None),
    ]


def test_herds_are_counted_by_their_own_tool_and_belong_to_it_on_a_zero_day_too(sahelia: Country) -> None:
    well = {**FMP_02, "place_id": "TTT-01", "place_type": "counting_point"}
    sahelia.point(well, weekdays="1234567")
    sahelia.day_form(MONDAY, well, "no_movement", form_id="ttt_day")
    sahelia.flow(TUESDAY, well, 6, flow_tool="TTT", herds=2, animals_total=140, form_id="ttt_count",
                 obs_start="06:00", obs_end="14:00", obs_hours=8.0)  # fmt: skip
    assert days(sahelia, "movements", "herds", "animals_total", "obs_hours", "points_expected") == [
        (MONDAY, "TTT-01", "TTT", "observed", 0, 0, 0, None, 1),
        (TUESDAY, "TTT-01", "TTT", "no_day_form", 6, 2, 140, 8.0, 1),
    ]


def test_a_viewer_of_one_province_learns_nothing_of_the_other_not_even_from_counts(sahelia: Country) -> None:
    sahelia.point(FMP_01, weekdays="12345", lon=1.5, lat=12.5)
    sahelia.point(FMP_02, weekdays="12345", lon=1.5, lat=11.5)
    sahelia.flow(MONDAY, FMP_01, 12)
    sahelia.flow(MONDAY, FMP_02, 30)
    names = ("adm1_name", "movements", "points_reporting", "points_expected", "lat")
    north = person("viewer", sahelia.project_id, pcode="NO01")
    assert days(sahelia, *names, actor=north) == [
        (MONDAY, "FMP-01", "FMR", "no_day_form", "Nord, Région du", 12, 1, 1, None),
    ]
    district = person("coordinator", sahelia.project_id, pcode="SU0201")
    assert days(sahelia, *names, actor=district) == [
        (MONDAY, "FMP-02", "FMR", "no_day_form", "Sud", 30, 1, 1, 11.5),
    ]
    partner = person("analyst", sahelia.project_id, organisation="RBM")
    assert days(sahelia, *names, actor=partner) == []
    form_only = person("analyst", sahelia.project_id, xml_form_id="fmr")
    assert days(sahelia, *names, actor=form_only) == [  # whose points they are nobody can tell
        (MONDAY, "FMP-01", "FMR", "no_day_form", "Nord, Région du", 12, None, None, None),
        (MONDAY, "FMP-02", "FMR", "no_day_form", "Sud", 30, None, None, None),
    ]


def test_a_silent_place_still_has_its_name_and_area(sahelia: Country) -> None:
    sahelia.point(FMP_01, weekdays="1", pcode=None, lon=2.0, lat=13.0)  # its position says where it is
    sahelia.point({**FMP_02, "place_id": "FMP-03"}, weekdays="1")  # the area it was declared in does
    sahelia.flow(MONDAY, FMP_02, 30)
    declared = days(sahelia, "adm1_name", "adm2_pcode", "adm0_iso3")[2]
    assert declared == (MONDAY, "FMP-03", "FMR", "missing", "Sud", "SU0201", "XSA")
    silent = days(sahelia, "place_name", "adm1_name", "adm2_pcode", "adm0_iso3")[0]
    assert silent == (
        MONDAY,
        "FMP-01",
        "FMR",
        "missing",
        FMP_01["place_name"],
        "Nord, Région du",
        "NO0101",
        "XSA",
    )
