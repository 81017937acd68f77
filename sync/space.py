"""Room on the disk: refuse before it is full, and keep some to give up.

On a full disk SQLite cannot even delete. So nothing is received below a reserve, and a ballast file is there
to be given up when an erasure or a purge needs room (PROMISES 0.6).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sync.problems import StorageFull

_FRESH_S = 0.25


class Space:
    """The free space of the data folder, looked at no more than four times a second."""

    def __init__(self, folder: Path, reserve_bytes: int, ballast_bytes: int = 0) -> None:
        self._folder = folder
        self._reserve_bytes = reserve_bytes
        self._ballast_bytes = ballast_bytes
        self._free = 0
        self._looked_at = -_FRESH_S

    @property
    def ballast(self) -> Path:
        return self._folder / "ballast"

    def free_bytes(self) -> int:
        at = time.monotonic()
        if at - self._looked_at >= _FRESH_S:
            status = os.statvfs(self._folder)
            self._free, self._looked_at = status.f_bavail * status.f_frsize, at
        return self._free

    def check(self, coming_bytes: int = 0) -> None:
        """Raise StorageFull unless `coming_bytes` fit and the reserve is left."""
        if self.free_bytes() - coming_bytes < self._reserve_bytes:
            raise StorageFull(
                "The server's disk is full: nothing of this was stored. Keep it and send again later.",
                "Free space on the server; receiving goes on by itself.",
            )

    def keep_ballast(self) -> bool:
        """Put the ballast file there, if it fits above the reserve. Says whether it is there."""
        if self.ballast.exists():
            return True
        if self.free_bytes() - self._ballast_bytes < self._reserve_bytes or not self._ballast_bytes:
            return False
        with self.ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, self._ballast_bytes)
        return True

    @contextmanager
    def room_to_delete(self) -> Iterator[None]:
        """On a full disk the ballast is given up for what is done inside, and put back once it fits again."""
        self._looked_at = -_FRESH_S
        if self.free_bytes() < max(self._reserve_bytes, self._ballast_bytes):
            self.drop_ballast()
        try:
            yield
        finally:
            self._looked_at = -_FRESH_S
            self.keep_ballast()

    def drop_ballast(self) -> None:
        self.ballast.unlink(missing_ok=True)
        self._looked_at = -_FRESH_S
