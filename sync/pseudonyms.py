"""Pseudonyms of key informants: `KI-7F3K`. Short enough for a bad line and a basic phone.

Letters and digits that are taken for one another (0 and O, 1 and I and L, 5 and S, U and V) are not used. The
last one checks the others: one wrong character, or two neighbours exchanged, make a pseudonym that nobody
has.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

ALPHABET = "23456789ABCDEFGHJKMNPQRTVWXYZ"
"""29 characters: a prime, so that the weighted sum below tells every exchange of neighbours."""

PREFIX = "KI-"
SHORTEST = 3  # characters before the check character: 24,389 of them
_TRIES = 50


def new_pseudonym(is_taken: Callable[[str], bool]) -> str:
    """A pseudonym nobody has or had. It grows by a character when those of one length become scarce."""
    length = SHORTEST
    while True:
        for _ in range(_TRIES):
            found = with_check("".join(secrets.choice(ALPHABET) for _ in range(length)))
            if not is_taken(found):
                return found
        length += 1


def with_check(characters: str) -> str:
    """ "7F3" -> "KI-7F3" and its check character."""
    return f"{PREFIX}{characters}{_check(characters)}"


def is_pseudonym(text: str) -> bool:
    """Whether the text can be a pseudonym: its check character fits. It need not be anybody's."""
    body = text.removeprefix(PREFIX)
    if not text.startswith(PREFIX) or len(body) <= SHORTEST or not set(body) <= set(ALPHABET):
        return False
    return _check(body[:-1]) == body[-1]


def spelled(text: str) -> str:
    """As somebody may write it, "ki 7f3k": as it is stored."""
    body = "".join(c for c in text.upper() if c.isalnum()).removeprefix("KI")
    return PREFIX + body


def _check(characters: str) -> str:
    # Weights 2, 3, 4 ... from the right: two neighbours differ by one, which no prime of this size divides.
    total = sum(
        weight * ALPHABET.index(character) for weight, character in enumerate(reversed(characters), start=2)
    )
    return ALPHABET[-total % len(ALPHABET)]
