"""Somebody else's server: takes deliveries on loopback, or does not."""

from __future__ import annotations

import hmac
import json
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Got:
    """One request."""

    delivery: str
    event: str
    body: dict[str, Any]
    host: str
    is_signed: bool


@dataclass
class Receiver:
    """Answers each delivery with what `answers` says of how many came before it; keeps what came."""

    secret: str = ""
    answers: Callable[[int], int] = lambda _: 204
    delay_s: float = 0.0
    location: str = ""
    tls: tuple[str, str] | None = None  # certificate and key
    got: list[Got] = field(default_factory=list)

    def __enter__(self) -> Receiver:
        mine = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = mine.answers(len(mine.got))
                mine.got.append(mine._got(dict(self.headers.items()), body))
                time.sleep(mine.delay_s)
                self.send_response(status)
                if mine.location:
                    self.send_header("Location", mine.location)
                self.send_header("Content-Length", "5000")
                self.end_headers()
                self.wfile.write(b"x" * 5000)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.tls)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign,assignment]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook?key=1"

    @property
    def events(self) -> list[str]:
        return [one.event for one in self.got]

    def waits_for(self, number: int, within_s: float = 30) -> list[Got]:
        """What came, once it is so many."""
        until = time.monotonic() + within_s
        while len(self.got) < number:
            assert time.monotonic() < until, f"{len(self.got)} of {number} came"
            time.sleep(0.005)
        return self.got

    def _got(self, headers: dict[str, str], body: bytes) -> Got:
        signed = f"{headers['Waypost-Timestamp']}.".encode() + body
        expected = "v1=" + hmac.new(self.secret.encode(), signed, "sha256").hexdigest()
        return Got(
            headers["Waypost-Delivery"],
            headers["Waypost-Event"],
            json.loads(body),
            headers["Host"],
            headers["Waypost-Signature"] == expected,
        )
