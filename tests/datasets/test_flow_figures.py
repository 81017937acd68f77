"""Figures of flow over a period: averages per observed day, one tool at a time, one dimension at a time."""

from __future__ import annotations

from typing import Any

from server.datasets.definitions import DATASETS
from server.datasets.filters import Filters
from server.datasets.rows import read_rows
from server.datasets.scope import scope
from sync.access import Actor
from tests.datasets.rows import FMP_01, FMP_02, MONDAY, TUESDAY, WEDNESDAY, Country, person

BORDER = {**FMP_01, "place_id": "POE-01", "place_name": "Border bridge", "place_type": "poe_land"}
HOURS = {"obs_start": "06:00", "obs_end": "18:00", "obs_hours": 12.0}


def figures(of: Country, name: str, *columns: str, actor: Actor | None = None, **filters: Any) -> list[Any]:
    """A dataset as the actor sees it: tuples of the columns asked for."""
    with of.store.read() as session:
        seen = scope(session, actor, of.project_id)
        found = read_rows(session, DATASETS[name], seen, Filters(**filters), WEDNESDAY)
        places = [[c.name for c in found.columns].index(column) for column in columns]
        return [tuple(row[at] for at in places) for batch in found.batches for row in batch]


def test_120_by_the_registry_and_115_at_the_point_of_entry_are_never_235(sahelia: Country) -> None:
    sahelia.flow(MONDAY, BORDER, 120)
    sahelia.flow(MONDAY, BORDER, 115, flow_tool="POE")
    found = figures(sahelia, "flow_points", "level", "flow_tool", "place_id", "movements")
    assert found == [
        ("point", "FMR", "POE-01", 120),
        ("point", "POE", "POE-01", 115),
        ("network", "FMR", None, 120),
        ("network", "POE", None, 115),
    ]


def test_the_average_divides_by_observed_days_and_a_recorded_zero_is_one(sahelia: Country) -> None:
    sahelia.point(FMP_01, weekdays="1234567")
    sahelia.flow(MONDAY, FMP_01, 60)
    sahelia.day_form(MONDAY, FMP_01, "movement", **HOURS)
    sahelia.day_form(TUESDAY, FMP_01, "no_movement", **HOURS)
    sahelia.flow(WEDNESDAY, FMP_01, 40)  # no day form: in the sum, in no average
    columns = ("level", "movements", "average_per_day", "average_hours", "days_observed", "days_without_form")
    assert figures(sahelia, "flow_points", *columns) == [
        ("point", 100, 30.0, 12.0, 2, 1),
        ("network", 100, 30.0, 12.0, 2, 1),
    ]


def test_a_point_that_was_seldom_observed_is_not_in_the_average_of_its_network(sahelia: Country) -> None:
    for point in (FMP_01, FMP_02):
        sahelia.point(point, weekdays="1234567")
    for day in (MONDAY, TUESDAY, WEDNESDAY):
        sahelia.flow(day, FMP_01, 10)
        sahelia.day_form(day, FMP_01, "movement", **HOURS)
    sahelia.flow(MONDAY, FMP_02, 500)
    sahelia.day_form(MONDAY, FMP_02, "movement", **HOURS)
    found = figures(sahelia, "flow_points", "level", "average_per_day", "points", "points_active")
    assert found == [("point", 10.0, None, None), ("point", 500.0, None, None), ("network", 10.0, 2, 1)]


def test_two_points_of_one_route_are_added_only_where_one_is_designated(sahelia: Country) -> None:
    sahelia.point(FMP_01, route="Agadez - Sebha")
    sahelia.point(FMP_02, route="Agadez - Sebha")
    sahelia.flow(MONDAY, FMP_01, 100)
    sahelia.flow(MONDAY, FMP_02, 90)
    assert figures(sahelia, "flow_points", "level", "movements", "note") == [
        ("point", 100, None),
        ("point", 90, None),
        (
            "network",
            None,
            "The route Agadez - Sebha has 2 points (FMP-01, FMP-02) and not one designated.",
        ),
    ]
    sahelia.changes_point("FMP-02", designated=True)
    assert figures(sahelia, "flow_points", "level", "movements", "note")[-1] == ("network", 90, None)


def test_suspects_stay_counted_and_those_counted_elsewhere_are_told_apart(sahelia: Country) -> None:
    sahelia.flow(MONDAY, FMP_01, 20, under_review=True, counted_elsewhere="no")
    sahelia.flow(MONDAY, FMP_01, 21, under_review=True, counted_elsewhere="no")
    sahelia.flow(MONDAY, FMP_01, 9, counted_elsewhere="yes")
    columns = ("movements", "n_under_review", "movements_under_review", "movements_without_counted_elsewhere")
    assert figures(sahelia, "flow_points", *columns)[0] == (50, 2, 41, 41)


