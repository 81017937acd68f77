"""How far the library's forms are translated: for each language, each family of forms.

Sources of forms -> rows of `forms.languages.completeness`. A family's catalogue holds what its forms say and
nothing else; a text that several families say alike stands in the shared catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator

from forms import languages
from forms.languages.completeness import Completeness, Message, completeness
from forms.library_build import messages
from forms.library_index import sources


def families() -> tuple[str, ...]:
    """The families of the library's forms, sorted: each is a domain of translations."""
    return tuple(sorted({source.family for source in sources().values()}))


def family_messages(language: str, family: str) -> tuple[Message, ...]:
    """What the forms of a family say in a language: (context, English text), without the labels of codes."""
    found: dict[Message, None] = {}
    for source in sources().values():
        if source.family == family and language in source.languages:
            for message in messages(source):
                domain, context = message.homes[0]
                if domain == family:
                    found[context, message.text] = None
    return tuple(found)


def library_languages() -> Iterator[Completeness]:
    """One row for each language and each family with a form in that language."""
    for language in languages.languages():
        if language == languages.SOURCE:
            continue
        shared = languages.catalogue(language, languages.SHARED)
        said: set[Message] = set()
        for family in families():
            if texts := family_messages(language, family):
                said |= {(None, text) for _, text in texts}
                found = (languages.catalogue(language, family), shared)
                yield completeness(language, family, texts, found=found)
        if shared:
            used = tuple(sorted(said & shared.keys(), key=str))
            yield completeness(language, languages.SHARED, used)
