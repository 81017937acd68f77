"""What reports of deaths on the way, and typed lines of baseline sheets, become: unknown is never none."""

from __future__ import annotations

from datetime import date

import pytest

from tests.forms.enumerator import Enumerator
from tests.library.fieldworker import harmonised
from tests.library.visits_incidents import BARE_LINE, MONTH_ONLY, NOTHING_KNOWN, SHIPWRECK, SITE_LINE

REPORT = {"event_tool": "MMP", "event_stage": "report"}


def test_a_shipwreck_keeps_the_dead_the_missing_and_the_survivors_apart() -> None:
    assert harmonised(SHIPWRECK) == {
        "event": [
            {
                **REPORT,
                "source_id": "2026.MMP0917.2",
                "event_id": "2026.MMP0917",
                "entered_by": "EN-07",
                "event_date": date(2026, 11, 18),
                "reported_date": date(2026, 11, 20),
                "reporting_date": date(2026, 11, 18),
                "incident_region": "mediterranean",
                "incident_iso3": "LBY",
                "migration_route": "central_mediterranean",
                "location_description": "Off the coast of Zuwara",
                "lat": 33.2,
                "lon": 12.1,
                "unsd_region": "Uncategorized",
                "dead": 13,
                "missing": 15,
                "survivors": 22,
                "victims_f": 13,
                "victims_m": 9,
                "victims_children": 4,
                "origin_countries": "ERI;SDN",
                "region_origin": "Eastern Africa",
                "death_cause": "drowning",
                "cause_said": "Presumed drowning",
                "information_source": "IOM Libya",
                "source_url": "https://example.org/1, https://example.org/2",
                "source_quality": 4,
                "sensitivity": "restricted",
            }
        ]
    }


def test_where_only_the_month_is_known_it_is_a_period_and_no_day_is_made_up() -> None:
    assert harmonised(MONTH_ONLY) == {
        "event": [
            {
                **REPORT,
                "period_start": date(2024, 2, 1),
                "period_end": date(2024, 2, 29),
                "reporting_date": date(2024, 2, 1),
                "incident_region": "other",
                "migration_route": "other",
                "dead": 0,
                "missing": 2,
                "origin_iso3": "NER",
                "origin_countries": "NER",
                "quality_flags": "not_placed",
                "sensitivity": "public",
            }
        ]
    }


def test_of_remains_that_tell_nothing_no_number_is_a_zero() -> None:
    assert harmonised(NOTHING_KNOWN) == {
        "event": [
            {
                **REPORT,
                "reported_date": date(2026, 11, 21),
                "reporting_date": date(2026, 11, 21),
                "quality_flags": "not_placed",
                "sensitivity": "public",
            }
        ]
    }


@pytest.mark.parametrize(
    ("slip", "refused"),
    [
        ({"people/dead": -1}, "constraint people/dead"),
        ({"people/missing": 20001}, "constraint people/missing"),
        ({"day/event_date": "1926-11-18"}, "constraint day/event_date"),
        ({"day/reported_date": "2026-11-17"}, "constraint day/reported_date"),
        ({"day/date_known": "month"}, "not-asked day/event_date"),
        ({"where/route_other": "By night"}, "not-asked where/route_other"),
        ({"sources/source_quality": "6"}, "no-choice sources/source_quality"),
    ],
)
def test_a_slip_about_an_incident_is_stopped_where_it_is_made(
    enumerator: Enumerator, slip: dict[str, object], refused: str
) -> None:
    assert enumerator.fills("mmp_incident", SHIPWRECK.answers).findings == []
    findings = enumerator.fills("mmp_incident", {**SHIPWRECK.answers, **slip}).findings
    assert any(finding.startswith(refused) for finding in findings), findings


def test_without_any_date_of_the_incident_the_day_of_the_report_is_asked_for(enumerator: Enumerator) -> None:
    assert enumerator.fills("mmp_incident", NOTHING_KNOWN.answers).findings == []
    findings = enumerator.fills("mmp_incident", {"day/date_known": "dnk"}).findings
    assert findings == ["required day/reported_date", "unfinished day/reported_date"]


# --- lines of sheets ---


def test_a_line_of_a_sheet_becomes_one_row_and_sums_that_do_not_agree_are_kept_and_flagged() -> None:
    assert harmonised(SITE_LINE) == {
        "baseline": [
            {
                "record_type": "population",
                "source_id": "SA-12",
                "operation": "LCB",
                "round": "07",
                "assessment_type": "SA",
                "reporting_date": date(2026, 11, 15),
                "organisation": "IOM",
                "entered_by": "EN-07",
                "declared_pcode": "NE001001",
                "declared_place_name": "Camp",
                "place_id": "SITE-01",
                "place_name": "Camp",
                "place_type": "site",
                "lat": 13.35,
                "lon": 14.2,
                "geotag_distance_m": 0.0,
                "population_category": "idp",
                "breakdown": "total",
                "hh": 100,
                "ind": 520,
                "ind_m": 240,
                "ind_f": 270,
                "men": 90,
                "women": 110,
                "boys": 150,
                "girls": 160,
                "children": 310,
                "estimate_method": "ki_estimate",
                "reason_code": "conflict;flood",
                "displaced_from": date(2026, 1, 1),
                "displaced_to": date(2026, 6, 30),
                "origin_iso3": "NER",
                "origin_adm1_pcode": "NE001",
                "origin_adm2_pcode": "NE001001",
                "shelter_type": "camp",
                "site_type": "camp",
                "quality_flags": "sadd_sum;sex_sum",
                "sensitivity": "restricted",
            }
        ]
    }


def test_a_line_that_says_no_household_leaves_persons_unknown() -> None:
    assert harmonised(BARE_LINE) == {
        "baseline": [
            {
                "record_type": "population",
                "round": "07",
                "assessment_type": "BA",
                "reporting_date": date(2026, 11, 15),
                "declared_place_name": "Aderbissinat",
                "population_category": "returnee_idp",
                "breakdown": "total",
                "hh": 0,
                "quality_flags": "not_placed",
                "sensitivity": "public",
            }
        ]
    }


@pytest.mark.parametrize(
    ("slip", "refused"),
    [
        ({"figures/ind": -5}, "constraint figures/ind"),
        ({"sheet/round": "round 7"}, "constraint sheet/round"),
        ({"displacement/displaced_to": "2025-01-01"}, "constraint displacement/displaced_to"),
        ({"displacement/reasons": "dnk flood"}, "constraint displacement/reasons"),
    ],
)
def test_a_slip_in_a_typed_line_is_stopped(
    enumerator: Enumerator, slip: dict[str, object], refused: str
) -> None:
    assert enumerator.fills("dtm_baseline_row", SITE_LINE.answers).findings == []
    assert refused in enumerator.fills("dtm_baseline_row", {**SITE_LINE.answers, **slip}).findings
