"""What ODK Collect puts on the wire: XML as kxml writes it, multipart as OkHttp builds it, sockets."""

from __future__ import annotations

import http.client
import re
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

BOUNDARY = "3f1c8a52-7f0c-4d0e-9a5e-1f2b3c4d5e6f"
FORM = "fmr"
VERSION = "2026110101"


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    body: bytes
    filename: str | None = None
    content_type: str | None = None

    def encoded(self) -> bytes:
        """A part as OkHttp 5 writes it: raw UTF-8 names, only `"`, CR and LF escaped, no Content-Length."""
        disposition = f"form-data; name={_quoted(self.name)}"
        if self.filename is not None:
            disposition += f"; filename={_quoted(self.filename)}"
        lines = [f"Content-Disposition: {disposition}"]
        if self.content_type:
            lines.append(f"Content-Type: {self.content_type}")
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    message: str
    headers: dict[str, str]
    body: bytes = b""


INCOMPLETE = Part("*isIncomplete*", b"yes")


def xml_part(xml: bytes, filename: str | None = "Enquête FMP تشاد_2026-11-03_07-15-00.xml") -> Part:
    return Part("xml_submission_file", xml, filename, "text/xml")


def photo(name: str, body: bytes) -> Part:
    return Part(name, body, name, "image/jpeg")


def filled(
    instance_id: str | None,
    *,
    form: str | None = FORM,
    version: str | None = VERSION,
    edits: str | None = None,
    point: str = "FMP-03",
    men: int = 21,
) -> bytes:
    """A filled form. `edits` is written as Collect does: without a namespace, into an orx:meta."""
    attributes = "".join(
        f" {k}='{escape(v)}'" for k, v in (("id", form), ("version", version)) if v is not None
    )
    meta = f"<orx:instanceID>{instance_id}</orx:instanceID>" if instance_id else ""
    if edits:
        meta += f"<deprecatedID>{edits}</deprecatedID>"
    return (
        "<?xml version='1.0' encoding='UTF-8' ?>"
        f"<data{attributes} xmlns:orx='http://openrosa.org/xforms'>"
        f"<start>2026-11-03T07:15:00.000+01:00</start><point>{point}</point><men>{men}</men>"
        f"<note>chef&#64;camp</note><photo /><orx:meta>{meta}</orx:meta></data>"
    ).encode()


def multipart(parts: Sequence[Part], boundary: str = BOUNDARY) -> bytes:
    mark = f"--{boundary}".encode()
    return b"".join(mark + b"\r\n" + part.encoded() + b"\r\n" for part in parts) + mark + b"--\r\n"


class Wire:
    """A connection of one tablet to `{base}/submission`."""

    def __init__(self, host: str, port: int, base: str) -> None:
        self.host, self.port = host, port
        self.path = f"{base}/submission?deviceID=collect%3AabcdefGHIJKL1234"

    def head(self) -> Answer:
        return self._request("HEAD", b"", {})

    def post(self, *parts: Part) -> Answer:
        return self.post_body(multipart(parts))

    def post_body(self, body: bytes, content_type: str | None = None) -> Answer:
        kind = f"multipart/form-data; boundary={BOUNDARY}" if content_type is None else content_type
        return self._request("POST", body, {"Content-Type": kind} if kind else {})

    def post_and_hang_up(self, body: bytes, sent: int) -> None:
        """Announce the whole body, send the first `sent` bytes of it, then lose the link."""
        with socket.create_connection((self.host, self.port)) as link:
            link.sendall(self._head(len(body)) + body[:sent])
            time.sleep(0.002)  # the server gets to work on it before it hears of the end

    def post_and_lose_the_answer(self, body: bytes) -> None:
        """Send everything, wait until the answer is on its way, never read it."""
        with socket.create_connection((self.host, self.port)) as link:
            link.sendall(self._head(len(body)) + body)
            link.recv(1, socket.MSG_PEEK)

    def _head(self, length: int) -> bytes:
        return (
            f"POST {self.path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\n"
            "X-OpenRosa-Version: 1.0\r\nConnection: Keep-Alive\r\n\r\n"
        ).encode()

    def _request(self, method: str, body: bytes, headers: dict[str, str]) -> Answer:
        link = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            link.request(
                method,
                self.path,
                body or None,
                {
                    "User-Agent": "org.odk.collect.android/v2026.3.1 Dalvik/2.1.0",
                    "X-OpenRosa-Version": "1.0",
                    "Date": "Tue, 03 Nov 2026 03:15:00 GMT",
                    **headers,
                },
            )
            got = link.getresponse()
            raw = got.read()
            return Answer(got.status, _message(raw), {k.lower(): v for k, v in got.getheaders()}, raw)
        finally:
            link.close()


def _message(body: bytes) -> str:
    found = re.search(rb"<message[^>]*>(.*)</message>", body, re.DOTALL)
    return found[1].decode() if found else ""


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A") + '"'
