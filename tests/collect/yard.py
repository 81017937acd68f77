"""A served office and the tablets that send to it, over real HTTP."""

from __future__ import annotations

import hashlib
import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from sync.access import NewToken, create_app_user
from sync.inspection import show_submission
from sync.worker import Worker
from tests.receipt.tablet_wire import Answer, Part, Wire
from tests.server.office import Office

ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For stories of what goes over the wire: which database is behind it makes no difference."""


@dataclass(frozen=True, slots=True)
class Yard:
    office: Office
    url: str

    def sets_up(self, name: str = "Tablet 7") -> Wire:
        """A tablet that sends."""
        made = self.office.store.write(lambda session: create_app_user(session, self.office.project_id, name))
        return self.wire(made)

    def wire(self, made: NewToken) -> Wire:
        at = urlsplit(self.url)
        return Wire(
            str(at.hostname), at.port or 80, f"/v1/key/{made.token}/projects/{self.office.project_id}"
        )

    def works(self) -> None:
        """The pipeline goes through all that waits."""
        worker = Worker(self.office.store)
        try:
            worker.drain()
        finally:
            worker.stop()

    def shows(self, instance_id: str) -> dict[str, Any]:
        return show_submission(self.office.store, instance_id, self.office.project_id)


def asks(wire: Wire, path: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
    """A request as Collect sends it; the path is below the tablet's server URL, or absolute."""
    link = http.client.HTTPConnection(wire.host, wire.port, timeout=60)
    base = wire.path.partition("/submission")[0]
    at = urlsplit(path)
    where = f"{at.path}{'?' + at.query if at.query else ''}" if at.scheme else f"{base}{path}"
    try:
        link.request(method, where, headers={"X-OpenRosa-Version": "1.0", **(headers or {})})
        got = link.getresponse()
        body = got.read()
        return Answer(got.status, "", {name.lower(): value for name, value in got.getheaders()}, body)
    finally:
        link.close()


def md5(content: bytes) -> str:
    return "md5:" + hashlib.md5(content).hexdigest()


def attached(name: str, body: bytes, kind: str = "image/jpeg") -> Part:
    return Part(name, body, name, kind)
