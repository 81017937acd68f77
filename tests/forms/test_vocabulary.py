"""The vocabulary is closed and complete: what derives from it can rely on every cell."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from forms import vocabulary

CODES = Path(vocabulary.__file__).parent / "codes"

_HASHTAGS = """
    access activity adm1 adm2 adm3 adm4 adm5 affected beneficiary capacity cause channel contact country
    crisis currency date description event frequency geo group impact indicator inneed item loc meta
    modality need operations org output population reached region respondee sector service severity
    status subsector targeted team value
"""
HXL_HASHTAGS = frozenset(_HASHTAGS.split())
"""The core hashtags of the HXL 1.1 dictionary; others are the project's own and begin with x_."""

HXL_TAG = re.compile(r"#([a-z][a-z0-9_]*)(\+[a-z][a-z0-9_]*)*")

ANSWERS_TO_QUESTIONS = sorted(
    {
        v.code_list
        for v in vocabulary.all_variables()
        if v.code_list and v.source == "form" and v.type in ("code", "codes")
    }
)

FIXED_LISTS = frozenset(
    {"assessment_type", "breakdown", "flow_tool", "observation_outcome", "place_type", "record_type"}
    | {"split_dimension", "survey_design", "survey_outcome", "not_observed_reason", "interview_channel"}
    | {"event_tool", "event_stage", "alert_kind", "triangulation", "species", "referral"}
    | {"migration_route", "incident_region"}
)
"""Lists of the method itself: somebody always knows the answer, "not known" has no place in them."""

UNKNOWN_BY_ANOTHER_NAME = {
    "nationality": "OOO",
    "sex": "u",
    "operational_status": "unknown",
    "direction": "undefined",
    "death_cause": "mixed_unknown",
    "event_party": "unknown",
}


def test_every_code_list_in_use_has_its_file_and_no_other_file_lies_there() -> None:
    assert sorted(path.stem for path in CODES.glob("*.csv")) == list(vocabulary.code_lists())


@pytest.mark.parametrize("name", vocabulary.code_lists())
def test_code_list_is_complete_and_says_each_code_once(name: str) -> None:
    with (CODES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["code", "label", "definition", "retired_in"]
    assert [row for row in rows if len(row) != 4] == []
    codes = [row[0] for row in rows[1:]]
    assert [code for code, times in Counter(codes).items() if times > 1] == []
    assert [row for row in rows[1:] if not row[1].strip()] == []
    labels = Counter(
        row[1] for row in rows[1:]
    )  # two choices with one label cannot be told apart on a tablet
    assert [label for label, times in labels.items() if times > 1] == []


@pytest.mark.parametrize("name", vocabulary.code_lists())
def test_codes_can_stand_in_a_form_and_in_a_list_of_codes(name: str) -> None:
    spelling = {
        "nationality": "[A-Z]{3}",
        "flow_tool": "[A-Z]{3}",
        "assessment_type": "[A-Z]{2,3}",
        "event_tool": "[A-Z]{3}",
    }.get(name, "[a-z0-9][a-z0-9_]*")
    assert [code for code in vocabulary.codes(name) if not re.fullmatch(spelling, code)] == []


@pytest.mark.parametrize("name", [n for n in ANSWERS_TO_QUESTIONS if n not in FIXED_LISTS])
def test_whoever_does_not_know_finds_an_answer(name: str) -> None:
    assert UNKNOWN_BY_ANOTHER_NAME.get(name, "dnk") in vocabulary.codes(name) or "pnta" in vocabulary.codes(
        name
    )


def test_nationality_is_iso_3166_with_the_codes_of_travel_documents_and_unknown() -> None:
    codes = vocabulary.codes("nationality")
    special = [code for code in codes if code in ("XXA", "XXB", "XXC", "XXX", "OOO")]
    assert (len(codes), special) == (249 + 5, ["XXA", "XXB", "XXC", "XXX", "OOO"])
    assert [(codes[c].label, codes[c].labels["fr"]) for c in ("TCD", "CIV", "SSD")] == [
        ("Chad", "Tchad"),
        ("Côte d'Ivoire", "Côte d'Ivoire"),
        ("South Sudan", "Soudan du Sud"),
    ]


def test_having_no_network_is_no_reason_for_not_observing() -> None:
    reasons = vocabulary.codes("not_observed_reason")
    assert [code for code in reasons if "network" in code or "réseau" in reasons[code].labels["fr"]] == []
    assert {"insecurity", "holiday", "staff", "closed"} <= reasons.keys()


def test_every_variable_is_labelled_defined_and_says_what_null_means() -> None:
    holes = [
        v.key
        for v in vocabulary.all_variables()
        if not (v.label and v.definition and v.null_rule)
        or v.sensitivity not in vocabulary.codes("sensitivity")
        or v.source not in ("form", "system")
    ]
    assert holes == []


def test_numbers_and_positions_have_a_unit_and_coded_variables_a_list() -> None:
    no_unit = [
        v.key for v in vocabulary.all_variables() if v.type in ("int", "decimal", "geopoint") and not v.unit
    ]
    no_list = [v.key for v in vocabulary.all_variables() if v.type in ("code", "codes") and not v.code_list]
    assert (no_unit, no_list) == ([], ["common.quality_flags"])  # its codes are sync.flags.FLAGS
    assert [
        v.key for v in vocabulary.all_variables() if v.code_list and v.type not in ("code", "codes")
    ] == []


def test_flow_counts_movements_and_never_persons() -> None:
    flow = [v for v in vocabulary.all_variables() if v.table in ("flow", "flow_split") and v.type == "int"]
    assert sorted({v.unit for v in flow}) == ["heads", "herds", "households", "movements"]
    assert [v.key for v in flow if "+migrants" in v.hxl] == []


def test_no_variable_is_a_direct_identifier() -> None:
    assert [v.key for v in vocabulary.all_variables() if v.sensitivity == "direct_identifier"] == []


def test_hxl_tags_are_valid_and_name_one_column_of_a_table() -> None:
    wrong = [
        v.key
        for v in vocabulary.all_variables()
        if not (tag := HXL_TAG.fullmatch(v.hxl))
        or not (tag.group(1) in HXL_HASHTAGS or tag.group(1).startswith("x_"))
    ]
    assert wrong == []
    for table in vocabulary.TABLES:
        tags = Counter(  # the order of attributes means nothing in HXL
            "+".join([v.hxl.split("+")[0], *sorted(v.hxl.split("+")[1:])])
            for v in vocabulary.variables(table).values()
        )
        assert [tag for tag, times in tags.items() if times > 1] == []


def test_a_variable_has_one_name_in_a_table() -> None:
    keys = Counter(v.key for v in vocabulary.all_variables())
    assert [key for key, times in keys.items() if times > 1] == []
    common = {v.name for v in vocabulary.all_variables() if v.table == vocabulary.COMMON}
    own = {(v.table, v.name) for v in vocabulary.all_variables() if v.table in vocabulary.COMMON_TABLES}
    assert [(table, name) for table, name in own if name in common] == []
