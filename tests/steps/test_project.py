"""Answers become harmonised rows: the mapping contract, row by row, and ids that never change."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms import vocabulary
from forms.model import CompiledForm
from sync.pipeline import run
from sync.steps.local_dates import hours_between
from sync.steps.record_ids import record_id
from sync.steps.values import Outcome, Split
from tests.steps.fieldwork import PROJECT, form, library_form, task

FMR = library_form("fmr")

BASELINE = form("""
| survey  |                    |            |            |                                                                    |              |
|         | type               | name       | label      | harmonise                                                          | sensitivity  |
|         | date               | day        | Day        | baseline.reporting_date                                            |              |
|         | text               | round      | Round      | baseline.round                                                     |              |
|         | text               | place      | Place      | baseline.place_id                                                  |              |
|         | text               | ki_name    | Informant  |                                                                    | direct_identifier |
|         | integer            | idp        | IDP        | baseline.ind{population_category=idp, breakdown=total}             |              |
|         | integer            | idp_hh     | IDP hh     | baseline.hh{population_category=idp, breakdown=total}              |              |
|         | integer            | ret        | Returnees  | baseline.ind{population_category=returnee_idp, breakdown=total}    | confidential |
|         | select_multiple rs | needs      | Needs      | baseline.needs                                                     |              |
|         | begin_repeat       | origins    | Origin     | baseline{population_category=idp, breakdown=origin}                |              |
|         | text               | from       | From       | baseline.origin_iso3                                               |              |
|         | integer            | from_n     | Persons    | baseline.ind                                                       |              |
|         | end_repeat         |            |            |                                                                    |              |
| choices |                    |            |            |                                                                    |              |
|         | list_name          | name       | label      | harmonise                                                          |              |
|         | rs                 | eau        | Water      | drinking_water                                                     |              |
|         | rs                 | food       | Food       |                                                                    |              |
|         | rs                 | nsp        | Not known  | -                                                                  |              |
| settings |                   |            |            |                                                                    |              |
|         | form_id            | version    | harmonise  |                                                                    |              |
|         | b2x                | 1          | baseline{record_type=population} |                                              |              |
""")  # noqa: E501

WIDE = form(
    """
