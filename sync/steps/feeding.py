"""Which questions feed which rows: a form's bindings and row makers, resolved once per form.

The rules are those of the mapping contract (`forms.grain.feeds`): an unqualified question feeds every row of
its table made at its own level or below, a qualified one the rows with exactly its fixed values. Where two
questions feed one cell, the more specific one has the last word if it is answered.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from forms import vocabulary
from forms.grain import feeds
from forms.model import CompiledForm, RowMaker
from forms.vocabulary import Variable

SENSITIVITIES = ("public", "internal", "restricted", "confidential")
"""Of what may feed a row, from the least sensitive."""

_KEPT = 64


@dataclass(frozen=True, slots=True)
class Feed:
    """One question feeding one variable."""

    path: str
    level: str  # table_path of the answers it is among: "" for the form level
    qualified: bool
    variable: Variable
    crosswalk: Mapping[str, str]  # form code -> standard code
    sensitivity: int  # position in SENSITIVITIES


@dataclass(frozen=True, slots=True)
class Feeding:
    """A row maker with the questions that feed its rows, the most specific last."""

    maker: RowMaker
    feeds: tuple[Feed, ...]
    qualified: bool  # some feed is qualified: without an answer to one of those no row is made

    def feeds_variable(self, name: str) -> bool:
        return any(feed.variable.name == name for feed in self.feeds) or name in dict(self.maker.qualifiers)


_resolved: OrderedDict[tuple[str, str, str], tuple[Feeding, ...]] = OrderedDict()


def feedings(form: CompiledForm) -> tuple[Feeding, ...]:
    """The form's row makers in order, each with its questions."""
    key = (form.xml_form_id, form.hash, form.mapping_hash)
    found = _resolved.get(key)
    if found is None:
        found = _resolved[key] = _resolve(form)
        if len(_resolved) > _KEPT:
            _resolved.popitem(last=False)
    return found


def _resolve(form: CompiledForm) -> tuple[Feeding, ...]:
    outer = {field.path: field.repeat for field in form.fields if field.type == "repeat"}
    # A direct identifier has no rank: whatever a form says, it feeds nothing.
    ranks = {
        f.path: SENSITIVITIES.index(f.sensitivity) for f in form.fields if f.sensitivity in SENSITIVITIES
    }
    resolved = []
    for maker in form.makers:
        levels = _levels(maker.repeat, outer)
        bindings = [b for b in form.bindings if b.repeat in levels and feeds(b, maker)]
        bindings.sort(key=lambda b: (-levels.index(b.repeat), len(b.qualifiers)))
        fed = tuple(
            Feed(b.path, b.repeat or "", bool(b.qualifiers), variable, dict(b.codes), sensitivity)
            for b in bindings
            if (variable := vocabulary.variable(b.table, b.variable)) is not None
            and (sensitivity := ranks.get(b.path)) is not None
        )
        resolved.append(Feeding(maker, fed, any(feed.qualified for feed in fed)))
    return tuple(resolved)


def _levels(repeat: str | None, outer: Mapping[str, str | None]) -> list[str | None]:
    """The repeat and those around it, innermost first, the form level (None) last."""
    levels = [repeat]
    while levels[-1] is not None:
        levels.append(outer.get(levels[-1]))
    return levels
