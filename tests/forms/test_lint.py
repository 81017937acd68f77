"""What a careful colleague would say of a form that compiles: one good form, and what is unwise, one at a time."""

# ruff: noqa: E501  rows of a form are as long as they are

from __future__ import annotations

from dataclasses import dataclass

import pytest

from forms.compile import compile_form
from forms.lint import RULES, lint_form
from forms.problems import PROBLEM_TITLES, FormProblem

SURVEY = """
| survey |
| | type | name | label::English (en) | label::French (fr) | harmonise | sensitivity | required | relevant | constraint | appearance | parameters | lint |
| | note | purpose | We ask travellers about their journey to plan help; nobody is named. | Nous interrogeons les voyageurs pour planifier l'aide ; aucun nom. | | | | | | | | |
| | date | day | Day | Jour | profile.reporting_date | public | yes | | . <= today() | | | |
| | select_one point | point | Point | Point | profile.place_id | public | yes | | | | | |
| | select_one yn | consent | Do you agree? | Êtes-vous d'accord ? | profile.consent | restricted | yes | | | | | |
| | begin_group | interview | Interview | Entretien | | | | ${consent} = 'yes' | | | | |
| | integer | age | Age | Âge | profile.age_years | restricted | yes | | . >= 0 and . < 120 | | | |
| | select_one sex | sex | Sex | Sexe | profile.sex | restricted | yes | | | | | |
| | text | village | Village of origin | Village d'origine | profile.origin_adm2 | internal | | | | | | |
| | text | remark | Anything else? | Autre chose ? | | internal | | | | | | |
| | image | tent | Photo of the shelter, without people | Photo de l'abri, sans personnes | | internal | | | | | max-pixels=1024 | |
| | geopoint | here | Position of the point | Position du point | profile.location | restricted | | | | | | |
| | end_group | | | | | | | | | | | |
"""
CHOICES = """
| choices |
| | list_name | name | label::English (en) | label::French (fr) |
| | yn | yes | Yes | Oui |
| | yn | no | No | Non |
| | point | FMP-03 | Gao station | Gare de Gao |
| | sex | f | Woman | Femme |
| | sex | m | Man | Homme |
| | sex | pnta | Prefers not to say | Préfère ne pas le dire |
"""
SETTINGS = """
| settings |
| | form_id | form_title | version | default_language | harmonise |
| | lint | A survey | 1 | English (en) | profile{design=convenience, outcome=completed} |
"""
GOOD = SURVEY + CHOICES + SETTINGS
COUNT = GOOD.replace("profile{design=convenience, outcome=completed}", "flow{flow_tool=FMR}")
COUNT = COUNT.replace("profile.", "flow.").replace("consent", "agrees")


def lints(text: str) -> list[tuple[str, str]]:
    return [(p.code, str(p.cell)) for p in lint_form(text.encode(), "form.md")]


def added(row: str) -> str:
    """The good form with a question more, in row 9 (inside the interview)."""
    before = "| | select_one sex |"
    assert GOOD.count(before) == 1
    return GOOD.replace(before, f"{row}\n{before}")


def test_the_good_form_compiles_and_nothing_is_said() -> None:
    compilation = compile_form(GOOD.encode(), "form.md")
    assert compilation.problems == ()
    assert lints(GOOD) == []


def test_every_rule_has_a_title_and_is_shown_below() -> None:
    assert set(RULES) <= set(PROBLEM_TITLES)
    assert {one.told[0] for one in UNWISE} == set(RULES)


@dataclass(frozen=True)
class Unwise:
    """One cell of the good form written otherwise, and what is said of it."""

    old: str
    new: str
    told: tuple[str, str]  # (code, cell)
    word: str = ""  # of the detail
    form: str = GOOD


