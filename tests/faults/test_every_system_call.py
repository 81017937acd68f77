"""Every system call that makes a submission durable fails once, or is the last thing the server does.

One submission with two photos, on SQLite, in a real server process under strace (PROMISES R2, R4). After
whatever happened the tablet sends again to a fresh server: the record is there once, whole, and nothing that
was acknowledged is missing.
"""

from __future__ import annotations

import http.client
import shutil
import signal
import socket
import subprocess
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from sync import orphans
from sync.setup import initialise
from sync.store import open_store
from tests.receipt.gates import PROCESSES, wait_until
from tests.receipt.ledger import Body, Held, blobs, records
from tests.receipt.station import Mission, serve_until_killed, start_mission
from tests.receipt.tablet_wire import Wire, filled, multipart, photo, xml_part

XML = filled("uuid:1")
BODY = multipart([xml_part(XML), photo("camp.jpg", b"camp" * 999), photo("gate.jpg", b"gate" * 999)])
WHOLE = {
    "uuid:1": Held([Body("current", None, XML)], [("camp.jpg", b"camp" * 999), ("gate.jpg", b"gate" * 999)])
}
LAST = 60
"""More calls of one kind than a submission makes; the loop ends at the first that changes nothing."""


def _can_trace() -> bool:
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode == 0


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not _can_trace(), reason="needs strace and the right to trace a process (ptrace)"),
]


class Victim:
    """A server with a data folder of its own, whose calls strace tampers with once it is up."""

    def __init__(self, template: Path, folder: Path, listening: socket.socket) -> None:
        self.data = folder
        shutil.copytree(template, folder)
        self.listening = listening

    def start(self) -> BaseProcess:
        environ: dict[str, str] = {}
        database = f"sqlite:///{self.data / 'waypost.sqlite'}"
        server = PROCESSES.Process(
            target=serve_until_killed, args=(self.data, database, self.listening, environ)
        )
        server.start()
        return server


def _wire(listening: socket.socket, mission: Mission) -> Wire:
    host, port = listening.getsockname()
    return Wire(host, port, mission.base)


def post(listening: socket.socket, mission: Mission) -> int | None:
    """The status, or None when the server died over it."""
    try:
        return _wire(listening, mission).post_body(BODY).status
    except (OSError, http.client.HTTPException):
        return None


@pytest.fixture
def template(tmp_path: Path) -> tuple[Path, Mission]:
    store = initialise(tmp_path / "template")
    mission = start_mission(store)
    store.close()
    return tmp_path / "template", mission


@pytest.mark.parametrize("call", ["pwrite64", "fdatasync", "fsync", "rename"])
@pytest.mark.parametrize("fault", ["signal=KILL", "error=EIO", "error=ENOSPC"])
def test_whichever_call_fails_nothing_false_is_acknowledged(
    template: tuple[Path, Mission], tmp_path: Path, call: str, fault: str
) -> None:
    folder, mission = template
    bitten = 0
    # A write that fails is an ordinary error to SQLite: a sample is enough. Being killed there is not.
    for number in range(1, LAST, 5 if call == "pwrite64" and fault != "signal=KILL" else 1):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            victim = Victim(folder, tmp_path / f"{call}-{number}", listening)
            server = victim.start()
            _wire(listening, mission).head()
            trace = tmp_path / "trace"
            tracer = _tamper(server.pid, call, f"{fault}:when={number}", trace)
            status = post(listening, mission)
            server.kill()
            server.join()
            tracer.wait()
            was_hit = "INJECTED" in trace.read_text() or status is None
            _check(victim, mission, status)
        if not was_hit:
            break
        bitten += 1
    assert bitten > 0, f"{call} was never called"


def _check(victim: Victim, mission: Mission, status: int | None) -> None:
    """What was acknowledged is whole; what was not is, after it was sent again."""
    store = open_store(victim.data)
    held = records(store)
    assert held in ({}, WHOLE)
    if status in (201, 202):
        assert held == WHOLE
    store.close()
    server = victim.start()
    assert post(victim.listening, mission) == 201
    server.kill()
    server.join()
    store = open_store(victim.data)
    assert records(store) == WHOLE
    store.blobs.sweep(older_than_s=0)
    orphans.sweep(store, older_than_s=0)
    assert blobs(store) == 2
    store.close()


def test_a_disk_that_fails_to_keep_a_commit_ends_the_server(
    template: tuple[Path, Mission], tmp_path: Path
) -> None:
    folder, mission = template
    for fault, ends in (("error=EIO:when=1+", True), ("error=ENOSYS:when=999", False)):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            victim = Victim(folder, tmp_path / str(ends), listening)
            server = victim.start()
            _wire(listening, mission).head()
            tracer = _tamper(server.pid, "fdatasync", fault, tmp_path / "trace")
            status = post(listening, mission)
            server.join(10 if ends else 1)
            assert (status in (201, 202), server.exitcode) == (not ends, -signal.SIGTERM if ends else None)
            server.kill()
            server.join()
            tracer.wait()
            _check(victim, mission, status)


def _tamper(pid: int | None, call: str, fault: str, trace: Path) -> subprocess.Popen[bytes]:
    """strace that is attached to the server and injects the fault."""
    strace = ["strace", "-f", "-qq", "-o", str(trace), "-p", str(pid), "-e", f"trace={call}"]
    tracer = subprocess.Popen([*strace, "-e", f"inject={call}:{fault}"])
    wait_until(partial(_is_traced, pid))
    return tracer


def _is_traced(pid: int | None) -> bool:
    return "TracerPid:\t0" not in Path(f"/proc/{pid}/status").read_text()
