"""How alike words and a text are, by the groups of three letters they share, as PostgreSQL's pg_trgm counts.

Searches find a name although it is spelt differently, the same on both engines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

ENOUGH = 0.3
_HELD = 0.001
"""What a text counts that only holds the word somewhere: last, and still found."""


def likeness(words: Iterable[str], texts: Iterable[str]) -> float:
    """The sum over the words of the best likeness with a text; 0 where none is like any.

    >>> likeness(["alice"], ["alicia"]) > 0.3
    True
    """
    held = [(text.casefold(), _threes(text)) for text in texts]
    return sum(max((_one(word, *text) for text in held), default=0.0) for word in words)


def _one(word: str, text: str, threes: frozenset[str]) -> float:
    mine = _threes(word)
    alike = len(mine & threes) / (len(mine | threes) or 1)
    if alike >= ENOUGH:
        return alike
    return _HELD if word.casefold() in text else 0.0


def _threes(text: str) -> frozenset[str]:
    padded = [f"  {word} " for word in re.findall(r"\w+", text.casefold())]
    return frozenset(word[at : at + 3] for word in padded for at in range(len(word) - 2))
