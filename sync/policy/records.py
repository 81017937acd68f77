"""Which whole records a reader has, and which of their answers: the scope of rows, for records.

In: a `Scope`. Out: a predicate on the original of a record, and for each sensitivity whether, or in which of
these records, its answers are shown (decision 0012). REST, OData, CSV, GeoJSON, held records, counts and days
of records all use it; none of them needs the worker to have run.

A record is in scope when every harmonised row made of it is: what a reader must not see of a row is not read
around it in the record. A record without rows lies nowhere and belongs to nobody, so that only a grant on the
whole form shows it. Records of herds never leave to the public: what is published of them late is coarse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause, Table, and_, exists, false, func, literal, not_, or_, true

from sync.policy.grants import Part
from sync.policy.release import is_transhumance
from sync.policy.scope import Scope
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
    within: RecordScope | None = None  # of the one who looks as this reader

    @property
    def sees(self) -> frozenset[str]:
        """The sensitivities of answers that some grant shows somewhere."""
        mine = frozenset(s for s in _SENSITIVITIES if any(s in part.sees for part in self.parts))
        return mine if self.within is None else mine & self.within.sees

    def records(self, original: FromClause) -> ColumnElement[bool]:
        """Whether a record may be seen at all."""
        mine = shows(self.parts, original)
        return mine if self.within is None else and_(mine, self.within.records(original))

    def answers(self, original: FromClause) -> Mapping[str, ColumnElement[bool]]:
        """By sensitivity, in which of the records that may be seen its answers are shown; a sensitivity that
        is shown in all of them is left out."""
        found = {} if self.within is None else dict(self.within.answers(original))
        found = {sensitivity: where for sensitivity, where in found.items() if sensitivity in self.sees}
        for sensitivity in self.sees:
            showing = tuple(part for part in self.parts if sensitivity in part.sees)
            if len(showing) < len(self.parts):
                mine = shows(showing, original)
                others = found.get(sensitivity)
                found[sensitivity] = mine if others is None else and_(mine, others)
        return found


def record_scope(scope: Scope, xml_form_id: str) -> RecordScope:
    """What the actor has of a form. Raises NotFound where no grant is about it: as if it did not exist."""
    within = None if scope.within is None else record_scope(scope.within, xml_form_id)
    parts = _parts(scope, xml_form_id)
    if not parts:
        raise NotFound(f"There is no form {xml_form_id!r} here.", "Ask which forms the token is for.")
    return RecordScope(parts, within)


def records_in(scope: Scope, original: FromClause) -> ColumnElement[bool]:
    """Whether a record, of whatever form, may be seen: for lists, counts and days over several forms.

    original  `submission` or an alias, restricted to the project's space by the caller
    """
    form = original.c.xml_form_id
    named = sorted({part.xml_form_id for part in scope.parts if part.xml_form_id is not None})
    mine = [and_(form == name, shows(_parts(scope, name), original)) for name in named]
    elsewhere = tuple(part for part in scope.parts if part.xml_form_id is None)
    if elsewhere:
        mine.append(
            and_(form.not_in(named), shows(elsewhere, original)) if named else shows(elsewhere, original)
        )
    own = or_(false(), *mine)
    return own if scope.within is None else and_(own, records_in(scope.within, original))


def shows(parts: Sequence[Part], original: FromClause) -> ColumnElement[bool]:
    """Whether grants on a record's form show all of it together. No grant shows nothing."""
    if not parts:
        return false()
    if any(_is_boundless(part) for part in parts):
        return true()
    within = [
        not_(exists().where(table.c.root_id == original.c.id, ~_visible(table, parts))) for table in _ROWS
    ]
    if any(part.is_wide for part in parts):
        return and_(*within)
    return and_(or_(*(exists().where(table.c.root_id == original.c.id) for table in _ROWS)), *within)


def _parts(scope: Scope, xml_form_id: str) -> tuple[Part, ...]:
    return tuple(part for part in scope.parts if part.xml_form_id in (None, xml_form_id))


def _visible(table: Table, parts: Sequence[Part]) -> ColumnElement[bool]:
    """Whether some grant shows a row. Never null: what cannot be told is not shown."""
    by_part = (part.rows(table, ~is_transhumance(table)) for part in parts)
    return func.coalesce(or_(false(), *by_part), literal(False))


def _is_boundless(part: Part) -> bool:
    """Whether no row of any record is withheld from a grant."""
    withheld = {"confidential", "direct_identifier"} - part.sees
    return part.is_wide and not part.is_public and withheld <= _IN_NO_ROW
