"""Answers within reason: counts and dates with bounds, pictures of a size that a village network can send."""

from __future__ import annotations

from collections.abc import Iterator

from forms.lint.questionnaire import Note, Questionnaire


def check_counts(form: Questionnaire) -> Iterator[Note]:
    for one in form.asked:
        if one.field.type in ("int", "decimal") and not one.cells.get("constraint"):
            if one.node.type.text == "range":  # its parameters are its bounds
                continue
            yield form.note(
                one,
                "constraint",
                f"{one.name!r} takes any number: minus three, or a phone number.",
                "Give it a constraint, such as . >= 0 and . <= 5000, and say it in the constraint message.",
            )


def check_dates(form: Questionnaire) -> Iterator[Note]:
    for one in form.asked:
        if one.field.type in ("date", "dateTime") and not one.cells.get("constraint"):
            yield form.note(
                one,
                "constraint",
                f"{one.name!r} takes any day: of 1970, or of next century.",
                "Give it a constraint, such as . >= date('2020-01-01') and . <= today().",
            )


def check_images(form: Questionnaire) -> Iterator[Note]:
    for one in form.asked:
        pictures = one.node.type.text in ("image", "photo", "picture", "upload image") or (
            one.field.type == "binary" and one.node.type.text.startswith("image")
        )
        if pictures and "max-pixels" not in one.cells.get("parameters", ""):
            yield form.note(
                one,
                "parameters",
                f"The pictures of {one.name!r} are sent in full size, several megabytes each.",
                "Write max-pixels=1024 in the parameters column.",
            )
