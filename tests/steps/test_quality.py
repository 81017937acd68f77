"""What is doubtful is said in words and figures; nothing is changed or removed because of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from forms.model import CompiledForm
from sync.flags import FLAGS
from sync.pipeline import run
from sync.steps.quality import quality, with_flags
from sync.steps.values import FlagNote, GeoPoint, GeoTag, Outcome
from tests.steps.fieldwork import PLACES, form, library_form, task

FMR = library_form("fmr")
TTT = library_form("ttt_count")
DAY = {
    "place": "FMP-03",
    "obs_date": "2026-11-03",
    "outcome": "movement",
    "obs_start": "06:00:00.000+01:00",
    "obs_end": "18:00:00.000+01:00",
}
NOT_OBSERVED = {"outcome": "not_observed", "not_observed_reason": "insecurity"}
START, END = "2026-11-03T08:00:00.000+01:00", "2026-11-03T08:20:00.000+01:00"


def derived(form: CompiledForm, answers: dict[str, Any]) -> Outcome:
    return run(task(form, answers))


def flags(outcome: Outcome) -> list[tuple[str, str]]:
    return [(note.code, note.reason) for note in outcome.flags]


def fmr(*groups: dict[str, Any], day: dict[str, Any] | None = None, **form_level: Any) -> Outcome:
    answers = {"start": START, "end": END, **form_level, "day": DAY | (day or {})}
    filled = [{"direction": "outgoing", **group} for group in groups]
    return derived(FMR, answers | {"groups": filled})


def sadd(men: int, women: int, boys: int, girls: int) -> dict[str, int]:
    return {"men": men, "women": women, "boys": boys, "girls": girls}


SOUND = {"n_ind": 41, "sadd": sadd(10, 20, 5, 6), "nationalities": [{"nat_code": "TCD", "nat_n": 41}]}


def test_a_sound_submission_has_no_flag() -> None:
    outcome = fmr(SOUND)
    assert flags(outcome) == []
    assert [row.values["quality_flags"] for row in outcome.rows] == [None, None]


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (
            {"n_ind": 41, "sadd": sadd(10, 20, 5, 7)},
            [("sadd_sum", "men 10 + women 20 + boys 5 + girls 7 = 42, but n_ind is 41.")],
        ),
        (
            {"n_ind": 41, "sadd": sadd(10, 20, 5, 5)},
            [("sadd_sum", "men 10 + women 20 + boys 5 + girls 5 = 40, but n_ind is 41.")],
        ),
        ({"n_ind": 41, "sadd": sadd(10, 20, 5, 5), "sadd_unknown": 1}, []),
        ({"n_ind": 41, "sadd": {"men": 10, "women": 20}}, []),
        (
            {"n_ind": 25, "sadd": {"men": 10, "women": 20}},
            [("sadd_sum", "men 10 + women 20 = 30, but n_ind is 25.")],
        ),
        (
            SOUND | {"vulnerable": {"under5": 12, "pregnant": 3}},
            [("subgroup_over_total", "under5 is 12, but boys + girls is 11.")],
        ),
        (
            SOUND | {"nationalities": [{"nat_code": "TCD", "nat_n": 30}, {"nat_code": "NER", "nat_n": 20}]},
            [("split_sum", "The split by nationality adds up to 50, but n_ind is 41.")],
        ),
        (
            SOUND | {"nationalities": [{"nat_code": "TCD", "nat_n": 30}]},
            [("split_sum", "The split by nationality adds up to 30, but n_ind is 41.")],
        ),
        ({"n_ind": None}, [("missing_required", "flow.n_ind has no value.")]),
        ({"n_ind": -4}, [("negative_count", "n_ind is -4.")]),
        ({"n_ind": 7000}, [("implausible_group", "n_ind is 7,000 in one group; the limit is 5,000.")]),
        (
            SOUND | {"transport": "hovercraft"},
            [("unknown_code", "transport is 'hovercraft', which is not in the code list transport.")],
        ),
        (
            SOUND | {"movement_type": "cross_border", "origin_country": "TCD", "final_country": "TCD"},
            [("same_country", "A cross-border movement has TCD as origin and as destination.")],
        ),
        (SOUND | {"movement_type": "cross_border", "origin_country": "OOO", "final_country": "OOO"}, []),
        (SOUND | {"movement_type": "cross_border", "origin_country": "TCD", "final_country": "CMR"}, []),
    ],
)  # fmt: skip
def test_figures_of_a_group_are_weighed(group: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    outcome = fmr(group)
    assert flags(outcome) == expected
    (flow,) = (row for row in outcome.rows if row.table == "flow")
    assert flow.values["quality_flags"] == (expected[0][0] if expected else None)
    assert flow.values["n_ind"] == group["n_ind"], "a flag changes no figure"


@pytest.mark.parametrize(
    ("day", "groups", "expected"),
    [
        ({}, [SOUND], []),
        ({}, [], ["movement_without_groups"]),
        ({"outcome": "no_movement"}, [], []),
        ({"outcome": "no_movement"}, [SOUND], ["no_movement_with_groups"]),
        ({"outcome": "no_movement"}, [{"n_ind": 0}], []),
        (NOT_OBSERVED, [], []),
        (NOT_OBSERVED, [SOUND], ["not_observed_with_groups"]),
        ({"outcome": "not_observed"}, [], ["not_observed_without_reason"]),
    ],
)  # fmt: skip
def test_silence_zero_and_movement_are_three_things(
    day: dict[str, Any], groups: list[dict[str, Any]], expected: list[str]
) -> None:
    outcome = fmr(*groups, day=day)
    assert [code for code, _ in flags(outcome)] == expected


def test_a_contradicted_day_gives_its_figures() -> None:
    assert flags(fmr(SOUND, SOUND, day={"outcome": "no_movement"})) == [
        (
            "no_movement_with_groups",
            "The day's outcome is no_movement, but 2 group(s) with 82 movements were counted.",
        )
    ]


def test_the_same_start_and_end_of_observation_tell_no_hours() -> None:
    outcome = fmr(SOUND, day={"obs_end": DAY["obs_start"]})
    assert {code for code, _ in flags(outcome)} == {"obs_hours_unclear"}


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        ((START, END), []),
        (
            (START, "2026-11-03T21:05:00.000Z"),
            [
                (
                    "clock_ahead",
                    "The interview ends at least 3 h 05 min after it was received (2026-11-03 18:00 UTC).",
                )
            ],
        ),
        ((START, "2026-11-03T18:09:00.000Z"), []),
        (
            ("1970-01-01T00:10:00.000Z", "1970-01-01T00:30:00.000Z"),
            [("clock_unset", "The interview is dated 1970-01-01: the clock was never set.")],
        ),
        ((END, START), [("end_before_start", "The interview ends 20 min before it starts.")]),
        (
            ("2026-11-03T08:00:00.000Z", "2026-11-03T08:00:10.000Z"),
            [("too_fast", "13 answers were given in 10 seconds.")],
        ),
        (("2025-11-03T08:00:00.000Z", "2025-11-03T09:00:00.000Z"), []),
    ],
)
def test_clocks_are_judged_and_never_corrected(
    moments: tuple[str, str], expected: list[tuple[str, str]]
) -> None:
    outcome = fmr(SOUND, start=moments[0], end=moments[1])
    assert flags(outcome) == expected
    codes = {row.values["quality_flags"] for row in outcome.rows}
    assert codes == {expected[0][0] if expected else None}, "a doubtful clock casts doubt on every row"
    assert outcome.parsed.ended is not None
    assert outcome.parsed.ended.text == moments[1]


@pytest.mark.parametrize(
    ("obs_date", "expected"),
    [
        ("2026-11-03", []),
        ("2026-11-04", []),
        ("2031-01-01", ["future_date"]),
        ("1970-01-01", ["old_date"]),
    ],
)
def test_typed_dates_are_judged_by_the_receipt(obs_date: str, expected: list[str]) -> None:
    outcome = fmr(SOUND, day={"obs_date": obs_date})
    assert sorted({code for code, _ in flags(outcome)}) == expected


def test_the_position_is_judged() -> None:
    outcome = fmr(SOUND, day={"location": "0.0 0.0 0.0 900.0", "place": "FMP-77"})
    assert {code for code, _ in flags(outcome)} == {"gps_inaccurate", "null_island", "unknown_place"}
    assert ("gps_inaccurate", "The accuracy is 900 m.") in flags(outcome)


def test_a_record_from_nowhere_says_so() -> None:
    assert {code for code, _ in flags(fmr(SOUND, day={"place": None}))} == {"not_placed"}


def test_animals_have_to_add_up() -> None:
    herd = {
        "report": {"place": "CP-01", "event_date": "2026-11-03"},
        "movement": {"direction": "in"},
        "animals": {"herds": 1, "species": {"cattle": 120, "sheep": 30}, "animals_total": 100},
        "people": {"n_ind": 4},
    }
    assert flags(derived(TTT, herd)) == [
        ("animals_sum", "cattle 120 + sheep 30 = 150, but animals_total is 100.")
    ]
    sound = herd | {"animals": {"herds": 1, "species": {"cattle": 120, "sheep": 30}, "animals_total": 150}}
    assert flags(derived(TTT, sound)) == []


B2 = library_form("b2")


def assessment(ind: int, *reasons: int, **more: Any) -> Outcome:
    answers = {
        "setting": {"round": "3", "assessment_date": "2026-11-02", "place": "FMP-03"},
        "categories": {"idp_group": {"idp_ind": ind, **more}},
        "idp_detail": {"by_reason": [{"reason": "climate_floods", "reason_ind": n} for n in reasons]},
    }
    return derived(B2, answers)


def test_a_breakdown_may_not_exceed_its_total() -> None:
    assert flags(assessment(100, 60, 50)) == [
        ("breakdown_over_total", "By reason: 110, but the total of idp is 100.")
    ]
    assert flags(assessment(110, 60, 50)) == []
    assert flags(assessment(120, 60, 50)) == []


def test_households_and_sexes_of_a_stock_are_weighed() -> None:
    assert flags(assessment(100, idp_hh=120)) == [
        ("subgroup_over_total", "120 households have 100 individuals.")
    ]


PII = form("""
| survey  |            |          |         |                   |                   |
|         | type       | name     | label   | harmonise         | sensitivity       |
|         | integer    | phone    | Phone   |                   | direct_identifier |
|         | integer    | n        | N       | flow.n_ind        |                   |
|         | decimal    | unmapped | W       |                   |                   |
| settings |           |          |         |                   |                   |
|         | form_id    | version  | harmonise |                 |                   |
|         | pii        | 1        | flow{flow_tool=FMR} |       |                   |
""")


def test_a_flag_never_quotes_what_identifies() -> None:
    outcome = derived(PII, {"phone": "+235 Mariam", "n": "Mariam", "unmapped": "Mariam"})
    assert sorted(code for code, _ in flags(outcome)) == [
        "bad_answer", "bad_answer", "bad_answer", "missing_required", "no_date", "not_placed",
    ]  # fmt: skip
    assert "Mariam" not in repr((outcome.flags, outcome.rows, outcome.blocks))


def test_an_encrypted_submission_is_flagged_and_feeds_nothing() -> None:
    body = b'<data id="fmr" encrypted="yes"><encryptedXmlFile>submission.xml.enc</encryptedXmlFile></data>'
    given = task(FMR, {})
    outcome = run(replace(given, body=body))
    assert "encrypted" in {note.code for note in outcome.flags}
    assert outcome.rows == ()


def test_every_flag_is_in_the_closed_table() -> None:
    for kind in FLAGS.values():
        assert kind.title
        assert kind.todo.endswith(".")
    (row, *_) = fmr(SOUND).rows
    notes = [FlagNote("too_fast", "x"), FlagNote("sadd_sum", "y", row.record_id), FlagNote("encrypted", "z")]
    (flagged,) = with_flags([row], notes)
    assert flagged.values["quality_flags"] == "sadd_sum;too_fast"


HERE = GeoPoint(14.1, 13.2, None, 5.0)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        (GeoTag("gps", "ok", position=HERE), []),
        (
            GeoTag(
                "place", "outside_declared", position=HERE, distance_m=8200.0,
                place=PLACES["FMP-03"], declared_place="FMP-03", measured_pcode="XS0102",
            ),
            [("outside_declared", "The position is 8,200 m from FMP-03 and lies in XS0102.")],
        ),
        (
            GeoTag("gps", "snapped", position=HERE, measured_pcode="XS0102"),
            [("snapped", "The position lies in no area; the nearest, XS0102, was taken.")],
        ),
        (
            GeoTag("none", "no_polygon", position=HERE),
            [("no_polygon", "No area of the boundary release holds the position.")],
        ),
        (
            GeoTag("none", "no_polygon", declared_pcode="XS99"),
            [("no_polygon", "The boundary release does not know XS99.")],
        ),
        (
            GeoTag("gps", "near_border", position=HERE, measured_pcode="XS0102"),
            [
                (
                    "near_border",
                    "The position is so near the border of XS0102 that it may lie on the other side.",
                )
            ],
        ),
        (
            GeoTag("none", "no_polygon"),
            [("not_placed", "The record names no place and no area, and has no position.")],
        ),
    ],
)  # fmt: skip
def test_the_tag_is_told_in_words(tag: GeoTag, expected: list[tuple[str, str]]) -> None:
    given = task(FMR, {"day": DAY}, release="v01")
    outcome = run(given)
    (row,) = outcome.rows
    found = quality(outcome.parsed, given, (row,), (), {row.record_id: tag})
    assert [(note.code, note.reason) for note in found if FLAGS[note.code].step == "geotag"] == expected
