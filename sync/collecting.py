"""How often Python looks for cycles of garbage: seldom.

What passes through here, bytes, rows, answers, are trees that go when nobody holds them. Looking for cycles
among them every seven hundred new objects finds nothing. Deriving cost 1.70 against 2.60 ms a submission with
this, and 2.47 against 2.79 ms, in two noisy runs in turns. For whole processes: the server and the worker.
"""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """Look for cycles after fifty thousand new objects; those in memory now are taken to stay."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
