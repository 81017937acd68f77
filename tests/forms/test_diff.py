"""A form is changed, and its author is told what that does to the figures; what would mix them up is refused."""

# ruff: noqa: E501  rows of a form are as long as they are

from __future__ import annotations

import pytest

from forms.compile import compile_form
from forms.diff import diff_forms, type_changes_of_file
from forms.model import CompiledForm

OLD = """
| survey |
| | type | name | label | hint | harmonise | sensitivity | relevant | constraint | calculation |
| | date | day | Day | | flow.reporting_date | | | | |
| | text | remark | Remark | | | | | | |
| | begin_repeat | group | Group | | flow | | | | |
| | select_one way | way | Direction | | direction | | | | |
| | integer | men | Men | Over 18 | men | | | . >= 0 | |
| | integer | women | Women | | women | | | . >= 0 | |
| | calculate | total | | | n_ind | | | | ${men} + ${women} |
| | select_one why | why | Why? | | reason_main | | | | |
| | select_one how | how | How do they travel? | | transport | | | | |
| | end_repeat | | | | | | | | |
| choices |
| | list_name | name | label | harmonise |
| | way | in | In | incoming |
| | way | out | Out | outgoing |
| | why | work | Work | economic |
| | why | war | War or conflict | conflict |
| | how | car | Car | car_taxi |
| | how | foot | On foot | foot |
| settings |
| | form_id | form_title | version | harmonise |
| | count | Counting | 1 | flow{flow_tool=FMR} |
"""
FED = {
    "flow.reporting_date", "flow.direction", "flow.men", "flow.women", "flow.n_ind", "flow.reason_main",
    "flow.transport", "flow.flow_tool",
}  # fmt: skip


def form(text: str) -> CompiledForm:
    compilation = compile_form(text.encode(), "count.md")
    assert compilation.form is not None, compilation.problems
    return compilation.form


def changed(*edits: tuple[str, str]) -> str:
    text = OLD
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def verdicts(text: str) -> dict[str, str]:
    """What is said of each variable that does not simply stay comparable."""
    found = diff_forms(form(OLD), form(text)).variables
    return {one.variable: str(one) for one in found if one.comparable != "yes"}


def test_the_same_form_stays_comparable_in_everything() -> None:
    found = diff_forms(form(OLD), form(OLD))
    assert {one.variable: one.comparable for one in found.variables} == dict.fromkeys(FED, "yes")
    assert (found.refused, found.changes, dict(found.harmless)) == ((), (), {})
    assert "flow.n_ind stays comparable." in [str(one) for one in found.variables]


def test_labels_hints_and_order_are_harmless() -> None:
    text = changed(
        ("| Men | Over 18 |", "| Men, adult | 18 years or over |"),
        ("| War or conflict |", "| War, conflict |"),
        ("| | text | remark | Remark | | | | | | |\n", ""),
        (
            "| | end_repeat | | | | | | | | |\n",
            "| | end_repeat | | | | | | | | |\n| | text | remark | Remark | | | | | | |\n",
        ),
    )
    found = diff_forms(form(OLD), form(text))
    assert dict(found.harmless) == {"labels": 1, "hints": 1, "choice labels": 1, "order": 1}
    assert ([c.detail for c in found.changes], verdicts(text)) == ([], {})


def test_a_choice_that_feeds_another_code_breaks_its_variable_alone() -> None:
    assert verdicts(changed(("| Work | economic |", "| Work | education |"))) == {
        "flow.reason_main": "flow.reason_main is comparable no more from this version on: "
        "code 'work' now means education, and meant economic."
    }


def test_a_choice_that_means_something_else_under_its_old_code_breaks_it_too() -> None:
    told = verdicts(changed(("| why | work | Work |", "| why | work | Joining the family |")))
    assert told == {
        "flow.reason_main": "flow.reason_main is comparable no more from this version on: "
        "The choice 'work' of 'why' meant 'Work' and now means 'Joining the family'."
    }


def test_choices_added_and_removed_need_care_and_recoded_ones_none() -> None:
    text = changed(
        ("| | why | war | War or conflict | conflict |", "| | why | flood | Flood | disaster |"),
        ("| | how | car |", "| | how | auto |"),
    )
    found = diff_forms(form(OLD), form(text))
    assert [(c.kind, c.detail) for c in found.changes] == [
        ("choice-added", "The choice 'flood' of 'why' can be given from now on."),
        ("choice-removed", "The choice 'war' of 'why' can be given no more."),
        ("choice-recoded", "The choice 'car' of 'how' has the code 'auto' now."),
    ]
    assert verdicts(text) == {
        "flow.reason_main": "flow.reason_main stays comparable with care: disaster can be given from now "
        "on, and was something else before; conflict can be given no more."
    }


def test_a_renamed_question_is_guessed_by_mapping_and_label() -> None:
    text = changed(
        (
            "| select_one how | how | How do they travel? |",
            "| select_one how | transport | How do they move? |",
        )
    )
    found = diff_forms(form(OLD), form(text))
    assert [(c.kind, c.path) for c in found.changes] == [("question-renamed", "/data/group/transport")]
    assert verdicts(text) == {}


def test_questions_come_and_go_with_what_they_feed() -> None:
    text = changed(
        ("| | text | remark | Remark | | | | | | |", "| | text | route | Route | | flow.route | | | | |"),
        ("| | select_one how | how | How do they travel? | | transport | | | | |\n", ""),
        ("| | how | car | Car | car_taxi |\n| | how | foot | On foot | foot |\n", ""),
    )
    found = diff_forms(form(OLD), form(text))
    assert [(c.kind, c.path) for c in found.changes] == [
        ("question-added", "/data/route"),
        ("question-removed", "/data/remark"),
        ("question-removed", "/data/group/how"),
    ]
    assert verdicts(text) == {
        "flow.route": "flow.route begins to be fed: 'route'; older submissions have no value.",
        "flow.transport": "flow.transport is fed no more: 'how' before; it is null from this version on.",
    }


