"""What a dataset is: which columns it has, what one row of it is, what it tells and what it does not.

The texts are those a reader must see with the figures (DOMAIN 2.8).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forms import languages
from server.datasets.columns import Column

MOVEMENTS = (
    "Movements are counted, not persons: somebody who passes twice is two movements.",
    "A partial view: only what passed the observed points during the observed hours, never the total.",
    "Not representative of all who move, and nothing may be extrapolated from it.",
    "Movements of different tools at one place may be the same crossings and are never added up; "
    "a network total uses one designated point per route.",
    "Traders, nationals and herders pass too: not all are migrants.",
)
REVIEW = (
    "Rows suspected to tell of the same group stay counted until somebody decides; "
    "they are marked as under review."
)
UNKNOWN = "An empty cell is unknown or not asked; it is never a zero."


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset. `table` is the harmonised table its rows are, or None when they are worked out."""

    name: str
    title: str
    unit: str  # what one row is
    description: str
    method: str
    limits: tuple[str, ...]
    columns: tuple[Column, ...]
    table: str | None = None
    filters: tuple[str, ...] = ("place", "from", "to")  # parameters it takes, where it is worked out

    @property
    def titles(self) -> Mapping[str, str]:
        """The title in other languages, by code."""
        return languages.labels("datasets", self.title)

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)
