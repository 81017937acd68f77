"""Answers that everybody can give: not known, not told, found in a long list; questions one can leave."""

from __future__ import annotations

from collections.abc import Iterator

from forms import vocabulary
from forms.lint.questionnaire import Note, Question, Questionnaire
from forms.lint.words import names_a_thing

LONG = 30
_WAYS_OUT = {"dnk", "pnta", "unknown", "other", "none"}
_UNSURE = {"dnk", "unknown"}
_PRIVATE = ("restricted", "confidential")
_DEVICES = {"geopoint", "geotrace", "geoshape", "binary"}


def check_dont_know(form: Questionnaire) -> Iterator[Note]:
    """Required selects without "not known", and private ones without "prefers not to answer"."""
    for one in form.asked:
        if not one.node.type.selects or one.node.type.external or not one.required or _is_consent(one):
            continue
        missing = _missing(form, one)
        if missing:
            yield form.note(
                one,
                "type",
                f"{one.name!r} must be answered, and has no choice for {missing}.",
                "Add the choice dnk (not known) or pnta (prefers not to answer), or make it optional.",
            )


def _is_consent(one: Question) -> bool:
    names = {variable.name for variable in one.feeds}
    return any("consent" in name or name == "assent" for name in names)


def _missing(form: Questionnaire, one: Question) -> str:
    lists = [set(vocabulary.codes(v.code_list)) for v in one.feeds if v.code_list]
    personal = any(variable.table == "profile" for variable in one.feeds)
    if one.field.sensitivity in _PRIVATE and personal and not one.codes & {"pnta"}:
        return "a person who prefers not to answer"
    wanted = any(codes & _UNSURE for codes in lists)
    return "what is not known" if wanted and not one.codes & _WAYS_OUT else ""


def check_traps(form: Questionnaire) -> Iterator[Note]:
    """Required questions that a device, a place or a person may make impossible to answer."""
    for one in form.asked:
        if not one.required:
            continue
        scans = "barcode" in one.node.type.text
        if one.field.type in _DEVICES or scans:
            what = "a position" if one.field.type.startswith("geo") else "a file or a scan"
            detail = f"{one.name!r} cannot be left without {what}: a broken device loses the form."
            yield form.note(
                one, "required", detail, "Make it optional, or ask first whether it can be taken."
            )
        elif one.field.type == "string" and not (one.feeds or names_a_thing(one.text)):
            detail = f"{one.name!r} cannot be left without a text, also by whoever does not know one."
            yield form.note(one, "required", detail, "Make it optional, or ask with a list that has dnk.")


def check_long_lists(form: Questionnaire) -> Iterator[Note]:
    for one in form.asked:
        choices = one.field.choices or ()
        appearance = one.cells.get("appearance", "").split()
        searchable = any(word == "autocomplete" or word.startswith("search") for word in appearance)
        if len(choices) > LONG and not searchable and not one.cells.get("choice_filter"):
            yield form.note(
                one,
                "appearance",
                f"{one.name!r} has {len(choices)} choices, to be scrolled through.",
                "Write `minimal autocomplete` in its appearance: typing three letters finds the choice.",
            )
