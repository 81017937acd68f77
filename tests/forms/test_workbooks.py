"""One form in four kinds of file, as people really leave them, and files that are no form at all."""

from __future__ import annotations

import csv
import io
import os
import random
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyxform.xls2json_backends import md_to_dict
from pyxform.xls2xform import convert

from forms.compile import compile_form
from forms.hostile import MAX_XML_DEPTH, MAX_XML_NODES, MAX_ZIP_ENTRIES
from forms.model import CompiledForm
from forms.readers import read_markdown
from tests.forms.authors import GOOD, codes, compiles
from tests.forms.old_workbook import write_xls

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("SHARED_DATA_FOR_TESTS") or ROOT.parent / "shared" / "data") / "xlsforms"
Table = list[list[str | float]]


def tables(markdown: str = GOOD) -> dict[str, Table]:
    """The sheets of a Markdown form as rows of cells."""
    return {grid.title: [list(cells) for _, cells in grid.rows] for grid in read_markdown(markdown)}


def as_xlsx(sheets: dict[str, Table]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append([cell if cell != "" else None for cell in row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def as_csv(sheets: dict[str, Table]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream)
    for title, rows in sheets.items():
        writer.writerow([title])
        writer.writerows([["", *row] for row in rows])
    return stream.getvalue().encode()


def good() -> CompiledForm:
    form = compiles(GOOD).form
    assert form is not None
    return form


KINDS = {"form.xlsx": as_xlsx, "form.xls": write_xls, "form.csv": as_csv}


@pytest.mark.parametrize("name", KINDS)
def test_the_same_form_in_another_kind_of_file_gives_the_same_bytes(name: str):
    assert compile_form(KINDS[name](tables()), name).form == good()


@pytest.mark.parametrize("name", KINDS)
def test_a_mistake_is_told_at_the_same_cell_in_every_kind_of_file(name: str):
    sheets = tables(GOOD.replace("flow.women", "flow.wmen"))
    assert codes(compile_form(KINDS[name](sheets), name)) == [("unknown-variable", "survey!E9")]


def test_a_workbook_is_read_as_people_leave_it():
    """Blank rows and columns, notes beside the table, other sheets, odd blanks, numbers as numbers."""
    sheets = tables()
    survey = sheets["survey"]
    survey[0] = [" Type", "NAME\u00a0", *survey[0][2:]]
    for row in survey:
        row.insert(2, "")  # an empty column
        row.append("")
    survey[0].append("")
    survey[3].append("to be discussed")  # no header above it
    survey[3][0] = "  text\u00a0"
    survey[7][1] = "men\u200b "
    survey.insert(5, [])
    settings_sheet = sheets.pop("settings")
    settings_sheet[1][1] = 3.0
    book = {"read me": [["This form", 1]], "Survey ": survey, "CHOICES": sheets["choices"]}
    compilation = compile_form(as_xlsx({**book, "settings": settings_sheet}), "form.xlsx")
    assert codes(compilation) == []
    assert compilation.form is not None
    assert replace(compilation.form, xform=b"", hash="") == replace(good(), xform=b"", hash="")


def test_cells_keep_the_author_s_own_addresses_behind_blank_rows_and_columns():
    sheets = tables(GOOD.replace("flow.women", "flow.wmen"))
    for row in sheets["survey"]:
        row.insert(0, "")
    sheets["survey"].insert(3, [])
    sheets["survey"].insert(0, [])
    problems = codes(compile_form(as_xlsx(sheets), "form.xlsx"))
    assert problems == [("unknown-variable", "survey!F11")]


def test_pyxform_s_row_is_told_as_the_author_s():
    """The header stands in row 3 here; pyxform counts from where it is."""
    sheets = tables(GOOD.replace("| note | thanks |", "| audit | thanks |"))
    sheets["survey"] = [[], [], *sheets["survey"]]
    assert codes(compile_form(as_xlsx(sheets), "form.xlsx")) == [("pyxform", "survey!B18")]


def test_markdown_is_read_as_pyxform_reads_it():
    ours = tables(GOOD)
    theirs = md_to_dict(GOOD.replace("| |---|---|---|---|---|---|---|---|\n", ""))
    for title, (header, *rows) in ours.items():
        named = [{h: cell for h, cell in zip(header, row, strict=False) if cell} for row in rows]
        assert named == theirs[title]


def test_a_form_without_mapping_gives_the_bytes_pyxform_gives():
    plain = "| survey |\n| | type | name | label |\n| | text | a | A |\n| settings |\n| | form_id |\n| | f |"
    form = compiles(plain).form
    assert form is not None
    assert form.xform.decode() == convert(plain, file_type=".md", pretty_print=False).xform


def test_external_choices_come_as_the_file_tablets_need():
    cascade = """
    | survey |
    | | type | name | label | choice_filter |
    | | text | region | Region | |
    | | select_one_external town | town | Town | region=${region} |
    | external_choices |
    | | list_name | name | label | region |
    | | town | a | A | north |
    | settings |
    | | form_id |
    | | f |
    """
    compilation = compiles(cascade)
    assert compilation.form is not None
    assert compilation.form.media == ("itemsets.csv",)
    assert compilation.files == (
        ("itemsets.csv", b'"list_name","name","label","region"\r\n"town","a","A","north"\r\n'),
    )


def test_the_file_s_name_stands_in_for_a_missing_form_id():
    nameless = "| survey |\n| | type | name | label |\n| | text | a | A |"
    form = compile_form(nameless.encode(), "/tmp/Flow form.md").form
    assert form is not None
    assert form.xml_form_id == "Flow_form"


# -- files that are no form ---------------------------------------------------------------------------------


def zipped(entries: int = 1, size: int = 10) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(entries):
            archive.writestr(f"xl/{number}.bin", b"0" * size)
    return packed.getvalue()


HOSTILE = {
    "too many parts": (zipped(MAX_ZIP_ENTRIES + 1), "f.xlsx", "hostile-file"),
    "unpacks too far": (zipped(1, 5_000_000), "f.xlsx", "hostile-file"),
    "no workbook": (zipped(), "f.xlsx", "unreadable-file"),
    "a text named .xlsx": (b"type,name", "f.xlsx", "unreadable-file"),
    "empty": (b"", "f.md", "unreadable-file"),
    "not text": (bytes(range(256)), "f.csv", "unreadable-file"),
    "prose": (b"Hello, all of you", "f.md", "unreadable-file"),
    "an entity": (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "f.xml", "hostile-file"),
    "too deep": (b"<a>" * (MAX_XML_DEPTH + 1) + b"</a>" * (MAX_XML_DEPTH + 1), "f.xml", "hostile-file"),
    "too many nodes": (b"<a>" + b"<b/>" * MAX_XML_NODES + b"</a>", "f.xml", "hostile-file"),
    "cut short": (b"<a><b>", "f.xml", "bad-xform"),
    "another XML": (b"<gpx/>", "f.xml", "bad-xform"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused(kind: str):
    data, name, code = HOSTILE[kind]
    assert [p.code for p in compile_form(data, name).problems] == [code]


def test_a_document_type_inside_a_workbook_is_refused():
    clean = io.BytesIO(as_xlsx(tables()))
    spoiled = io.BytesIO()
    with zipfile.ZipFile(clean) as source, zipfile.ZipFile(spoiled, "w") as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename == "xl/workbook.xml":
                data = b'<!DOCTYPE workbook [<!ENTITY a "b">]>' + data
            target.writestr(entry, data)
    assert codes(compile_form(clean.getvalue(), "f.xlsx")) == []
    assert codes(compile_form(spoiled.getvalue(), "f.xlsx")) == [("hostile-file", "")]


@pytest.mark.parametrize("levels", [30, 60, 2000])
def test_nesting_without_end_is_a_problem_not_a_crash(levels: int):
    begins = "".join(f"| | begin_group | g{n} | G |\n" for n in range(levels))
    ends = "| | end_group | | |\n" * levels
    form = f"| survey |\n| | type | name | label |\n{begins}| | text | a | A |\n{ends}"
    found = [p.code for p in compiles(form).problems]
    assert found == ([] if levels == 30 else ["hostile-file"])


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["f.xlsx", "f.xls", "f.csv", "f.md", "f.xml", "f"]))
def test_no_bytes_bring_an_exception_out(data: bytes, name: str):
    compilation = compile_form(data, name)
    assert (compilation.form is None) == bool(compilation.problems)


WRITTEN = (
    "|text|begin_repeat|end_repeat|begin_group|select_one l or_other|rank l|osm l|begin loop over l|calculate"
    "|audit|${a}|${|${a} + 1|a|b c|meta|data|yes|l|loop|flow|flow.men|men{|flow{a=b}|label::|::|type|name"
)
CELLS = st.sampled_from([*WRITTEN.split("|"), "\x0b", "é" * 3])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(CELLS, max_size=6), max_size=8), st.lists(st.lists(CELLS, max_size=4), max_size=4))
def test_no_sheet_brings_an_exception_out(survey: list[list[str]], choices: list[list[str]]):
    sheets = {
        "survey": [["type", "name", "label", "harmonise", "relevant", "calculation"], *survey],
        "choices": [["list_name", "name", "label", "harmonise"], *choices],
        "settings": [["form_id", "harmonise", "name"], ["f", "flow", ""]],
    }
    compilation = compile_form(as_csv(sheets), "f.csv")
    assert not any("could not be read to its end" in p.detail for p in compilation.problems)
    assert not any("Error: " in p.detail for p in compilation.problems if p.code == "pyxform")


@pytest.mark.parametrize("name", ["form.xlsx", "form.xls", "form.xml"])
def test_a_damaged_file_is_a_problem_not_a_crash(name: str):
    """Bytes turned over at random places of a good file."""
    data = good().xform if name == "form.xml" else KINDS[name](tables())
    for seed in range(60):
        chance = random.Random(seed)
        damaged = bytearray(data)
        for _ in range(chance.randint(1, 20)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        compilation = compile_form(bytes(damaged), name)
        assert (compilation.form is None) == bool(compilation.problems)


# -- real forms ---------------------------------------------------------------------------------------------


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared XLSForms are not on this machine")
def test_a_real_kobo_form_compiles():
    data = (SHARED / "UNHCR_XlsFormUtil_KoBoXLSFormExamples.xlsx").read_bytes()
    compilation = compile_form(data, "kobo.xlsx")
    assert compilation.problems == ()
    assert compilation.form is not None
    assert compilation.form.xml_form_id == "MarkdownExamples"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared XLSForms are not on this machine")
def test_a_real_survey_designer_form_is_told_every_cell_that_refers_to_nothing():
    data = (SHARED / "UNHCR_surveyDesigner_xlsform_in_survey.xlsx").read_bytes()
    survey = openpyxl.load_workbook(io.BytesIO(data), read_only=True)["survey"]
    broken = [c.coordinate for row in survey.iter_rows() for c in row if c.value and "${S1}" in str(c.value)]
    assert len(broken) == 70
    assert codes(compile_form(data, "d.xlsx"))[:70] == [("unknown-reference", f"survey!{c}") for c in broken]


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@settings(max_examples=20_000, deadline=None)
@given(st.binary(max_size=4000), st.sampled_from(["f.xlsx", "f.xls", "f.csv", "f.md", "f.xml", "f"]))
def test_no_bytes_of_a_long_night_bring_an_exception_out(data: bytes, name: str):
    compilation = compile_form(data, name)
    assert (compilation.form is None) == bool(compilation.problems)
