"""The three servers that are compared, each a process of its own with the same uvicorn, loop and parser.

`python -m bench.servers KIND --data DIR --database URL --port N`, KIND one of waypost, plain, discard.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import uvicorn

from bench.field import Field

KINDS = ("waypost", "plain", "discard")


class Running:
    """A started server and the processor time it has used."""

    def __init__(self, kind: str, field: Field) -> None:
        self.kind = kind
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        command = [sys.executable, "-m", "bench.servers", kind, "--data", str(field.data)]
        command += ["--database", field.database, "--port", str(self.port)]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  for as long as the server runs
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        self.process.kill()
        self._log.seek(0)
        raise RuntimeError(f"the server {kind} does not answer: {self._log.read().decode()[-2000:]}")

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


def bench_app_state() -> SimpleNamespace:
    """Store and authentication for the plain handler: the very same as Waypost's."""
    from server.auth import Access
    from sync.store import open_store

    store = open_store(Path(os.environ["BENCH_DATA"]), os.environ["BENCH_DATABASE"])
    return SimpleNamespace(store=store, device_access=Access(store).device)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--data", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    os.environ["BENCH_DATA"], os.environ["BENCH_DATABASE"] = given.data, given.database
    if given.kind == "waypost":
        from server.serve import server_config
        from server.settings import Settings
        from sync.collecting import collect_seldom

        settings = Settings.from_env(
            environ={
                "WAYPOST_DATA": given.data,
                "WAYPOST_DATABASE": given.database,
                "WAYPOST_PORT": str(given.port),
                "WAYPOST_WORKER": "outside",
                "WAYPOST_LOG_LEVEL": "warning",
            }
        )
        config: uvicorn.Config = server_config(settings)
        collect_seldom()  # as serve() does
    else:
        config = uvicorn.Config(
            f"bench.{given.kind}:app", port=given.port, log_level="warning", access_log=False
        )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
