"""Visits of focal points and herders' associations along the corridors."""

from __future__ import annotations

from tests.library.fieldworker import Visit

# -- counting ------------------------------------------------------------------------------------------------

HERD = Visit(
    "ttt_count",
    {
        "record": "herd",
        "report/report_mode": "direct",
        "report/place": "CP-01",
        "report/event_date": "2026-11-20",
        "report/event_clock": "09:30:00.000",
        "report/enumerator": "FP-2",
        "report/organisation": "RBM",
        "report/location": "13.3 14.1 0.0 6.0",
        "report/corridor": "COR-04",
        "movement/direction": "in",
        "movement/transhumance_type": "cross_border",
        "movement/origin_country": "NER",
        "movement/origin_adm1": "NE001",
        "movement/origin_adm2": "NE001001",
        "movement/dest_country": "OOO",
        "movement/reasons": "pasture security",
        "movement/duration": "1_3_months",
        "movement/counted_elsewhere": "yes",
        "movement/counted_place": "CP-02",
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
        "people/nationalities": 2,
        "people/nationalities/nat_code": "NER",
        "people/nationalities/nat_n": 7,
        "people/nationalities[2]/nat_code": "TCD",
        "people/nationalities[2]/nat_n": 1,
        "people/info_source": "direct_observation",
    },
    {
        "report/event_time": "2026-11-20T09:30:00",
        "animals/animals_total": 150,
        "people/sadd_unknown": 2,
        "people/nat_sum": 8,
    },
    "a herd seen at the counting point",
)

PHONED_HERD = Visit(
    "ttt_count",
    {
        "record": "herd",
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
        "movement/counted_elsewhere": "dnk",
        "animals/herds": 1,
        "animals/species_known": "no",
        "people/people_known": "no",
        "people/estimate_method": "ki_estimate",
        "people/info_source": "community_informant",
    },
    {},
    "a herd told of by phone, with nothing known",
)

DAY_WITHOUT_HERDS = Visit(
    "ttt_count",
    {
        "record": "day",
        "report/place": "CP-01",
        "report/event_date": "2026-11-21",
        "report/enumerator": "FP-2",
        "day/outcome": "no_movement",
        "day/obs_start": "08:00:00.000",
        "day/obs_end": "16:00:00.000",
    },
    {},
    "a day without herds",
)

DAY_WITH_HERDS = Visit(
    "ttt_count",
    {
        "record": "day",
        "report/place": "CP-01",
        "report/event_date": "2026-11-20",
        "day/outcome": "movement",
        "day/obs_start": "08:00:00.000",
        "day/obs_end": "16:00:00.000",
    },
    {},
    "the day of herds that have forms of their own",
)

DAY_NOT_OBSERVED = Visit(
    "ttt_count",
    {
        "record": "day",
        "report/place": "CP-01",
        "report/event_date": "2026-11-22",
        "day/outcome": "not_observed",
        "day/not_observed_reason": "insecurity",
    },
    {},
    "a day nobody could observe",
)

# -- alerts --------------------------------------------------------------------------------------------------

NUMBER = {
    "event_digits": "82146925",
    "event_check": "3",
    "event_id": "821-469-253",
    "username": "FP-2",
    "typed_by": "FP-2",
}

ATTACK = Visit(
    "ttt_alert",
    {
        "what": "attack",
        "area": "NE001001",
        "place_name": "Mare de Tiguidit",
        "event_date": "2026-11-19",
        "dead": 1,
        "injured": 0,
        "authority_informed": "yes",
        "informant": "KI-3",
        "report_time": "2026-11-20T08:00:00.000Z",
    },
    {"alert_kind": "event", "event_type": "attack"},
    "an attack, told by an informant",
    NUMBER,
)

EARLY_HERDS = Visit(
    "ttt_alert",
    {
        "what": "movement",
        "movement_alert": "early",
        "area": "NE001001",
        "event_date": "2026-11-20",
        "animals_total": 4000,
        "direction": "incoming",
        "authority_informed": "no",
    },
    {"alert_kind": "movement"},
    "herds that come too early, seen by the focal point",
    NUMBER,
)

