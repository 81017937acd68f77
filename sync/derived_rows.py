"""Replace everything derived from a record, in one transaction, for a batch of records.

In: resolved records and the outcomes of their steps. Out: rows. What was there before is deleted first, so
that doing it again gives the same; tags of earlier boundary releases stay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import bindparam, delete, or_, select, update

from forms.model import CompiledForm
from sync.answers import to_json
from sync.decisions import apply_decisions
from sync.flags import FLAGS
from sync.lineage import Record
from sync.odata.kept import kept_rows
from sync.pairs import find_pairs
from sync.records.standing import keep_standings
from sync.seal import SealKey
from sync.steps.geotag import tag_row
from sync.steps.values import FlagNote, Outcome, Parsed
from sync.store import WriteSession
from sync.tables import (
    HARMONISED,
    answer_row,
    decision,
    duplicate_candidate,
    duplicate_key,
    duplicate_pair,
    flag,
    flow_split,
    submission,
    submission_version,
    tag,
)

NO_RELEASE = 0
IDENTIFYING = b"identifying answers"
"""The context under which they are sealed in `answer_row.sealed`."""
ROW_TABLES = {name: table for name, table in HARMONISED.items() if table is not flow_split}
_COLUMNS = {n: [c.name for c in t.columns if c.name != "root_id"] for n, t in ROW_TABLES.items()}


@dataclass(frozen=True, slots=True)
class Derived:
    """One record ready to be written. Without an outcome only the old rows go: the record is held."""

    record: Record
    outcome: Outcome | None
    key: SealKey | None = None  # the winner's, to seal identifying answers
    release_id: int = NO_RELEASE
    notes: tuple[FlagNote, ...] = ()  # about the record as a whole: conflict, branch
    form: CompiledForm | None = None  # the version it was filled in with

    @property
    def root_id(self) -> int:
        return (self.record.root or self.record.nodes[0]).id


def replace_derived(session: WriteSession, batch: Sequence[Derived]) -> None:
    """Write a batch. The records must have been resolved in this very transaction."""
    _write_states(session, batch)
    touched = _clear(session, [node.id for d in batch for node in d.record.nodes])
    done = [d for d in batch if d.outcome is not None]
    session.insert(answer_row, [row for d in done for row in _answers(d)])
    for name, table in ROW_TABLES.items():
        session.insert(table, _rows(done, name))
    session.insert(flow_split, [row for d in done for row in _splits(d)])
    session.upsert(tag, [row for d in done for row in _tags(d)], key=("record_id", "release_id"))
    _declare_anew(session, done)
    session.insert(flag, [row for d in batch for row in _flags(d)])
    new = {block.record_id: (block, d.root_id) for d in done for block in d.outcome.blocks}  # type: ignore[union-attr]
    touched |= find_pairs(session, new, {d.root_id: d.record.nodes[0].project_uuid for d in done})
    is_decided = session.scalar(select(decision.c.id).limit(1)) is not None
    if is_decided:  # an earlier one may be about these rows
        touched |= {row.record_id for d in done for row in d.outcome.rows}  # type: ignore[union-attr]
    keep_standings(session, [d.record for d in batch if is_decided or len(d.record.nodes) > 1])
    apply_decisions(session, touched)


_SET_ROOT = update(submission).where(submission.c.id == bindparam("of")).values(root_id=bindparam("to"))
_SET_STATE = (
    update(submission_version)
    .where(submission_version.c.id == bindparam("of"))
    .values(state=bindparam("to"), hold_reason=bindparam("why"))
)


def _write_states(session: WriteSession, batch: Sequence[Derived]) -> None:
    """Note the root of each submission and the state of each version, where they are not noted yet."""
    roots, states = [], []
    for d in batch:
        root_id = d.record.root.id if d.record.root else None
        for node in d.record.nodes:
            if node.root_id != root_id:
                roots.append({"of": node.id, "to": root_id})
            for version in node.versions:
                state, reason = d.record.states[version.id]
                if (version.state, version.hold_reason) != (state, reason):
                    states.append({"of": version.id, "to": str(state), "why": reason})
    session.execute_many(_SET_ROOT, roots)
    session.execute_many(_SET_STATE, states)


def _clear(session: WriteSession, root_ids: Sequence[int]) -> set[str]:
    """Delete what was derived before. Returns the rows of others that were paired with what went."""
    ids = list(root_ids)
    either = or_(duplicate_pair.c.root_a.in_(ids), duplicate_pair.c.root_b.in_(ids))
    pairs = session.all(select(duplicate_pair.c.record_a, duplicate_pair.c.record_b).where(either))
    if pairs:
        session.execute(delete(duplicate_pair).where(either))
    for table in (answer_row, flag, duplicate_key, duplicate_candidate, *HARMONISED.values()):
        session.execute(delete(table).where(table.c.root_id.in_(ids)))
    return {row[side] for row in pairs for side in ("record_a", "record_b")}


def _answers(d: Derived) -> Iterable[dict[str, Any]]:
    assert d.outcome is not None
    assert d.record.winner is not None
    parsed = d.outcome.parsed
    kept = None if d.form is None or parsed.encrypted else kept_rows(d.form)
    inside = _inside(parsed)
    for answers in parsed.answers:
        values = {path: to_json(value) for path, value in answers.values.items()}
        repeats = inside[answers.table_path, answers.ordinal]
        sealed = None
        if answers.identifying and d.key is not None:
            plain = orjson.dumps({path: to_json(value) for path, value in answers.identifying.items()})
            sealed = d.key.seal(plain, IDENTIFYING)
        yield {
            "root_id": d.root_id,
            "version_id": d.record.winner.id,
            "table_path": answers.table_path,
            "ordinal": answers.ordinal,
            "parent_ordinal": answers.parent_ordinal,
            "answers": values,
            "sealed": sealed,
            "texts": answers.texts or None,
            "files": None if answers.table_path else _files(parsed),
            "encrypted_file": None if answers.table_path else parsed.encrypted_file,
            "odata": None if kept is None else kept.text(answers.table_path, values, repeats),
        }


def _inside(parsed: Parsed) -> Mapping[tuple[str, int], set[str]]:
    """By row, the repeats that have rows in it."""
    found: dict[tuple[str, int], set[str]] = defaultdict(set)
    for row in parsed.answers:
        if row.parent_path is not None and row.parent_ordinal is not None:
            found[row.parent_path, row.parent_ordinal].add(row.table_path)
    return found


def _files(parsed: Parsed) -> list[str] | None:
    """The files a record mentions. What an identifying question names is an identifying answer."""
    withheld = {
        value for answers in parsed.answers for value in answers.identifying.values() if _is_text(value)
    }
    return [name for name in parsed.attachments if name not in withheld] or None


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _splits(d: Derived) -> Iterable[dict[str, Any]]:
    assert d.outcome is not None
    for split in d.outcome.splits:
        yield {
            "record_id": split.record_id,
            "dimension": split.dimension,
            "code": split.code,
            "n": split.n,
            "root_id": d.root_id,
        }


def _rows(done: Sequence[Derived], table: str) -> list[dict[str, Any]]:
    """The rows of one table, with the columns any of them fills: most forms fill half of the ninety."""
    rows = [
        (d.root_id, row.values)
        for d in done
        for row in d.outcome.rows  # type: ignore[union-attr]
        if row.table == table
    ]
    used = {name for _, values in rows for name, value in values.items() if value is not None}
    names = [name for name in _COLUMNS[table] if name in used]
    return [{**{name: values.get(name) for name in names}, "root_id": root_id} for root_id, values in rows]


def _tags(d: Derived) -> Iterable[dict[str, Any]]:
    assert d.outcome is not None
    for record_id, found in d.outcome.tags.items():
        yield tag_row(found, record_id, d.root_id, d.release_id)


_SET_DECLARED = (
    update(tag)
    .where(tag.c.record_id == bindparam("of"))
    .values(declared_place=bindparam("place"), declared_pcode=bindparam("pcode"))
)


def _declare_anew(session: WriteSession, done: Sequence[Derived]) -> None:
    """Give the tags of earlier releases what the rows declare now: a re-tag places by it, also one that goes
    back to such a release. Only records that were processed before have other tags."""
    again = [d for d in done if d.record.root is not None and d.record.root.root_id is not None]
    if not again:
        return
    kept = select(tag.c.record_id, tag.c.declared_place, tag.c.declared_pcode).distinct()
    told: dict[str, set[tuple[str | None, str | None]]] = defaultdict(set)
    for row in session.all(kept.where(tag.c.root_id.in_([d.root_id for d in again]))):
        told[row["record_id"]].add((row["declared_place"], row["declared_pcode"]))
    now = {
        record_id: (found.declared_place, found.declared_pcode)
        for d in again
        for record_id, found in d.outcome.tags.items()  # type: ignore[union-attr]
    }
    changed = [
        {"of": record_id, "place": place, "pcode": pcode}
        for record_id, (place, pcode) in now.items()
        if told[record_id] != {(place, pcode)}
    ]
    session.execute_many(_SET_DECLARED, changed)


def _flags(d: Derived) -> Iterable[dict[str, Any]]:
    for note in (*(d.outcome.flags if d.outcome else ()), *d.notes):
        yield {
            "root_id": d.root_id,
            "record_id": note.record_id,
            "step": FLAGS[note.code].step,
            "code": note.code,
            "reason": note.reason,
            "detail": note.detail,
        }
