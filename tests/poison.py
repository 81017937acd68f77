"""A pipeline that some submissions kill: what the child runs in the story of the poison submissions."""

from __future__ import annotations

import ctypes
import time

from sync.derivation import Refused, Work, derive
from sync.steps.values import Outcome


def poisoned_derive(work: Work) -> Outcome | Refused:
    """The real steps, but for bodies that say which way to die."""
    if b"poison:crash" in work.body:
        ctypes.string_at(0)  # a segmentation fault, as GEOS can have
    if b"poison:hang" in work.body:
        time.sleep(3600)
    if b"poison:memory" in work.body:
        hoard = [bytearray(64 << 20) for _ in range(10_000)]
        del hoard
    if b"poison:bug" in work.body:
        raise ZeroDivisionError("a bug nobody thought of")
    return derive(work)
