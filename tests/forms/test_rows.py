"""Which rows a form makes and what feeds them: whole bindings and makers, rule by rule of the contract."""

from __future__ import annotations

import pytest

from forms.compile import compile_form
from forms.grain import feeds
from forms.model import Binding, CompiledForm, RowMaker
from tests.forms.authors import GOOD, compiles

CHOICES = """
| choices |
| | list_name | name | label |
| | way | incoming | In |
| | way | outgoing | Out |
"""


def written(settings: str, *rows: str) -> str:
    """A form of rows `type | name | harmonise`, each labelled with its name."""
    lines = ["| survey |", "| | type | name | label | harmonise | calculation |"]
    for row in rows:
        kind, name, mapping = (cell.strip() for cell in f"{row} | |".split("|")[:3])
        formula = "1 + 1" if kind == "calculate" else ""
        lines.append(f"| | {kind} | {name} | {name} | {mapping} | {formula} |")
    return "\n".join(
        [*lines, CHOICES, "| settings |", "| | form_id | version | harmonise |", f"| | f | 1 | {settings} |"]
    )


def form(settings: str, *rows: str) -> CompiledForm:
    compilation = compiles(written(settings, *rows))
    assert compilation.problems == ()
    assert compilation.form is not None
    return compilation.form


def errors(markdown: str) -> list[tuple[str, str]]:
    return [(p.code, str(p.cell)) for p in compiles(markdown).problems]


def fed(form: CompiledForm) -> dict[RowMaker, list[str]]:
    """Per maker, the questions that feed its rows."""
    return {
        maker: [f"{b.path.rsplit('/', 1)[-1]} -> {b.variable}" for b in form.bindings if feeds(b, maker)]
        for maker in form.makers
    }


def test_a_repeat_makes_a_row_per_instance_and_inherits_what_the_submission_says():
    made = form(
        "flow{flow_tool=FMR}",
        "date | day | reporting_date",
        "begin_repeat | group | flow",
        "select_one way | way | direction",
        "integer | n | n_ind",
        "end_repeat",
    )
    assert made.makers == (RowMaker("flow", "/data/group", (("flow_tool", "FMR"),)),)
    assert made.bindings == (
        Binding("/data/day", "flow", "reporting_date"),
        Binding("/data/group/way", "flow", "direction", repeat="/data/group"),
        Binding("/data/group/n", "flow", "n_ind", repeat="/data/group"),
    )
    assert fed(made) == {made.makers[0]: ["day -> reporting_date", "way -> direction", "n -> n_ind"]}


def test_a_table_named_in_settings_makes_a_row_per_submission():
    made = form("flow{flow_tool=FMR}", "integer | n | n_ind")
    assert made.makers == (RowMaker("flow", None, (("flow_tool", "FMR"),)),)
    assert made.bindings == (Binding("/data/n", "flow", "n_ind"),)


def test_a_wide_form_makes_a_row_per_set_of_qualifiers():
    made = form(
        "baseline{record_type=population, breakdown=total}",
        "text | who | baseline.informant_id",
        "integer | idp_ind | baseline.ind{population_category=idp}",
        "integer | idp_hh | baseline.hh{population_category=idp}",
        "integer | host_ind | baseline.ind{population_category=host}",
    )
    idp = (("breakdown", "total"), ("population_category", "idp"), ("record_type", "population"))
    host = (("breakdown", "total"), ("population_category", "host"), ("record_type", "population"))
    assert made.makers == (RowMaker("baseline", None, idp), RowMaker("baseline", None, host))
    assert made.bindings == (
        Binding("/data/who", "baseline", "informant_id"),
        Binding("/data/idp_ind", "baseline", "ind", idp),
        Binding("/data/idp_hh", "baseline", "hh", idp),
        Binding("/data/host_ind", "baseline", "ind", host),
    )
    assert fed(made) == {
        made.makers[0]: ["who -> informant_id", "idp_ind -> ind", "idp_hh -> hh"],
        made.makers[1]: ["who -> informant_id", "host_ind -> ind"],
    }


def test_qualified_questions_in_a_marked_repeat_make_a_row_per_instance_and_set():
    made = form(
        "baseline{record_type=population}",
        "begin_repeat | cohort | baseline{breakdown=period}",
        "date | since | baseline.displaced_from",
        "integer | idp | baseline.ind{population_category=idp}",
        "integer | back | baseline.ind{population_category=returnee_idp}",
        "end_repeat",
    )
    idp = (("breakdown", "period"), ("population_category", "idp"), ("record_type", "population"))
    back = (("breakdown", "period"), ("population_category", "returnee_idp"), ("record_type", "population"))
    assert made.makers == (
        RowMaker("baseline", "/data/cohort", idp),
        RowMaker("baseline", "/data/cohort", back),
    )
    assert fed(made) == {
        made.makers[0]: ["since -> displaced_from", "idp -> ind"],
        made.makers[1]: ["since -> displaced_from", "back -> ind"],
    }


