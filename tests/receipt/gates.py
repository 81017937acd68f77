"""Gates receipt must pass. Each raises AssertionError; tests/faults shows that each can.

They stand apart from the tests so that the very same gate is run on sound and on faulty code.
"""

from __future__ import annotations

import http.client
import itertools
import multiprocessing
import random
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sync.store import Store, open_store
from tests.receipt.ledger import blobs, records
from tests.receipt.station import Mission, serve_until_killed
from tests.receipt.tablet_wire import BOUNDARY, Part, Wire, filled, multipart, photo, xml_part

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.receipt.station"])


def no_cut_is_acknowledged(tablet: Wire, store: Store, parts: Sequence[Part]) -> None:
    """Send every beginning of a body as if it were whole: each is refused and leaves nothing."""
    body = multipart(parts)
    whole = body.rindex(b"--") + 2
    link = http.client.HTTPConnection(tablet.host, tablet.port, timeout=30)
    for length in range(whole):
        link.request(
            "POST", tablet.path, body[:length], {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        )
        answer = link.getresponse()
        answer.read()
        assert answer.status == 400, f"{length} of {whole} bytes were answered {answer.status}"
        assert blobs(store) == 0, f"{length} of {whole} bytes left a file"
    link.close()
    assert records(store) == {}


def no_lost_link_leaves_anything(tablet: Wire, store: Store, parts: Sequence[Part]) -> None:
    """Lose the link after every byte: nothing is stored, no file is left."""
    body = multipart(parts)
    for sent in range(body.rindex(b"--") + 2):
        tablet.post_and_hang_up(body, sent)
    wait_until(lambda: blobs(store) == 0, seconds=3)
    assert blobs(store) == 0, "a cut upload left a file"
    assert records(store) == {}


@dataclass
class Team:
    """Tablets that send without pause and resend what was not acknowledged, each with its own ledger."""

    mission: Mission
    host: str
    port: int
    acknowledged: dict[str, list[Part]] = field(default_factory=dict)
    sent: itertools.count[int] = field(default_factory=itertools.count)
    finishing: threading.Event = field(default_factory=threading.Event)
    failures: int = 0

    def work(self) -> None:
        while not self.finishing.is_set():
            number = next(self.sent)
            xml = filled(f"uuid:{number}", men=number)
            parts = [xml_part(xml), photo(f"{number}.jpg", random.Random(number).randbytes(2000))]
            body = multipart(parts if number % 3 == 0 else parts[:1])
            while not self._sends(body):
                self.failures += 1
            self.acknowledged[f"uuid:{number}"] = parts if number % 3 == 0 else parts[:1]

    def _sends(self, body: bytes) -> bool:
        try:
            return Wire(self.host, self.port, self.mission.base).post_body(body).status in (201, 202)
        except (OSError, http.client.HTTPException):
            return False


def nothing_acknowledged_is_lost(
    data: Path, database: str, mission: Mission, kills: int, environ: dict[str, str] | None = None
) -> Team:
    """Kill the server -9 in the middle of a sync, again and again: what was acknowledged is there, once."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        team = Team(mission, *listening.getsockname())
        tablets = [threading.Thread(target=team.work, daemon=True) for _ in range(4)]
        for tablet in tablets:
            tablet.start()
        for kill in range(kills + 1):
            server = PROCESSES.Process(
                target=serve_until_killed, args=(data, database, listening, environ or {})
            )
            server.start()
            before = len(team.acknowledged)
            wait_until(lambda before=before: len(team.acknowledged) > before + 4)  # type: ignore[misc]
            assert len(team.acknowledged) > before, f"the server took nothing after kill {kill}"
            if kill < kills:
                time.sleep(random.uniform(0, 0.1))
            else:
                team.finishing.set()
                for tablet in tablets:
                    tablet.join()
            server.kill()
            server.join()
    store = open_store(data, database)
    held = records(store)  # fails for an instanceID that is there twice
    store.close()
    for instance_id, parts in team.acknowledged.items():
        assert instance_id in held, f"{instance_id} was acknowledged and is lost"
        assert [body.xml for body in held[instance_id].bodies] == [parts[0].body]
        assert held[instance_id].files == [(part.name, part.body) for part in parts[1:]]
    return team


def wait_until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.005)
