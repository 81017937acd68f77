"""Suspected duplicates: which new rows meet which stored ones, and what the comparison makes of them.

In: the blocks of freshly written rows. Out: `duplicate_pair` rows. Runs in the transaction that writes the
rows, so that two records of one batch meet as well. A pair depends on its two rows only, never on the order
they came in.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from sync.steps.duplicates import compare
from sync.steps.values import Block
from sync.store import WriteSession
from sync.tables import duplicate_candidate, duplicate_key, duplicate_pair

_PAIRS = uuid.UUID("5f0b5a0e-3a51-5d0c-9d6c-6b5d2f6b8a11")
"""Namespace of duplicate pairs: decisions name a pair by its uuid, so this never changes."""

_CHUNK = 5000  # blocks in one statement

Rooted = tuple[Block, int]
"""A row as the comparison sees it, and submission.id of its record's original."""


def pair_uuid(record_a: str, record_b: str) -> str:
    """The same for the same two rows on every server and after every rebuild."""
    return str(uuid.uuid5(_PAIRS, f"{record_a} {record_b}"))


def find_pairs(session: WriteSession, new: Mapping[str, Rooted], project: Mapping[int, str]) -> set[str]:
    """Store the blocks of new rows, and the pairs they make with rows of other records.

    new      by record_id
    project  project_uuid by root id
    Returns the record_ids of all paired rows.
    """
    if not new:
        return set()
    session.insert(duplicate_candidate, [_candidate(block, root) for block, root in new.values()])
    session.insert(duplicate_key, [row for block, root in new.values() for row in _keys(block, root)])
    known = {**_neighbours(session, new), **new}
    pairs: list[dict[str, Any]] = []
    for record_a, record_b in sorted(_meetings(new, known)):
        (block_a, root_a), (block_b, root_b) = known[record_a], known[record_b]
        pair = compare(block_a, block_b)
        if pair is not None:
            row = {
                "uuid": pair_uuid(pair.record_a, pair.record_b),
                "project_uuid": project[root_a if record_a in new else root_b],
                "table_name": block_a.table,
                "record_a": pair.record_a,
                "record_b": pair.record_b,
                "root_a": known[pair.record_a][1],
                "root_b": known[pair.record_b][1],
                "score": pair.score,
                "reasons": list(pair.reasons),
            }
            pairs.append(row)
    session.insert_once(duplicate_pair, pairs)
    return {str(row[side]) for row in pairs for side in ("record_a", "record_b")}


def _neighbours(session: WriteSession, new: Mapping[str, Rooted]) -> dict[str, Rooted]:
    """The stored rows of other records that share a block with a new one; their keys are the shared ones."""
    shared: dict[str, list[str]] = defaultdict(list)
    roots = list({root for _, root in new.values()})
    blocks = sorted({key for block, _ in new.values() for key in block.keys})
    for start in range(0, len(blocks), _CHUNK):
        part = duplicate_key.c.block.in_(blocks[start : start + _CHUNK])
        elsewhere = part & duplicate_key.c.root_id.not_in(roots)
        for row in session.all(select(duplicate_key.c.block, duplicate_key.c.record_id).where(elsewhere)):
            shared[row["record_id"]].append(row["block"])
    found: dict[str, Rooted] = {}
    ids = sorted(shared)
    for start in range(0, len(ids), _CHUNK):
        mine = duplicate_candidate.c.record_id.in_(ids[start : start + _CHUNK])
        for row in session.all(select(duplicate_candidate).where(mine)):
            record_id = row["record_id"]
            block = Block(record_id, row["table_name"], tuple(shared[record_id]), row["features"])
            found[record_id] = (block, row["root_id"])
    return found


def _meetings(new: Mapping[str, Rooted], known: Mapping[str, Rooted]) -> set[tuple[str, str]]:
    """Each new row with each row of another record it shares a block with, the smaller record_id first."""
    inside: dict[str, list[str]] = defaultdict(list)
    for record_id, (block, _) in known.items():
        for key in block.keys:
            inside[key].append(record_id)
    return {
        (min(record_id, other), max(record_id, other))
        for record_id, (block, root) in new.items()
        for key in block.keys
        for other in inside[key]
        if known[other][1] != root
    }


def _candidate(block: Block, root: int) -> dict[str, Any]:
    return {
        "record_id": block.record_id,
        "root_id": root,
        "table_name": block.table,
        "features": block.features,
    }


def _keys(block: Block, root: int) -> Iterable[dict[str, Any]]:
    for key in block.keys:
        yield {"block": key, "record_id": block.record_id, "root_id": root}
