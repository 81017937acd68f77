"""What goes over the wire, and how it goes wrong: multipart bodies as OkHttp writes them, and broken links.

Ordinary requests go through httpx. The faults use a bare socket, because no HTTP client can be asked to
stop in the middle of a body or to leave before it hears the answer.
"""

from __future__ import annotations

import contextlib
import select
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from urllib.parse import urlsplit

ANSWER_WAIT_S = 60.0  # Collect's own read timeout

_TYPES = {
    "jpg": "image/jpeg", "png": "image/png", "m4a": "audio/mp4", "mp4": "video/mp4", "csv": "text/csv",
    "xml": "text/xml",
}  # fmt: skip


_ESCAPED = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


@dataclass(frozen=True)
class Part:
    name: str
    content: bytes
    filename: str | None = None
    content_type: str | None = None

    @classmethod
    def file(cls, name: str, content: bytes) -> Part:
        ending = name.rpartition(".")[2].lower()
        return cls(name, content, name, _TYPES.get(ending, "application/octet-stream"))

    def encoded(self, boundary: str) -> bytes:
        disposition = f'form-data; name="{self.name.translate(_ESCAPED)}"'
        if self.filename is not None:
            disposition += f'; filename="{self.filename.translate(_ESCAPED)}"'
        head = f"--{boundary}\r\nContent-Disposition: {disposition}\r\n"
        if self.content_type is not None:
            head += f"Content-Type: {self.content_type}\r\n"
        return head.encode() + b"\r\n" + self.content + b"\r\n"


@dataclass(frozen=True)
class Body:
    """One multipart request body."""

    content: bytes
    boundary: str
    files: tuple[str, ...]  # names of the attachments in it

    @property
    def content_type(self) -> str:
        return f"multipart/form-data; boundary={self.boundary}"


def submission_bodies(
    xml: bytes,
    xml_name: str,
    files: Sequence[tuple[str, bytes]],
    random: Random,
    limit: int = 10_000_000,
    backwards: bool = False,
) -> list[Body]:
    """The requests one submission is sent in: XML in each, files packed until `limit` bytes or 101 files.

    All but the last carry `*isIncomplete*`. A file larger than the limit goes alone. `backwards` sends the
    requests in the reverse order, as happens when two senders share a folder.
    """
    packs: list[list[tuple[str, bytes]]] = [[]]
    size = len(xml)
    for name, content in files:
        if packs[-1] and (size + len(content) > limit or len(packs[-1]) >= 101):
            packs.append([])
            size = len(xml)
        packs[-1].append((name, content))
        size += len(content)
    bodies = []
    for number, pack in enumerate(packs, start=1):
        parts = [Part("xml_submission_file", xml, xml_name, "text/xml")]
        parts += [Part.file(name, content) for name, content in pack]
        if number < len(packs):
            parts.append(Part("*isIncomplete*", b"yes"))
        boundary = str(random.getrandbits(120))
        content = b"".join(part.encoded(boundary) for part in parts) + f"--{boundary}--\r\n".encode()
        bodies.append(Body(content, boundary, tuple(name for name, _ in pack)))
    return bodies[::-1] if backwards else bodies


def send_and_leave(url: str, body: Body, headers: dict[str, str]) -> None:
    """Send a whole request, wait until the server has answered, and go away without reading the answer."""
    with _connected(url) as link:
        link.sendall(_head(url, body, headers, len(body.content)) + body.content)
        select.select([link], [], [], ANSWER_WAIT_S)


def send_and_cut(url: str, body: Body, headers: dict[str, str], at: int) -> None:
    """Announce the whole body, send `at` bytes of it, and break the link."""
    with _connected(url) as link:
        link.sendall(_head(url, body, headers, len(body.content)) + body.content[:at])


def send_truncated(url: str, body: Body, headers: dict[str, str], at: int) -> int:
    """Send the first `at` bytes as if they were all: a buffering proxy's cut. Returns the status answered."""
    with _connected(url) as link:
        link.sendall(_head(url, body, headers, at) + body.content[:at])
        status = link.makefile("rb").readline().split()
        return int(status[1]) if len(status) > 1 else 0


@contextlib.contextmanager
def _connected(url: str) -> Iterator[socket.socket]:
    parts = urlsplit(url)
    address = (parts.hostname or "127.0.0.1", parts.port or 80)
    with socket.create_connection(address, timeout=ANSWER_WAIT_S) as link:
        yield link


def _head(url: str, body: Body, headers: dict[str, str], length: int) -> bytes:
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [
        f"POST {target} HTTP/1.1",
        f"Host: {parts.netloc}",
        f"Content-Type: {body.content_type}",
        f"Content-Length: {length}",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"
