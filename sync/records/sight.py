"""What a reader has of one form's records: the predicates every function of this package applies.

`sync` decides nothing about who sees what: a `Sight` is made by the policy, and handed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import ColumnElement, FromClause, true

SENSITIVITIES = frozenset({"public", "internal", "restricted", "confidential", "direct_identifier"})


class Sight(Protocol):
    """Predicates are on the original of a record: `submission` or an alias of it."""

    @property
    def sees(self) -> frozenset[str]:
        """The sensitivities of answers that are shown in some record."""

    def records(self, original: FromClause) -> ColumnElement[bool]:
        """Whether a record may be seen at all."""

    def answers(self, original: FromClause) -> Mapping[str, ColumnElement[bool]]:
        """By sensitivity, in which of those records its answers are shown; one shown in all is left out."""


@dataclass(frozen=True, slots=True)
class WholeForm:
    """Whoever works on all records of a form, for a question that tells nothing of them."""

    sees: frozenset[str] = SENSITIVITIES

    def records(self, original: FromClause) -> ColumnElement[bool]:
        return true()

    def answers(self, original: FromClause) -> Mapping[str, ColumnElement[bool]]:
        return {}
