"""Seal and open: the one place that encrypts.

Every record has a key of its own. What was received for it is sealed under that key (AES-256-GCM), and
digests used to recognise equal bytes are HMACs under it, so that both die with the key: a plain hash of a
guessable record would let anybody test a guess. The record keys are wrapped by a master key that lies
outside the database. Destroying a record's key erases the record in every copy of the bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync.problems import KeyMissing

_NONCE = 12


class SealKey:
    """A 256-bit key: seals and opens bytes, digests them, wraps other keys."""

    __slots__ = ("_aead", "_digest_key", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._aead = AESGCM(raw)
        self._digest_key = hmac.digest(raw, b"waypost digest", "sha256")

    @classmethod
    def new(cls) -> SealKey:
        return cls(os.urandom(32))

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """nonce || ciphertext || tag. What is sealed in one context does not open in another."""
        nonce = os.urandom(_NONCE)
        return nonce + self._aead.encrypt(nonce, plain, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """The plain bytes. Raises KeyMissing when key, context or bytes do not belong together."""
        try:
            return self._aead.decrypt(sealed[:_NONCE], sealed[_NONCE:], context)
        except InvalidTag:
            raise KeyMissing(
                "Sealed bytes do not open with this key.",
                "Restore the master key or the file from the backup.",
            ) from None

    def digest(self, plain: bytes) -> bytes:
        """HMAC-SHA256 of the bytes under this key: 32 bytes, equal for equal bytes of one record only."""
        return hmac.digest(self._digest_key, plain, "sha256")


class Keyring:
    """The master key, outside the database: wraps record keys and keys content that has no instanceID."""

    def __init__(self, raw: bytes) -> None:
        self.master = SealKey(raw)
        self.master_key_id = hashlib.sha256(b"waypost master" + raw).hexdigest()[:16]

    @classmethod
    def load(cls, path: Path) -> Keyring:
        """Read a master key file (64 hex digits). Raises KeyMissing when it is absent or malformed."""
        try:
            text = path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            raise KeyMissing(
                f"No master key at {path}.",
                "Run `waypost init` for a new data folder, or put the copy of the key back.",
            ) from None
        try:
            raw = bytes.fromhex(text)
        except ValueError:
            raw = b""
        if len(raw) != 32:
            raise KeyMissing(f"{path} is not a master key.", "It must hold 64 hexadecimal digits.")
        return cls(raw)

    @classmethod
    def create(cls, path: Path) -> Keyring:
        """Write a new master key, readable by the owner only. Never overwrites one."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        raw = os.urandom(32)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(raw.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        return cls(raw)

    def wrap(self, key: SealKey, context: bytes) -> bytes:
        return self.master.seal(key.raw, b"record key:" + context)

    def unwrap(self, wrapped: bytes, context: bytes) -> SealKey:
        return SealKey(self.master.open(wrapped, b"record key:" + context))

    def content_id(self, project_uuid: str, xml: bytes) -> str:
        """The instanceID of a submission that has none: equal for equal bytes, and no test oracle."""
        return "content:" + hmac.digest(self.master.raw, project_uuid.encode() + b"\0" + xml, "sha256").hex()
