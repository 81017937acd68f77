"""A random field worker: fills any compiled form with answers of every kind a tablet could send.

In: a CompiledForm. Out: a hypothesis strategy of `Filling`s, nested by group and repeat. Most answers fit
their question; some do not, because apps, old versions and slips send those too: numbers too large, choices
of nobody's list, texts where a number stands. Conditions of the form are not kept, for the pipeline must hold
for any answers that can arrive. Nothing is answered first, so that what fails shrinks to the few answers
that matter.

Every answer to a question marked direct_identifier holds one of `CANARIES`, so that it is found wherever it
comes out.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from hypothesis import strategies as st

from forms import vocabulary
from forms.library_index import FORM_FILES, ListedArea, ListedPlace, media_for
from forms.model import CompiledForm, Field
from tests.library.fieldworker import PLACES

Filling = dict[str, Any]
"""Answers by name: text or None for a question, a Filling for a group, a list of them for a repeat."""

CANARIES = ("Kanari7391", "73910066", "1907-03-19", "14.73910066")
"""Part of every answer that identifies somebody: in texts, numbers, dates, positions."""

ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")

_AREAS = (
    ListedArea("BF13", "Centre", 1, "BFA"),
    ListedArea("BF1300", "Kadiogo", 2, "BF13"),
    ListedArea("BF130001", "Koubri", 3, "BF1300"),
    ListedArea("XS01", "Ouestra", 1, "XSA"),
    ListedArea("XS0102", "District 02", 2, "XS01"),
)
LONG = "".join(f"{number * 2_654_435_761 % 2**32:08x}" for number in range(900))
"""Longer than anybody types, and hard to compress: a database refuses it as a key."""

_WORDS = (
    "Koubri", "Kel Tamašeq", "N'Djaména; 3e", "سوق الماشية", "ماء \u202eabc\u202c", "בית 12", "馬",
    "\U0001f469\U0001f3fd\u200d\U0001f33e", "é e\u0301", "a\u200bb\ufeff", "line\nbreak", "tab\tstop",
    '"quoted", =1+1', "<b>&amp;", "\u0085next\u2028line", "- ", "NaN", "0", "%s {x} \\n", "DROP TABLE", LONG,
)  # fmt: skip


def texts() -> st.SearchStrategy[str]:
    """What people type: any script, marks of direction, invisible characters; only what XML can carry."""
    typed = st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"),
        max_size=8,
    )
    return st.sampled_from(_WORDS) | typed


def whole_numbers() -> st.SearchStrategy[str]:
    small = st.integers(0, 60).map(str)
    odd = st.sampled_from(
        [
            str(2**31 - 1),
            str(2**31),
            str(10**12),
            str(2**63),
            "-3",
            "+7",
            "12.0",
            "1.2E3",
            "3.5",
            "1_000",
            "many",
        ]
    )
    eastern = st.integers(0, 999).map(lambda n: str(n).translate(ARABIC_DIGITS))
    return small | small | small | st.integers(0, 5000).map(str) | eastern | odd


def decimals() -> st.SearchStrategy[str]:
    plain = st.floats(0, 1000, allow_nan=False, width=32).map(str)
    return plain | plain | whole_numbers() | st.sampled_from(["-0.0", "1.0E-5", "1.7E308", "NaN", "1,5"])


def days() -> st.SearchStrategy[str]:
    usual = st.integers(1, 22).map(lambda day: f"2026-11-{day:02}")
    odd = st.sampled_from(
        ["2026-10-31", "2026-11-01T00:30:00.000+01:00", "1970-01-01", "2091-01-01", "0001-01-01",
         "9999-12-31", "2026-02-30", "22/11/2026"]
    )  # fmt: skip
    return usual | usual | usual | odd


def hours() -> st.SearchStrategy[str]:
    usual = st.builds("{:02}:{:02}:00.000+01:00".format, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
    return usual | usual | st.sampled_from(["06:30", "24:10", "noon"])


def moments() -> st.SearchStrategy[str]:
    usual = st.builds("{}T{}".format, st.integers(1, 22).map(lambda day: f"2026-11-{day:02}"), hours())
    odd = st.sampled_from(
        [
            "1970-01-01T00:00:00.000Z",
            "0001-01-01T00:00:00.000+14:00",
            "9999-12-31T23:59:59.999-12:00",
            "2026-11-09",
        ]
    )
    return usual | usual | usual | odd


def positions() -> st.SearchStrategy[str]:
    accuracy = st.sampled_from([0.0, 4.5, 900.0])
    near = st.builds("{:.6f} {:.6f} 300.0 {}".format, st.floats(10.8, 12.4), st.floats(-1.6, -1.0), accuracy)
    mapped = st.builds("{:.6f} {:.6f} 300.0 {}".format, st.floats(-0.1, 2.1), st.floats(-0.1, 4.1), accuracy)
    return (
        near
        | mapped
        | st.sampled_from(["0 0 0 0", "11.0 -1.15", "90 180 0 0", "-0.0 -0.0", "91 0 0 0", "here"])
    )


def traces() -> st.SearchStrategy[str]:
    return st.lists(positions(), min_size=1, max_size=4).map(";".join)


def file_names() -> st.SearchStrategy[str]:
    return st.integers(1, 9).map(lambda n: f"{n}766.jpg") | st.sampled_from(["../../etc/passwd", "صورة.jpg"])


_BY_TYPE = {
    "int": whole_numbers(),
    "decimal": decimals(),
    "date": days(),
    "time": hours(),
    "dateTime": moments(),
    "boolean": st.sampled_from(["true", "false", "1", "perhaps"]),
    "geopoint": positions(),
    "geotrace": traces(),
    "geoshape": traces(),
    "binary": file_names(),
}

_IDENTIFYING = {
    "date": st.just("1907-03-19"),
    "int": st.just("73910066"),
    "decimal": st.just("73910066"),
    "geopoint": st.just("14.73910066 1.5 300 4.5"),
    "binary": st.just("1767391.jpg"),  # a tablet names files by the time
}


def _identifying(question: Field) -> st.SearchStrategy[str]:
    words = st.sampled_from(["Kanari7391", "Amína Kanari7391", "كناري Kanari7391", "+235 73910066"])
    return _IDENTIFYING.get(question.type, words)


def _choices(form: CompiledForm, question: Field, media: dict[str, list[str]]) -> st.SearchStrategy[str]:
    """Codes of the list, of the file it comes from, and now and then of nobody's list."""
    known = [choice.name for choice in question.choices or ()]
    known = known or media.get(f"{question.choice_list}.csv") or ["A-1", "B-2"]
    one = st.sampled_from(known)
    if question.type in ("select", "rank"):
        several = st.lists(one, min_size=1, max_size=4).map(" ".join)
        return several | several | several | st.just("nobodys  list")
    return one | one | one | one | st.sampled_from(["of nobodys list", "", "-", LONG])


