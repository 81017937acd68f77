"""The forms of the library: they compile, feed the tables they are for, and respect people."""

from __future__ import annotations

import re
import shutil
from functools import cache

import pytest
from pyxform.xls2xform import convert

from forms import languages, vocabulary
from forms.compile import compile_form
from forms.generated_lists import GENERATED_LISTS
from forms.library_build import missing
from forms.library_index import (
    FORM_FILES,
    PLACE_FILES,
    ListedArea,
    ListedPlace,
    library,
    media_for,
    sources,
)
from forms.model import CompiledForm
from forms.workbook import read_workbook

FORMS = tuple(FORM_FILES)
UNMAPPED = ("returned_records", "not-mapped")
"""The form that only shows a list: it is about records, and makes none of the harmonised tables."""
METADATA = ("start", "end", "today", "deviceid")


@cache
def compiled(name: str) -> CompiledForm:
    compilation = compile_form(library()[name], f"{name}.md")
    remarks = [p for p in (*compilation.problems, *compilation.warnings) if (name, p.code) != UNMAPPED]
    assert [str(problem) for problem in remarks] == []
    assert compilation.form is not None
    return compilation.form


@cache
def rows(name: str, sheet: str = "survey") -> list[dict[str, str]]:
    """A sheet as its author sees it: header -> text, empty cells as ""."""
    found = read_workbook(library()[name], f"{name}.md").sheet(sheet)
    return [{header.text: row.get(header) for header in found.headers} for row in found.filled()]


def languages_of(name: str) -> tuple[str, ...]:
    """As the columns name them, English first: "French (fr)"."""
    return tuple(languages.languages()[code].name for code in sources()[name].languages)


def questions(name: str) -> list[dict[str, str]]:
    return [row for row in rows(name) if not row["type"].startswith(("begin_", "end_"))]


@pytest.mark.parametrize("name", FORMS)
def test_form_compiles_without_a_remark_and_names_the_files_it_needs(name: str) -> None:
    form = compiled(name)
    assert (form.xml_form_id, form.languages, set(form.media)) == (
        name,
        languages_of(name),
        set(FORM_FILES[name]),
    )
    assert re.fullmatch(r"20\d{8}", form.version)


@pytest.mark.skipif(shutil.which("java") is None, reason="ODK Validate needs Java, which is not here")
@pytest.mark.parametrize("name", FORMS)
def test_odk_validate_accepts_the_form(name: str) -> None:
    result = convert(library()[name], file_type=".md", validate=True)
    assert result.warnings == []


@pytest.mark.parametrize(
    ("name", "tables"),
    [
        ("fmr", {"observation", "flow", "flow_split"}),
        ("fms", {"profile"}),
        ("fmp_baseline", {"baseline"}),
        ("poe_baseline", {"baseline"}),
        ("poe_status", {"baseline"}),
        ("poe_flow", {"observation", "flow", "flow_split", "baseline"}),
        ("ttt_count", {"observation", "flow", "flow_split"}),
        ("ttt_alert", {"event"}),
        ("ttt_alert_followup", {"event"}),
        ("ttt_mapping", {"baseline"}),
        ("ttt_profile", {"profile"}),
        ("eet", {"event", "flow"}),
        ("b1", {"baseline"}),
        ("b2", {"baseline"}),
        ("mmp_incident", {"event"}),
        ("dtm_baseline_row", {"baseline"}),
        ("msla", {"baseline"}),
        ("returnee_registration", {"profile"}),
        ("returnee_household", {"profile"}),
        ("ilcs", {"profile"}),
    ],
)
def test_form_feeds_the_tables_it_is_for(name: str, tables: set[str]) -> None:
    form = compiled(name)
    assert {binding.table for binding in form.bindings} == tables
    assert {maker.table for maker in form.makers} == tables


def test_registry_makes_a_row_per_group_and_a_split_per_nationality_within_it() -> None:
    makers = {(m.table, m.repeat, m.parent): dict(m.qualifiers) for m in compiled("fmr").makers}
    assert makers == {
        ("observation", None, None): {},
        ("flow", "/data/groups", None): {"flow_tool": "FMR"},
        ("flow_split", "/data/groups/nationalities", "/data/groups"): {"dimension": "nationality"},
    }


def test_baseline_makes_a_total_per_category_and_rows_per_breakdown() -> None:
    made = {
        (dict(m.qualifiers)["population_category"], dict(m.qualifiers)["breakdown"], m.repeat)
        for m in compiled("b2").makers
    }
    categories = ("idp", "returnee_idp", "returnee_abroad", "refugee", "migrant_transit", "host")
    breakdowns = ("reason", "period", "origin", "shelter")
    assert made == {(category, "total", None) for category in categories} | {
        ("idp", breakdown, f"/data/idp_detail/by_{breakdown}") for breakdown in breakdowns
    } | {("idp", "arrival", None), ("idp", "departure", None)}


@pytest.mark.parametrize("name", FORMS)
def test_first_thing_a_form_says_is_what_it_is_for(name: str) -> None:
    shown = [row for row in rows(name) if row["type"] not in METADATA]
    assert [row["type"] for row in rows(name)[: len(METADATA)]] == list(METADATA)
    assert (shown[0]["type"], shown[0]["name"]) == ("note", "purpose")
    assert all(len(shown[0][f"label::{language}"]) > 150 for language in languages_of(name))


