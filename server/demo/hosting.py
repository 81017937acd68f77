"""A real `waypost serve` in a process of its own: killed, and started again at the same address."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
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
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and return when the server says it is ready."""
        commands = [["serve", "--host", "127.0.0.1", "--port", str(self.port)]]
        if self.database and not self.database.startswith("sqlite"):
            commands.append(["worker"])
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._processes = [
                subprocess.Popen(
                    command_line(command, self.data, self.database),
                    env=environment(),
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )
                for command in commands
            ]
        self._wait_until_ready()

    def kill(self) -> None:
        """SIGKILL, as a power cut would: nothing can be said or written any more."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM; the server finishes what it has begun."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        for process in self._processes:
            if process.poll() is None:
                os.killpg(process.pid, how)
        for process in self._processes:
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._processes = []

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            if any(process.poll() is not None for process in self._processes):
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
    line = [sys.executable, "-m", "server.cli", "--data", str(data)]
    return [*line, *(["--database", database] if database else []), *command]


def environment(further: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment, with the package importable wherever the command is run."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, **(further or {})}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
