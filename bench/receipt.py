"""Receipt against the plain handler and against reading and throwing away, on both engines."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.field import Field, fresh
from bench.servers import KINDS, Running

CONCURRENCIES = (1, 8, 32, 128)
ENGINES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Figure:
    """Medians over the rounds."""

    rate: float  # submissions a second
    p99_ms: float
    cpu_us: float  # of the server process, per submission
    refused: int


def measure(rounds: int, seconds: float, say: Callable[[str], None]) -> dict[tuple[str, int, str], Figure]:
    """Figures by (engine, concurrency, kind). The kinds take turns within each round."""
    found: dict[tuple[str, int, str], Figure] = {}
    for engine in ENGINES:
        seen: dict[tuple[int, str], list[Figure]] = defaultdict(list)
        with fresh(engine) as (_, field), tempfile.TemporaryDirectory() as folder:
            body = Path(folder) / "body"
            body.write_bytes(field.body)
            running: dict[str, Running] = {}
            try:
                for kind in KINDS:
                    running[kind] = Running(kind, field)
                for server in running.values():
                    _load(server, field, body, 8, 0.5)  # warm
                for concurrency in CONCURRENCIES:
                    for number in range(rounds):
                        say(f"receipt, {engine}, {concurrency} at once, round {number + 1} of {rounds}")
                        for kind, server in running.items():
                            seen[concurrency, kind].append(_load(server, field, body, concurrency, seconds))
            finally:
                for server in running.values():
                    server.stop()
        for (concurrency, kind), figures in seen.items():
            found[engine, concurrency, kind] = _median(figures)
    return found


def _load(server: Running, field: Field, body: Path, connections: int, seconds: float) -> Figure:
    before = server.cpu_s()
    command = [sys.executable, "-m", "bench.load", "--port", str(server.port), "--path", field.path]
    command += ["--body", str(body), "--connections", str(connections), "--seconds", str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    told = json.loads(done.stdout)
    used = server.cpu_s() - before
    return Figure(told["rate"], told["p99_ms"], used / max(1, told["sent"]) * 1e6, told["refused"])


def _median(figures: list[Figure]) -> Figure:
    return Figure(
        statistics.median(f.rate for f in figures),
        statistics.median(f.p99_ms for f in figures),
        statistics.median(f.cpu_us for f in figures),
        sum(f.refused for f in figures),
    )
