"""The committed data dictionary says what the software does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from forms import dictionary, vocabulary
from forms.vocabulary import Code

DOCUMENT = Path(__file__).parents[2] / "docs" / "DATA_DICTIONARY.md"


def test_committed_dictionary_is_up_to_date() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == dictionary.current(), (
        "The vocabulary has changed. Run: python -m forms.dictionary > docs/DATA_DICTIONARY.md"
    )


def test_reader_finds_every_variable_under_its_table() -> None:
    sections = {part.split("\n", 1)[0]: part for part in dictionary.current().split("\n## ")}
    missing = [
        v.key
        for v in vocabulary.all_variables()
        if f"\n| `{v.name}` |"
        not in sections["Common columns" if v.table == vocabulary.COMMON else f"Table `{v.table}`"]
    ]
    assert missing == []


def test_reader_finds_every_code_and_who_uses_its_list() -> None:
    text = dictionary.current()
    for name in vocabulary.code_lists():
        section = text.split(f"\n### {name}\n", 1)[1].split("\n### ", 1)[0]
        users = [v.key for v in vocabulary.all_variables() if v.code_list == name]
        shown = [
            code.code
            for code in vocabulary.codes(name).values()
            if code.definition or len(vocabulary.codes(name)) <= dictionary.LONG_LIST
        ]
        assert [user for user in users if f"`{user}`" not in section] == []
        assert [code for code in shown if f"\n| `{code}` |" not in section] == []


def test_retired_code_and_a_bar_in_a_text_are_told_as_they_are() -> None:
    variable = replace(vocabulary.all_variables()[0], code_list="kind", definition="One | two")
    text = dictionary.markdown(
        [variable], {"kind": [Code("kind", "old", "Old", "Ancien", "As was", "1.3")]}, "1.4"
    )
    assert "Vocabulary version 1.4." in text
    assert "One \\| two" in text
    assert "| `old` | Old | Ancien | Retired in 1.3. As was |\n" in text
