"""Which whole records a reader has, and which of their answers: the scope of datasets, for records.

In: `server.datasets.scope.Scope`. Out: a predicate on the original of a record, and for each sensitivity
whether, or in which of these records, its answers are shown (decision 0012).

A record is in scope when every harmonised row made of it is: what a reader must not see of a row is not read
around it in the record. A record without rows lies nowhere and belongs to nobody, so that only a grant on the
whole form shows it. Records of herds never leave to the public: what is published of them late is coarse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause, Table, and_, exists, false, func, literal, or_, true

from server.datasets.release import is_transhumance
from server.datasets.scope import Part, Scope
from sync.problems import NotFound
from sync.tables import HARMONISED

_ROWS = [table for name, table in HARMONISED.items() if name != "flow_split"]
_IN_NO_ROW = {"direct_identifier"}
_SENSITIVITIES = ("public", "internal", "restricted", "confidential")
"""Identifying answers are sealed and in no table: no role sees them here."""


@dataclass(frozen=True, slots=True)
class RecordScope:
    """What a reader has of one form's records. Predicates are on the original: `submission` or an alias."""

    parts: tuple[Part, ...]

    @property
    def sees(self) -> frozenset[str]:
        """The sensitivities of answers that some grant shows somewhere."""
        return frozenset(s for s in _SENSITIVITIES if any(s in part.sees for part in self.parts))

    def records(self, original: FromClause) -> ColumnElement[bool]:
        """Whether a record may be seen at all."""
        return _shows(self.parts, original)

    def answers(self, original: FromClause) -> Mapping[str, ColumnElement[bool]]:
        """By sensitivity, in which of the records that may be seen its answers are shown; a sensitivity that
        is shown in all of them is left out."""
        found = {}
        for sensitivity in self.sees:
            showing = tuple(part for part in self.parts if sensitivity in part.sees)
            if len(showing) < len(self.parts):
                found[sensitivity] = _shows(showing, original)
        return found


def record_scope(scope: Scope, xml_form_id: str) -> RecordScope:
    """What the actor has of a form. Raises NotFound where no grant is about it: as if it did not exist."""
    parts = tuple(part for part in scope.parts if part.xml_form_id in (None, xml_form_id))
    if not parts:
        raise NotFound(f"There is no form {xml_form_id!r} here.", "Ask which forms the token is for.")
    return RecordScope(parts)


def _shows(parts: Sequence[Part], original: FromClause) -> ColumnElement[bool]:
    if any(_is_boundless(part) for part in parts):
        return true()
    within = [~exists().where(table.c.root_id == original.c.id, ~_visible(table, parts)) for table in _ROWS]
    if any(_is_wide(part) for part in parts):
        return and_(*within)
    return and_(or_(*(exists().where(table.c.root_id == original.c.id) for table in _ROWS)), *within)


def _visible(table: Table, parts: Sequence[Part]) -> ColumnElement[bool]:
    """Whether some grant shows a row. Never null: what cannot be told is not shown."""
    by_part = (part.rows(table, ~is_transhumance(table)) for part in parts)
    return func.coalesce(or_(false(), *by_part), literal(False))


def _is_wide(part: Part) -> bool:
    """Whether a grant is on all records of its forms, wherever they are and whoever owns them."""
    return part.areas is None and part.place_id is None and part.organisation is None


def _is_boundless(part: Part) -> bool:
    """Whether no row of any record is withheld from a grant."""
    withheld = {"confidential", "direct_identifier"} - part.sees
    return _is_wide(part) and not part.is_public and withheld <= _IN_NO_ROW
