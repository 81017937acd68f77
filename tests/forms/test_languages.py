"""Whoever speaks no English finds every choice in their language, and knows who vouches for it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import polib
import pytest

from forms import languages, library_languages, vocabulary
from forms.languages import Catalogue, completeness
from forms.languages.completeness import Broken, Completeness, Message
from server.datasets.definitions import DATASETS

FOLDER = Path(languages.__file__).parent
CATALOGUES = sorted(path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.glob("*/*.po"))
OTHER_LANGUAGES = [code for code in languages.languages() if code != languages.SOURCE]

SCRIPT = {"fr": r"[A-Za-z]", "ar": r"[\u0600-\u06ff]", "ru": r"[\u0400-\u04ff]", "tg": r"[\u0400-\u04ff]"}
"""A letter of the script each language is written in."""


SOURCES = completeness.vocabulary_messages()


def catalogue_of(*entries: polib.POEntry) -> Catalogue:
    file = polib.POFile()
    file.extend(entries)
    return languages.read(str(file))


def greeting(text: str, source: str = "Good day, ${name}") -> polib.POEntry:
    return polib.POEntry(msgid=source, msgstr=text, flags=["fuzzy"])


def standing(language: str, domain: str) -> Completeness:
    rows = {(row.language, row.domain): row for row in completeness.every_language(SOURCES)}
    return rows[language, domain]


@pytest.mark.parametrize("language", ["fr", "ar"])
@pytest.mark.parametrize("domain", sorted(SOURCES))
def test_nobody_who_speaks_french_or_arabic_meets_an_english_label(language: str, domain: str) -> None:
    row = standing(language, domain)
    assert (row.missing, row.stale, row.broken, row.unsigned) == ((), (), (), ())
    assert row.texts == row.translated == len(set(SOURCES[domain]))


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_a_dataset_is_read_in_french_and_arabic(language: str) -> None:
    titles: list[Message] = [(None, dataset.title) for dataset in DATASETS.values()]
    columns = [column for dataset in DATASETS.values() for column in dataset.columns]
    headings: list[Message] = [(None, column.label) for column in columns]
    of_variables = {v.label for v in vocabulary.all_variables()}  # columns that may have theirs from there
    own = [*titles, *(heading for heading in headings if heading[1] not in of_variables)]
    row = completeness.completeness(language, "datasets", [*titles, *headings], own)
    assert (row.missing, row.stale, row.broken, row.unsigned) == ((), (), (), ())
    assert row.texts == row.translated == len(set(own))
    assert sorted({column.name for column in columns if language not in column.labels}) == []


@pytest.mark.parametrize("language", ["ru", "tg"])
def test_the_emergency_form_has_all_its_choices_in_russian_and_tajik(language: str) -> None:
    row = standing(language, "codes")
    assert (row.missing, row.stale, row.broken, row.unsigned) == ((), (), (), ())
    holes = [
        (name, code.code)
        for name in completeness.EMERGENCY_LISTS
        for code in vocabulary.codes(name).values()
        if language not in code.labels
    ]
    assert holes == []
    assert row.texts == sum(len(vocabulary.codes(name)) for name in completeness.EMERGENCY_LISTS)


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_no_two_choices_of_a_list_read_alike(language: str) -> None:
    twice = {
        name: label
        for name in vocabulary.code_lists()
        for label, times in Counter(
            code.labels[language]
            for code in vocabulary.codes(name).values()
            if language in code.labels and not code.retired_in
        ).items()
        if times > 1
    }
    assert twice == {}


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_the_labels_are_written_in_the_script_of_their_language(language: str) -> None:
    foreign = [
        entry.text
        for domain in ("codes", "variables", "datasets")
        for entry in languages.catalogue(language, domain).values()
        if not re.search(SCRIPT[language], entry.text)
    ]
    assert foreign == ([label for label in foreign if "USD" in label] if language == "fr" else [])


@pytest.mark.parametrize("name", CATALOGUES)
def test_a_catalogue_says_its_language_and_each_text_once(name: str) -> None:
    file = polib.pofile(str(FOLDER / f"{name}.po"))
    assert file.metadata["Language"] == name.split("/")[0]
    assert name.split("/")[0] in languages.languages()
    entries = Counter((entry.msgctxt, entry.msgid) for entry in file if not entry.obsolete)
    assert [key for key, times in entries.items() if times > 1] == []
    assert [entry.msgid for entry in file if entry.msgstr != entry.msgstr.strip()] == []


@pytest.mark.parametrize("name", CATALOGUES)
def test_every_catalogue_keeps_its_marks_and_is_signed_by_name_or_not_at_all(name: str) -> None:
    language, domain = name.split("/")
    assert completeness.broken(language, domain) == ()
    assert completeness.unsigned(language, domain) == ()


def test_a_new_text_is_missing_until_somebody_translates_it() -> None:
    domain = (("sex", "Other"), ("need", "Other"), (None, "Good day, ${name}"))
    found = catalogue_of(
        greeting("Bonjour ${name}"), polib.POEntry(msgid="Other", msgstr="Autre", msgctxt="sex")
    )
    assert completeness.missing("fr", "greetings", domain, [found]) == (("need", "Other"),)
    shared = catalogue_of(polib.POEntry(msgid="Other", msgstr="Autre"))
    assert completeness.missing("fr", "greetings", domain, [found, shared]) == ()


def test_an_entry_left_empty_is_no_translation() -> None:
    empty = polib.POEntry(msgid="Other", msgstr="", msgctxt="sex")
    assert completeness.missing("fr", "codes", [("sex", "Other")], [catalogue_of(empty)]) == (
        ("sex", "Other"),
    )
    plain = polib.POEntry(msgid="Other", msgstr="Autre")
    assert completeness.missing("fr", "codes", [("sex", "Other")], [catalogue_of(empty, plain)]) == ()


def test_a_text_that_was_reworded_leaves_a_stale_entry_and_a_missing_one() -> None:
    found = catalogue_of(
        greeting("Bonjour ${name}"), polib.POEntry(msgid="Other", msgstr="Autre", msgctxt="sex")
    )
    as_it_was = ((None, "Good day, ${name}"), ("sex", "Other"))
    assert completeness.stale("fr", "greetings", as_it_was, found) == ()
    reworded = ((None, "Good evening, ${name}"), ("need", "Other"))
    assert completeness.stale("fr", "greetings", reworded, found) == (
        (None, "Good day, ${name}"),
        ("sex", "Other"),
    )
    assert completeness.missing("fr", "greetings", reworded, [found]) == reworded


@pytest.mark.parametrize(
    ("source", "kept", "spoilt", "lost", "added"),
    [
        ("Good day, ${name}", "${name}، طاب يومك", "طاب يومك ${nom}", ("${name}",), ("${nom}",)),
        ("{count} of {all}", "{all} dont {count}", "{count} dont", ("{all}",), ()),
        ("%s of %(tool)s", "%(tool)s, %s", "%s de", ("%(tool)s",), ()),
        ("A <b>new</b> group", "مجموعة <b>جديدة</b>", "مجموعة <b>جديدة", ("</b>",), ()),
        (
            "Write **all** names",
            "Écrire **tous** les noms",
            "Écrire *tous* les noms",
            ("**",) * 2,
            ("*",) * 2,
        ),
        ("See [help](a.md)", "Voir [l'aide](a.md)", "Voir [l'aide](b.md)", ("(a.md)",), ("(b.md)",)),
        ("# Arrivals\n- men", "# Arrivées\n- hommes", "Arrivées\n- hommes", ("#",), ()),
        ("_Only_ today", "اليوم _فقط_", "اليوم فقط", ("_",) * 2, ()),
    ],
)
def test_a_translation_keeps_the_marks_of_its_text(
    source: str, kept: str, spoilt: str, lost: tuple[str, ...], added: tuple[str, ...]
) -> None:
    assert completeness.broken("fr", "greetings", catalogue_of(greeting(kept, source))) == ()
    wrong = completeness.broken("fr", "greetings", catalogue_of(greeting(spoilt, source)))
    assert wrong == (Broken((None, source), lost, added),)


def test_digits_and_punctuation_are_the_languages_own_affair() -> None:
    found = catalogue_of(
        greeting("أقل من ٥ سنوات؟", "Under 5 years?"), greeting("50 % (sur 3 ans)", "50% (of 3 years)")
    )
    assert completeness.broken("ar", "greetings", found) == ()


def test_a_speaker_signs_an_entry_and_it_counts_as_reviewed() -> None:
    file = polib.pofile(str(FOLDER / "ar" / "variables.po"))
    before = completeness.completeness(
        "ar", "variables", SOURCES["variables"], found=[languages.read(str(file))]
    )
    entry = file.find("Date of return")
    entry.flags.remove("fuzzy")
    entry.tcomment = "Checked in N'Djamena.\nReviewed by Amina Saleh, 2026-11-22"
    after = completeness.completeness(
        "ar", "variables", SOURCES["variables"], found=[languages.read(str(file))]
    )
    assert (after.reviewed, after.unreviewed) == (before.reviewed + 1, before.unreviewed - 1)
    assert (before.unsigned, after.unsigned) == ((), ())


@pytest.mark.parametrize("comment", ["", "Looks fine", "Reviewed by , 2026-11-22", "Reviewed by Amina Saleh"])
def test_an_entry_that_is_not_fuzzy_needs_a_name_and_a_day(comment: str) -> None:
    entry = greeting("Bonjour ${name}")
    messages = [(None, entry.msgid)]
    entry.tcomment = comment
    assert completeness.unsigned("fr", "greetings", catalogue_of(entry)) == ()
    entry.flags.remove("fuzzy")
    assert completeness.unsigned("fr", "greetings", catalogue_of(entry)) == ((None, entry.msgid),)
    row = completeness.completeness("fr", "greetings", messages, found=[catalogue_of(entry)])
    assert (row.reviewed, row.unreviewed, row.sound) == (0, 1, False)
    entry.tcomment = "Reviewed by Amina Saleh, 2026-11-22"
    row = completeness.completeness("fr", "greetings", messages, found=[catalogue_of(entry)])
    assert (row.reviewed, row.unreviewed, row.sound) == (1, 0, True)


def test_a_name_on_an_entry_that_became_fuzzy_again_counts_no_more() -> None:
    entry = greeting("Bonjour ${name}")
    entry.tcomment = "Reviewed by Amina Saleh, 2026-11-22"
    messages = [(None, entry.msgid)]
    assert completeness.unreviewed("fr", "greetings", messages, [catalogue_of(entry)]) == 1


def test_the_table_has_a_line_for_each_language_and_domain() -> None:
    rows = [
        Completeness("ar", "codes", 1200, (("sex", "Other"),), 1100, (), (), ()),
        Completeness("fr", "flow_monitoring", 7, (), 7, ((None, "Gone"),), (), ()),
    ]
    assert completeness.table(rows).splitlines() == [
        "language  domain           texts  translated  reviewed  stale  broken",
        "ar        codes             1200        1199        99      0       0",
        "fr        flow_monitoring      7           7         0      1       0",
    ]


def test_each_complaint_says_where_what_and_what_to_do() -> None:
    found = catalogue_of(
        greeting("Bonjour"),
        polib.POEntry(msgid="Gone", msgstr="Parti"),
    )
    messages = ((None, "Good day, ${name}"), ("sex", "Other"))
    row = completeness.completeness("fr", "greetings", messages, found=[found])
    assert list(completeness.complaints(row)) == [
        "forms/languages/fr/greetings.po: 'Other' (sex) has no translation: "
        "add an entry, with the flag fuzzy until a speaker signs it",
        "forms/languages/fr/greetings.po: 'Gone' is no text of the sources any more: "
        "take the entry away, or give it the new text",
        "forms/languages/fr/greetings.po: 'Good day, ${name}' lacks ${name}: "
        "write the marks as in the English text",
        "forms/languages/fr/greetings.po: 'Gone' is not fuzzy and not signed: "
        'add the comment "Reviewed by NAME, YYYY-MM-DD"',
    ]


def test_the_check_passes_on_what_is_here_and_prints_its_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert completeness.main() == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    lines = [line.split()[:2] for line in printed.out.splitlines()]
    assert lines[0] == ["language", "domain"]
    whole = [[language, domain] for language in ("fr", "ar") for domain in ("codes", "variables")]
    assert [line for line in [*whole, ["ru", "codes"], ["tg", "codes"]] if line not in lines] == []


def test_a_code_added_without_its_translations_fails_the_check() -> None:
    def lacking(message: Message) -> set[str]:
        sources = {**SOURCES, "codes": (*SOURCES["codes"], message)}
        rows = list(completeness.every_language(sources))
        assert [row for row in rows if message in row.missing and row.sound] == []
        return {row.language for row in rows if message in row.missing}

    assert lacking(("need", "Other")) == set()
    assert lacking(("need", "A need that came up today")) == {"fr", "ar", "ru", "tg"}
    assert lacking(("skill", "A skill that came up today")) == {"fr", "ar"}


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_a_text_that_families_of_forms_translate_alike_stands_in_the_shared_catalogue(language: str) -> None:
    families = [languages.catalogue(language, family) for family in library_languages.families()]
    alike = Counter(
        (source, entry.text)
        for found in families
        for (context, source), entry in found.items()
        if not context
    )
    assert [text for text, times in alike.items() if times > 1] == []
