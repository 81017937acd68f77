"""The text of a token: `wp_<kind>_<public id>_<secret>_<check>`.

The public id finds the row, the secret is compared by its SHA-256, the check (CRC-32) lets a mistyped or cut
token be refused without a look into the database and lets secret scanners know one when they see it. Only
letters, digits and `_` occur, so a token survives a URL and its decoding.

What the Central-compatible API hands out has the shape its clients check for, 64 letters and digits, with
the same parts: `wayp<kind><public id><secret><check>`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import zlib
from dataclasses import dataclass
from typing import Literal

TokenKind = Literal["app", "api"]
"""app: in a tablet's key URL. api: an `Authorization: Bearer` header of a reader."""

CentralKind = Literal["app", "ses", "res", "tst"]
"""app: in a tablet's key URL. ses: a signed-in user's session. res: leave to set a new password, once.
tst: in the address a draft is tested at; it is no credential anywhere else."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_BITS = 256
_SHAPE = re.compile(r"wp_(app|api)_([0-9A-Za-z]{8})_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})", re.ASCII)
_CENTRAL_SHAPE = re.compile(r"wayp(app|ses|res)([0-9A-Za-z]{8})([0-9A-Za-z]{43})([0-9A-Za-z]{6})", re.ASCII)

TOKEN_LIKE = re.compile(
    r"(wp_[a-z]+_[0-9A-Za-z]{8}(?=_)|wayp(?:app|ses|res|csr|tst)[0-9A-Za-z]{8})[0-9A-Za-z_]+", re.ASCII
)
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


def new_central_token(kind: CentralKind) -> Token:
    """A token nobody has seen, of 64 letters and digits."""
    public_id = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    secret = _base62(secrets.randbits(_SECRET_BITS), 43)
    head = f"wayp{kind}{public_id}{secret}"
    return Token(head + _check(head), public_id, _hash(secret))


def read_token(text: str) -> Token | None:
    """The parts of a token of a tablet or a reader, or None when it is not one or was mistyped."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        return _read_central(text, ("app",))
    if _check(text.rpartition("_")[0]) != found[4]:
        return None
    return Token(text, found[2], _hash(found[3]))


def read_session_token(text: str) -> Token | None:
    """The parts of the token of a session or of a reset, or None when it is neither."""
    return _read_central(text, ("ses", "res"))


def csrf_of(session_token: str) -> str:
    """What a page has to send beside the session's cookie: follows from the token and does not tell it."""
    digest = hmac.digest(session_token.encode(), b"waypost csrf", "sha512")
    return "waypcsr" + _base62(int.from_bytes(digest, "big"), 57)


def _read_central(text: str, kinds: tuple[str, ...]) -> Token | None:
    found = _CENTRAL_SHAPE.fullmatch(text)
    if found is None or found[1] not in kinds or _check(text[:-6]) != found[4]:
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
