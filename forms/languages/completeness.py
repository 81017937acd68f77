"""What is missing from the languages, before a tablet shows it: the check of every catalogue.

In flow the messages of a domain, (context, English text) pairs as its sources hold them today, and the
catalogue of one language; out flows what is not translated, what translates a text that is gone, what lost
a placeholder on the way, and how much a speaker has signed. The code lists and the variables are read here,
the families of forms by `forms.library_languages`; whoever knows the messages of another domain passes them
in.

`python -m forms.languages.completeness` prints one table and fails when something is missing, stale, broken
or wrongly signed.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from forms import languages, vocabulary
from forms.languages import Catalogue, Translation

Message = tuple[str | None, str]
"""(context, English text). The context is asked first; a translation without one serves every context."""

EMERGENCY_LISTS = (
    *("trigger", "need", "shelter_type", "yn_dnk_pnta", "access", "direction", "population_category"),
    *("estimate_method", "interview_channel", "informant_role", "sex", "age_band", "info_source"),
    *("event_stage", "movement_type", "displacement_reason", "nationality"),
)
"""The code lists the emergency event form asks with."""

LISTS_OF = {"ru": EMERGENCY_LISTS, "tg": EMERGENCY_LISTS}
"""Languages that only some forms speak, with the code lists of those forms. Every other language is whole."""

_SIGNATURE = re.compile(r"^Reviewed by (?P<name>\S.*), (?P<day>\d{4}-\d{2}-\d{2})$", re.MULTILINE)

_MARKS = re.compile(
    r"""
      \$\{[^{}]*\}                    # ${name}: the answer to another question
    | \{[^{}]*\}                      # {name}
    | %(?:\(\w+\))?[sd]\b             # %s, %(name)s
    | </?[A-Za-z][^<>]*>              # an HTML tag with its attributes
    | (?<=\])\([^()\s]*\)             # the address of a Markdown link
    | ^\#{1,6}(?=\s)                  # a Markdown heading
    | ^-(?=\s)                        # an item of a Markdown list
    | \*+                             # *italic*, **bold**
    | (?<!\w)_{1,2}(?=\w) | (?<=\w)_{1,2}(?!\w)   # _italic_, __bold__, and no place_name
    """,
    re.VERBOSE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Broken:
    """A translation whose marks are not those of its English text."""

    message: Message
    lost: tuple[str, ...]  # marks of the English text that the translation lacks
    added: tuple[str, ...]  # marks of the translation that the English text lacks


@dataclass(frozen=True, slots=True)
class Completeness:
    """How far one language has come in one domain."""

    language: str
    domain: str
    texts: int  # different messages that want a translation
    missing: tuple[Message, ...]
    unreviewed: int  # of the translated ones, those no speaker has signed
    stale: tuple[Message, ...]
    broken: tuple[Broken, ...]
    unsigned: tuple[Message, ...]  # not fuzzy any more, and nobody put their name to it

    @property
    def translated(self) -> int:
        return self.texts - len(self.missing)

    @property
    def reviewed(self) -> int:
        return self.translated - self.unreviewed

    @property
    def sound(self) -> bool:
        return not (self.missing or self.stale or self.broken or self.unsigned)


def missing(
    language: str, domain: str, messages: Iterable[Message], found: Sequence[Catalogue] | None = None
) -> tuple[Message, ...]:
    """The messages without a translation, each once, in the order given.

    found  the catalogues to look into, in this order; without it the domain's own, so that a family of
           forms is asked with `(catalogue(language, family), catalogue(language, SHARED))`.
    """
    found = _found(language, domain, found)
    return tuple(m for m in dict.fromkeys(messages) if languages.used(found, m[1], m[0]) is None)


def stale(
    language: str, domain: str, messages: Iterable[Message], found: Catalogue | None = None
) -> tuple[Message, ...]:
    """The entries that translate none of the messages: the text changed or is gone, or its context is.

    messages  all messages of the domain, those too that the language need not translate.
    """
    known = set(messages)
    texts = {text for _, text in known}
    entries = found if found is not None else languages.catalogue(language, domain)
    return tuple((c, t) for c, t in entries if (t not in texts if c is None else (c, t) not in known))


def broken(language: str, domain: str, found: Catalogue | None = None) -> tuple[Broken, ...]:
    """The translations that lost, gained or changed a placeholder, an HTML tag or a Markdown mark.

    The order of marks may differ from the English; digits and punctuation are the language's own affair.
    """
    entries = found if found is not None else languages.catalogue(language, domain)
    return tuple(wrong for key, entry in entries.items() if entry.text and (wrong := _broken(key, entry)))


def unreviewed(
    language: str, domain: str, messages: Iterable[Message], found: Sequence[Catalogue] | None = None
) -> int:
    """How many of the messages are translated and not signed by a speaker."""
    found = _found(language, domain, found)
    shown = (languages.used(found, text, context) for context, text in dict.fromkeys(messages))
    return sum(1 for entry in shown if entry is not None and not is_signed(entry))


def unsigned(language: str, domain: str, found: Catalogue | None = None) -> tuple[Message, ...]:
    """The entries without the fuzzy flag whose comment does not say "Reviewed by NAME, YYYY-MM-DD"."""
    entries = found if found is not None else languages.catalogue(language, domain)
    return tuple(key for key, entry in entries.items() if entry.reviewed and not is_signed(entry))


def is_signed(entry: Translation) -> bool:
    """Whether a speaker took the fuzzy flag off and put their name and the day to it."""
    return entry.reviewed and _SIGNATURE.search(entry.comment) is not None


def completeness(
    language: str,
    domain: str,
    messages: Sequence[Message],
    wanted: Iterable[Message] | None = None,
    found: Sequence[Catalogue] | None = None,
) -> Completeness:
    """Everything about one language and domain.

    messages  all messages of the domain; wanted  those the language must have: all, when not given.
    found     as `missing` takes it; what is stale, broken or unsigned is looked for in the first.
    """
    needed = tuple(dict.fromkeys(messages if wanted is None else wanted))
    found = _found(language, domain, found)
    return Completeness(
        language,
        domain,
        len(needed),
        missing(language, domain, needed, found),
        unreviewed(language, domain, needed, found),
        stale(language, domain, messages, found[0]),
        broken(language, domain, found[0]),
        unsigned(language, domain, found[0]),
    )


def vocabulary_messages() -> dict[str, tuple[Message, ...]]:
    """The messages of the domains made from the vocabulary, in its order: code lists and variables."""
    return {
        "codes": tuple((n, c.label) for n in vocabulary.code_lists() for c in vocabulary.codes(n).values()),
        "variables": tuple((v.key, v.label) for v in vocabulary.all_variables()),
    }


def wanted_of(language: str, domain: str, messages: Iterable[Message]) -> tuple[Message, ...]:
    """Those of a domain's messages that the language must have: for some languages not every code list."""
    lists = LISTS_OF.get(language) if domain == "codes" else None
    return tuple(m for m in messages if lists is None or m[0] in lists)


