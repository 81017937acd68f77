"""Replace everything derived from a record, in one transaction, for a batch of records.

In: resolved records and the outcomes of their steps. Out: rows. What was there before is deleted first, so
that doing it again gives the same; tags of earlier boundary releases stay.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import RowMapping, delete, or_, select, update

from sync.answers import to_json
from sync.decisions import apply_decisions
from sync.flags import FLAGS
from sync.lineage import Record
from sync.seal import SealKey
from sync.steps.duplicates import compare
from sync.steps.geotag import tag_row
from sync.steps.values import Block, FlagNote, Outcome
from sync.store import WriteSession
from sync.tables import (
    HARMONISED,
    answer_row,
    duplicate_key,
    duplicate_pair,
    flag,
    submission,
    submission_version,
    tag,
)

NO_RELEASE = 0
_IDENTIFYING = b"identifying answers"
_PAIRS = uuid.UUID("5f0b5a0e-3a51-5d0c-9d6c-6b5d2f6b8a11")
"""Namespace of duplicate pairs: decisions name a pair by its uuid, so this never changes."""

_COLUMNS = {
    name: [c.name for c in table.columns if c.name != "root_id"] for name, table in HARMONISED.items()
}


@dataclass(frozen=True, slots=True)
class Derived:
    """One record ready to be written. Without an outcome only the old rows go: the record is held."""

    record: Record
    outcome: Outcome | None
    key: SealKey | None = None  # the winner's, to seal identifying answers
    release_id: int = NO_RELEASE
    notes: tuple[FlagNote, ...] = ()  # about the record as a whole: conflict, branch

    @property
    def root_id(self) -> int:
        return (self.record.root or self.record.nodes[0]).id


def replace_derived(session: WriteSession, batch: Sequence[Derived]) -> None:
    """Write a batch. The records must have been resolved in this very transaction."""
    _write_states(session, batch)
    touched = _clear(session, [node.id for d in batch for node in d.record.nodes])
    done = [d for d in batch if d.outcome is not None]
    session.insert(answer_row, [row for d in done for row in _answers(d)])
    for name, table in HARMONISED.items():
        session.insert(table, [row for d in done for row in _rows(d, name)])
    session.upsert(tag, [row for d in done for row in _tags(d)], key=("record_id", "release_id"))
    session.insert(flag, [row for d in batch for row in _flags(d)])
    touched |= _pairs(session, done)
    touched |= {row.record_id for d in done for row in d.outcome.rows}  # type: ignore[union-attr]
    apply_decisions(session, touched)


def _write_states(session: WriteSession, batch: Sequence[Derived]) -> None:
    changed: list[tuple[int, str, str | None]] = []
    rooted: dict[int | None, list[int]] = defaultdict(list)
    for d in batch:
        root_id = d.record.root.id if d.record.root else None
        for node in d.record.nodes:
            if node.root_id != root_id:
                rooted[root_id].append(node.id)
            for version in node.versions:
                state, reason = d.record.states[version.id]
                if (version.state, version.hold_reason) != (state, reason):
                    changed.append((version.id, state, reason))
    for root_id, ids in rooted.items():
        session.execute(update(submission).where(submission.c.id.in_(ids)).values(root_id=root_id))
    for version_id, state, reason in changed:
        session.execute(
            update(submission_version)
            .where(submission_version.c.id == version_id)
            .values(state=state, hold_reason=reason)
        )


def _clear(session: WriteSession, root_ids: Sequence[int]) -> set[str]:
    """Delete what was derived before. Returns the rows of others that were paired with what went."""
    ids = list(root_ids)
    either = or_(duplicate_pair.c.root_a.in_(ids), duplicate_pair.c.root_b.in_(ids))
    pairs = session.all(select(duplicate_pair.c.record_a, duplicate_pair.c.record_b).where(either))
    if pairs:
        session.execute(delete(duplicate_pair).where(either))
    for table in (answer_row, flag, duplicate_key, *HARMONISED.values()):
        session.execute(delete(table).where(table.c.root_id.in_(ids)))
    return {row[side] for row in pairs for side in ("record_a", "record_b")}


def _answers(d: Derived) -> Iterable[dict[str, Any]]:
    assert d.outcome is not None
    assert d.record.winner is not None
    for answers in d.outcome.parsed.answers:
        sealed = None
        if answers.identifying and d.key is not None:
            plain = orjson.dumps({path: to_json(value) for path, value in answers.identifying.items()})
            sealed = d.key.seal(plain, _IDENTIFYING)
        yield {
            "root_id": d.root_id,
            "version_id": d.record.winner.id,
            "table_path": answers.table_path,
            "ordinal": answers.ordinal,
            "parent_ordinal": answers.parent_ordinal,
            "answers": {path: to_json(value) for path, value in answers.values.items()},
            "sealed": sealed,
        }


def _rows(d: Derived, table: str) -> Iterable[dict[str, Any]]:
    assert d.outcome is not None
    if table == "flow_split":
        for split in d.outcome.splits:
            yield {
                "record_id": split.record_id,
                "dimension": split.dimension,
                "code": split.code,
                "n": split.n,
                "root_id": d.root_id,
            }
        return
    columns = _COLUMNS[table]
    for row in d.outcome.rows:
        if row.table == table:
            values = {name: row.values.get(name) for name in columns}
            values["root_id"] = d.root_id
            yield values


def _tags(d: Derived) -> Iterable[dict[str, Any]]:
    assert d.outcome is not None
    for record_id, found in d.outcome.tags.items():
        yield tag_row(found, record_id, d.root_id, d.release_id)


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


def _pairs(session: WriteSession, done: Sequence[Derived]) -> set[str]:
    """Compare the new rows with all rows that share a block, those of this batch included."""
    blocks = {block.record_id: (block, d.root_id) for d in done for block in d.outcome.blocks}  # type: ignore[union-attr]
    if not blocks:
        return set()
    project = {d.root_id: d.record.nodes[0].project_uuid for d in done}
    session.insert(
        duplicate_key, [row for block, root_id in blocks.values() for row in _keys(block, root_id)]
    )
    keys = {key for block, _ in blocks.values() for key in block.keys}
    neighbours: dict[str, list[RowMapping]] = defaultdict(list)
    for row in session.all(select(duplicate_key).where(duplicate_key.c.block.in_(list(keys)))):
        neighbours[row["block"]].append(row)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for block, root_id in blocks.values():
        for other in _others(block, root_id, neighbours):
            pair = compare(block, _block(other))
            if pair is not None:
                roots = {block.record_id: root_id, other["record_id"]: other["root_id"]}
                found[pair.record_a, pair.record_b] = {
                    "uuid": pair_uuid(pair.record_a, pair.record_b),
                    "project_uuid": project[root_id],
                    "table_name": block.table,
                    "record_a": pair.record_a,
                    "record_b": pair.record_b,
                    "root_a": roots[pair.record_a],
                    "root_b": roots[pair.record_b],
                    "score": pair.score,
                    "reasons": list(pair.reasons),
                }
    session.insert_once(duplicate_pair, list(found.values()))
    return {record_id for pair in found for record_id in pair}


def pair_uuid(record_a: str, record_b: str) -> str:
    """The same for the same two rows on every server and after every rebuild."""
    return str(uuid.uuid5(_PAIRS, f"{record_a} {record_b}"))


def _keys(block: Block, root_id: int) -> Iterable[dict[str, Any]]:
    for key in block.keys:
        yield {
            "block": key,
            "record_id": block.record_id,
            "root_id": root_id,
            "table_name": block.table,
            "features": block.features,
        }


def _others(block: Block, root_id: int, neighbours: dict[str, list[RowMapping]]) -> Iterable[RowMapping]:
    """Every row of another record that shares a block, once."""
    seen: set[str] = set()
    for key in block.keys:
        for row in neighbours[key]:
            if row["root_id"] != root_id and row["record_id"] not in seen:
                seen.add(row["record_id"])
                yield row


def _block(row: RowMapping) -> Block:
    return Block(row["record_id"], row["table_name"], (), row["features"])
