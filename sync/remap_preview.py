"""What a mapping would change, without changing anything: each submission is read twice, as now and as then.

Remapping -> Preview: submissions, rows per table, values per variable with the commonest examples, figures
before and after. Values of restricted variables and questions are counted, and never shown; identifying ones
are in no row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from forms import vocabulary
from forms.model import CompiledForm
from sync.catalogue import form_states
from sync.contexts import Contexts
from sync.derivation import PackedContext, Refused, Work, derive
from sync.derived_rows import ROW_TABLES
from sync.lineage import Record, resolve
from sync.originals import open_bodies
from sync.remap import Remapping, Target, submissions_of
from sync.remap_figures import Tally
from sync.sandbox import Sandbox, SandboxFailure
from sync.steps.values import Outcome
from sync.store import ReadSession, Store

BATCH = 200
_PAIRS_KEPT = 500
"""Distinct examples kept of one variable: the rest is counted only."""
_LINEAGE = {"mapping_version"}
_SHOWN = ("public", "internal")

Progress = Callable[[int, int], None]


@dataclass
class Changed:
    """Rows of one table: those that come, go, or have another value somewhere."""

    added: int = 0
    removed: int = 0
    changed: int = 0


@dataclass
class Preview:
    submissions: int = 0
    unreadable: int = 0  # a step refuses them, as now or as then: they are parked
    before: Tally = field(default_factory=Tally)
    after: Tally = field(default_factory=Tally)
    tables: dict[str, Changed] = field(default_factory=dict)
    values: Counter[str] = field(default_factory=Counter)  # by "table.variable": how many rows differ
    examples: dict[str, Counter[tuple[Any, Any]]] = field(default_factory=dict)  # (before, after) -> rows


def preview_remapping(
    store: Store, remapping: Remapping, progress: Progress = lambda done, total: None
) -> Preview:
    """Try a mapping out on every submission of its versions. Writes nothing.

    progress  called with (submissions tried, submissions in all)
    """
    preview = Preview()
    hidden = hidden_variables(remapping)
    contexts = Contexts(store)
    try:
        with store.read() as session, Sandbox(memory_mb=1024, seconds=20.0) as sandbox:
            ids = [row["id"] for row in session.all(submissions_of(remapping))]
            trial = _Trial(store, session, contexts, remapping)
            seen: set[int] = set()
            for start in range(0, len(ids), BATCH):
                works = trial.works(ids[start : start + BATCH], seen)
                taken = trial.taken_out(list(trial.roots))
                outcomes = (outcome for _, outcome in sandbox.stream(derive, iter(works)))
                for now, then in zip(outcomes, outcomes, strict=True):
                    _compare(preview, now, then, taken, hidden)
                progress(min(start + BATCH, len(ids)), len(ids))
    finally:
        contexts.close()
    return preview


class _Trial:
    """The work of each record, twice: with the mapping in use, and with the one to be tried."""

    def __init__(self, store: Store, session: ReadSession, contexts: Contexts, remapping: Remapping) -> None:
        self.store, self.session, self.contexts = store, session, contexts
        self.around = contexts.surroundings(session, remapping.project_uuid)
        self.packed = {one.version: self._pack(remapping, one) for one in remapping.targets}
        self.roots: set[int] = set()

    def _pack(self, remapping: Remapping, target: Target) -> tuple[PackedContext, PackedContext]:
        forms: tuple[CompiledForm, CompiledForm] = (target.form, remapping.of(target))
        now, then = (self.contexts.packed_form(self.around, form) for form in forms)
        return now, then

    def works(self, ids: list[int], seen: set[int]) -> list[Work]:
        """Two works for each record that counts by one of the versions and was not tried before."""
        records = resolve(self.session, ids, form_states(self.session))
        records = [r for r in records if r.root and r.winner and r.nodes[0].id not in seen]
        records = [r for r in records if r.winner and r.winner.form_version in self.packed]
        seen.update(record.nodes[0].id for record in records)
        self.roots = {record.root.id for record in records if record.root}
        bodies = open_bodies(self.session, self.store, [r.winner.id for r in records if r.winner])
        owners = self.contexts.organisations(self.session, [r.owned_by for r in records if r.owned_by])
        return [
            work
            for record in records
            if record.winner and (body := bodies.get(record.winner.id)) is not None
            for work in self._twice(record, body, owners)
        ]

    def _twice(self, record: Record, body: bytes, owners: dict[int, str]) -> Iterator[Work]:
        root, winner = record.root, record.winner
        assert root is not None
        assert winner is not None
        for context in self.packed[winner.form_version]:
            yield Work(
                context=context,
                root_id=root.id,
                project_uuid=root.project_uuid,
                root_instance_id=root.instance_id,
                body=body,
                form_version=winner.form_version,
                received_at=winner.received_at,
                organisation=owners.get((record.owned_by or winner).id),
            )

    def taken_out(self, roots: list[int]) -> dict[str, str]:
        """The status of rows a decision took out of the figures, by record_id."""
        found: dict[str, str] = {}
        for table in ROW_TABLES.values():
            rows = select(table.c.record_id, table.c.status)
            rows = rows.where(table.c.root_id.in_(roots), table.c.status != "valid")
            found.update({row["record_id"]: row["status"] for row in self.session.all(rows)})
        return found


def hidden_variables(remapping: Remapping) -> set[str]:
    """Variables, as "table.name", whose values may not be shown: restricted, or fed by such a question."""
    hidden = {
        f"{table}.{v.name}"
        for table in vocabulary.TABLES
        for v in vocabulary.variables(table).values()
        if v.sensitivity not in _SHOWN
    }
    for target in remapping.targets:
        for form in (target.form, remapping.of(target)):
            marked = {one.path: one.sensitivity for one in form.fields}
            hidden |= {f"{b.table}.{b.variable}" for b in form.bindings if marked.get(b.path) not in _SHOWN}
    return hidden


_Rows = dict[tuple[str, str], dict[str, Any]]


def _compare(
    preview: Preview,
    now: Outcome | Refused | SandboxFailure,
    then: Outcome | Refused | SandboxFailure,
    taken_out: dict[str, str],
    hidden: set[str],
) -> None:
    preview.submissions += 1
    if not (isinstance(now, Outcome) and isinstance(then, Outcome)):
        preview.unreadable += 1
        return
    old, new = _rows(now, taken_out), _rows(then, taken_out)
    for tally, rows in ((preview.before, old), (preview.after, new)):
        for (table, _), values in rows.items():
            tally.add(table, values)
    for key in {**old, **new}:
        changed = preview.tables.setdefault(key[0], Changed())
        if key not in new:
            changed.removed += 1
        elif key not in old:
            changed.added += 1
        else:
            changed.changed += _values(preview, key[0], old[key], new[key], hidden)


def _rows(outcome: Outcome, taken_out: dict[str, str]) -> _Rows:
    """Rows and splits alike, by table and identity."""
    found: _Rows = {}
    for row in outcome.rows:
        values = {name: value for name, value in row.values.items() if name not in _LINEAGE}
        found[row.table, row.record_id] = values | {"status": taken_out.get(row.record_id, "valid")}
    for split in outcome.splits:
        identity = f"{split.record_id} {split.dimension} {split.code}"
        found["flow_split", identity] = {"dimension": split.dimension, "code": split.code, "n": split.n}
    return found


def _values(preview: Preview, table: str, old: dict[str, Any], new: dict[str, Any], hidden: set[str]) -> bool:
    """Note the variables in which a row differs. Returns whether any does."""
    differing = [name for name in old if old[name] != new.get(name)]
    for name in differing:
        key = f"{table}.{name}"
        preview.values[key] += 1
        if key in hidden:
            continue
        pairs = preview.examples.setdefault(key, Counter())
        pair = (old[name], new.get(name))
        if pair in pairs or len(pairs) < _PAIRS_KEPT:
            pairs[pair] += 1
    return bool(differing)
