"""`/v1/backup`: the whole server as one sealed download, for whoever runs it.

As in Central, a zip that begins at once and whose parts are sealed under the passphrase of the request; what
is in the parts is ours, and `waypost backup restore` reads it. The master key is not among it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from io import RawIOBase
from typing import IO, Any, cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import StreamingResponse

from server.central.answers import instant
from server.central.asking import text
from server.central.routing import SiteGate, asked, fields, route
from sync.backup.making import note, write_backup
from sync.store import Store, now

router = APIRouter(prefix="/v1/backup", tags=["backup"])

_WAITING = 8  # pieces between the writer and a slow client


@route(router, "POST", "", SiteGate("backup.run"), takes={"passphrase": "string"})
def backup(request: Request) -> StreamingResponse:
    """Everything but the master key, in one zip sealed under `passphrase`."""
    store: Store = request.app.state.store
    passphrase, by = text(fields(request), "passphrase") or "", asked(request).actor.uuid
    headers = {
        "Content-Disposition": f'attachment; filename="waypost-backup-{instant(now())}.zip"',
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_written(store, passphrase, by), 200, headers, "application/zip")


class _Pipe(RawIOBase):
    """Takes what the archive writes; a client that has gone ends the writing."""

    def __init__(self) -> None:
        self.pieces: queue.Queue[bytes | None] = queue.Queue(_WAITING)
        self.abandoned = threading.Event()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        while not self.abandoned.is_set():
            try:
                self.pieces.put(piece, timeout=1)
            except queue.Full:
                continue
            return len(piece)
        raise BrokenPipeError


def _written(store: Store, passphrase: str, by: str) -> Iterator[bytes]:
    """The pieces of a backup. Raises what the writing raises, so that a cut download is no whole answer."""
    pipe = _Pipe()
    failed: list[BaseException] = []

    def write() -> None:
        try:
            note(store, write_backup(store, cast(IO[bytes], pipe), passphrase), by)
        except BaseException as error:
            failed.append(error)
        while not pipe.abandoned.is_set():
            try:
                pipe.pieces.put(None, timeout=1)
            except queue.Full:
                continue
            return

    writing = threading.Thread(target=write, name="backup", daemon=True)
    writing.start()
    try:
        while (piece := pipe.pieces.get()) is not None:
            yield piece
    finally:
        pipe.abandoned.set()
    writing.join()
    if failed:
        raise failed[0]