| survey  |            |         |         |                                                 |
|         | type       | name    | label   | harmonise                                       |
|         | start      | start   |         |                                                 |
|         | end        | end     |         |                                                 |
|         | text       | place   | Place   | flow.place_id                                   |
|         | time       | from    | From    | flow.obs_start                                  |
|         | time       | to      | To      | flow.obs_end                                    |
|         | calculate  | total   |         | flow.n_ind                                      |
|         | integer    | tcd     | Chad    | flow_split.n{dimension=nationality, code=TCD}   |
|         | integer    | ner     | Niger   | flow_split.n{dimension=nationality, code=NER}   |
| settings |           |         |         |                                                 |
|         | form_id    | version | harmonise |                                               |
|         | wide       | 1       | flow{flow_tool=POE} |                                     |
""".replace(
        "| calculate  | total   |         | flow.n_ind ", "| integer    | total   | Total   | flow.n_ind "
    )
)


def derived(form: CompiledForm, answers: dict[str, Any], **context: Any) -> Outcome:
    return run(task(form, answers, **context))


def shown(outcome: Outcome, table: str, *columns: str) -> list[dict[str, Any]]:
    return [{c: row.values[c] for c in columns} for row in outcome.rows if row.table == table]


def codes(outcome: Outcome) -> list[str]:
    return [note.code for note in outcome.flags]


DAY = {
    "place": "FMP-03",
    "obs_date": "2026-11-03",
    "enumerator": "E-11",
    "outcome": "movement",
    "obs_start": "06:00:00.000+01:00",
    "obs_end": "18:00:00.000+01:00",
    "location": "13.2 14.1 300.0 5.0",
}


def group(n: int | None, **more: Any) -> dict[str, Any]:
    return {"group_no": 1, "direction": "outgoing", "n_ind": n, **more}


def test_each_group_inherits_the_day_and_refers_to_its_observation() -> None:
    outcome = derived(FMR, {"day": DAY, "groups": [group(41), group(7, direction="incoming")]})
    observation = next(row for row in outcome.rows if row.table == "observation")
    assert shown(
        outcome, "flow", "place_id", "reporting_date", "n_ind", "direction", "flow_tool", "observation_id"
    ) == [
        {
            "place_id": "FMP-03",
            "reporting_date": date(2026, 11, 3),
            "n_ind": n,
            "direction": direction,
            "flow_tool": "FMR",
            "observation_id": observation.record_id,
        }
        for n, direction in ((41, "outgoing"), (7, "incoming"))
    ]
    assert shown(outcome, "observation", "outcome", "obs_hours", "place_name", "geotag_flag") == [
        {
            "outcome": "movement",
            "obs_hours": 12.0,
            "place_name": "Corridor crossing",
            "geotag_flag": "no_polygon",
        }
    ]
    assert len({row.record_id for row in outcome.rows}) == 3


def test_a_day_without_movement_is_one_observation_and_no_flow() -> None:
    outcome = derived(FMR, {"day": DAY | {"outcome": "no_movement"}})
    assert [(row.table, row.values["outcome"]) for row in outcome.rows] == [("observation", "no_movement")]


def test_every_row_has_every_column_and_says_where_it_comes_from() -> None:
    outcome = derived(FMR, {"day": DAY, "groups": [group(41)]}, organisation="RBM")
    row = next(row for row in outcome.rows if row.table == "flow")
    assert list(row.values) == [v.name for v in vocabulary.variables("flow").values() if v.is_column]
    provenance = (
        "project_uuid",
        "instance_id",
        "form_id",
        "form_version",
        "vocabulary_version",
        "organisation",
    )
    assert [row.values[name] for name in provenance] == [
        PROJECT, "uuid:1", "fmr", FMR.version, vocabulary.VERSION, "RBM",
    ]  # fmt: skip
    assert (row.values["status"], row.values["under_review"], row.values["entered_by"]) == (
        "valid",
        False,
        "E-11",
    )
    assert outcome.reporting_dates[row.record_id] == date(2026, 11, 3)


def test_unknown_is_null_and_zero_is_zero() -> None:
    groups = [group(None), group(0, sadd={"men": 0, "women": None})]
    outcome = derived(FMR, {"day": DAY, "groups": groups})
    assert shown(outcome, "flow", "n_ind", "men", "women") == [
        {"n_ind": None, "men": None, "women": None},
        {"n_ind": 0, "men": 0, "women": None},
    ]


def test_a_nested_repeat_splits_the_group_around_it() -> None:
    groups = [
        group(41, nationalities=[{"nat_code": "TCD", "nat_n": 30}, {"nat_code": "NER", "nat_n": 11}]),
        group(3, nationalities=[{"nat_code": "TCD", "nat_n": 3}]),
    ]
    outcome = derived(FMR, {"day": DAY, "groups": groups})
    first, second = (row.record_id for row in outcome.rows if row.table == "flow")
    assert outcome.splits == (
        Split(first, "nationality", "TCD", 30),
        Split(first, "nationality", "NER", 11),
        Split(second, "nationality", "TCD", 3),
    )


@pytest.mark.parametrize(
    ("more", "n", "flagged"), [(0, 2**31 - 1, "split_repeated"), (1, None, "out_of_range")]
)
def test_counts_of_one_code_that_no_column_can_hold_stay_unknown(
    more: int, n: int | None, flagged: str
) -> None:
    twice = [{"nat_code": "TCD", "nat_n": 2**31 - 2}, {"nat_code": "TCD", "nat_n": 1 + more}]
    outcome = derived(FMR, {"day": DAY, "groups": [group(None, nationalities=twice)]})
    assert [(split.code, split.n) for split in outcome.splits] == [("TCD", n)]
    assert flagged in codes(outcome)
    assert len({"split_repeated", "out_of_range"} & set(codes(outcome))) == 1


@pytest.mark.parametrize(
    ("girls", "n", "flagged"), [(1, 2**31 - 1, "n_ind_derived"), (2, None, "out_of_range")]
)
def test_a_total_of_sex_and_age_that_no_column_can_hold_stays_unknown(
    girls: int, n: int | None, flagged: str
) -> None:
    kept = tuple(b for b in FMR.bindings if not b.path.endswith("/n_ind"))
    assert len(kept) < len(FMR.bindings)
    without_total = replace(FMR, bindings=kept, hash="without a total")
    sadd = {"men": 2**31 - 2, "women": 0, "boys": 0, "girls": girls}
    outcome = derived(without_total, {"day": DAY, "groups": [group(None, sadd=sadd)]})
    assert shown(outcome, "flow", "n_ind", "girls") == [{"n_ind": n, "girls": girls}]
    assert {"n_ind_derived", "out_of_range"} & set(codes(outcome)) == {flagged}


def test_a_code_given_twice_is_added_up_and_flagged() -> None:
    twice = [{"nat_code": "TCD", "nat_n": 30}, {"nat_code": "TCD", "nat_n": 11}]
    outcome = derived(FMR, {"day": DAY, "groups": [group(41, nationalities=twice)]})
    assert [(split.code, split.n) for split in outcome.splits] == [("TCD", 41)]
    assert codes(outcome) == ["split_repeated"]


def test_a_split_without_its_code_stays_in_the_total_only() -> None:
    halves = [{"nat_code": "TCD", "nat_n": 30}, {"nat_code": None, "nat_n": 11}, {"nat_code": None}]
    outcome = derived(FMR, {"day": DAY, "groups": [group(41, nationalities=halves)]})
    assert [(split.code, split.n) for split in outcome.splits] == [("TCD", 30)]
    assert codes(outcome) == ["split_without_code", "split_sum"]


def test_wide_questions_become_splits_and_the_unanswered_ones_do_not() -> None:
    outcome = derived(WIDE, {"place": "FMP-03", "total": 12, "tcd": 12, "ner": None})
    (flow,) = outcome.rows
    assert (flow.values["n_ind"], outcome.splits) == (12, (Split(flow.record_id, "nationality", "TCD", 12),))


def test_wide_figures_become_long_rows_and_unanswered_ones_none() -> None:
    outcome = derived(
        BASELINE,
        {
            "day": "2026-11-02",
            "round": "3",
            "place": "FMP-03",
            "ki_name": "Mariam",
            "idp": 120,
            "needs": "nsp eau food",
            "origins": [{"from": "TCD", "from_n": 100}, {"from": None}],
        },
    )
    columns = ("population_category", "breakdown", "ind", "hh", "origin_iso3")
    found = [tuple(row.values()) for row in shown(outcome, "baseline", *columns)]
    assert sorted(found, key=str) == [
        ("idp", "origin", 100, None, "TCD"),
        ("idp", "origin", None, None, None),
        ("idp", "total", 120, None, None),
    ]
    inherited = {"needs": "drinking_water;food", "round": "3", "record_type": "population"}
    assert shown(outcome, "baseline", *inherited) == [inherited] * 3
    assert "Mariam" not in repr((outcome.rows, outcome.flags, outcome.blocks, outcome.splits))


def test_a_row_is_as_sensitive_as_what_feeds_it() -> None:
    outcome = derived(BASELINE, {"place": "FMP-03", "idp": 120, "ret": 8})
    assert [
        (r["population_category"], r["sensitivity"])
        for r in shown(outcome, "baseline", "population_category", "sensitivity")
    ] == [
        ("idp", "internal"),
        ("returnee_idp", "confidential"),
    ]


def test_what_does_not_fit_stays_empty_and_is_flagged() -> None:
    outcome = derived(
        FMR, {"day": DAY, "groups": [group(99_999_999_999), {"direction": "outgoing", "n_ind": "many"}]}
    )
    assert shown(outcome, "flow", "n_ind") == [{"n_ind": None}, {"n_ind": None}]
    reasons = [note.reason for note in outcome.flags if note.code in ("out_of_range", "bad_answer")]
    assert reasons == [
        "flow.n_ind of /data/groups[1]: the number is beyond 2,147,483,647; the cell stays empty.",
        "flow.n_ind of /data/groups[2]: the answer is not a whole number; the cell stays empty.",
    ]


def test_the_date_is_the_one_at_the_place() -> None:
    """23:30 in London is 00:30 of the next day in N'Djamena, where the point lies."""
    answers = {"start": "2026-11-02T23:30:00.000Z", "place": "FMP-03", "total": 3}
    assert shown(derived(WIDE, answers), "flow", "reporting_date") == [{"reporting_date": date(2026, 11, 3)}]
    elsewhere = answers | {"place": "unknown point"}
    assert shown(derived(WIDE, elsewhere), "flow", "reporting_date") == [
        {"reporting_date": date(2026, 11, 2)}
    ]