UNWISE = [
    Unwise("| Anything else? | Autre chose ? | | internal |", "| Her full name? | Son nom ? | | internal |", ("identifier-unmarked", "survey!F10"), "a person's name"),
    Unwise("| Anything else? | Autre chose ? | | internal |", "| What happened? Describe it | Quoi ? | | internal |", ("person-text", "survey!F10"), "describe"),
    Unwise("| Autre chose ? | | internal |", "| Autre chose ? | | public |", ("public-free-text", "survey!F10"), "may name"),
    Unwise("| profile.consent | restricted |", "| | restricted |", ("consent-missing", "survey!A7"), "nobody asks"),
    Unwise("| | select_one yn | consent |", "| | integer | older | Age of the mother | Âge de la mère | profile.n_children | internal | | | . > 0 | | | |\n| | select_one yn | consent |", ("personal-before-consent", "survey!A5"), "before consent"),
    Unwise("${consent} = 'yes'", "${day} != ''", ("consent-not-binding", "survey!H7"), "did not agree"),
    Unwise("| Do you agree? |", "| Do you consent? |", ("consent-needless", "survey!A5"), "nobody about themselves", COUNT),
    Unwise("| | note | purpose |", "| | hidden | purpose |", ("purpose-missing", "survey!A3"), "'day'"),
    Unwise("| Photo de l'abri, sans personnes |", "| Photo of the shelter, without people |", ("untranslated", "survey!D11"), "'tent'"),
    Unwise("| | sex | pnta | Prefers not to say | Préfère ne pas le dire |\n", "", ("no-dont-know", "survey!A8"), "prefers not"),
    Unwise("| profile.location | restricted | |", "| profile.location | restricted | yes |", ("required-trap", "survey!G12"), "a position"),
    Unwise("| | sex | pnta |", "".join(f"| | point | P{n} | Point {n} | Point {n} |\n" for n in range(30)) + "| | sex | pnta |", ("long-list", "survey!J4"), "31 choices"),
    Unwise("| . >= 0 and . < 120 |", "| |", ("unbounded-count", "survey!I7"), "any number"),
    Unwise("| . <= today() |", "| |", ("unbounded-date", "survey!I3"), "any day"),
    Unwise("| max-pixels=1024 |", "| |", ("image-size", "survey!K11"), "full size"),
]  # fmt: skip


@pytest.mark.parametrize("one", UNWISE, ids=lambda one: one.told[0])
def test_what_is_unwise_is_said_with_its_cell_and_remedy(one: Unwise) -> None:
    assert one.form.count(one.old) == 1, one.old
    found = lint_form(one.form.replace(one.old, one.new).encode(), "form.md")
    match = [p for p in found if (p.code, str(p.cell)) == one.told]
    assert match, [(p.code, str(p.cell), p.detail) for p in found]
    assert one.word in match[0].detail
    assert (match[0].severity, bool(match[0].hint)) == ("warning", True)
    before = lint_form(one.form.encode(), "form.md")
    assert one.told not in [(p.code, str(p.cell)) for p in before], "the good form says it already"


@pytest.mark.parametrize(
    ("kind", "name", "label", "looks"),
    [
        ("text", "q1", "Surname", "name"),
        ("text", "full_name", "Who?", "name"),
        ("text", "q2", "Prénom et nom", "name"),
        ("text", "q3", "ما اسمك؟", "name"),
        ("text", "q4", "الاسم الكامل", "name"),
        ("text", "q5", "Numéro de téléphone", "phone"),
        ("text", "q6", "رقم الهاتف", "phone"),
        ("integer", "phone", "Number to call", "phone"),
        ("text", "q7", "E-mail", "address"),
        ("text", "q8", "Passport number", "document"),
        ("date", "dob", "When?", "birth"),
        ("date", "q9", "Date de naissance", "birth"),
        ("date", "q10", "تاريخ الميلاد", "birth"),
        ("image", "q11", "Photo of the person", "picture"),
        ("image", "q12", "Photo du visage", "picture"),
        ("image", "q13", "Votre signature", "signature"),
        ("geopoint", "q14", "Position of the household", "home"),
        ("geopoint", "q15", "موقع المنزل", "home"),
    ],
)
def test_identifying_questions_are_found_in_three_languages(
    kind: str, name: str, label: str, looks: str
) -> None:
    row = f"| | {kind} | {name} | {label} | {label} | | SENSITIVITY | | | . != '' | | max-pixels=1024 | |"
    for sensitivity, told in (("", True), ("internal", True), ("direct_identifier", False)):
        found = lint_form(added(row.replace("SENSITIVITY", sensitivity)).encode(), "form.md")
        said = [p.detail for p in found if p.code == "identifier-unmarked"]
        assert [looks in detail for detail in said] == ([True] if told else []), (sensitivity, said)


