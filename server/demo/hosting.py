"""A real `waypost serve` in a process of its own: killed, and started again at the same address."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent.parent
READY_WITHIN_S = 30.0


class NotReady(Exception):
    """The server ended or did not answer in time; the end of its log is in the text."""


class Hosting:
    """`waypost serve` and, on PostgreSQL, `waypost worker` beside it.

    log  file both write to
    """

    def __init__(self, data: Path, database: str | None, log: Path, port: int = 0) -> None:
        self.data, self.database, self.log = data, database, log
        self.port = port or free_port()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start what is not running, and return when the server says it is ready."""
        commands = {"serve": ["serve", "--host", "127.0.0.1", "--port", str(self.port)]}
        if self.database and not self.database.startswith("sqlite"):
            commands["worker"] = ["worker"]
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            for name, command in commands.items():
                if name not in self._processes:
                    self._processes[name] = subprocess.Popen(
                        command_line(command, self.data, self.database),
                        stdout=log,
                        stderr=log,
                        stdin=subprocess.DEVNULL,
                        start_new_session=True,
                    )
        self._wait_until_ready()

    def kill(self) -> None:
        """SIGKILL to the server, as a power cut would: nothing can be said or written any more."""
        self._end("serve", signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM; server and worker finish what they have begun."""
        for name in list(self._processes):
            self._end(name, signal.SIGTERM)

    def _end(self, name: str, how: signal.Signals) -> None:
        process = self._processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            if any(process.poll() is not None for process in self._processes.values()):
                break
            try:
                if httpx.get(f"{self.url}/health/ready", timeout=2, trust_env=False).is_success:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        said = self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
        self.stop()
        raise NotReady(f"The server at {self.url} did not get ready. Its log ({self.log}) ends:\n{said}")


def command_line(command: Sequence[str], data: Path, database: str | None) -> list[str]:
    """The words that run a `waypost` command with this Python."""
    line = [*run_module("server.cli"), "--data", str(data)]
    return [*line, *(["--database", database] if database else []), *command]


def run_module(name: str) -> list[str]:
    """The words that run a module of this package with this Python, from whatever folder."""
    code = f"import runpy, sys; sys.path.insert(0, {str(ROOT)!r}); "
    return [sys.executable, "-c", code + f"runpy.run_module({name!r}, run_name='__main__', alter_sys=True)"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
