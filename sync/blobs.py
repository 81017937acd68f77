"""Files on disk, sealed while they stream in: a photo is never whole in memory.

A blob is written under a temporary name, in chunks sealed with AES-256-GCM under a key of its own, fsynced,
renamed to its final name, and the folder fsynced. Only then may a row refer to it. Each chunk's nonce is its
number and its context says whether it is the last, so that a cut or reordered file does not open.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import struct
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync.problems import KeyMissing, NotFound, StorageFull

T = TypeVar("T")

CHUNK = 256 * 1024
_TAG = 16
_NO_SPACE = {28, 122}  # ENOSPC, EDQUOT


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A blob on disk that no row refers to yet."""

    name: str
    key: bytes  # wrap it with the record's key
    size: int  # plain bytes
    sha256: bytes  # of the plain bytes: digest it under the record's key, never store it


class BlobWriter:
    """Takes bytes in any pieces. `finish` makes them durable, `abort` leaves nothing."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self.name = uuid.uuid4().hex
        self._key = os.urandom(32)
        self._aead = AESGCM(self._key)
        self._path = blobs.incoming / self.name
        self._buffer = bytearray()
        self._number = 0
        self._hash = hashlib.sha256()
        self.size = 0
        self._file = self._guard(lambda: self._path.open("xb"))
        fcntl.flock(self._file, fcntl.LOCK_EX)  # held while the upload lives, whatever its age

    def write(self, data: bytes) -> None:
        self._hash.update(data)
        self.size += len(data)
        self._buffer += data
        while len(self._buffer) > CHUNK:
            self._seal(bytes(self._buffer[:CHUNK]), last=False)
            del self._buffer[:CHUNK]

    def finish(self) -> StoredBlob:
        """Fsync file and folder; the blob is then at its final name. Raises StorageFull."""
        self._seal(bytes(self._buffer), last=True)
        self._guard(self._file.flush)
        self._guard(lambda: os.fsync(self._file.fileno()))
        self._file.close()
        final = self._blobs.path(self.name)
        self._guard(lambda: self._place(final))
        return StoredBlob(self.name, self._key, self.size, self._hash.digest())

    def abort(self) -> None:
        """Leave nothing. Harmless after `finish`: the durable blob stays."""
        with contextlib.suppress(OSError):  # a full disk: what is buffered is to be dropped anyway
            self._file.close()
        self._path.unlink(missing_ok=True)

    def _place(self, final: Path) -> None:
        if not final.parent.is_dir():
            final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _fsync_folder(final.parent.parent)
        self._path.rename(final)
        _fsync_folder(final.parent)

    def _seal(self, plain: bytes, *, last: bool) -> None:
        sealed = self._aead.encrypt(_nonce(self._number), plain, b"last" if last else b"more")
        self._number += 1
        self._guard(lambda: self._file.write(sealed))

    def _guard(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except OSError as error:
            self._path.unlink(missing_ok=True)
            if error.errno in _NO_SPACE:
                raise StorageFull(
                    "The disk is full: nothing of this was stored.", "Free space, then send again."
                ) from error
            raise


class Blobs:
    """The folder of sealed files: `incoming/` while they stream, `ab/abcd...` once durable."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.incoming = folder / "incoming"
        self.incoming.mkdir(parents=True, exist_ok=True, mode=0o700)

    def path(self, name: str) -> Path:
        return self.folder / name[:2] / name

    def writer(self) -> BlobWriter:
        return BlobWriter(self)

    def read(self, name: str, key: bytes) -> Iterator[bytes]:
        """The plain chunks. Raises NotFound when the file is gone, KeyMissing when it does not open."""
        aead = AESGCM(key)
        try:
            file = self.path(name).open("rb")
        except FileNotFoundError:
            raise NotFound(
                f"The file {name} is not in the blob folder.", "Restore it from the backup."
            ) from None
        with file:
            number, sealed = 0, file.read(CHUNK + _TAG)
            while True:
                following = file.read(CHUNK + _TAG)
                try:
                    yield aead.decrypt(_nonce(number), sealed, b"more" if following else b"last")
                except InvalidTag:
                    raise KeyMissing(
                        f"The file {name} does not open: it was cut, changed or sealed with another key.",
                        "Restore it from the backup.",
                    ) from None
                if not following:
                    return
                number, sealed = number + 1, following

    def delete(self, name: str) -> None:
        """Overwrite and remove a blob (erasure). Nothing happens when it is gone."""
        path = self.path(name)
        try:
            with path.open("r+b") as file:
                file.write(b"\0" * path.stat().st_size)
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        except FileNotFoundError:
            return
        _fsync_folder(path.parent)

    def discard(self, name: str) -> None:
        """Remove a blob no row refers to. Its key was kept nowhere, so there is nothing to overwrite."""
        self.path(name).unlink(missing_ok=True)

    def durable(self, older_than_s: float) -> Iterator[str]:
        """Names of blobs at their final place for longer than this. A row may refer to them or not."""
        for path in self.folder.glob("??/*"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > older_than_s:
                    yield path.name

    def sweep(self, older_than_s: float = 60) -> int:
        """Remove what killed processes left in `incoming/`. A live upload holds a lock on its file."""
        removed = 0
        for path in self.incoming.iterdir():
            with contextlib.suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
                if time.time() - os.fstat(file.fileno()).st_mtime < older_than_s:
                    continue  # it may be a moment old and not yet locked
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
                removed += 1
        return removed


def _nonce(number: int) -> bytes:
    return struct.pack(">4xQ", number)


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
