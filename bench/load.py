"""The load: tablets that send as fast as they are answered. Runs as a process of its own.

In: host, port, path, a request body with a placeholder for the instanceID, a number of connections, seconds.
Out, as JSON on stdout: {"sent", "rate", "p50_ms", "p99_ms", "refused"}. Each request has a new instanceID.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
import uuid
from pathlib import Path

import uvloop

PLACEHOLDER = b"00000000-0000-4000-8000-000000000000"


class Tablet(asyncio.Protocol):
    """One connection: sends a request, waits for its answer, sends the next."""

    def __init__(
        self, head: bytes, tail: bytes, deadline: float, waits: list[float], done: asyncio.Future[None]
    ) -> None:
        self.head, self.tail, self.deadline, self.waits, self.done = head, tail, deadline, waits, done
        self.refused = 0
        self._buffer = b""
        self._wanted = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._send()

    def _send(self) -> None:
        if time.perf_counter() >= self.deadline:
            self.transport.close()
            return
        self.started = time.perf_counter()
        self.transport.write(self.head + str(uuid.uuid4()).encode() + self.tail)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._wanted < 0:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._buffer[:end].lower()
            length = head.split(b"\r\ncontent-length:")[1].split(b"\r\n")[0]
            self._wanted = end + 4 + int(length)
        if len(self._buffer) >= self._wanted:
            if not self._buffer.startswith((b"HTTP/1.1 201", b"HTTP/1.1 202")):
                self.refused += 1
                if self.refused == 1:
                    print(self._buffer[:400], file=sys.stderr)
            self.waits.append(time.perf_counter() - self.started)
            self._buffer, self._wanted = b"", -1
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def run(arguments: argparse.Namespace) -> dict[str, float]:
    body = Path(arguments.body).read_bytes()
    boundary = body[2 : body.index(b"\r\n")].decode()
    request = (
        f"POST {arguments.path} HTTP/1.1\r\nHost: {arguments.host}:{arguments.port}\r\n"
        f"Content-Type: multipart/form-data; boundary={boundary}\r\nX-OpenRosa-Version: 1.0\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    head, tail = request.split(PLACEHOLDER, 1)
    loop = asyncio.get_running_loop()
    waits: list[float] = []
    deadline = time.perf_counter() + arguments.seconds
    tablets, ends = [], []
    started = time.perf_counter()
    for _ in range(arguments.connections):
        done: asyncio.Future[None] = loop.create_future()
        tablet = Tablet(head, tail, deadline, waits, done)
        await loop.create_connection(lambda tablet=tablet: tablet, arguments.host, arguments.port)  # type: ignore[misc]
        tablets.append(tablet)
        ends.append(done)
    await asyncio.gather(*ends)
    elapsed = time.perf_counter() - started
    waits.sort()
    return {
        "sent": len(waits),
        "rate": len(waits) / elapsed,
        "p50_ms": waits[len(waits) // 2] * 1000,
        "p99_ms": waits[min(len(waits) - 1, int(len(waits) * 0.99))] * 1000,
        "refused": sum(tablet.refused for tablet in tablets),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--body", required=True, help="file with the multipart body")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=2.0)
    print(json.dumps(uvloop.run(run(parser.parse_args()))))


if __name__ == "__main__":
    main()
