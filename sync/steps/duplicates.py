"""Rows that may tell of one and the same group, herd, stock or event: blocks, and the score of a pair.

Rows that share a block are compared; nothing depends on which came first or on what else is in the block. A
pair above REVIEW_SCORE goes to review: both rows stay counted until a person decides (DOMAIN 2.6, 2.8). Rows
of one submission are never compared, nor rows of different tools, and persons (`profile`) not at all: linking
people needs a policy first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sync.steps.matching import alerts, daily_counts, groups, herds, stocks
from sync.steps.matching.evidence import Evidence, Features
from sync.steps.values import Block, Pair, Row, Split

REVIEW_SCORE = 0.5

_Maker = Callable[[dict[str, Any], str | None], tuple[list[str], Features] | None]
_Weigher = Callable[[Features, Features], Evidence | None]

KINDS: dict[str, tuple[_Maker, _Weigher]] = {
    **{f"flow:{tool}": (groups.block, groups.evidence) for tool in groups.TOOLS},
    **{f"flow:{tool}": (herds.block, herds.evidence) for tool in herds.TOOLS},
    **{f"flow:{tool}": (daily_counts.block, daily_counts.evidence) for tool in daily_counts.TOOLS},
    "baseline:": (stocks.block, stocks.evidence),
    **{f"event:{tool}": (alerts.block, alerts.evidence) for tool in alerts.TOOLS},
}
"""By table and tool: what makes a row's blocks, and what weighs two of them."""


def blocks(row: Row, splits: Iterable[Split]) -> Block | None:
    """The blocks of a finished row with what the score compares; None where it is compared with nothing.

    splits  of the row's submission; those of other rows are ignored
    """
    kind = f"{row.table}:{row.values.get('flow_tool') or row.values.get('event_tool') or ''}"
    if kind not in KINDS:
        return None
    make, _ = KINDS[kind]
    made = make(row.values, _main_nationality(row, splits))
    if made is None:
        return None
    keys, features = made
    project = row.values["project_uuid"]
    features |= {"kind_of_row": kind, "project": project, "instance": row.values["instance_id"]}
    unique = dict.fromkeys(f"{project}|{kind}|{key}" for key in keys)
    return Block(row.record_id, row.table, tuple(unique), features)


def compare(a: Block, b: Block) -> Pair | None:
    """The pair two blocks make, or None when they are not likely enough the same. Symmetric."""
    if a.record_id > b.record_id:
        a, b = b, a
    one, other = a.features, b.features
    kinds = {one["kind_of_row"], other["kind_of_row"]}
    if len(kinds) > 1 or one["project"] != other["project"] or one["instance"] == other["instance"]:
        return None
    _, weigh = KINDS[one["kind_of_row"]]
    found = weigh(one, other)
    if found is None or found.score < REVIEW_SCORE:
        return None
    return Pair(a.record_id, b.record_id, found.score, tuple(found.reasons))


def _main_nationality(row: Row, splits: Iterable[Split]) -> str | None:
    """The nationality more than half of the group has, by its split."""
    counts = {
        split.code: split.n
        for split in splits
        if split.record_id == row.record_id and split.dimension == "nationality" and split.n
    }
    if not counts:
        return None
    code = min(counts, key=lambda code: (-counts[code], code))
    return code if 2 * counts[code] > sum(counts.values()) else None