@pytest.mark.parametrize("moment", ["1970-01-01T00:10:00.000Z", "2031-05-01T08:00:00.000Z", None])
def test_a_clock_that_was_never_set_gives_no_date(moment: str | None) -> None:
    outcome = derived(WIDE, {"start": moment, "place": "FMP-03", "total": 3})
    assert shown(outcome, "flow", "reporting_date", "n_ind") == [{"reporting_date": None, "n_ind": 3}]
    assert "no_date" in codes(outcome)
    assert outcome.reporting_dates == {}


def test_an_edit_days_later_keeps_the_day_of_the_interview() -> None:
    answers = {
        "start": "2026-11-01T08:00:00.000Z",
        "end": "2026-11-03T17:00:00.000Z",
        "place": "FMP-03",
        "total": 3,
    }
    assert shown(derived(WIDE, answers), "flow", "reporting_date") == [{"reporting_date": date(2026, 11, 1)}]


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("06:00:00.000+01:00", "18:30:00.000+01:00", 12.5),
        ("18:00", "06:00", 12.0),
        ("06:00", "06:00", None),
        ("06:00", None, None),
    ],
)
def test_hours_are_counted_over_midnight(start: str, end: str | None, hours: float | None) -> None:
    assert hours_between(start, end) == hours


def test_an_unregistered_place_keeps_its_code_and_has_no_name() -> None:
    outcome = derived(FMR, {"day": DAY | {"place": "FMP-99"}, "groups": [group(41)]})
    assert shown(outcome, "flow", "place_id", "place_name") == [{"place_id": "FMP-99", "place_name": None}]
    assert "unknown_place" in codes(outcome)


