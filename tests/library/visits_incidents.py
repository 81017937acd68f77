"""Deaths and disappearances on the way, and lines of baseline sheets, as somebody types them by hand."""

from __future__ import annotations

from tests.library.fieldworker import Visit

SHIPWRECK = Visit(
    "mmp_incident",
    {
        "list/source_id": "2026.MMP0917.2",
        "list/event_id": "2026.MMP0917",
        "list/enumerator": "EN-07",
        "day/date_known": "day",
        "day/event_date": "2026-11-18",
        "day/reported_date": "2026-11-20",
        "where/region": "mediterranean",
        "where/country": "LBY",
        "where/route": "central_mediterranean",
        "where/location_description": "Off the coast of Zuwara",
        "where/location": "33.2 12.1 0.0 0.0",
        "where/unsd_region": "Uncategorized",
        "people/dead": 13,
        "people/missing": 15,
        "people/survivors": 22,
        "people/female": 13,
        "people/male": 9,
        "people/children": 4,
        "people/countries_origin": "ERI SDN",
        "people/region_origin": "Eastern Africa",
        "people/cause": "drowning",
        "people/cause_said": "Presumed drowning",
        "sources/information_source": "IOM Libya",
        "sources/source_url": "https://example.org/1, https://example.org/2",
        "sources/source_quality": "4",
        "sources/comment": "The boat left in the night.",
    },
    {"day/reporting_date": "2026-11-18", "people/victims": 28},
    "a boat sank, bodies were found, others are missing",
)

MONTH_ONLY = Visit(
    "mmp_incident",
    {
        "day/date_known": "month",
        "day/event_month": "2024-02-01",
        "where/region": "other",
        "where/region_other": "Southern Ocean",
        "where/route": "other",
        "where/route_other": "Along the railway",
        "people/dead": 0,
        "people/missing": 2,
        "people/countries_origin": "NER",
    },
    {
        "day/period_start": "2024-02-01",
        "day/period_end": "2024-02-29",
        "day/reporting_date": "2024-02-01",
        "people/victims": 2,
        "people/country_origin": "NER",
    },
    "two are missing since a month, nobody is known dead",
)

NOTHING_KNOWN = Visit(
    "mmp_incident",
    {"day/date_known": "dnk", "day/reported_date": "2026-11-21"},
    {"day/reporting_date": "2026-11-21"},
    "remains were reported, nothing else is known",
)

SITE_LINE = Visit(
    "dtm_baseline_row",
    {
        "sheet/source_id": "SA-12",
        "sheet/operation": "LCB",
        "sheet/round": "07",
        "sheet/assessment": "SA",
        "sheet/reporting_date": "2026-11-15",
        "sheet/organisation": "IOM",
        "sheet/enumerator": "EN-07",
        "place/pcode": "NE001001",
        "place/place_id": "SITE-01",
        "place/place_name": "Camp",
        "place/location": "13.35 14.2 0.0 0.0",
        "figures/category": "idp",
        "figures/breakdown": "total",
        "figures/hh": 100,
        "figures/ind": 520,
        "figures/ind_m": 240,
        "figures/ind_f": 270,
        "figures/men": 90,
        "figures/women": 110,
        "figures/boys": 150,
        "figures/girls": 160,
        "figures/children": 310,
        "figures/method": "ki_estimate",
        "displacement/reasons": "conflict flood",
        "displacement/reason_said": "Burned village",
        "displacement/displaced_from": "2026-01-01",
        "displacement/displaced_to": "2026-06-30",
        "displacement/origin_country": "NER",
        "displacement/origin_adm1": "NE001",
        "displacement/origin_adm2": "NE001001",
        "displacement/origin_name": "Old market",
        "displacement/shelter": "camp",
        "displacement/site_type": "camp",
        "comment": "Typed from paper.",
    },
    {},
    "a whole line, whose sexes do not make the total",
)

BARE_LINE = Visit(
    "dtm_baseline_row",
    {
        "sheet/round": "07",
        "sheet/assessment": "BA",
        "sheet/reporting_date": "2026-11-15",
        "place/place_name": "Aderbissinat",
        "figures/category": "returnee_idp",
        "figures/breakdown": "total",
        "figures/hh": 0,
    },
    {},
    "no household, and persons were not asked",
)
