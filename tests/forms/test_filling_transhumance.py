"""The herd count as focal points meet it, at the counting point and on the phone."""

from __future__ import annotations

from tests.forms.enumerator import Enumerator

HERD = {
    "report/report_mode": "direct",
    "report/place": "CP-01",
    "report/event_date": "2026-11-20",
    "report/event_clock": "09:30:00.000",
    "report/location": "13.5 2.1 0 6",
    "movement/direction": "in",
    "movement/transhumance_type": "cross_border",
    "movement/origin_country": "NER",
    "movement/origin_adm1": "NE001",
    "movement/origin_adm2": "NE001001",
    "movement/dest_country": "OOO",
    "movement/reasons": "pasture security",
    "movement/counted_elsewhere": "no",
    "animals/herds": 2,
    "animals/species_known": "yes",
    "animals/species/cattle": 120,
    "animals/species/sheep": 30,
    "people/people_known": "yes",
    "people/n_ind": 8,
    "people/estimate_method": "count",
    "people/sadd_known": "partly",
    "people/sadd/men": 3,
    "people/sadd/women": 1,
    "people/sadd/boys": 2,
    "people/sadd/girls": 0,
    "people/nat_known": "yes",
    "people/nationalities": 1,
    "people/nationalities/nat_code": "NER",
    "people/nationalities/nat_n": 8,
    "people/info_source": "direct_observation",
}


def test_focal_point_counts_a_herd_at_the_counting_point(enumerator: Enumerator) -> None:
    filled = enumerator.fills("ttt_count", HERD)
    assert filled.findings == []
    computed = ("report/event_time", "animals/animals_total", "people/sadd_unknown", "people/nat_sum")
    assert [filled.answers[path] for path in computed] == ["2026-11-20T09:30:00", "150", "2", "8"]


def test_nationalities_of_a_herd_are_not_more_than_its_people(enumerator: Enumerator) -> None:
    second = {
        "people/nationalities": 2,
        "people/nationalities[2]/nat_code": "TCD",
        "people/nationalities[2]/nat_n": 1,
    }
    assert "constraint people/nationalities[2]/nat_n" in enumerator.fills("ttt_count", HERD | second).findings


def test_herd_reported_by_phone_gets_through_with_little_known(enumerator: Enumerator) -> None:
    phoned = {
        "report/report_mode": "phone",
        "report/place": "CP-02",
        "report/event_date": "2026-11-19",
        "report/report_time": "2026-11-20T08:00:00.000Z",
        "report/informant": "KI-3",
        "movement/direction": "undefined",
        "movement/transhumance_type": "dnk",
        "movement/origin_country": "OOO",
        "movement/dest_country": "OOO",
        "movement/reasons": "dnk",
        "movement/counted_elsewhere": "yes",
        "animals/herds": 1,
        "animals/species_known": "no",
        "people/people_known": "no",
        "people/estimate_method": "ki_estimate",
        "people/info_source": "community_informant",
    }
    assert enumerator.fills("ttt_count", phoned).findings == []
    here = {"report/location": "13.5 2.1 0 6"}  # the one who types is not where the herd is
    assert enumerator.fills("ttt_count", phoned | here).findings == ["not-asked report/location"]


def test_informant_gives_a_best_a_low_and_a_high_figure(enumerator: Enumerator) -> None:
    told = {"people/estimate_method": "ki_estimate", "people/estimate_low": 6, "people/estimate_high": 12}
    assert enumerator.fills("ttt_count", HERD | told).findings == []
    assert "constraint people/estimate_low" in (
        enumerator.fills("ttt_count", HERD | told | {"people/estimate_low": 9}).findings
    )
