"""Suspected duplicates: what goes to review, what does not, and how well that works on labelled data."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms import vocabulary
from sync.steps.duplicates import blocks, compare
from sync.steps.values import Block, Pair, Row, Split
from tests.steps.fieldwork import PROJECT

DAY = date(2026, 11, 3)
EPOCH = datetime(2026, 11, 1)  # noqa: DTZ001  local wall clock, as tablets write it


def row(table: str, record_id: str, **values: Any) -> Row:
    columns: dict[str, Any] = {v.name: None for v in vocabulary.variables(table).values() if v.is_column}
    columns |= {"project_uuid": PROJECT, "instance_id": f"uuid:{record_id}", "reporting_date": DAY}
    return Row(table, record_id, columns | values)


def herd(record_id: str, at: str | None = "14:00", **values: Any) -> Row:
    given: dict[str, Any] = {
        "flow_tool": "TTT",
        "place_id": "CP-01",
        "place_name": "Corridor 4",
        "adm2_pcode": "XS0101",
        "direction": "outgoing",
        "event_time": f"2026-11-03T{at}:00.000+01:00" if at else None,
        "cattle": 120,
        "informant_id": "KI-07",
    }
    return row("flow", record_id, **(given | values))


def group(record_id: str, n: int, at: str | None = "14:00", **values: Any) -> Row:
    men, women, boys = n // 3, n // 4, n // 5
    given: dict[str, Any] = {
        "flow_tool": "FMR",
        "place_id": "FMP-03",
        "place_name": "Bus station",
        "direction": "outgoing",
        "event_time": f"2026-11-03T{at}:00.000+01:00" if at else None,
        "n_ind": n,
        "men": men,
        "women": women,
        "boys": boys,
        "girls": n - men - women - boys,
    }
    return row("flow", record_id, **(given | values))


def stock(record_id: str, ind: int | None, **values: Any) -> Row:
    given: dict[str, Any] = {
        "record_type": "population",
        "population_category": "idp",
        "breakdown": "total",
        "round": "3",
        "place_id": "SITE-1",
        "place_name": "Site A",
        "assessment_type": "BA",
        "ind": ind,
    }
    return row("baseline", record_id, **(given | values))


def daily(record_id: str, n: int, **values: Any) -> Row:
    given = {
        "flow_tool": "POE",
        "place_id": "POE-1",
        "place_name": "Bridge",
        "direction": "incoming",
        "n_ind": n,
    }
    return row("flow", record_id, **(given | values))


def block(of: Row, splits: Iterable[Split] = ()) -> Block:
    made = blocks(of, splits)
    assert made is not None
    return made


def pair(a: Row, b: Row) -> Pair | None:
    """What review gets to see: only rows that share a block are compared."""
    one, other = blocks(a, ()), blocks(b, ())
    if one is None or other is None or not set(one.keys) & set(other.keys):
        return None
    found = compare(one, other)
    assert found == compare(other, one), "the score must not depend on the order"
    return found


def test_the_same_herd_is_reported_by_two_informants() -> None:
    found = pair(herd("a"), herd("b", "14:40", cattle=130, informant_id="KI-12"))
    assert found is not None
    assert (found.record_a, found.record_b) == ("a", "b")
    assert found.score > 0.8
    assert found.reasons == (
        "both count 120 to 130 cattle at Corridor 4 on 2026-11-03, 40 minutes apart, "
        "reported by KI-07 and KI-12",
        "both outgoing",
    )


@pytest.mark.parametrize(
    ("other", "suspected"),
    [
        ({"at": "19:30", "cattle": 118}, True),  # five and a half hours on, at the same point
        ({"place_id": "CP-02", "place_name": "Well 2", "sheep": 42}, True),  # a neighbouring counting point
        ({"place_id": None, "place_name": None, "sheep": 42}, True),  # a phone call that names no place
        ({"at": None}, True),  # only the day is known
        ({"place_id": "CP-02", "place_name": "Well 2", "sheep": 42, "counted_elsewhere": "yes"}, True),
        ({"direction": "incoming"}, False),
        ({"cattle": 30}, False),
        ({"sheep": 400}, False),
        ({"flow_tool": "EET"}, False),  # tools are never compared
        ({"instance_id": "uuid:a"}, False),  # one submission
        ({"project_uuid": "another"}, False),
        ({"reporting_date": date(2026, 11, 5), "at": None}, False),
        ({"transhumance_type": "internal"}, False),
    ],
)
def test_a_second_report_of_a_herd(other: dict[str, Any], suspected: bool) -> None:
    first = herd("a", sheep=40, transhumance_type="cross_border")
    told: dict[str, Any] = {"informant_id": "KI-12", "sheep": 42, "cattle": 130}
    second = herd("b", **(told | other))
    assert (pair(first, second) is not None) == suspected


@pytest.mark.parametrize(("first", "second"), [("11:55", "12:10"), ("23:50", "00:05"), ("05:50", "06:10")])
def test_no_pair_is_lost_at_the_edge_of_a_bucket(first: str, second: str) -> None:
    next_day = f"2026-11-04T{second}:00.000+01:00"
    later: dict[str, Any] = {"reporting_date": date(2026, 11, 4), "event_time": next_day}
    other = herd("b", second, cattle=125, informant_id="KI-12", **(later if second < first else {}))
    assert pair(herd("a", first), other) is not None


def test_a_herd_cannot_fly() -> None:
    near: dict[str, Any] = {"lat": 13.20, "lon": 14.10}
    far: dict[str, Any] = {"lat": 13.60, "lon": 14.10, "place_id": "CP-02"}  # 44 km
    first = herd("a", sheep=40, **near)
    assert pair(first, herd("b", "14:30", sheep=40, informant_id="KI-12", **far)) is None
    beside = far | {"lat": 13.21}
    assert pair(first, herd("b", "14:30", sheep=40, informant_id="KI-12", **beside)) is not None


def test_a_tablet_set_to_another_zone_still_meets_its_pair() -> None:
    same_instant = herd("b", None, event_time="2026-11-03T13:00:00.000Z", informant_id="KI-12")
    found = pair(herd("a", "14:00"), same_instant)
    assert found is not None
    assert "at the same minute" in found.reasons[0]


def test_a_clock_that_was_never_set_does_not_hide_the_herd() -> None:
    unset = herd("b", None, event_time="1970-01-01T00:10:00.000Z", informant_id="KI-12")
    found = pair(herd("a"), unset)
    timed = pair(herd("a"), herd("b", informant_id="KI-12"))
    assert found is not None
    assert timed is not None
    assert found.score < timed.score, "without a time the suspicion is weaker"


@pytest.mark.parametrize(
    ("n", "at", "other", "suspected"),
    [
        (41, "14:05", {}, True),
        (41, "14:05", {"direction": "incoming"}, False),
        (41, "14:05", {"place_id": "FMP-04"}, False),
        (41, "16:30", {}, True),
        (41, "19:00", {}, False),
        (43, "14:05", {}, True),
        (60, "14:05", {}, False),
        (41, "14:05", {"transport": "truck", "nationality_iso3": "NER", "origin_iso3": "NER"}, False),
        (41, None, {}, True),
    ],
)
def test_a_group_counted_twice(n: int, at: str | None, other: dict[str, Any], suspected: bool) -> None:
    first = group("a", 41, transport="bus", nationality_iso3="TCD", origin_iso3="TCD")
    assert (pair(first, group("b", n, at, **other)) is not None) == suspected


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_couples_at_a_bus_station_are_left_alone(n: int) -> None:
    assert blocks(group("a", n), ()) is None


def test_one_border_post_has_one_figure_a_day_and_direction() -> None:
    found = pair(daily("a", 120), daily("b", 115))
    assert found is not None
    assert found.reasons == ("both count 115 to 120 movements at Bridge on 2026-11-03", "both incoming")
    assert pair(daily("a", 120), daily("b", 115, direction="outgoing")) is None
    assert pair(daily("a", 120), daily("b", 115, reporting_date=date(2026, 11, 4))) is None
    assert pair(daily("a", 120), group("b", 120, place_id="POE-1", direction="incoming")) is None


def test_one_place_is_assessed_twice_in_one_round() -> None:
    found = pair(stock("a", 1200, informant_id="KI-1"), stock("b", 1180, informant_id="KI-2"))
    assert found is not None
    assert found.reasons == (
        "both assess idp at Site A in round 3, reported by KI-1 and KI-2: 1,180 and 1,200 persons",
    )
    exact = pair(stock("a", 1200), stock("b", 1200))
    assert exact is not None
    assert exact.score > found.score


@pytest.mark.parametrize(
    "other",
    [
        {"round": "4"},
        {"population_category": "refugee"},
        {"breakdown": "origin"},
        {"assessment_type": "SA"},  # never added, so never compared
        {"place_id": "SITE-2"},
        {"record_type": "place_status"},
        {"instance_id": "uuid:a"},
    ],
)
def test_other_assessments_are_no_duplicates(other: dict[str, Any]) -> None:
    assert pair(stock("a", 1200), stock("b", 1200)) is not None
    assert pair(stock("a", 1200), stock("b", 1200, **other)) is None


def test_two_villages_near_one_site_are_two() -> None:
    assert (
        pair(stock("a", 90, declared_place_name="Ngoui"), stock("b", 90, declared_place_name="NGOUI"))
        is not None
    )
    assert (
        pair(stock("a", 90, declared_place_name="Ngoui"), stock("b", 90, declared_place_name="Kaya")) is None
    )


def test_people_are_never_linked() -> None:
    assert blocks(row("profile", "a", age_years=34, sex="f"), ()) is None
    assert blocks(row("observation", "a", outcome="movement"), ()) is None


def test_the_main_nationality_comes_from_the_split() -> None:
    splits = [
        Split("a", "nationality", "TCD", 30),
        Split("a", "nationality", "NER", 11),
        Split("b", "nationality", "NER", 9),
    ]
    assert block(group("a", 41), splits).features["nationality"] == "TCD"


moments = st.datetimes(EPOCH, EPOCH + timedelta(days=3)) | st.none()
figures = st.none() | st.integers(-5, 100_000)
reports = st.fixed_dictionaries(
    {
        "flow_tool": st.sampled_from(["FMR", "TTT", "POE", "FMC", "EET", "BOAT", None]),
        "event_time": moments.map(lambda moment: moment and moment.isoformat()),
        "n_ind": figures,
        "men": figures,
        "women": figures,
        "boys": figures,
        "girls": figures,
        "cattle": figures,
        "sheep": figures,
        "place_id": st.sampled_from(["A", "B", None]),
        "adm2_pcode": st.sampled_from(["X", None]),
        "direction": st.sampled_from(["incoming", "outgoing", "undefined", None]),
        "obs_start": st.sampled_from(["06:00", "18:00", "nonsense", None]),
        "obs_end": st.sampled_from(["06:00", "18:00", None]),
        "reporting_date": st.sampled_from([DAY, None]),
    }
)


@given(reports, reports)
def test_any_two_rows_can_be_compared_in_either_order(one: dict[str, Any], other: dict[str, Any]) -> None:
    a, b = blocks(row("flow", "a", **one), ()), blocks(row("flow", "b", **other), ())
    for made in (a, b):
        assert made is None or len(set(made.keys)) == len(made.keys)
    if a is not None and b is not None:
        found = compare(a, b)
        assert found == compare(b, a)
        assert found is None or (0.5 <= found.score <= 1 and found.reasons)


# --- labelled data -------------------------------------------------------------------------------


@dataclass
class Season:
    """Rows with the pairs that are truly the same group, and whatever review is asked to look at."""

    rows: list[Row]
    truth: set[tuple[str, str]]
    findable: set[tuple[str, str]]  # of the truth: those that should be found

    def suspected(self) -> set[tuple[str, str]]:
        shelf: dict[str, list[Block]] = defaultdict(list)
        for one in self.rows:
            made = blocks(one, ())
            for key in made.keys if made else ():
                shelf[key].append(made)  # type: ignore[arg-type]
        return {
            (found.record_a, found.record_b)
            for shared in shelf.values()
            for a, b in combinations(shared, 2)
            if (found := compare(a, b)) is not None
        }

    def precision_and_recall(self) -> tuple[float, float]:
        suspected = self.suspected()
        precision = len(suspected & self.truth) / max(1, len(suspected))
        return precision, len(suspected & self.findable) / max(1, len(self.findable))


def a_busy_point(rng: random.Random, timed: bool) -> Season:
    """Thirty days, two enumerators with 60 groups each a day; one group in fifteen is counted by both."""
    rows: list[Row] = []
    truth: set[tuple[str, str]] = set()
    findable: set[tuple[str, str]] = set()
    for day in range(30):
        reports: dict[str, list[Row]] = {"x": [], "y": []}
        for at in range(120):
            who = "xy"[at % 2]
            n = rng.choices([rng.randint(1, 4), rng.randint(5, 15), rng.randint(16, 60)], [60, 28, 12])[0]
            minute = rng.randint(6 * 60, 18 * 60 - 1)
            name = f"{day:02}-{at:03}"
            reports[who].append(counted(rng, name, who, day, minute, n, timed))
            if rng.random() < 1 / 15:
                twin = recounted(rng, reports[who][-1], "yx"[at % 2], day, minute, timed)
                reports["yx"[at % 2]].append(twin)
                truth.add((name, twin.record_id))
                if n >= 12:  # smaller ones may be left alone
                    findable.add((name, twin.record_id))
        rows += reports["x"] + reports["y"]
    return Season(rows, truth, findable)


def counted(rng: random.Random, name: str, who: str, day: int, minute: int, n: int, timed: bool) -> Row:
    cells = [0, 0, 0, 0]
    for _ in range(n):
        cells[rng.choices(range(4), [40, 30, 16, 14])[0]] += 1
    moment = EPOCH + timedelta(days=day, minutes=minute)
    return row(
        "flow", name,
        instance_id=f"uuid:{day}-{who}", flow_tool="FMR", place_id="FMP-03", reporting_date=moment.date(),
        event_time=moment.isoformat() if timed else None, obs_start="06:00", obs_end="18:00",
        direction=rng.choice(["incoming", "outgoing"]), n_ind=n,
        **dict(zip(("men", "women", "boys", "girls"), cells, strict=True)),
        transport=rng.choices(["bus", "foot", "truck", "car_taxi"], [4, 3, 2, 2])[0],
        origin_iso3=rng.choices(["TCD", "NER", "CMR"], [6, 3, 1])[0],
        final_iso3=rng.choices(["TCD", "NER", "LBY"], [5, 3, 2])[0],
    )  # fmt: skip


def recounted(rng: random.Random, seen: Row, who: str, day: int, minute: int, timed: bool) -> Row:
    """The same group as another enumerator writes it down: some minutes off, one or two persons misjudged."""
    values = dict(seen.values)
    for _ in range(rng.choice([0, 0, 1, 2])):
        taken, given_to = rng.sample(["men", "women", "boys", "girls"], 2)
        if values[taken] > 0:
            values[taken] -= 1
            values[given_to] += 1
    if rng.random() < 0.25:
        values["men"] += 1
        values["n_ind"] += 1
    if rng.random() < 0.2:
        values["origin_iso3"] = None
    moment = EPOCH + timedelta(days=day, minutes=minute + rng.randint(-12, 12))
    values |= {"event_time": moment.isoformat() if timed else None, "instance_id": f"uuid:{day}-{who}"}
    return Row("flow", f"{seen.record_id}-again", values)


def a_corridor(rng: random.Random) -> Season:
    """Sixty days, a dozen herds a day on one corridor with two counting points; every third is told twice."""
    rows: list[Row] = []
    truth: set[tuple[str, str]] = set()
    for day in range(60):
        for at in range(12):
            seen: dict[str, Any] = {
                "cattle": round(rng.lognormvariate(4.6, 0.9)) + 10,
                "sheep": rng.choice([None, 0, round(rng.lognormvariate(4.0, 1.0))]),
                "direction": rng.choices(["outgoing", "incoming"], [3, 1])[0],
                "origin_iso3": rng.choice(["TCD", "NER"]),
            }
            moment = EPOCH + timedelta(days=day, minutes=rng.randint(5 * 60, 19 * 60))
            name = f"{day:02}-{at:02}"
            rows.append(told(name, f"KI-{at % 4}", moment, seen))
            if at % 3 == 0:
                later = moment + timedelta(minutes=rng.randint(-45, 90))
                guessed = {
                    k: round(seen[k] * rng.uniform(0.88, 1.12)) for k in ("cattle", "sheep") if seen[k]
                }
                place = rng.choice(["CP-01", "CP-01", "CP-02", None])
                rows.append(told(f"{name}-again", f"KI-{(at + 1) % 4}", later, seen | guessed, place))
                truth.add((name, f"{name}-again"))
    return Season(rows, truth, truth)


def told(name: str, who: str, at: datetime, seen: dict[str, Any], place: str | None = "CP-01") -> Row:
    """A herd as an informant tells of it, each in a submission of its own."""
    return row(
        "flow", name, flow_tool="TTT", place_id=place, adm2_pcode="XS0101", reporting_date=at.date(),
        event_time=at.isoformat(), informant_id=who, **seen,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("season", "precision", "recall"),
    [
        (a_busy_point(random.Random(11), timed=True), 0.85, 0.9),
        (a_busy_point(random.Random(12), timed=False), 0.85, 0.75),
        (a_corridor(random.Random(13)), 0.5, 0.9),
    ],
    ids=["timed groups", "untimed groups", "herds"],
)
def test_review_gets_mostly_true_duplicates(season: Season, precision: float, recall: float) -> None:
    found_precision, found_recall = season.precision_and_recall()
    assert found_precision >= precision
    assert found_recall >= recall


def test_the_order_of_arrival_changes_no_pair() -> None:
    season = a_corridor(random.Random(5))
    shuffled = Season(random.Random(6).sample(season.rows, len(season.rows)), season.truth, season.findable)
    assert shuffled.suspected() == season.suspected()


def alert(record_id: str, **values: Any) -> Row:
    given: dict[str, Any] = {
        "event_tool": "TTT",
        "event_stage": "report",
        "alert_kind": "event",
        "event_type": "livestock_theft",
        "event_date": DAY,
        "adm1_pcode": "XS01",
        "adm2_pcode": "XS0101",
        "informant_id": "KI-7F3K",
        "animals_lost": 40,
    }
    return row("event", record_id, **(given | values))


def test_one_theft_is_told_of_by_two_informants() -> None:
    found = pair(alert("a"), alert("b", informant_id="KI-TJ43", animals_lost=45))
    assert found is not None
    assert found.score > 0.8
    assert found.reasons == (
        "both tell of livestock_theft in XS0101 on 2026-11-03, reported by KI-7F3K and KI-TJ43",
        "40 and 45 animals lost",
    )


@pytest.mark.parametrize(
    ("other", "suspected"),
    [
        ({}, True),
        ({"event_date": DAY + timedelta(days=1)}, True),  # a day later, by memory
        ({"event_date": DAY + timedelta(days=2), "animals_lost": None}, False),
        ({"event_date": None}, True),  # the day it was told of
        ({"place_id": "CP-01", "place_name": "Corridor 4"}, True),  # one names the place, the other the area
        ({"event_type": None}, True),
        ({"event_type": "attack"}, False),
        ({"event_type": "dnk"}, True),
        ({"alert_kind": "movement", "event_type": None, "movement_alert": "early"}, False),
        ({"adm3_pcode": "XS010101"}, True),
        ({"adm2_pcode": "XS0102"}, False),
        ({"event_stage": "follow_up"}, False),  # belongs to its report
        ({"event_tool": "EET"}, False),  # tools are never compared
        ({"instance_id": "uuid:a"}, False),
        ({"project_uuid": "another"}, False),
    ],
)
def test_what_is_suspected_of_being_one_alert(other: dict[str, Any], suspected: bool) -> None:
    assert (pair(alert("a"), alert("b", **other)) is not None) is suspected


def test_follow_ups_and_listed_incidents_are_not_told_twice() -> None:
    follow_up = {"event_stage": "follow_up", "event_id": "A-1"}
    assert pair(alert("a", **follow_up), alert("b", **follow_up)) is None
    incident = {"event_tool": "MMP", "alert_kind": None, "event_type": None, "death_cause": "drowning"}
    assert pair(alert("a", **incident), alert("b", **incident)) is not None
    listed = [alert(name, **incident, source_id=f"MMP-{name}") for name in "ab"]
    assert pair(*listed) is None  # whoever keeps the list told them apart
    wards = [alert("a", adm3_pcode="XS010101"), alert("b", adm3_pcode="XS010102")]
    assert pair(*wards) is None
    named = {"adm2_pcode": None, "adm1_pcode": None, "place_id": "CP-01"}
    assert pair(alert("a", **named), alert("b", **named)) is not None
    assert pair(alert("a", **named), alert("b", **named | {"place_id": "CP-02"})) is None