def test_another_source_is_told_with_both() -> None:
    text = changed(
        ("| Men | Over 18 | men |", "| Men | Over 18 | women |"), ("| Women | | women |", "| Women | | men |")
    )
    assert verdicts(text) == {
        "flow.men": "flow.men is comparable no more from this version on: it was fed by 'men', and is by 'women'.",
        "flow.women": "flow.women is comparable no more from this version on: it was fed by 'women', and is by 'men'.",
    }


def test_whoever_is_asked_no_more_narrows_what_is_counted_and_what_is_worked_out_of_it() -> None:
    text = changed(("| Women | | women | | |", "| Women | | women | | ${way} = 'in' |"))
    found = diff_forms(form(OLD), form(text))
    assert [(c.kind, c.path) for c in found.changes] == [("narrowed", "/data/group/women")]
    assert set(verdicts(text)) == {"flow.women", "flow.n_ind"}
    assert all("is asked of fewer" in said for said in verdicts(text).values())


def test_a_condition_of_a_repeat_reaches_all_inside() -> None:
    text = changed(("| Group | | flow | | |", "| Group | | flow | | ${day} != '' |"))
    assert set(verdicts(text)) == FED - {"flow.reporting_date", "flow.flow_tool"}


def test_a_constraint_and_a_calculation_are_told() -> None:
    text = changed(("| Over 18 | men | | | . >= 0 |", "| Over 18 | men | | | . >= 0 and . < 50 |"))
    assert {name: said.split(":")[0] for name, said in verdicts(text).items()} == {
        "flow.men": "flow.men stays comparable with care",
        "flow.n_ind": "flow.n_ind stays comparable with care",
    }
    text = changed(("${men} + ${women}", "${men} + ${women} + 1"))
    assert verdicts(text) == {
        "flow.n_ind": "flow.n_ind is comparable no more from this version on: 'total' is worked out otherwise."
    }


def test_another_fixed_value_makes_another_series() -> None:
    told = verdicts(changed(("flow{flow_tool=FMR}", "flow{flow_tool=FMC}")))
    assert told == {
        "flow.flow_tool": "flow.flow_tool is comparable no more from this version on: "
        "it was fixed to FMR and is fixed to FMC."
    }


REFUSED = [
    (("| integer | men | Men | Over 18 | men |", "| text | men | Men | Over 18 | |"), "type-changed", "was integer and is text now"),
    (("| select_one how | how | How do they travel? | | transport |", "| select_multiple how | how | How do they travel? | | |"), "type-changed", "was select_one and is select_multiple now"),
    (("| integer | men | Men | Over 18 | men |", "| decimal | men | Men | Over 18 | |"), "type-changed", "was integer and is decimal now"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "code", "told"), REFUSED, ids=[one[2] for one in REFUSED])
def test_another_type_under_one_name_is_refused_and_under_another_name_is_not(
    edit: tuple[str, str], code: str, told: str
) -> None:
    text = changed(edit, ("| | | n_ind | | |", "| | | n_ind | | |"))
    refused = type_changes_of_file(form(OLD).xform, form(text), text.encode(), "count.md")
    name = "men" if "men" in edit[0] else "how"
    row = 6 if name == "men" else 10
    assert [(p.code, str(p.cell), p.detail) for p in refused] == [
        (code, f"survey!A{row}", f"{name!r} {told}.")
    ]
    assert next(iter(diff_forms(form(OLD), form(text)).refused)).detail == refused[0].detail
    renamed = text.replace(f"| {name} |", f"| {name}_2 |", 1).replace(
        "${men}", "${men_2}" if name == "men" else "${men}"
    )
    assert type_changes_of_file(form(OLD).xform, form(renamed), renamed.encode(), "count.md") == []


def test_in_or_out_of_a_repeat_is_refused_once_per_question() -> None:
    out = changed(
        ("| | text | remark | Remark | | | | | | |\n", ""),
        ("| | calculate | total", "| | text | remark | Remark | | | | | | |\n| | calculate | total"),
    )
    refused = type_changes_of_file(form(OLD).xform, form(out), out.encode(), "count.md")
    assert [(p.code, str(p.cell), p.detail) for p in refused] == [
        (
            "repeat-changed",
            "survey!A7",
            "'remark' was asked once per submission and is in the repeat 'group' now.",
        )
    ]


def test_a_group_that_becomes_a_repeat_is_one_refusal_not_one_per_question() -> None:
    old = OLD.replace("begin_repeat", "begin_group").replace("end_repeat", "end_group")
    old = old.replace("| Group | | flow |", "| Group | | |")
    assert [p.detail for p in diff_forms(form(old), form(OLD)).refused] == [
        "'group' was a group and is a repeat now."
    ]


def test_a_renamed_repeat_is_no_refusal() -> None:
    text = OLD.replace("| group | Group |", "| groups | Group |")
    assert diff_forms(form(OLD), form(text)).refused == ()


def test_the_diff_as_json_has_all_of_it() -> None:
    text = changed(REFUSED[0][0])
    value = diff_forms(form(OLD), form(text)).to_json()
    assert value["old"] == value["new"] == {"form_id": "count", "version": "1"}
    assert {"variable": "flow.men", "comparable": "ends", "reasons": ["'men' before"]} in value["variables"]  # type: ignore[operator]
    assert [problem["code"] for problem in value["refused"]] == ["type-changed"]  # type: ignore[attr-defined]
