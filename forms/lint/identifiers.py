"""Identifying questions that nobody marked, and free text in which persons get identified."""

from __future__ import annotations

from collections.abc import Iterator

from forms.lint.questionnaire import Note, Question, Questionnaire
from forms.lint.words import (
    BIRTH,
    CONTACT,
    DOCUMENT,
    HOME,
    NAME,
    PERSON,
    PLAIN_NAME,
    SIGNATURE,
    STORY,
    names_a_thing,
    speaks_of,
)

_SEALED = ("direct_identifier",)
_GUARDED = ("direct_identifier", "confidential", "restricted")
_PLACES = ("geopoint", "geotrace", "geoshape")


def check_identifiers(form: Questionnaire) -> Iterator[Note]:
    """Names, contacts, documents, signatures, faces, birth dates and homes that are not marked so."""
    for one in form.asked:
        found = _identifies(one)
        if found is None:
            continue
        what, enough = found
        if not (one.marked and one.field.sensitivity in enough):
            wanted = " or ".join(enough[:2])
            yield form.note(
                one,
                "sensitivity",
                f"{one.name!r} looks like {what}, and its sensitivity is {one.field.sensitivity}.",
                f"Write {wanted} in its sensitivity column, or do not ask it.",
            )


def _identifies(one: Question) -> tuple[str, tuple[str, ...]] | None:
    """What identifies a person here, and the sensitivities that guard it enough."""
    kind, text = one.field.type, one.text
    if kind == "binary":
        if one.cells.get("appearance") == "signature" or speaks_of(text, SIGNATURE):
            return "a signature", _SEALED
        return ("a picture or recording of a person", _SEALED) if speaks_of(text, PERSON) else None
    if kind in _PLACES:
        return ("the position of somebody's home", _GUARDED) if speaks_of(text, HOME) else None
    if kind in ("date", "dateTime"):
        return ("a date of birth", _GUARDED) if speaks_of(text, BIRTH) else None
    if kind not in ("string", "int"):
        return None
    if speaks_of(text, CONTACT):
        return "a phone number or an address to write to", _SEALED
    if speaks_of(text, DOCUMENT):
        return "the number of a personal document", _SEALED
    return ("a person's name", _SEALED) if kind == "string" and _names_a_person(one) else None


def _names_a_person(one: Question) -> bool:
    if one.feeds or one.node.type.selects:
        return False
    if speaks_of(one.text, NAME):
        return True
    return bool(speaks_of(one.text, PLAIN_NAME)) and not names_a_thing(one.text)


def check_person_text(form: Questionnaire) -> Iterator[Note]:
    """Free text that asks for what happened to persons: names and places of refuge end up in it."""
    for one in form.asked:
        spoken = one.field.type == "binary" and "audio" in one.node.type.text
        open_text = spoken or one.field.type == "string"
        word = speaks_of(one.text, STORY) if open_text else None
        if word and one.field.sensitivity not in _GUARDED:
            yield form.note(
                one,
                "sensitivity",
                f"{one.name!r} asks in free words what happened to persons ({word!r}), and is "
                f"{one.field.sensitivity}.",
                "Mark it restricted or confidential, or ask with a list of choices.",
            )


def check_free_text(form: Questionnaire) -> Iterator[Note]:
    """Free text that is public: nobody can know what enumerators will write there."""
    for one in form.asked:
        if one.field.type != "string" or one.field.sensitivity != "public":
            continue
        if not (names_a_thing(one.text) or any(variable.sensitivity == "public" for variable in one.feeds)):
            yield form.note(
                one,
                "sensitivity",
                f"{one.name!r} takes free text and is public: what is written there may name persons.",
                "Mark it internal, or ask with a list of choices.",
            )
