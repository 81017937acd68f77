"""How often Python looks for cycles of garbage: seldom.

What passes through here, bytes, rows, answers, are trees that go when nobody holds them. Looking for cycles
among them every seven hundred new objects costs a tenth of the processor time and finds nothing. For whole
processes: the server, the worker, a rebuild.
"""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """Look for cycles after fifty thousand new objects; those in memory now are taken to stay."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