_BY_VARIABLE = {
    "int": whole_numbers(),
    "decimal": decimals(),
    "date": days(),
    "time": hours(),
    "datetime": moments(),
    "bool": st.sampled_from(["true", "false", "yes"]),
}


def _calculated(form: CompiledForm, path: str) -> st.SearchStrategy[str]:
    """What a form works out is text, whose meaning is that of the variable it feeds."""
    bound = next((b for b in form.bindings if b.path == path), None)
    variable = vocabulary.variable(bound.table, bound.variable) if bound else None
    if variable is None:
        return texts()
    if variable.name in ("place_id", "counted_place"):
        return st.sampled_from([*PLACES, "NOWHERE-9", LONG])
    if variable.name == "declared_pcode":
        return st.sampled_from([area.pcode for area in _AREAS] + ["XX99"])
    if variable.code_list:
        codes = list(vocabulary.codes(variable.code_list))
        form_codes = [code for code, _ in bound.codes] if bound else []
        one = st.sampled_from([*codes[:40], *form_codes, "of_nobodys_list"])
        return st.lists(one, min_size=1, max_size=3).map(" ".join) if variable.type == "codes" else one
    return _BY_VARIABLE.get(variable.type, texts())


def _question(
    form: CompiledForm, question: Field, media: dict[str, list[str]]
) -> st.SearchStrategy[str | None]:
    if question.sensitivity == "direct_identifier":
        answers = _identifying(question)
    elif question.calculated:
        answers = _calculated(form, question.path)
    elif question.type in ("select", "select1", "rank"):
        answers = _choices(form, question, media)
    else:
        answers = _BY_TYPE.get(question.type, texts())
    return st.none() | answers | answers | answers


def _codes_of(files: Iterable[tuple[str, bytes]]) -> dict[str, list[str]]:
    rows = {name: content.decode("utf-8").splitlines()[1:] for name, content in files}
    return {name: [row.split(",")[0] for row in some] for name, some in rows.items() if some}


_EXTREMES = {
    "int": "-0",
    "decimal": "-0.0",
    "date": "2026-11-03",
    "dateTime": "2026-11-03T09:05:00.000+01:00",
    "geopoint": "-0.0 -0.0 0 0",
}


def extreme(form: CompiledForm) -> Filling:
    """Every question answered once by what is longest, or least where it is a number."""
    filling: Filling = {}
    inside: dict[str, Filling] = {form.root_path: filling}
    for question in form.fields:
        around = inside.get(question.path.rpartition("/")[0])
        if around is None or question.name == "meta":
            continue
        if question.type in ("group", "repeat"):
            below = inside[question.path] = {}
            around[question.name] = [below] if question.type == "repeat" else below
        elif question.sensitivity != "direct_identifier":
            around[question.name] = _EXTREMES.get(question.type, LONG)
    return filling


@cache
def fillings(form: CompiledForm, most: int = 3) -> st.SearchStrategy[Filling]:
    """Any answers to a form, with up to `most` instances of each repeat in each around it."""
    places = [ListedPlace(p.code, p.name, p.kind) for p in PLACES.values()]
    files = media_for(form.xml_form_id, places, _AREAS) if form.xml_form_id in FORM_FILES else {}
    media = _codes_of(files.items())
    below: dict[str, list[Field]] = {}
    for question in form.fields:
        below.setdefault(question.path.rpartition("/")[0], []).append(question)

    def inside(path: str) -> st.SearchStrategy[Filling]:
        return st.fixed_dictionaries({q.name: node(q) for q in below.get(path, ()) if q.name != "meta"})

    def node(question: Field) -> st.SearchStrategy[Any]:
        if question.type == "repeat":
            instances = st.lists(inside(question.path), min_size=1, max_size=most)
            return st.just([]) | instances | instances | instances
        if question.type == "group":
            return inside(question.path)
        return _question(form, question, media)

    return inside(form.root_path)
