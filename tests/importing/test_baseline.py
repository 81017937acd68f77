"""Baseline sheets come in: one place and round is counted once, and what nothing here answers to is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sync.importing.baseline_columns import columns_of, read_mapping
from sync.importing.table import read_table
from sync.places.releases import import_release
from sync.places.sites import import_sites
from sync.problems import Invalid, NotFound
from sync.registers.crosswalks import import_crosswalk
from sync.registers.operations import add_operation
from sync.registers.rounds import add_round
from sync.tables import HARMONISED, submission
from tests.importing.office import Office, outcomes, sheet, told
from tests.places.sahelia import cod_ab, geojson

baseline = HARMONISED["baseline"]

DTM = (
    "operation", "admin0Name", "admin0Pcode", "admin1Name", "admin1Pcode", "admin2Name", "admin2Pcode",
    "numPresentIdpInd", "reportingDate", "yearReportingDate", "monthReportingDate", "roundNumber",
    "displacementReason", "numberMales", "numberFemales", "idpOriginAdmin1Name", "idpOriginAdmin1Pcode",
    "assessmentType", "operationStatus",
)  # fmt: skip
TAGS = (
    "#operation+name", "#country+name", "#country+code", "#adm1+name", "#adm1+code", "#adm2+name",
    "#adm2+code", "#affected+idps", "#date+reported", "#date+year+reported", "#date+month+reported",
    "#round+code", "#cause+type", "#affected+idps+m", "#affected+idps+f", "#adm1+name+origin",
    "#adm1+code+origin", "#assessment+type", "#operation+status",
)  # fmt: skip
FIRST = {
    "operation": "Lake crisis",
    "admin0Pcode": "XSA",
    "admin1Name": "Ouestra",
    "admin1Pcode": "XS01",
    "admin2Name": "District 101",
    "admin2Pcode": "XS0101",
    "numPresentIdpInd": 27082,
    "reportingDate": "2017-09-30T00:00:00",
    "roundNumber": 3,
    "displacementReason": "Conflict; Natural disaster",
    "numberMales": 13000,
    "numberFemales": 14082,
    "idpOriginAdmin1Name": "Not available",
    "idpOriginAdmin1Pcode": "Not available",
    "assessmentType": "BA",
    "operationStatus": "Active",
}
SECOND = {**FIRST, "admin2Name": "District 102", "admin2Pcode": "XS0102", "numPresentIdpInd": 100,
          "numberMales": "", "numberFemales": "", "displacementReason": "Not available"}  # fmt: skip
FIGURES = ("declared_pcode", "breakdown", "ind", "ind_m", "ind_f")


@pytest.fixture
def lake(office: Office, tmp_path: Path) -> Office:
    """Boundaries, one registered site, operation and round."""
    files = [geojson(tmp_path / f"xsa_admin{level}.geojson", cod_ab(level)) for level in (0, 1, 2)]
    import_release(office.store, files, "v01", office.project_id)
    import_sites(
        office.store, office.project_id, b"place_id,name,kind,pcode,ssid\nS-1,Camp,site,XS0101,TD_01\n"
    )
    add_operation(office.store, office.project_id, "LCB", "Lake crisis")
    for kind in ("BA", "SA"):
        add_round(office.store, office.project_id, "03", kind, operation_code="LCB")
    return office


def test_rows_as_dtm_publishes_them_become_totals_with_reasons_and_rounds_of_ours(lake: Office) -> None:
    account = lake.takes_sheet(sheet(DTM, TAGS, FIRST, SECOND))
    assert (outcomes(account), account.unmatched, told(account), account.notes) == ({"new": 2}, {}, [], [])
    total = account.sums["numPresentIdpInd"]
    assert (total.file, total.imported, total.listed, total.balanced) == (27182, 27182, 0, True)
    names = (*FIGURES, "operation", "round", "assessment_type", "reason_code", "reporting_date")
    scope = ("LCB", "03", "BA")
    assert lake.rows(baseline, *names, "origin_adm1_pcode", "adm2_pcode", "population_category") == [
        ("XS0101", "total", 27082, 13000, 14082, *scope, "conflict;natural_disaster", date(2017, 9, 30),
         None, "XS0101", "idp"),
        ("XS0102", "total", 100, None, None, *scope, None, date(2017, 9, 30), None, "XS0102", "idp"),
    ]  # fmt: skip
    before = lake.hash()
    assert outcomes(lake.takes_sheet(sheet(DTM, FIRST, SECOND))) == {"unchanged": 2}
    assert lake.hash() == before


def test_a_figure_that_was_corrected_replaces_the_one_before(lake: Office) -> None:
    lake.takes_sheet(sheet(DTM, FIRST, SECOND))
    account = lake.takes_sheet(sheet(DTM, {**FIRST, "numPresentIdpInd": 27000, "numberMales": 12918}))
    assert outcomes(account) == {"changed": 1, "gone": 1}
    assert lake.rows(baseline, *FIGURES) == [
        ("XS0101", "total", 27000, 12918, 14082),
        ("XS0102", "total", 100, None, None),
    ]
    assert lake.rebuilds_alike()


def test_rows_of_one_place_by_origin_are_its_breakdown_and_their_sum_its_total(lake: Office) -> None:
    home = {**FIRST, "idpOriginAdmin1Name": "Ouestra", "idpOriginAdmin1Pcode": "Not available"}
    away = {**FIRST, "idpOriginAdmin1Name": "Estara", "numPresentIdpInd": 18, "numberMales": 8,
            "numberFemales": 10}  # fmt: skip
    account = lake.takes_sheet(sheet(DTM, home, away))
    assert outcomes(account) == {"new": 3}
    assert account.sums["numPresentIdpInd"].imported == 27100  # the total made here is of no cell of the file
    assert lake.rows(baseline, *FIGURES, "origin_adm1_pcode") == [
        ("XS0101", "origin", 18, 8, 10, "XS02"),
        ("XS0101", "origin", 27082, 13000, 14082, "XS01"),
        ("XS0101", "total", 27100, 13008, 14092, None),
    ]
    text = "Lines 2, 3 are parts of one count by origin; their sum is taken as its total."
    assert told(account) == [(2, "", text)]


def test_a_place_that_stands_twice_is_counted_once_or_not_at_all(lake: Office) -> None:
    account = lake.takes_sheet(
        sheet(DTM, FIRST, FIRST, SECOND, {**SECOND, "numPresentIdpInd": 120, "numberMales": ""})
    )
    twice = "This place stands in lines 4, 5 with different figures: none of them is taken."
    assert told(account, listed=True) == [
        (3, "", "The same stands in line 2 already."),
        (4, "", twice),
        (5, "", twice),
    ]
    assert lake.rows(baseline, *FIGURES) == [("XS0101", "total", 27082, 13000, 14082)]
    total = account.sums["numPresentIdpInd"]
    assert (total.file, total.imported, total.listed) == (54384, 27082, 27302)


def test_the_same_figures_as_ba_and_as_sa_are_told_and_never_one_sum(lake: Office) -> None:
    account = lake.takes_sheet(sheet(DTM, FIRST, {**FIRST, "assessmentType": "SA"}))
    ((line, _, text),) = told(account)
    assert (line, text.split(":")[0]) == (3, "Line 2 has the same figures as BA")
    assert lake.rows(baseline, "assessment_type", "ind") == [("BA", 27082), ("SA", 27082)]
    only = lake.takes_sheet(sheet(DTM, FIRST, {**FIRST, "assessmentType": "SA"}), assessment="SA")
    assert outcomes(only) == {"listed": 1, "unchanged": 1}
    assert told(only, listed=True) == [
        (2, "assessmentType", "It is of another assessment type: SA was asked for.")
    ]


def test_what_nothing_here_answers_to_is_listed_before_anything_is_written(lake: Office) -> None:
    odd = {
        **FIRST,
        "operation": "River crisis",
        "roundNumber": 9,
        "admin2Name": "Atlantis",
        "admin2Pcode": "XS9999",
        "displacementReason": "Boredom",
        "idpOriginAdmin1Name": "Lemuria",
    }
    near = {**SECOND, "admin2Name": "Somewhere"}
    spelt = {**FIRST, "admin2Pcode": "xs-0103", "admin2Name": "District 103"}
    account = lake.takes_sheet(sheet(DTM, odd, near, spelt), dry_run=True)
    assert account.unmatched == {
        "operations": {"River crisis": [2]},
        "rounds": {"BA 9": [2]},
        "areas": {"XS9999 Atlantis": [2]},
        "reasons": {"Boredom": [2]},
        "places of origin": {"Lemuria": [2]},
    }
    assert (3, "admin2Pcode", "XS0102 is District 102 here, and Somewhere in the file.") in told(account)
    assert (4, "admin2Pcode", "xs-0103 was read as XS0103 (spelling).") in told(account)
    assert (outcomes(account), lake.rows(submission, "id")) == ({"new": 3}, [])
    lake.takes_sheet(sheet(DTM, odd))
    names = ("declared_pcode", "declared_place_name", "ind", "reason_code", "operation", "round")
    assert lake.rows(baseline, *names) == [("XS01", "Atlantis", 27082, None, "River crisis", "9")]


def test_figures_that_cannot_be_are_listed_and_sums_that_do_not_agree_are_kept(lake: Office) -> None:
    account = lake.takes_sheet(
        sheet(
            DTM,
            {**FIRST, "numPresentIdpInd": -5},
            {**SECOND, "numPresentIdpInd": "12.5"},
            {**FIRST, "admin2Pcode": "XS0103", "admin2Name": "", "numberMales": 1},
            {**FIRST, "admin2Pcode": "XS0104", "admin2Name": "", "numPresentIdpInd": ""},
        )
    )
    assert told(account, listed=True) == [
        (2, "numPresentIdpInd", "The figure is negative."),
        (3, "numPresentIdpInd", "The figure is not a whole number."),
        (5, "", "It has no figure of persons or households."),
    ]
    text = "Male and female together are 14,083: both are kept as they are."
    assert told(account) == [(4, "numPresentIdpInd", text)]
    assert lake.rows(baseline, *FIGURES) == [("XS0103", "total", 27082, 1, 14082)]


COUNTRY = ("Site ID", "Site", "Lat", "Lon", "IDP HH", "IDP pers.", "Returnees pers.", "Remarks")
MAPPING = b"""column,variable,category
IDP pers.,ind,idp
Returnees pers.,ind,returnee_idp
Remarks,-,
"""


def test_a_countrys_own_sheet_is_read_with_a_mapping_one_count_for_each_group(lake: Office) -> None:
    data = sheet(
        COUNTRY,
        ("TD_01", "Camp", 0.5, 0.5, 100, 520, 0, "windy"),
        ("TD_02", "Well", 0, 0, 5, None, None, "x"),
    )
    account = lake.takes_sheet(
        data,
        round_code="3",
        operation="LCB",
        assessment="SA",
        on=date(2026, 11, 15),
        mapping=read_mapping(MAPPING, "m.csv"),
    )
    assert (outcomes(account), account.unmatched) == ({"new": 3}, {"sites": {"TD_02": [3]}})
    assert told(account) == [(3, "Lat", "The position is 0, 0, which stands for no position: left out.")]
    names = ("place_id", "declared_place_name", "population_category", "hh", "ind", "lat", "round")
    assert lake.rows(baseline, *names) == [
        ("S-1", "Camp", "idp", 100, 520, 0.5, "03"),
        ("S-1", "Camp", "returnee_idp", None, 0, 0.5, "03"),
        (None, "Well", "idp", 5, None, None, "03"),
    ]


def test_an_offices_own_words_for_reasons_lead_to_our_codes(lake: Office) -> None:
    rows = b"list_name,foreign_code,code\ndisplacement_reason,Boredom,other\n"
    import_crosswalk(lake.store, lake.project_id, "lake_office", rows)
    account = lake.takes_sheet(
        sheet(DTM, {**FIRST, "displacementReason": "Boredom"}), crosswalk="lake_office"
    )
    assert (account.unmatched, lake.rows(baseline, "reason_code")) == ({}, [("other",)])
    with pytest.raises(NotFound, match="no crosswalk nobody"):
        lake.takes_sheet(sheet(DTM, FIRST), crosswalk="nobody")


def test_hxl_tags_say_what_a_column_holds_in_any_order_of_their_attributes() -> None:
    data = sheet(
        ("Où", "Code", "Combien", "Ménages", "Hommes", "Refuge", "?"),
        ("#adm2+name", "#adm2 +pcode", "#affected+ind+idps", "#affected +hh +idps", "#affected+m+idps",
         "#affected+refugees", "#meta+x"),
        ("A", "XS0101", 1, 1, 1, 1, 1),
    )  # fmt: skip
    columns = columns_of(read_table(data, "s.csv"))
    assert dict(columns.ours) == {"admin2_name": "Où", "admin2_pcode": "Code"}
    assert dict(columns.figures) == {
        ("ind", "idp"): "Combien",
        ("hh", "idp"): "Ménages",
        ("ind_m", "idp"): "Hommes",
        ("ind", "refugee"): "Refuge",
    }
    assert columns.others == ("?",)


def test_without_what_every_count_needs_a_sheet_is_refused_with_what_to_give(lake: Office) -> None:
    with pytest.raises(
        Invalid, match=r"the round \(--round\), the type of assessment .*, the day \(--date\)"
    ):
        lake.takes_sheet(sheet(("admin2Pcode", "numPresentIdpInd"), ("XS0101", 4)))
    with pytest.raises(Invalid, match="names columns the file has not: Nobody"):
        lake.takes_sheet(sheet(DTM, FIRST), mapping={"Nobody": ("ind", "idp")})
    with pytest.raises(Invalid) as refused:
        read_mapping(b"column,variable,category\nA,people,idp\nB,ind,martians\n", "m.csv")
    assert [(e["row"], e["message"]) for e in refused.value.errors] == [(2, "people"), (3, "martians")]


def test_without_boundaries_areas_stay_as_the_file_has_them(office: Office) -> None:
    account = office.takes_sheet(sheet(DTM, FIRST))
    assert account.notes == ["The project has no boundaries yet: areas are kept as the file has them."]
    assert account.unmatched == {"operations": {"Lake crisis": [2]}, "rounds": {"BA 3": [2]}}
    names = ("declared_pcode", "operation", "round", "ind")
    assert office.rows(baseline, *names) == [("XS0101", "Lake crisis", "3", 27082)]
