"""The file of a backup: a zip of sealed parts, which opens with one passphrase and only whole.

Its entries have the names of ODK Central's backups, so that scripts which look into one find what they look
for: `keepalive` (noise, so that a download begins at once), `0000001.dat.gz` and on (the parts), `toc.dat`
(what the parts are), `keys.json`. Each part is packed, then sealed whole with AES-256-GCM under a key of
this backup, in the context of its name and vector: a part that was cut, changed, swapped or left out shows.

`keys.json`: `salt` and `iv` of the passphrase's key, which opens `privkey`, which opens `local.key`, the key
of the parts; `pubkey` is a digest by which a wrong passphrase is told from a damaged file; `local.ivs` has
the vector of each part.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import IO, Any

import orjson

from sync.problems import Invalid, KeyMissing
from sync.seal import SealKey

FORMAT = 1
PART_BYTES = 8 * 1024 * 1024  # plain; a part is held whole
TOC, KEYS, KEEPALIVE = "toc.dat", "keys.json", "keepalive"

_NOISE = 32_000
_MAX_PLAIN = 1024 * 1024 * 1024  # a row is in one part: a large file of a form, the shape of a country
_N, _R, _P = 2**15, 8, 1  # scrypt: 32 MB and a tenth of a second


class BackupDamaged(Invalid):
    """A backup that is not as it was written, or is no backup."""

    code = "backup-damaged"
    title = "The backup is damaged"


class WrongPassphrase(Invalid):
    """The passphrase is not the one this backup was sealed under."""

    code = "wrong-passphrase"
    title = "The passphrase does not fit"


class ArchiveWriter:
    """Writes parts to a file or a stream that cannot go back. `close` makes it whole."""

    def __init__(self, to: IO[bytes], passphrase: str) -> None:
        salt = os.urandom(16)
        outer, middle = _key(passphrase, salt), os.urandom(32)
        wrapped = outer.seal(middle, b"backup")
        self._key = SealKey.new()
        self._keys: dict[str, Any] = {
            "salt": _text(salt),
            "iv": _text(wrapped[:12]),
            "privkey": _text(wrapped[12:]),
            "pubkey": outer.digest(b"backup").hex(),
            "local": {"key": _text(SealKey(middle).seal(self._key.raw, b"parts")), "ivs": {}},
        }
        self._zip = zipfile.ZipFile(to, "w", zipfile.ZIP_STORED)
        self._number = 0
        self._zip.writestr(KEEPALIVE, os.urandom(_NOISE))

    def part(self, heading: Mapping[str, Any], body: bytes, packs: bool = True) -> None:
        """Add a part: a heading that says what it is, and its bytes, at most PART_BYTES."""
        self._number += 1
        plain = orjson.dumps(heading) + b"\n" + body
        self._seal(f"{self._number:07}.dat.gz", gzip.compress(plain, 6 if packs else 0, mtime=0))

    def close(self, contents: Mapping[str, Any]) -> None:
        """Write what the parts are, and the keys."""
        told = {**contents, "format": FORMAT, "parts": self._number}
        self._seal(TOC, orjson.dumps(told))
        self._zip.writestr(KEYS, orjson.dumps(self._keys))
        self._zip.close()

    def abandon(self) -> None:
        """Leave it as it is, without an end: zipfile would write one when it is thrown away."""
        self._zip.fp = None

    def _seal(self, name: str, plain: bytes) -> None:
        vector = os.urandom(12)
        self._keys["local"]["ivs"][name] = _text(vector)
        self._zip.writestr(name, self._key.seal(plain, name.encode() + vector))


class ArchiveReader:
    """Reads a backup. Raises BackupDamaged, WrongPassphrase."""

    def __init__(self, file: IO[bytes], passphrase: str) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
            keys = orjson.loads(self._zip.read(KEYS))
            salt, iv = base64.b64decode(keys["salt"]), base64.b64decode(keys["iv"])
            outer, self._ivs = _key(passphrase, salt), dict(keys["local"]["ivs"])
            is_right = keys["pubkey"] == outer.digest(b"backup").hex()
            wrapped, local = iv + base64.b64decode(keys["privkey"]), base64.b64decode(keys["local"]["key"])
        except _TORN as error:
            raise _damaged(f"its list of parts cannot be read ({type(error).__name__})") from None
        if not is_right:
            raise WrongPassphrase(
                "This backup was sealed under another passphrase, or its keys were changed.",
                "Give the passphrase it was made with.",
            )
        try:
            self._key = SealKey(SealKey(outer.open(wrapped, b"backup")).open(local, b"parts"))
        except (KeyMissing, ValueError):
            raise _damaged("its keys were changed") from None
        self.contents = orjson.loads(self._open(TOC))
        if self.contents.get("format") != FORMAT:
            raise Invalid(
                f"This backup has format {self.contents.get('format')}; this version reads {FORMAT}.",
                "Restore it with the version of Waypost that made it.",
            )

    def parts(self) -> Iterator[tuple[dict[str, Any], bytes]]:
        """Heading and bytes of each part, in order; one at a time in memory."""
        for number in range(1, int(self.contents["parts"]) + 1):
            name = f"{number:07}.dat.gz"
            unpacker = zlib.decompressobj(31)
            try:
                plain = unpacker.decompress(self._open(name), _MAX_PLAIN)
            except zlib.error:
                raise _damaged(f"{name} cannot be unpacked") from None
            if not unpacker.eof:
                raise _damaged(f"{name} is larger than any part")
            heading, _, body = plain.partition(b"\n")
            yield orjson.loads(heading), body

    def _open(self, name: str) -> bytes:
        try:
            vector = base64.b64decode(self._ivs[name])
            return self._key.open(self._zip.read(name), name.encode() + vector)
        except (KeyMissing, *_TORN):
            raise _damaged(f"{name} is missing, cut or changed") from None


_TORN = (
    zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, EOFError, OSError, RuntimeError,
    NotImplementedError, zlib.error,
)  # fmt: skip


def _key(passphrase: str, salt: bytes) -> SealKey:
    raw = hashlib.scrypt(passphrase.encode(), salt=salt, n=_N, r=_R, p=_P, maxmem=2**26, dklen=32)
    return SealKey(raw)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _damaged(what: str) -> BackupDamaged:
    return BackupDamaged(f"The backup is not whole: {what}.", "Nothing was changed. Take another copy of it.")