BARE_ALERT = Visit(
    "ttt_alert",
    {"what": "other", "place_name": "Tiguidit", "event_date": "2026-11-20"},
    {"alert_kind": "event", "event_type": "other"},
    "something happened, and no more is known",
    NUMBER,
)

RESOLVED = Visit(
    "ttt_alert_followup",
    {
        "alert/alert_number": "821 469 253",
        "alert/area": "NE001001",
        "alert/followup_date": "2026-11-22",
        "alert/informant": "KI-7",
        "alert/report_time": "2026-11-22T09:00:00.000Z",
        "triangulation/triangulated": "confirmed",
        "triangulation/sources": 2,
        "facts/event_type": "agropastoral_conflict",
        "facts/parties": "transhumant_herders farmers",
        "facts/dead": 1,
        "facts/injured": 4,
        "facts/animals_lost": 12,
        "response/authority_informed": "yes",
        "response/authority_time": "2026-11-20T11:00:00.000Z",
        "response/resolved": "yes",
        "response/resolution_mode": "committee",
        "response/resolved_on": "2026-11-21",
        "response/future_risk": "yes",
        "response/future_risk_place": "Puits nord",
    },
    {"alert/alert_digits": "821469253", "alert/event_id": "821-469-253"},
    "an alert that was confirmed and resolved",
    {"username": "FP-9", "typed_by": "FP-9"},
)

NUMBER_LOST = Visit(
    "ttt_alert_followup",
    {
        "alert/place_name": "Tiguidit",
        "alert/event_date": "2026-11-20",
        "alert/followup_date": "2026-11-22",
        "triangulation/triangulated": "refuted",
    },
    {},
    "an alert whose number nobody knows, and that was not true",
    {"username": "FP-9", "typed_by": "FP-9"},
)

# -- mapping -------------------------------------------------------------------------------------------------

WELL = Visit(
    "ttt_mapping",
    {
        "what": "infrastructure",
        "place/visit_date": "2026-11-20",
        "place/adm1": "NE001",
        "place/adm2": "NE001001",
        "place/place_name": "Puits est",
        "place/place_id": "CP-02",
        "place/how_seen": "direct",
        "place/location": "13.33 14.15 0.0 6.0",
        "place/enumerator": "FP-2",
        "place/organisation": "RBM",
        "infrastructure/infra_type": "water_point",
        "infrastructure/functional": "no",
        "infrastructure/defect": "The pump is broken",
        "infrastructure/official": "yes",
        "infrastructure/managed_by": "community",
        "infrastructure/capacity": 300,
        "infrastructure/adequate": "no",
        "species": "cattle camels",
        "access": "limited_access",
        "access_limits": "road",
    },
    {"place/pcode": "NE001001"},
    "a well that does not work",
)

BLOCKED = Visit(
    "ttt_mapping",
    {
        "what": "blocked",
        "place/visit_date": "2026-11-20",
        "place/adm1": "NE001",
        "place/place_name": "Tiguidit",
        "place/how_seen": "phone",
        "place/informant": "KI-3",
        "place/report_time": "2026-11-20T08:00:00.000Z",
        "blocked/blocked_reason": "insecurity border_closed",
        "blocked/blocked_since": "2026-11-10",
        "blocked/herders": 40,
        "blocked/herds": 6,
        "blocked/animals_total": 700,
        "blocked/estimate_method": "ki_estimate",
        "blocked/blocked_solution": "negotiation",
        "species": "cattle",
    },
    {"place/pcode": "NE001"},
    "herds that cannot go on, told by phone",
)

BARE_BLOCKED = Visit(
    "ttt_mapping",
    {
        "what": "blocked",
        "place/visit_date": "2026-11-20",
        "place/place_name": "Tiguidit",
        "place/how_seen": "visit",
        "blocked/blocked_reason": "dnk",
    },
    {},
    "herds that cannot go on, and no more is known",
)

# -- herder survey -------------------------------------------------------------------------------------------

NOW = "2026-11-20T10:00:00.000Z"

_BEFORE = {
    "setting/place": "CP-01",
    "setting/interview_date": "2026-11-20",
    "screening/language_ok": "yes",
    "screening/already": "no",
}

