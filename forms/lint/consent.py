"""Consent: asked before anything personal, binding, and only where persons are asked about themselves."""

from __future__ import annotations

from collections.abc import Iterator

from forms.lint.questionnaire import Note, Question, Questionnaire
from forms.lint.words import words_of

_BEFORE = {
    "design", "outcome", "consent", "consent_text_version", "consent_time", "consent_language", "legal_basis",
    "assent", "guardian_consent", "direction", "stratum", "psu", "strata_population", "weight",
}  # fmt: skip
"""Variables of `profile` that say how somebody came to be asked, not who it is."""

_WORDS = {"consent", "consentement", "consentez", "consents", "موافقة", "توافق", "الموافقة"}


def _is_personal(one: Question) -> bool:
    if not one.asked:
        return False
    if one.field.sensitivity == "direct_identifier":
        return True
    return any(v.table == "profile" and v.name not in _BEFORE for v in one.feeds) and not _is_consent(one)


def _is_consent(one: Question) -> bool:
    return any(v.table == "profile" and v.name.startswith("consent") for v in one.feeds)


def _consent(form: Questionnaire) -> Question | None:
    """The question by which a person agrees to be asked."""
    asked = [one for one in form.asked if any(v.key == "profile.consent" for v in one.feeds)]
    if asked:
        return asked[0]
    through = [one for one in form.questions if any(v.key == "profile.consent" for v in one.feeds)]
    names = form.depends_on(one.cells.get("calculation", "") for one in through)
    return next((one for one in form.asked if one.name in names), None)


def _has_legal_basis(form: Questionnaire) -> bool:
    return any(v.key == "profile.legal_basis" for one in form.questions for v in one.feeds)


def check_missing(form: Questionnaire) -> Iterator[Note]:
    """A form that makes rows of persons and never asks them."""
    if not form.asks_persons or _consent(form) or _has_legal_basis(form):
        return
    first = next((one for one in form.questions if _is_personal(one)), None)
    if first:
        yield form.note(
            first,
            "type",
            f"Persons are asked about themselves from {first.name!r} on, and nobody asks whether they agree.",
            "Add a question mapped to profile.consent before it; where a law requires registration, map its "
            "name to profile.legal_basis.",
        )


def check_before_consent(form: Questionnaire) -> Iterator[Note]:
    consent = _consent(form)
    if not form.asks_persons or consent is None:
        return
    for one in form.questions[: form.questions.index(consent)]:
        if _is_personal(one):
            yield form.note(
                one,
                "type",
                f"{one.name!r} is personal and is asked before consent ({consent.name!r}).",
                "Move it behind the consent question.",
            )


def check_binding(form: Questionnaire) -> Iterator[Note]:
    """A "no" must end the interview: whatever is personal depends on the consent."""
    consent = _consent(form)
    if not form.asks_persons or consent is None:
        return
    for one in form.questions[form.questions.index(consent) + 1 :]:
        if _is_personal(one) and consent.name not in form.depends_on(one.conditions):
            yield form.note(
                one,
                "relevant",
                f"{one.name!r} is asked even of a person who did not agree.",
                f"Put it into a group whose relevance is ${{{consent.name}}} = 'yes'.",
            )


def check_needless(form: Questionnaire) -> Iterator[Note]:
    """Consent where nobody is asked about themselves: nobody passing by can be asked."""
    if form.asks_persons:
        return
    for one in form.asked:
        if one.node.type.selects and _WORDS.intersection(words_of(one.text)):
            yield form.note(
                one,
                "type",
                f"{one.name!r} asks for consent, but the form asks nobody about themselves.",
                "Take it out: people who are only counted or told about cannot be asked. Say the purpose "
                "in a note instead.",
            )