def test_a_split_repeat_belongs_to_the_flow_row_around_it():
    made = compiles(GOOD).form
    assert made is not None
    assert made.makers == (
        RowMaker("flow", "/data/group", (("flow_tool", "FMR"),)),
        RowMaker("flow_split", "/data/group/split", (("dimension", "nationality"),), parent="/data/group"),
        RowMaker("observation", None),
    )


def test_wide_splits_are_made_by_the_flow_row_s_own_questions():
    made = form(
        "flow{flow_tool=FMR}",
        "begin_repeat | group | flow",
        "integer | n | n_ind",
        "integer | chad | flow_split.n{dimension=nationality, code=TCD}",
        "integer | sudan | flow_split.n{dimension=nationality, code=SDN}",
        "end_repeat",
    )
    chad, sudan = (
        (("code", "TCD"), ("dimension", "nationality")),
        (("code", "SDN"), ("dimension", "nationality")),
    )
    assert made.makers == (
        RowMaker("flow", "/data/group", (("flow_tool", "FMR"),)),
        RowMaker("flow_split", "/data/group", chad, parent="/data/group"),
        RowMaker("flow_split", "/data/group", sudan, parent="/data/group"),
    )


def test_splits_of_a_submission_s_one_flow_row_have_the_form_level_as_parent():
    made = form(
        "flow{flow_tool=TTT}",
        "integer | n | n_ind",
        "integer | chad | flow_split.n{dimension=nationality, code=TCD}",
    )
    assert [(m.table, m.repeat, m.parent) for m in made.makers] == [
        ("flow_split", None, None),
        ("flow", None, None),
    ]


CANNOT = {
    "a question in a repeat that is not marked": (
        "integer | n | n_ind; begin_repeat | g |; integer | m | men; end_repeat",
        "survey!D4",
    ),
    "a question in a repeat inside the marked one": (
        "begin_repeat | g | flow; integer | n | n_ind; begin_repeat | h |; integer | m | men;"
        "end_repeat; end_repeat",
        "survey!D5",
    ),
    "a question in another repeat": (
        "begin_repeat | g | flow; integer | n | n_ind; end_repeat;"
        "begin_repeat | h |; integer | m | men; end_repeat",
        "survey!D6",
    ),
    "a qualified question in a repeat that is not marked": (
        "integer | n | n_ind; begin_repeat | h |; integer | m | men{direction=incoming}; end_repeat",
        "survey!D4",
    ),
    "a split outside the repeat of the flow row": (
        "begin_repeat | g | flow; integer | n | n_ind; end_repeat;"
        "integer | chad | flow_split.n{dimension=nationality, code=TCD}",
        "survey!D5",
    ),
    "a split that could belong to two flow rows": (
        "integer | i | n_ind{direction=incoming}; integer | o | n_ind{direction=outgoing};"
        "integer | chad | flow_split.n{dimension=nationality, code=TCD}",
        "survey!D4",
    ),
}


@pytest.mark.parametrize("what", CANNOT)
def test_a_grain_that_cannot_work_is_told(what: str):
    rows, cell = CANNOT[what]
    assert errors(written("flow{flow_tool=FMR}", *rows.split(";"))) == [("wrong-grain", cell)]


def test_two_questions_behind_opposite_conditions_still_feed_one_cell():
    """Relevance is the form's business; the contract wants one source per cell, a calculate if need be."""
    twice = written("flow{flow_tool=FMR}", "integer | a | n_ind", "integer | b | n_ind")
    once = written("flow{flow_tool=FMR}", "integer | a |", "integer | b |", "calculate | n | n_ind")
    assert errors(twice) == [("cell-fed-twice", "survey!D3")]
    assert errors(once) == []


def test_a_scale_asked_as_select_one_feeds_an_integer():
    scale = written("flow{flow_tool=FMR}", "integer | n | n_ind", "select_one way | sure | confidence")
    numbered = scale.replace("incoming", "1").replace("outgoing", "5")
    assert errors(scale) == [("wrong-type", "survey!D3")]
    assert errors(numbered) == []


def test_an_xform_upload_is_checked_alike_and_told_by_path():
    made = compiles(GOOD).form
    assert made is not None
    spoiled = made.xform.replace(b'"flow.men"', b'"flow.mne"')
    assert spoiled != made.xform
    problems = compile_form(spoiled, "form.xml").problems
    assert [(p.code, p.cell, p.detail) for p in problems] == [
        ("unknown-variable", None, "/data/group/men: The table flow has no variable 'mne'.")
    ]