AGE = form("""
| survey  |            |         |         |                    |
|         | type       | name    | label   | harmonise          |
|         | integer    | age     | Age     | profile.age_years  |
|         | text       | outcome | Outcome | profile.outcome    |
| settings |           |         |         |                    |
|         | form_id    | version | harmonise |                  |
|         | ages       | 1       | profile{design=convenience} |  |
""")


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (0, "0_4"),
        (4, "0_4"),
        (5, "5_11"),
        (17, "12_17"),
        (18, "18_59"),
        (60, "60_plus"),
        (None, None),
        (-1, None),
    ],
)
def test_an_age_is_put_into_its_band(age: int | None, band: str | None) -> None:
    outcome = derived(AGE, {"age": age, "outcome": "completed"})
    assert shown(outcome, "profile", "age_years", "age_band", "design") == [
        {"age_years": age, "age_band": band, "design": "convenience"}
    ]
    assert band is None or band in vocabulary.codes("age_band")


# uuid5 of the canonical strings, worked out apart from our code:
# ["fmr","uuid:1","flow","/data/groups[1]",[["flow_tool","FMR"]]]
# ["fmr","uuid:1","observation","",[]]
# ["enquête","uuid:é","baseline","",[["a","y"],["b","x"]]]
GOLDEN = (
    "22b51e8d-e556-5053-8ec0-145550586435",
    "31c95334-715e-5fcf-a801-37c74246e110",
    "a0c144e2-afa6-57cb-b929-5849cdfc71a7",
)


