"""Chance that is the same every time: the numbers of the demo follow from its seed alone."""

from __future__ import annotations

from random import Random


def chance(*about: object) -> Random:
    """A source of numbers for a subject; equal subjects give equal numbers, on every machine."""
    return Random(" ".join(map(str, about)))  # noqa: S311 - nothing here is a secret