def every_language(sources: Mapping[str, Sequence[Message]]) -> Iterator[Completeness]:
    """Every language and domain there is, or must be.

    sources  the messages of the domains that the caller knows. Of any other catalogue its own entries
             stand for the messages: what was forgotten in it or is gone from its sources is not seen.
    """
    for language in languages.languages():
        if language == languages.SOURCE:
            continue
        must = () if language in LISTS_OF else sources
        for domain in sorted({*languages.domains(language), *must}):
            messages = sources.get(domain, tuple(languages.catalogue(language, domain)))
            yield completeness(language, domain, messages, wanted_of(language, domain, messages))


def table(rows: Iterable[Completeness]) -> str:
    """One line per language and domain, numbers to the right, ready to print."""
    head = ("language", "domain", "texts", "translated", "reviewed", "stale", "broken")
    lines = [head, *(tuple(map(str, _figures(row))) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def complaints(row: Completeness) -> Iterator[str]:
    """What is wrong in one language and domain: where, what, and what to do about it."""
    say = partial(_complaint, f"forms/languages/{row.language}/{row.domain}.po")
    for message in row.missing:
        yield say(message, "has no translation: add an entry, with the flag fuzzy until a speaker signs it")
    for message in row.stale:
        yield say(message, "is no text of the sources any more: take the entry away, or give it the new text")
    for wrong in row.broken:
        differs = [f"lacks {mark}" for mark in wrong.lost] + [f"adds {mark}" for mark in wrong.added]
        yield say(wrong.message, f"{', '.join(differs)}: write the marks as in the English text")
    for message in row.unsigned:
        yield say(message, 'is not fuzzy and not signed: add the comment "Reviewed by NAME, YYYY-MM-DD"')


def main() -> int:
    """Print the table, and what is wrong on stderr. Gives the exit code: 1 when anything is wrong."""
    from forms.library_languages import families, library_languages  # which is made of forms, and these of us

    own = (*families(), languages.SHARED)
    rows = [row for row in every_language(vocabulary_messages()) if row.domain not in own]
    rows = sorted([*rows, *library_languages()], key=lambda row: (row.language, row.domain))
    print(table(rows))
    for row in rows:
        for line in complaints(row):
            print(line, file=sys.stderr)
    return 0 if all(row.sound for row in rows) else 1


def _found(language: str, domain: str, found: Sequence[Catalogue] | None) -> Sequence[Catalogue]:
    return found if found is not None else (languages.catalogue(language, domain),)


def _broken(message: Message, entry: Translation) -> Broken | None:
    source, text = (Counter(_MARKS.findall(words)) for words in (entry.source, entry.text))
    if source == text:
        return None
    return Broken(message, tuple((source - text).elements()), tuple((text - source).elements()))


def _figures(row: Completeness) -> tuple[str | int, ...]:
    counts = (row.texts, row.translated, row.reviewed, len(row.stale), len(row.broken))
    return (row.language, row.domain, *counts)


def _complaint(file: str, message: Message, what: str) -> str:
    context, text = message
    return f"{file}: {text!r}{f' ({context})' if context else ''} {what}"


if __name__ == "__main__":
    sys.exit(main())
