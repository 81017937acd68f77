"""The machine the figures are from, and how long its disk takes to make a write durable."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import tempfile
import time
from importlib.metadata import version
from pathlib import Path


def describe() -> dict[str, str]:
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    libraries = (
        "fastapi",
        "uvicorn",
        "sqlmodel",
        "sqlalchemy",
        "psycopg",
        "lxml",
        "multipart",
        "shapely",
        "pyxform",
    )
    return {
        "processor": f"{cpu}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}",
        "libraries": ", ".join(f"{name} {version(name)}" for name in libraries),
    }


def fsync_us(writes: int = 300) -> tuple[float, float]:
    """Median and 99th percentile of a 4 KB overwrite with fdatasync, in microseconds."""
    waits = []
    with tempfile.NamedTemporaryFile() as file:
        file.write(bytes(4096 * 64))
        file.flush()
        os.fsync(file.fileno())
        for number in range(writes):
            started = time.perf_counter()
            os.pwrite(file.fileno(), os.urandom(4096), 4096 * (number % 64))
            os.fdatasync(file.fileno())
            waits.append((time.perf_counter() - started) * 1e6)
    waits.sort()
    return statistics.median(waits), waits[int(len(waits) * 0.99)]
