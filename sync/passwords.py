"""Passwords: argon2id, a few at a time, and what a new one has to be.

A plain password goes in, its hash or a verdict comes out. An account that does not exist costs as much as one
that does, so that the time of an answer tells nobody which addresses have accounts.
"""

from __future__ import annotations

import re
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, hash_secret_raw

from sync.problems import Invalid

SHORTEST = 10
LONGEST_BYTES = 1024
"""Longer ones would only be work for the hash."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # 19 MiB, about 80 ms
_AT_ONCE = threading.BoundedSemaphore(2)
"""Hashes at a time: twenty at once would take the memory of a small server."""

_COMMON_WORDS = """
password passwort motdepasse hunter qwerty qwertz azerty qwertyuiop asdfghjkl letmein welcome bienvenue
admin administrator waypost collect monkey dragon iloveyou sunshine princess football baseball master
shadow superman trustno changeme secret login
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_NOT_LETTERS = re.compile(r"[\W\d_]+")


class PasswordTooShort(Invalid):
    """A new password of fewer than ten characters."""


class PasswordTooWeak(Invalid):
    """A new password that is among the first to be guessed, or longer than can be hashed."""


def check_new_password(password: object, email: str = "") -> str:
    """The password, if it may be one. Raises PasswordTooShort, PasswordTooWeak."""
    if not isinstance(password, str) or len(password) < SHORTEST:
        raise PasswordTooShort(
            f"A password has at least {SHORTEST} characters.", "Several uncommon words make a good one."
        )
    stem = _NOT_LETTERS.sub("", password.lower())
    name = _NOT_LETTERS.sub("", email.partition("@")[0].lower())
    if len(set(password)) < 5 or stem in _COMMON or (name and stem == name):
        raise PasswordTooWeak(
            "This password is among the first that are guessed.", "Add another uncommon word or two."
        )
    if len(password.encode()) > LONGEST_BYTES:
        raise PasswordTooWeak(f"A password has at most {LONGEST_BYTES} bytes.", "Give a shorter one.")
    return password


def hash_password(password: str) -> str:
    """The argon2id hash, with its parameters and salt, as it is stored."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def fits(password_hash: str | None, password: str) -> bool:
    """Whether it is the password of this hash. None (no account, none set) takes as long and never fits."""
    if len(password.encode(errors="replace")) > LONGEST_BYTES:
        password = ""
    with _AT_ONCE:
        try:
            _HASHER.verify(password_hash or _nobodys(), password)
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def key_of_passphrase(passphrase: str, salt: bytes) -> bytes:
    """256 bits that follow from a passphrase and 16 bytes of salt, at the cost of guessing a password."""
    with _AT_ONCE:
        return hash_secret_raw(
            passphrase.encode(), salt, time_cost=3, memory_cost=64 * 1024, parallelism=1, hash_len=32,
            type=Type.ID,
        )  # fmt: skip


@cache
def _nobodys() -> str:
    return _HASHER.hash("the password of no account")