@pytest.mark.parametrize("name", FORMS)
def test_every_text_is_there_in_every_language_of_the_form(name: str) -> None:
    source = sources()[name]
    assert languages_of(name)[0] == "English (en)"
    assert {code: [m.where for m in missing(source, code)] for code in source.languages} == {
        code: [] for code in source.languages
    }


@pytest.mark.parametrize("name", FORMS)
def test_every_question_says_how_sensitive_it_is_and_every_refusal_says_why(name: str) -> None:
    unmarked = [q["name"] for q in questions(name) if q["sensitivity"] not in vocabulary.codes("sensitivity")]
    silent = [
        q["name"]
        for q in questions(name)
        if q.get("constraint") and not q["constraint_message::English (en)"]
    ]
    assert (unmarked, silent) == ([], [])


@pytest.mark.parametrize("name", FORMS)
def test_position_and_free_text_are_restricted_and_photos_are_limited_in_size(name: str) -> None:
    asked = questions(name)
    assert {q["sensitivity"] for q in asked if q["type"] == "geopoint" or q["name"] == "comment"} <= {
        "restricted"
    }
    assert [q["name"] for q in asked if q["type"] == "image" and "max-pixels=" not in q["parameters"]] == []


@pytest.mark.parametrize(
    ("name", "identifying"),
    [
        ("fmr", []),
        ("poe_status", []),
        ("poe_flow", []),
        ("fmp_baseline", ["ki_name", "ki_phone"]),
        ("poe_baseline", ["ki_name", "ki_phone"]),
        ("ttt_count", []),
        ("ttt_alert", ["username"]),
        ("ttt_alert_followup", ["username"]),
        ("ttt_mapping", []),
        ("ttt_profile", ["phone"]),
        ("eet", ["username"]),
        ("fms", ["photo", "phone"]),
        ("b1", ["ki_name", "ki_phone"]),
        ("b2", ["ki_name", "ki_phone"]),
        ("mmp_incident", []),
        ("returned_records", []),
        ("dtm_baseline_row", []),
        ("msla", ["ki_name", "ki_phone"]),
        (
            "returnee_registration",
            [
                *("given_names", "family_name", "birth_date", "certificate_no", "other_certificate_no"),
                *("photo", "phone"),
            ],
        ),
        ("returnee_household", ["phone"]),
        ("ilcs", ["phone"]),
    ],
)
def test_people_are_identified_only_where_they_agree_and_never_in_a_dataset(
    name: str, identifying: list[str]
) -> None:
    marked = [q for q in questions(name) if q["sensitivity"] == "direct_identifier"]
    assert [q["name"] for q in marked] == identifying
    agreed = (
        r"(_photo|_recontact|proceed)} = 'yes'"  # proceed: registered by consent, or by a law that is named
    )
    asked = [
        q for q in marked if q["type"] != "username"
    ]  # the app adds it, sealed: who typed, not who is told of
    assert [q["name"] for q in asked if not re.search(agreed, q["relevant"])] == []
    assert [q["name"] for q in marked if q["harmonise"]] == []
    paths = {field.path for field in compiled(name).fields if field.sensitivity == "direct_identifier"}
    assert paths.isdisjoint({binding.path for binding in compiled(name).bindings})


@pytest.mark.parametrize(("name", "list_name"), [("ttt_count", "ttt_reason"), ("b2", "displacement_reason")])
def test_local_codes_become_standard_ones(name: str, list_name: str) -> None:
    local = {
        row["name"]: row["harmonise"]
        for row in rows(name, "choices")
        if row["list_name"] == list_name and row["harmonise"]
    }
    bound = [
        dict(binding.codes)
        for binding in compiled(name).bindings
        if binding.variable in ("reasons", "reason_code")
    ]
    assert bound
    assert all(codes == local for codes in bound)
    assert len(local) >= 2


def test_place_list_and_areas_become_the_files_of_a_form() -> None:
    places = [
        ListedPlace("CP-2", 'Puits "neuf", est', "counting_point"),
        ListedPlace("FMP-1", "Gare", "fmp", adm1="NE001"),
        ListedPlace("FMP-0", "Pont", "fmp"),
    ]
    areas = [ListedArea("NE001001", "Aderbissinat", 2, "NE001"), ListedArea("NE001", "Agadez", 1, "NER")]
    assert media_for("fmr", places, areas) == {
        "fmp.csv": b"name,label,kind,adm1,adm2,adm3,corridor\nFMP-1,Gare,fmp,NE001,,,\nFMP-0,Pont,fmp,,,,\n",
        "all_areas.csv": b"name,label,level,parent\nNE001,Agadez,1,NER\nNE001001,Aderbissinat,2,NE001\n",
    }
    assert media_for("poe_status", places)["poe.csv"] == b"name,label,kind,adm1,adm2,adm3,corridor\n"
    assert b'CP-2,"Puits ""neuf"", est",' in media_for("ttt_count", places)["counting_points.csv"]


def test_every_file_a_form_needs_is_one_a_server_makes() -> None:
    assert {file for wanted in FORM_FILES.values() for file in wanted} <= GENERATED_LISTS.keys()
    assert set().union(*PLACE_FILES.values()) <= vocabulary.codes("place_type").keys()
