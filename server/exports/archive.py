"""A zip made while it is sent: entries one after the other, with flat memory.

No length is announced, and the directory stands at the end only: a zip that was cut is recognisably none.
"""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

_TAKEN_FROM = 64 * 1024
_QUICK = 1
"""Level of compression: csv shrinks to a fifth by it, and the next levels cost several times as much."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the zip. `large` where it may have more than 2 GiB."""

    name: str
    chunks: Iterable[bytes]
    compressed: bool = True
    large: bool = False


def zip_pieces(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The bytes of a zip."""
    sink = _Sink()
    with ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=_QUICK) as archive:
        for entry in entries:
            info = ZipInfo(entry.name, time.gmtime()[:6])
            info.compress_type = ZIP_DEFLATED if entry.compressed else ZIP_STORED
            info.external_attr = 0o644 << 16
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # two files of one name
                opened = archive.open(info, "w", force_zip64=entry.large)
            with opened:
                for chunk in entry.chunks:
                    opened.write(chunk)
                    if sink.held >= _TAKEN_FROM:
                        yield sink.take()
        yield sink.take()
    yield sink.take()


class _Sink(io.RawIOBase):
    """Takes what the archive writes until somebody takes it. It cannot go back, so that sizes follow each
    entry and nothing has to be known ahead."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.held = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        part = bytes(data)
        self._parts.append(part)
        self.held += len(part)
        return len(part)

    def take(self) -> bytes:
        taken, self._parts, self.held = b"".join(self._parts), [], 0
        return taken
