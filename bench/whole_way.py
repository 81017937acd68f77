"""The whole way: from received submissions to harmonised rows, in processor time."""

from __future__ import annotations

import asyncio
import os
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.field import REGISTRY_VERSION, Field, fresh
from sync.catalogue import catalogue
from sync.collecting import collect_seldom
from sync.envelope import read_envelope
from sync.receipt import Reception, Sender, make_arrival
from sync.registry import get_project
from sync.store import Store, now
from sync.worker import Worker


@dataclass(frozen=True)
class Way:
    """Per submission: processor time of receiving (without HTTP) and of deriving, and the wall rate."""

    receive_us: float
    derive_us: float
    derived_per_s: float

    @property
    def per_core(self) -> float:
        return 1e6 / (self.receive_us + self.derive_us)


def measure(rounds: int, submissions: int, say: Callable[[str], None]) -> dict[str, Way]:
    """Figures by engine. Each round receives and derives `submissions` more."""
    collect_seldom()  # as `waypost serve` and `waypost worker` do
    found = {}
    for engine in ("sqlite", "postgresql"):
        with fresh(engine) as (store, field):
            worker = Worker(store)
            _receive(store, field, 64)
            worker.drain()  # warm: the child has its forms and places
            ways = []
            for number in range(rounds):
                say(f"whole way, {engine}, round {number + 1} of {rounds}")
                ways.append(_round(store, field, worker, submissions, 64 + number * submissions))
            worker.stop()
        found[engine] = Way(
            statistics.median(way.receive_us for way in ways),
            statistics.median(way.derive_us for way in ways),
            statistics.median(way.derived_per_s for way in ways),
        )
    return found


def _round(store: Store, field: Field, worker: Worker, submissions: int, first: int) -> Way:
    before = _cpu_s(worker)
    _receive(store, field, submissions, first)
    between, started = _cpu_s(worker), time.perf_counter()
    settled = worker.drain()
    assert settled == submissions, (settled, submissions)
    elapsed, after = time.perf_counter() - started, _cpu_s(worker)
    return Way(
        (between - before) / submissions * 1e6, (after - between) / submissions * 1e6, submissions / elapsed
    )


def _receive(store: Store, field: Field, submissions: int, first: int = 0) -> None:
    """Through the receipt, many at a time, as the endpoint does after it has read the request."""
    with store.read() as session:
        project_uuid = get_project(session, field.project_id)["uuid"]
    assert catalogue(store).state(project_uuid, "fmr", REGISTRY_VERSION) == "open"
    reception = Reception(store)

    async def send(number: int) -> None:
        xml = field.day_of_a_point(number)
        await reception.accept_async(
            make_arrival(store.keyring, Sender(project_uuid), read_envelope(xml), xml, now())
        )

    async def send_all() -> None:
        await asyncio.gather(*(send(number) for number in range(first, first + submissions)))

    asyncio.run(send_all())


def _cpu_s(worker: Worker) -> float:
    """Of this process and the worker's child."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    child = worker.child_pid
    used = own.ru_utime + own.ru_stime
    if child is not None:
        fields = Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()
        used += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used
