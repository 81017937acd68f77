"""How hard to try: a few examples in every run, always the same; many and new ones at night."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from forms.library_index import library

_ALL = tuple(HealthCheck)
USUAL = settings(max_examples=6, deadline=None, derandomize=True, database=None, suppress_health_check=_ALL)
NIGHTLY = settings(max_examples=100, deadline=None, database=None, suppress_health_check=_ALL)
COLLECTING = settings(USUAL, phases=[Phase.generate])

depths = pytest.mark.parametrize(
    "depth",
    [
        pytest.param(USUAL, id="usual"),
        pytest.param(NIGHTLY, id="nightly", marks=[pytest.mark.nightly, pytest.mark.timeout(3600)]),
    ],
)
each_form = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.xdist_group(f"library-{name}")) for name in library()]
)
"""All stories of one form in one worker: compiling takes longer than any of them."""


def for_any(depth: settings, strategy: st.SearchStrategy[Any], holds: Callable[[Any], None]) -> None:
    """Run `holds` on as many drawn values as the depth says; what fails is told in its smallest form."""

    @depth
    @given(strategy)
    def drawn(value: Any) -> None:
        holds(value)

    drawn()


def some(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """`count` values of a strategy, always the same: for stories too slow to be told for each of them."""
    collected: list[Any] = []
    for_any(settings(COLLECTING, max_examples=count), strategy, collected.append)
    return collected[:count]