def test_record_ids_are_frozen() -> None:
    """These values may never change: other servers and earlier exports know the rows by them."""
    project = "8f14e45f-ceea-467a-9575-2d1c0a5c3b11"
    qualifiers = (("flow_tool", "FMR"),)
    assert record_id(project, "fmr", "uuid:1", "flow", "/data/groups[1]", qualifiers) == GOLDEN[0]
    assert record_id(project, "fmr", "uuid:1", "observation", "", ()) == GOLDEN[1]
    assert record_id(project, "enquête", "uuid:é", "baseline", "", (("b", "x"), ("a", "y"))) == GOLDEN[2]
    assert record_id(project, "enquête", "uuid:é", "baseline", "", (("a", "y"), ("b", "x"))) == GOLDEN[2]


REORDERED = form("""
| survey  |              |         |         |                       |
|         | type         | name    | label   | harmonise             |
|         | text         | note_a  | A       |                       |
|         | begin_repeat | groups  | Group   | flow{flow_tool=FMR}   |
|         | text         | extra   | Extra   |                       |
|         | integer      | n       | N       | flow.n_ind            |
|         | end_repeat   |         |         |                       |
| settings |             |         |         |                       |
|         | form_id      | version |         |                       |
|         | order        | 1       |         |                       |
""")


@given(st.permutations(["note_a", "groups", "surprise"]), st.permutations(["n", "extra", "odd"]))
def test_ids_do_not_depend_on_the_order_of_other_answers(outer: list[str], inner: list[str]) -> None:
    values = {"n": 5, "extra": "x", "odd": "?"}
    groups = [{name: values[name] for name in inner}, {name: values[name] for name in reversed(inner)}]
    answers = {name: groups if name == "groups" else "text" for name in outer}
    rows = derived(REORDERED, answers).rows
    expected = [
        record_id(PROJECT, "order", "uuid:1", "flow", f"/data/groups[{at}]", (("flow_tool", "FMR"),))
        for at in (1, 2)
    ]
    assert [row.record_id for row in rows] == expected


counts = st.none() | st.integers(0, 400)
splits = st.lists(st.tuples(st.sampled_from(["TCD", "NER", "CMR", None]), counts), max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(counts, splits), max_size=6))
def test_totals_are_those_of_a_plain_recount(
    filled: list[tuple[int | None, list[tuple[str | None, int | None]]]],
) -> None:
    groups = [
        group(n, nationalities=[{"nat_code": code, "nat_n": count} for code, count in given])
        for n, given in filled
    ]
    outcome = derived(FMR, {"day": DAY, "groups": groups})
    flows = [row for row in outcome.rows if row.table == "flow"]
    assert [row.values["n_ind"] for row in flows] == [n for n, _ in filled]
    recount: Counter[tuple[str, str]] = Counter()
    for row, (_, parts) in zip(flows, filled, strict=True):
        for code, count in parts:
            if code is not None:
                recount[row.record_id, code] += count or 0
    assert {(s.record_id, s.code): s.n or 0 for s in outcome.splits} == dict(recount)
    assert len({(s.record_id, s.dimension, s.code) for s in outcome.splits}) == len(outcome.splits)


def test_receipt_decides_what_lies_in_the_future() -> None:
    answers = {"start": "2026-11-05T08:00:00.000Z", "place": "FMP-03", "total": 3}
    early = derived(WIDE, answers, received_at=datetime(2026, 11, 3, tzinfo=UTC))
    late = derived(WIDE, answers, received_at=datetime(2026, 11, 6, tzinfo=UTC))
    assert shown(early, "flow", "reporting_date") == [{"reporting_date": None}]
    assert shown(late, "flow", "reporting_date") == [{"reporting_date": date(2026, 11, 5)}]
