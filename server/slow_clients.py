"""uvicorn's HTTP protocol with a deadline on no progress.

uvicorn waits for ever for the rest of a header or a body, so a few hundred sockets that send nothing would
take every place. Here a connection must move at least MIN_BYTES in each window while it is its turn to move.
That is kind to a tablet on 2G, which stalls for half a minute and then goes on: there is no limit on the
total time of a body. A header has one, and a limit of size, for it is a packet or two.
"""

from __future__ import annotations

import asyncio
import logging
from enum import Enum
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = logging.getLogger("waypost.http")

WINDOW_S = 60.0
MIN_BYTES = 256
"""In a window: four bytes a second. What is slower is not a tablet on a bad network."""

HEADER_WINDOWS = 3
MAX_HEADER_BYTES = 128 * 1024


class _Turn(Enum):
    HEADER = "header"  # the client's, from the first byte (or the connection) to the end of the header
    BODY = "body"  # the client's, to the end of its body
    ANSWER = "answer"  # ours, and the client's to read it
    IDLE = "idle"  # nobody's: uvicorn's keep-alive timeout runs


class GuardedConfig(uvicorn.Config):
    """uvicorn's configuration with the window of the guard."""

    window_s: float = WINDOW_S


class GuardedProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, config: uvicorn.Config, *args: Any, **kwargs: Any) -> None:
        super().__init__(config, *args, **kwargs)
        self._window_s = getattr(config, "window_s", WINDOW_S)
        self._turn = _Turn.HEADER
        self._since = self.loop.time()  # of this turn
        self._received = 0  # in this window
        self._header_bytes = 0
        self._windows = 0  # that this header has taken
        self._unsent = 0  # bytes the client had still to read at the last look
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._timer = self.loop.call_later(self._window_s, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        if self._turn is _Turn.IDLE:
            self._take(_Turn.HEADER)
            self._header_bytes = self._windows = 0
        if self._turn is _Turn.HEADER:
            self._header_bytes += len(data)
        super().data_received(data)
        if self._turn is _Turn.HEADER and self._header_bytes > MAX_HEADER_BYTES:
            self._refuse_header()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._take(_Turn.HEADER)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._take(_Turn.BODY)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        answered = self.cycle is None or self.cycle.response_complete
        self._take(_Turn.IDLE if answered else _Turn.ANSWER)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._turn is _Turn.ANSWER and not self.pipeline:
            self._take(_Turn.IDLE)

    def _take(self, turn: _Turn) -> None:
        if turn is not self._turn:
            self._turn, self._since = turn, self.loop.time()

    def _look(self) -> None:
        """The end of a window: whose turn was it, and did they move?"""
        if self.transport.is_closing():
            return
        whole_window = self.loop.time() - self._since >= self._window_s * 0.99
        if whole_window and self._is_stuck():
            log.info("Closed a connection that stood still (%s).", self._turn.value)
            self.transport.abort()
            return
        self._received = 0
        self._timer = self.loop.call_later(self._window_s, self._look)

    def _is_stuck(self) -> bool:
        if self._turn is _Turn.HEADER:
            self._windows += 1
            return self._received < MIN_BYTES or self._windows >= HEADER_WINDOWS
        if self._turn is _Turn.BODY and not self.flow.read_paused:
            return self._received < MIN_BYTES
        if self._turn is _Turn.ANSWER:
            return self._is_not_reading()
        return False

    def _is_not_reading(self) -> bool:
        """Our answer waits in the socket, as long as it did a window ago."""
        before, self._unsent = self._unsent, self.transport.get_write_buffer_size()
        return self.flow.write_paused and self._unsent == before

    def _refuse_header(self) -> None:
        log.info("Closed a connection whose header is too large.")
        self.transport.write(
            b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        )
        self.transport.close()
