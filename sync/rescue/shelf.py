"""Files of a copy into sealed blobs, piece by piece; those that are here already are only read.

A file that cannot be read, or is empty as one whose copying was cut, is left out and said so: the record is
taken without it, and a better copy brings it later.
"""

from __future__ import annotations

from collections.abc import Iterable

from sync.blobs import Blobs, StoredBlob
from sync.media import media_type
from sync.receipt import ArrivedFile
from sync.rescue.entries import READING_FAILS, Entry
from sync.rescue.known import Here, digest_of
from sync.rescue.reading import Reading
from sync.space import Space


class Shelf:
    """Where the files of a rescue are put down."""

    def __init__(self, blobs: Blobs, space: Space) -> None:
        self._blobs = blobs
        self._space = space

    def put(self, entry: Entry) -> StoredBlob:
        """A file as a durable blob. Raises one of READING_FAILS, StorageFull; leaves nothing then."""
        self._space.check(entry.size)
        writer = self._blobs.writer()
        try:
            for piece in entry.pieces():
                writer.write(piece)
            return writer.finish()
        except BaseException:
            writer.abort()
            raise

    def discard(self, names: Iterable[str]) -> None:
        for name in names:
            self._blobs.discard(name)

    def wanting(self, reading: Reading, here: Here | None, notes: list[str]) -> list[tuple[str, Entry]]:
        """The files of a record that are not here yet; what is wrong with others is added to `notes`."""
        wanting = []
        for name, entry in reading.files:
            if entry.size == 0:
                notes.append(f"{name} is empty in this copy, and is left out.")
                continue
            try:
                is_here = here is not None and (
                    here.key is None or here.has_file(name, digest_of(entry.pieces()))
                )
            except READING_FAILS as error:
                notes.append(_damaged(name, error))
                continue
            if not is_here:
                wanting.append((name, entry))
        return wanting

    def store(self, reading: Reading, here: Here | None, notes: list[str]) -> list[ArrivedFile]:
        """Those files, stored. Raises StorageFull; leaves nothing then."""
        stored: list[ArrivedFile] = []
        try:
            for name, entry in self.wanting(reading, here, notes):
                try:
                    stored.append(ArrivedFile(name, media_type(name), self.put(entry)))
                except READING_FAILS as error:
                    notes.append(_damaged(name, error))
        except BaseException:
            self.discard(file.blob.name for file in stored)
            raise
        return stored


def _damaged(name: str, error: Exception) -> str:
    return f"{name} cannot be read from the copy ({type(error).__name__})."
