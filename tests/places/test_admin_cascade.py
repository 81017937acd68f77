"""An author pastes a cascade into a form of their own; what is chosen is the record's declared area."""

from __future__ import annotations

import io
import re
from pathlib import Path

import openpyxl
import pytest

from forms.admin_cascade import Sheets, admin_cascade, as_csv, as_markdown, as_xlsx
from forms.compile import compile_form
from forms.generated_lists import ListedArea, admin_csv
from forms.model import CompiledForm
from server.demo.filling import BlankForm, CannotFill
from sync.pipeline import run
from tests.demo.test_tablet import when
from tests.places.sahelia import index_of, sahelia
from tests.steps.fieldwork import task

AREAS = [
    ListedArea(
        area.code,
        area.name,
        area.level,
        area.parent[1] if area.level == 2 else "XSA",
        (("en", area.name), ("fr", f"{area.name} (fr)")),
        ((1, area.parent[1]), (0, "XSA")) if area.level == 2 else ((0, "XSA"),),
    )
    for area in sahelia()
    if area.parent is not None
]


def pasted(sheets: Sheets) -> bytes:
    """A form of the author's own, with the rows of the cascade in its sheets."""
    label = next(column for column in sheets["survey"][0] if column.startswith("label"))
    own: list[dict[str, str]] = [
        {"type": "date", "name": "day", label: "Day", "harmonise": "baseline.reporting_date"},
        {"type": "integer", "name": "idp", label: "Displaced", "harmonise": "baseline.ind"},
    ]
    columns = list(sheets["survey"][0])
    for row in own:
        sheets["survey"].append({column: row.get(column, "") for column in columns})
    settings = (
        "| settings |\n| | form_id | form_title | version | harmonise |\n| | own | Own | 1 | baseline"
        "{record_type=population, assessment_type=BA, population_category=idp, breakdown=total} |\n"
    )
    return as_markdown(sheets) + settings.encode()


def compiled(sheets: Sheets) -> CompiledForm:
    compilation = compile_form(pasted(sheets), "own.md")
    assert compilation.form is not None, [str(problem) for problem in compilation.problems]
    return compilation.form


def calculated(form: CompiledForm, answers: dict[str, str]) -> str:
    """What the form's own expression makes of the answers, as a tablet works it out."""
    match = re.search(rb'nodeset="/data/declared_pcode"[^>]*', form.xform)
    assert match is not None
    (expression,) = re.findall(r'calculate="([^"]+)"', match[0].decode())
    names = re.findall(r"/data/(\w+)", expression)
    assert re.sub(r"\s*/data/\w+\s*|coalesce|[(),\s]", "", expression) == ""
    return next((answers[name] for name in names if answers.get(name)), "")


@pytest.mark.parametrize("choices", [False, True], ids=["files", "sheet"])
@pytest.mark.parametrize("adm2", ["XS0203", None], ids=["district", "region only"])
def test_chosen_area_is_where_the_record_is_counted(tmp_path: Path, choices: bool, adm2: str | None) -> None:
    form = compiled(admin_cascade(AREAS, (1, 2), "baseline", choices=choices))
    files = {} if choices else {f"admin{level}.csv": admin_csv(level, AREAS) for level in (1, 2)}
    assert set(form.media) == set(files)
    blank = BlankForm(form.xform, files)
    chosen = {"adm1": "XS02", **({"adm2": adm2} if adm2 else {})}
    blank.fill({**chosen, "idp": 7}, when())
    with pytest.raises(CannotFill):
        blank.fill({"adm1": "XS99"}, when())
    answers = {**chosen, "declared_pcode": calculated(form, chosen), "day": "2026-11-02", "idp": "7"}
    index_of(sahelia(), tmp_path / "sahelia.places")
    outcome = run(task(form, answers, places={}, release="v01", index_path=str(tmp_path / "sahelia.places")))
    (row,) = outcome.rows
    kept = ("declared_pcode", "adm1_pcode", "adm2_pcode", "geotag_method", "ind")
    assert {name: row.values.get(name) for name in kept} == {
        "declared_pcode": adm2 or "XS02", "adm1_pcode": "XS02", "adm2_pcode": adm2,
        "geotag_method": "admin_choice", "ind": 7,
    }  # fmt: skip


def test_labels_come_in_the_languages_of_the_release() -> None:
    sheets = admin_cascade(AREAS, (1, 2), "baseline", ("en", "fr", "xx"), choices=True)
    assert [(row["name"], row["label::French (fr)"]) for row in sheets["survey"][:2]] == [
        ("adm1", "Unité administrative de niveau 1"), ("adm2", "Unité administrative de niveau 2"),
    ]  # fmt: skip
    assert sheets["choices"][0] == {
        "list_name": "adm1", "name": "XS02", "label::English (en)": "Estara",
        "label::French (fr)": "Estara (fr)", "adm1": "",
    }  # fmt: skip
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(sheets)))
    assert [[cell.value or "" for cell in row] for row in book["choices"].rows][1:] == [
        list(row.values()) for row in sheets["choices"]
    ]
    text = as_csv(sheets).decode()
    assert text.startswith("survey\n,type,name,")
    assert compile_form(pasted(sheets), "own.md").form is not None


def test_what_makes_no_cascade_is_refused() -> None:
    assert len(admin_cascade(AREAS, (2,), "flow")["survey"]) == 2
    for levels, table, said in (
        ((1, 3), "baseline", "no area of level 3"),
        ((2, 1), "baseline", "levels are from 1 to 3"),
        ((), "baseline", "levels are"),
        ((1, 2), "weather", "no harmonised table"),
    ):
        with pytest.raises(ValueError, match=said):
            admin_cascade(AREAS, levels, table)
