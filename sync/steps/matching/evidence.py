"""How much speaks for two rows being the same, in bits, with the reasons in words.

Each agreement adds the bits it is worth: how much more often true duplicates agree so than two rows that meet
by chance (the way of Fellegi and Sunter). A group of 41 counted twice as 41 is rare by chance and worth ten
bits, a couple at a bus station is worth two and a half. `prior` is what must be outweighed first: most pairs
that share a block are two different groups. The score is the probability the sum of bits stands for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

Features = dict[str, Any]

UNSURE = frozenset({"OOO", "XXX", "dnk", "pnta", "undefined", "other"})
"""Codes that say no more than nothing: they agree or disagree with everything."""


@dataclass(slots=True)
class Evidence:
    bits: float
    reasons: list[str] = field(default_factory=list)

    def add(self, bits: float, reason: str = "") -> None:
        self.bits += bits
        if reason:
            self.reasons.append(reason)

    def agree(self, a: Any, b: Any, same: float, different: float, reason: str = "") -> None:
        """Weigh two codes; nothing where either is unknown."""
        if a is None or b is None or a in UNSURE or b in UNSURE:
            return
        if a == b:
            self.add(same, reason)
        else:
            self.add(different)

    @property
    def score(self) -> float:
        return round(1 / (1 + 2 ** -max(-40.0, min(40.0, self.bits))), 3)


def contradict(a: Any, b: Any) -> bool:
    """Whether two codes are both known and different."""
    return a is not None and b is not None and a not in UNSURE and b not in UNSURE and a != b


def likeness(a: float, b: float) -> float:
    """The smaller over the larger, 1 for equals, 0 where only one is nothing."""
    return 1.0 if a == b else max(0.0, min(a, b)) / max(a, b)


def rarity_bits(n: int, other: int) -> float | None:
    """What two group sizes agreeing is worth; None where they are not close enough to be one group.

    Sizes fall off roughly as 1 / n(n+1). Round figures are guessed more often than counted.
    """
    low, high = sorted((n, other))
    if high - low > max(1, 0.2 * high):
        return None
    if low == high:
        heaped = 2.0 if n % 10 == 0 else 1.0 if n % 5 == 0 else 0.0
        return math.log2(n * (n + 1)) - heaped
    window = max(0.1, 2 * (high - low) / high)
    return math.log2((low + 1) / window) - 1


def people(a: Features, b: Features) -> str:
    """ "", ", both reported by KI-07", ", reported by KI-07 and KI-12": pseudonyms only."""
    first, second = a.get("informant"), b.get("informant")
    if first is None or second is None:
        return ""
    if first == second:
        return f", both reported by {first}"
    return ", reported by {} and {}".format(*sorted((first, second)))


def span(values: list[int], unit: str) -> str:
    """ "both count 120 to 130 cattle"; "both count 41 movements"."""
    low, high = min(values), max(values)
    return f"both count {low:,} {unit}" if low == high else f"both count {low:,} to {high:,} {unit}"


def where(a: Features, b: Features) -> str:
    """ "at Corridor 4", "at Corridor 4 and Well 2", "at Corridor 4 and a place not named"."""
    names = sorted({f.get("place_name") or f.get("place") or "" for f in (a, b)}, reverse=True)
    named = sorted(name for name in names if name)
    if not named:
        return "in one area"
    if "" in names:
        named.append("a place not named")
    return "at " + " and ".join(named)
