"""The data dictionary says what the software does, on the page, in the workbook and in the document alike."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import openpyxl
from lxml import html

from forms import dictionary, vocabulary
from forms.dictionary import contents
from forms.vocabulary import Code

DOCUMENT = Path(__file__).parents[2] / "docs" / "DATA_DICTIONARY.md"
KEYS = [v.key for v in vocabulary.all_variables()]


def test_committed_dictionary_is_up_to_date() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == dictionary.markdown(dictionary.current()), (
        "The vocabulary or a form has changed. Run: python -m forms.dictionary > docs/DATA_DICTIONARY.md"
    )


def test_reader_finds_every_variable_under_its_table() -> None:
    text = dictionary.markdown(dictionary.current())
    sections = {part.split("\n", 1)[0]: part for part in text.split("\n## ")}
    missing = [
        v.key
        for v in vocabulary.all_variables()
        if f"\n| `{v.name}` |"
        not in sections["Common columns" if v.table == vocabulary.COMMON else f"Table `{v.table}`"]
    ]
    assert missing == []


def test_reader_finds_every_code_and_who_uses_its_list() -> None:
    for entry in dictionary.current().code_lists:
        users = tuple(v.key for v in vocabulary.all_variables() if v.code_list == entry.name)
        shown = [
            code.code
            for code in vocabulary.codes(entry.name).values()
            if code.definition or len(vocabulary.codes(entry.name)) <= contents.LONG_LIST
        ]
        assert (entry.used_by, [code.code for code in entry.shown]) == (users, shown)


def test_reader_finds_which_forms_feed_a_variable() -> None:
    fed = {v.key: forms for table in dictionary.current().tables for v, forms in table.variables}
    assert {"fmr", "fms", "b2", "poe_status", "ttt_count"} <= set(fed["common.place_id"])
    assert "fmr" in fed["flow.n_ind"]
    assert "b2" not in fed["flow.n_ind"]
    assert "fmr" in fed["flow.flow_tool"]  # a fixed value of its settings
    assert fed["common.record_id"] == ()


def test_the_page_has_an_address_for_every_variable_and_every_list_and_needs_nothing_else() -> None:
    page = html.fromstring(dictionary.page(dictionary.current()))
    ids = page.xpath("//@id")
    assert [key for key in KEYS if key not in ids] == []
    assert [name for name in vocabulary.code_lists() if f"list-{name}" not in ids] == []
    assert len(ids) == len(set(ids))
    assert [link for link in page.xpath("//@href") if link[1:] not in ids] == []
    assert page.xpath("//@src | //link | //img | //iframe") == []
    arabic = page.xpath("//li[@lang='ar']")
    assert {one.get("dir") for one in arabic} == {"rtl"}


def test_the_workbook_has_a_row_for_every_variable_and_every_code() -> None:
    data = dictionary.workbook(dictionary.current())
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    variables = [tuple(row) for row in book["variables"].iter_rows(values_only=True)]
    assert [f"{row[0]}.{row[1]}" for row in variables[1:]] == [
        v.key for name in contents.NOTES for v in vocabulary.all_variables() if v.table == name
    ]
    codes = [tuple(row)[:2] for row in book["codes"].iter_rows(values_only=True)]
    assert codes[1:] == [(name, code) for name in vocabulary.code_lists() for code in vocabulary.codes(name)]
    assert data == dictionary.workbook(dictionary.current())


def test_retired_code_and_a_bar_in_a_text_are_told_as_they_are() -> None:
    variable = replace(vocabulary.all_variables()[0], code_list="kind", definition="One | two <b>")
    old = Code("kind", "old", "Old", "As was", "1.3")
    told = contents.dictionary([variable], {"kind": [old]}, {variable.key: ("fmr", "b2")}, "1.4")
    text, page = dictionary.markdown(told), dictionary.page(told).decode()
    assert "Vocabulary version 1.4." in text
    assert "One \\| two <b> | fmr, b2 |\n" in text
    assert "| `old` | Old | Retired in 1.3. As was |\n" in text
    assert "One | two &lt;b&gt;" in page
    assert "Retired in 1.3. As was" in page
