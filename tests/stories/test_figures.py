"""What the figures say, and what they must not say."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from server.demo.coordinator import Coordinator
from server.demo.people import Enumerator
from server.demo.tablet import Tablet
from sync.tables import tag
from tests.stories.field import Served


def test_a_day_without_movement_is_a_zero_and_silence_is_not(
    served: Served, tablet: Tablet, coordinator: Coordinator
) -> None:
    monday, tuesday, wednesday = (served.world.day(number) for number in range(3))
    hours = {"obs_start": time(6), "obs_end": time(18)}
    tablet.fills("fmr", point="FMP-03", obs_date=monday, outcome="no_movement", **hours)
    tablet.fills(
        "fmr", point="FMP-03", obs_date=wednesday, outcome="not_observed", not_observed_reason="insecurity"
    )
    assert tablet.syncs() == [201, 201]
    columns = ("date", "outcome", "not_observed_reason", "obs_hours", "movements")
    assert coordinator.days("FMP-03", *columns, date_to=wednesday) == [
        dict(zip(columns, values, strict=True))
        for values in (
            (str(monday), "observed", None, 12.0, 0),
            (str(tuesday), "missing", None, None, None),
            (str(wednesday), "not_observed", "insecurity", None, None),
        )
    ]


def test_two_informants_report_one_herd(served: Served, coordinator: Coordinator) -> None:
    tablets = [served.tablet("tablet"), served.tablet("second tablet")]
    first, second = (Enumerator(tablet, served.world, "CP-01") for tablet in tablets)
    first.sees_a_herd(4, 240, time(9, 10))
    second.sees_a_herd(4, 250, time(9, 40), told_by="RBM-KI-12")
    assert [tablet.syncs() for tablet in tablets] == [[201], [201]]
    rows = coordinator.rows("flow", tool="TTT")
    assert [(r["cattle"], r["under_review"], r["status"]) for r in rows] in (
        [(240, True, "valid"), (250, True, "valid")],
        [(250, True, "valid"), (240, True, "valid")],
    )
    columns = ("movements", "n_under_review", "movements_without_review")
    day = served.world.day(4)
    assert coordinator.days("CP-01", *columns, date_from=day, date_to=day) == [
        {"movements": 12, "n_under_review": 2, "movements_without_review": 0}
    ]


def test_two_herds_of_one_day_are_not_taken_for_one(served: Served, coordinator: Coordinator) -> None:
    person = Enumerator(served.tablet(), served.world, "CP-01")
    person.sees_a_herd(4, 40, time(7, 10))
    person.sees_a_herd(4, 250, time(16, 40))
    assert person.tablet.syncs() == [201, 201]
    assert [r["under_review"] for r in coordinator.rows("flow", tool="TTT")] == [False, False]


def test_a_new_boundary_release_places_rows_anew_and_keeps_their_old_tag(
    served: Served, coordinator: Coordinator
) -> None:
    country = served.world.country
    person = Enumerator(served.tablet(), served.world, "FMP-03")
    person.counts_a_day(0)
    assert person.tablet.syncs() == [201]
    before = coordinator.rows("flow", place="FMP-03")
    assert {(r["boundary_release"], r["adm2_pcode"]) for r in before} == {("v01", country.split_from)}
    served.activates_the_second_release()
    _wait_for_release(coordinator, "v02")
    after = coordinator.rows("flow", place="FMP-03")
    assert {(r["boundary_release"], r["adm2_pcode"]) for r in after} == {("v02", country.split_into)}
    assert [r["record_id"] for r in after] == [r["record_id"] for r in before]
    with served.store.read() as session:
        kept = {(row["record_id"], row["pcodes"]["2"]) for row in session.all(tag.select())}
    for row in after:
        assert {(row["record_id"], country.split_from), (row["record_id"], country.split_into)} <= kept


@pytest.mark.parametrize(
    ("clock", "flag"),
    [
        (datetime(1970, 1, 1, 3, 12, tzinfo=UTC), "clock_unset"),
        (datetime.now(UTC).replace(microsecond=0) + timedelta(days=730), "clock_ahead"),
        (datetime(2026, 3, 2, 17, 30, tzinfo=UTC), None),
    ],
)
def test_a_wrong_clock_is_flagged_and_the_typed_date_counts(
    served: Served, tablet: Tablet, coordinator: Coordinator, clock: datetime, flag: str | None
) -> None:
    monday = served.world.day(0)
    tablet.clock = clock
    filled = tablet.fills(
        "fmr", point="FMP-01", obs_date=monday, outcome="movement", direction="incoming", n_ind=9
    )
    assert tablet.syncs() == [201]
    assert coordinator.days("FMP-01", date_from=monday, date_to=monday) == [
        {"date": str(monday), "outcome": "observed", "movements": 9}
    ]
    assert served.shows(filled.instance_id)["flags"] == ([flag] if flag else [])


def test_a_date_from_a_wrong_clock_counts_in_no_day(tablet: Tablet, coordinator: Coordinator) -> None:
    tablet.clock = datetime.now(UTC).replace(microsecond=0) + timedelta(days=730)
    tablet.fills("fmr", point="FMP-01", outcome="movement", direction="incoming", n_ind=9)
    assert tablet.syncs() == [201]
    assert [(r["n_ind"], r["reporting_date"]) for r in coordinator.rows("flow")] == [(9, None)]
    assert {"date": None, "outcome": "no_day_form", "movements": 9} in coordinator.days("FMP-01")


def _wait_for_release(coordinator: Coordinator, name: str) -> None:
    """Until the worker has placed every row anew."""
    deadline = datetime.now(UTC) + timedelta(seconds=20)
    while datetime.now(UTC) < deadline:
        if {row["boundary_release"] for row in coordinator.rows("flow")} == {name}:
            return
    raise AssertionError(f"the rows are not placed by {name}")