def test_a_split_by_nationality_doubles_neither_movements_nor_sex_and_age(sahelia: Country) -> None:
    origin = sahelia.submission()
    (group,) = sahelia.add_all(
        "flow",
        [{"reporting_date": MONDAY, "n_ind": 10, "flow_tool": "FMR", "men": 4, "women": 6, **FMP_01}],
        origin,
    )
    sahelia.split(group, "nationality", "TCD", 6, origin["id"])
    sahelia.split(group, "nationality", "SDN", 3, origin["id"])
    sahelia.split(group, "destination", "LBY", 10, origin["id"])
    assert figures(sahelia, "flow_points", "movements", "men", "women") == [(10, 4, 6), (10, 4, 6)]
    columns = ("dimension", "code", "movements", "share", "movements_known", "movements_not_known")
    assert figures(sahelia, "flow_splits", *columns) == [
        ("destination", "LBY", 10, 1.0, 10, 0),
        ("nationality", "SDN", 3, 0.3333, 9, 1),
        ("nationality", "TCD", 6, 0.6667, 9, 1),
    ]


def test_vulnerabilities_may_be_several_of_one_person_and_shares_are_of_all_who_were_asked(
    sahelia: Country,
) -> None:
    origin = sahelia.submission()
    (group, _) = sahelia.add_all(
        "flow",
        [{"reporting_date": MONDAY, "n_ind": n, "flow_tool": "FMR", **FMP_01} for n in (10, 30)],
        origin,
    )
    sahelia.split(group, "vulnerability", "elderly", 5, origin["id"])
    sahelia.split(group, "vulnerability", "disability", 4, origin["id"])
    columns = ("code", "movements", "share", "movements_known", "movements_not_known")
    assert figures(sahelia, "flow_splits", *columns) == [
        ("disability", 4, 0.4, 10, 30),
        ("elderly", 5, 0.5, 10, 30),
    ]


def test_a_reader_of_one_province_gets_the_figures_of_that_province(sahelia: Country) -> None:
    sahelia.flow(MONDAY, FMP_01, 12)
    sahelia.flow(MONDAY, FMP_02, 30)
    seen = person("viewer", sahelia.project_id, pcode="SU02")
    found = figures(sahelia, "flow_points", "level", "place_id", "movements", actor=seen)
    assert found == [("point", "FMP-02", 30), ("network", None, 30)]


def test_who_passes_two_points_of_a_route_is_once_in_the_average_of_the_network_too(sahelia: Country) -> None:
    for point, n_ind in ((FMP_01, 100), (FMP_02, 90)):
        sahelia.point(point, weekdays="1234567", route="Agadez - Sebha")
        sahelia.flow(MONDAY, point, n_ind)
        sahelia.day_form(MONDAY, point, "movement", **HOURS)
    columns = ("level", "average_per_day", "points", "points_active")
    asked = {"date_from": MONDAY, "date_to": MONDAY}
    assert figures(sahelia, "flow_points", *columns, **asked)[-1] == ("network", None, 2, 0)
    sahelia.changes_point("FMP-01", designated=True)
    assert figures(sahelia, "flow_points", *columns, **asked)[-1] == ("network", 100.0, 2, 1)


def test_a_form_without_a_usable_day_is_no_day_of_observation(sahelia: Country) -> None:
    sahelia.flow(MONDAY, FMP_01, 30)
    sahelia.day_form(MONDAY, FMP_01, "movement", **HOURS)
    sahelia.flow(None, FMP_01, 500)  # the tablet's clock had no date: of one day, or of ten
    sahelia.add("observation", outcome="movement", **HOURS | FMP_01)
    columns = ("level", "movements", "average_per_day", "days_observed", "days_without_form")
    assert figures(sahelia, "flow_points", *columns) == [
        ("point", 530, 30.0, 1, 0),
        ("network", 530, 30.0, 1, 0),
    ]


def test_days_without_a_day_form_do_not_make_a_point_active(sahelia: Country) -> None:
    for day in (MONDAY, TUESDAY, WEDNESDAY):
        sahelia.flow(day, FMP_01, 10)
    sahelia.day_form(MONDAY, FMP_01, "movement", **HOURS)
    found = figures(sahelia, "flow_points", "level", "average_per_day", "points_active")
    assert found == [("point", 10.0, None), ("network", None, 0)]


def test_groups_of_which_no_tool_is_known_make_no_network(sahelia: Country) -> None:
    sahelia.flow(MONDAY, FMP_01, 10, flow_tool=None)
    sahelia.flow(MONDAY, FMP_02, 20, flow_tool=None)
    found = figures(sahelia, "flow_points", "level", "flow_tool", "movements")
    assert found == [("point", None, 10), ("point", None, 20)]
