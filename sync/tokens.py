"""The text of a token: `wp_<kind>_<public id>_<secret>_<check>`.

The public id finds the row, the secret is compared by its SHA-256, the check (CRC-32) lets a mistyped or cut
token be refused without a look into the database and lets secret scanners know one when they see it. Only
letters, digits and `_` occur, so a token survives a URL and its decoding.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib
from dataclasses import dataclass
from typing import Literal

TokenKind = Literal["app", "api"]
"""app: in a tablet's key URL. api: an `Authorization: Bearer` header of a reader."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_BITS = 256
_SHAPE = re.compile(r"wp_(app|api)_([0-9A-Za-z]{8})_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})", re.ASCII)

TOKEN_LIKE = re.compile(r"(wp_[a-z]+_[0-9A-Za-z]{8})_[0-9A-Za-z_]+", re.ASCII)
"""Finds tokens, whole or cut, in any text; group 1 is what may be shown of one."""


@dataclass(frozen=True, slots=True)
class Token:
    text: str  # shown once, never stored
    public_id: str  # 8 characters, not secret
    secret_hash: bytes  # SHA-256 of the secret: it has 256 bits of its own, so a fast hash is right


def new_token(kind: TokenKind) -> Token:
    """A token nobody has seen."""
    public_id = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    secret = _base62(secrets.randbits(_SECRET_BITS), 43)
    head = f"wp_{kind}_{public_id}_{secret}"
    return Token(f"{head}_{_check(head)}", public_id, _hash(secret))


def read_token(text: str) -> Token | None:
    """The parts of a token, or None when it is not one or was mistyped."""
    found = _SHAPE.fullmatch(text)
    if found is None or _check(text.rpartition("_")[0]) != found[4]:
        return None
    return Token(text, found[2], _hash(found[3]))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _check(head: str) -> str:
    return _base62(zlib.crc32(head.encode()), 6)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
