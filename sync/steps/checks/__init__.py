"""What the quality step looks at, one module per concern. Each check is a generator of flags with reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from forms.model import CompiledForm
from sync.steps.values import FlagNote, GeoTag, Parsed, Registers, Row, Split


@dataclass(frozen=True, slots=True)
class Seen:
    """One record as the checks see it. splits and tags are by record_id."""

    parsed: Parsed
    form: CompiledForm
    received_at: datetime  # aware
    rows: tuple[Row, ...]
    splits: Mapping[str, tuple[Split, ...]]
    tags: Mapping[str, GeoTag]
    release: str | None  # active boundary release
    registers: Registers = field(default_factory=Registers)


Check = Callable[[Seen], Iterator[FlagNote]]


def number(value: int | float) -> str:
    """A figure as people write it: 1,250."""
    return f"{value:,}"