HERDER = Visit(
    "ttt_profile",
    {
        **_BEFORE,
        "setting/enumerator": "FP-2",
        "setting/organisation": "RBM",
        "screening/age_group": "adult",
        "screening/consent": "yes",
        "interview/person/sex": "m",
        "interview/person/age_years": 43,
        "interview/person/nationality": "NER",
        "interview/person/education": "religious",
        "interview/person/travel_group": "family",
        "interview/person/n_children": 3,
        "interview/herd/owner_herder": "owner",
        "interview/herd/herd_told": "yes",
        "interview/herd/heads/cattle": 80,
        "interview/herd/heads/camels": 0,
        "interview/herd/certificate": "yes",
        "interview/herd/vaccinated": "dnk",
        "interview/way/transhumance_type": "cross_border",
        "interview/way/origin_country": "NER",
        "interview/way/origin_adm1": "NE001",
        "interview/way/origin_adm2": "NE001001",
        "interview/way/dest_country": "NGA",
        "interview/way/reasons": "pasture security",
        "interview/way/months_away": 7,
        "interview/way/planned_stay": "3_6_months",
        "interview/way/difficulties": "extortion",
        "interview/way/conflict_met": "no",
        "interview/way/needs_top": "drinking_water fodder_vet",
        "interview/way/needs": "fodder_vet drinking_water",
        "interview/further_consent/consent_share": "no",
        "interview/further_consent/consent_recontact": "yes",
        "interview/further_consent/phone": "+227 90 00 00 00",
        "interview/finished": "yes",
    },
    {
        "screening/eligible": "yes",
        "screening/consent_version": "ttt-profile-2026-1",
        "screening/consent_time": NOW,
        "interview/person/age_band": "18_59",
        "outcome": "completed",
    },
    "a herder who owns his animals",
)

YOUNG_HERDER = Visit(
    "ttt_profile",
    {
        **_BEFORE,
        "screening/age_group": "minor",
        "screening/alone": "no",
        "screening/guardian_consent": "yes",
        "screening/consent": "yes",
        "interview/person/sex": "m",
        "interview/person/age_years": 16,
        "interview/person/nationality": "OOO",
        "interview/herd/owner_herder": "hired",
        "interview/herd/herd_told": "no",
        "interview/way/transhumance_type": "dnk",
        "interview/way/origin_country": "OOO",
        "interview/way/dest_country": "OOO",
        "interview/way/reasons": "pnta",
        "interview/further_consent/consent_share": "no",
        "interview/further_consent/consent_recontact": "no",
        "interview/finished": "yes",
    },
    {
        "screening/eligible": "yes",
        "screening/consent_version": "ttt-profile-2026-1",
        "screening/consent_time": NOW,
        "screening/assent": "yes",
        "interview/person/age_band": "12_17",
        "outcome": "completed",
    },
    "a boy of 16 whose father agrees, and who tells little",
)

REFUSED = Visit(
    "ttt_profile",
    {**_BEFORE, "screening/age_group": "adult", "screening/consent": "no"},
    {
        "screening/eligible": "yes",
        "screening/consent_version": "ttt-profile-2026-1",
        "screening/consent_time": NOW,
        "outcome": "refused",
    },
    "a herder who refuses",
)

CHILD_ALONE = Visit(
    "ttt_profile",
    {**_BEFORE, "screening/age_group": "minor", "screening/alone": "yes"},
    {"screening/eligible": "no", "outcome": "referred"},
    "a child who herds alone and is referred",
)

GUARDIAN_REFUSES = Visit(
    "ttt_profile",
    {
        **_BEFORE,
        "screening/age_group": "minor",
        "screening/alone": "no",
        "screening/guardian_consent": "no",
    },
    {"screening/eligible": "no", "outcome": "no_consent_guardian"},
    "a child whose mother does not agree",
)

ANSWERED_BEFORE = Visit(
    "ttt_profile",
    {
        "setting/area": "NE001001",
        "setting/interview_date": "2026-11-20",
        "screening/language_ok": "yes",
        "screening/already": "yes",
    },
    {"screening/eligible": "no", "outcome": "already_interviewed"},
    "a herder who has answered before",
)
