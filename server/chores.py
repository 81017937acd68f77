"""Small things done again and again while the server runs, each in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

log = logging.getLogger("waypost.chores")


@dataclass(frozen=True, slots=True)
class Chore:
    name: str
    every_s: float
    do: Callable[[], object]


@contextmanager
def chores(*wanted: Chore) -> Iterator[None]:
    """Do the chores until the block ends. One that fails is said once, and tried again at its next turn."""
    stopping = threading.Event()
    threads = [
        threading.Thread(target=_keep_doing, args=(chore, stopping), name=chore.name, daemon=True)
        for chore in wanted
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def _keep_doing(chore: Chore, stopping: threading.Event) -> None:
    failed = False
    while not stopping.wait(chore.every_s):
        try:
            chore.do()
            failed = False
        except Exception:
            if not failed:
                log.exception("Could not %s; trying again.", chore.name)
            failed = True