@pytest.mark.parametrize(
    ("kind", "name", "label"),
    [
        ("text", "q1", "Name of the village"),
        ("text", "place_name", "Nom du lieu"),
        ("text", "q2", "اسم القرية"),
        ("text", "enumerator", "Your enumerator code, never your name"),
        ("image", "q3", "Photo of the point, without any people"),
        ("image", "q4", "Photo du point, sans personnes"),
        ("geopoint", "q5", "Position of the well"),
    ],
)
def test_what_only_sounds_alike_is_left_alone(kind: str, name: str, label: str) -> None:
    row = f"| | {kind} | {name} | {label} | {label} bis | | internal | | | | | max-pixels=640 | |"
    assert [p.detail for p in lint_form(added(row).encode(), "form.md")] == []


def test_one_rule_is_silenced_at_one_question_with_a_reason() -> None:
    row = "| | integer | tents | Tents | Tentes | | internal | | | | | | LINT |"
    other = "| | integer | huts | Huts | Cases | | internal | | | | | | |"

    def said(lint: str) -> list[tuple[str, str]]:
        return lints(added(row.replace("LINT", lint) + "\n" + other))

    assert said("") == [("unbounded-count", "survey!I8"), ("unbounded-count", "survey!I9")]
    assert said("unbounded-count: there may be any number") == [("unbounded-count", "survey!I9")]
    assert said("image-size: wrong rule; unbounded-count: right") == [("unbounded-count", "survey!I9")]
    assert ("bad-lint", "survey!L8") in said("unbounded-count")
    assert ("bad-lint", "survey!L8") in said("unbound-count: misspelt")


def test_the_lint_column_never_reaches_a_tablet() -> None:
    row = "| | integer | tents | Tents | Tentes | | internal | | | . >= 0 | | | unbounded-count: secret reason |"
    form = compile_form(added(row).encode(), "form.md").form
    assert form is not None
    assert b"secret reason" not in form.xform
    plain = compile_form(added(row.replace("unbounded-count: secret reason", "")).encode(), "form.md").form
    assert plain is not None
    assert plain.hash == form.hash


def test_consent_binds_through_a_calculation_and_a_legal_basis_stands_for_it() -> None:
    through = GOOD.replace(
        "| | begin_group | interview |",
        "| | calculate | goes_on | | | | | | | | | | |\n| | begin_group | interview |",
    )
    through = through.replace("| parameters | lint |", "| parameters | lint | calculation |", 1)
    through = through.replace("goes_on | | | | | | | | | | |", "goes_on | | | | | | | | | | | ${consent} |")
    assert lints(through.replace("${consent} = 'yes'", "${goes_on} = 'yes'")) == []
    assert lints(GOOD.replace("profile.consent | restricted", "profile.legal_basis | internal")) == []


def test_a_counting_form_needs_no_consent() -> None:
    assert [code for code, _ in lints(COUNT) if "consent" in code] == []


def test_a_file_that_cannot_be_read_gives_its_one_problem() -> None:
    (problem,) = lint_form(b"PK\x03\x04 no workbook", "form.xlsx")
    assert isinstance(problem, FormProblem)
    assert problem.severity == "error"
