"""Gaps in the numbers a form gives to its records: a question to the enumerator, never an alarm.

In: the answers of the question `device_counter` (docs/FORMS.md) by device and form. Out: for each, from
which number to which records came, which numbers between did not, and which came twice. A form that was
installed again begins at 1 again, and drafts that are filled in side by side take the same number: so what
is missing here may never have existed, and what came twice is no double.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

COUNTER = "device_counter"
_MOST_RANGES = 50


@dataclass(frozen=True, slots=True)
class Sequence:
    """The records of one form from one device that carry a number."""

    device_id: str | None
    xml_form_id: str
    first: int
    last: int
    received: int
    missing: tuple[tuple[int, int], ...]  # ranges, both ends included
    n_missing: int
    repeated: tuple[int, ...]

    @property
    def question(self) -> str | None:
        """What to ask, where there is something to ask."""
        if self.n_missing:
            return (
                f"{self.n_missing} numbers of {self.xml_form_id} did not come. Are they on the tablet, "
                "or was it set up anew?"
            )
        if self.repeated:
            return "Numbers came twice: was the form or the tablet set up anew, or were drafts open together?"
        return None


def sequences(numbers: Iterable[tuple[str | None, str, int]]) -> list[Sequence]:
    """By device and form, in their order. `numbers`: (device, form id, number) of each record."""
    by: dict[tuple[str, str], list[int]] = defaultdict(list)
    devices: dict[str, str | None] = {}
    for device, form, number in numbers:
        devices[device or ""] = device
        by[device or "", form].append(number)
    return [_sequence(devices[device], form, found) for (device, form), found in sorted(by.items())]


def _sequence(device: str | None, form: str, found: list[int]) -> Sequence:
    there = sorted(set(found))
    gaps = [(a + 1, b - 1) for a, b in pairwise(there) if b - a > 1]
    repeated = tuple(number for number, n in sorted(Counter(found).items()) if n > 1)
    missing = sum(end - start + 1 for start, end in gaps)
    return Sequence(
        device,
        form,
        there[0],
        there[-1],
        len(found),
        tuple(gaps[:_MOST_RANGES]),
        missing,
        repeated[:_MOST_RANGES],
    )


def read_number(value: object) -> int | None:
    """A number as a form may write it: 12, "12", "12.0"; None for anything else."""
    try:
        number = float(str(value))
    except ValueError:
        return None
    return int(number) if number.is_integer() and 0 < number < 10**9 else None
