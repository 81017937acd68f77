"""What people chose about single bodies: which counts, which are set aside, what counts though it was held.

In: submissions and their versions. Out: the choices in force, for `sync/lineage.py` to work out records with.
They depend on decisions alone, so that a rebuild, and any order of arrival, come to the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import select

from sync.store import ReadSession
from sync.tables import decision
from sync.tables.derived import DecisionKind

UNDONE = "undecided"
_KINDS = (
    DecisionKind.ADOPT,
    DecisionKind.USE,
    DecisionKind.LEAD,
    DecisionKind.DISCARD,
    DecisionKind.KEEP,
)
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Choices:
    """adopted    submissions (uuid) that count though something was missing
    used       versions (uuid) that count before others of their submission
    led        edits (submission uuid) that count at a branch
    set_aside  versions (uuid) that never count here: discarded, or kept as a record of their own"""

    adopted: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    led: frozenset[str] = frozenset()
    set_aside: frozenset[str] = frozenset()


def read_choices(session: ReadSession, submissions: Iterable[str], versions: Iterable[str]) -> Choices:
    """The choices in force about these: of each kind, the newest decision on a subject stands."""
    newest = newest_decisions(session, [*submissions, *versions])

    def of(*kinds: DecisionKind) -> dict[str, str]:
        return {
            subject: outcome
            for (kind, subject), (_, outcome) in newest.items()
            if kind in kinds and outcome != UNDONE
        }

    return Choices(
        frozenset(of(DecisionKind.ADOPT)),
        frozenset(of(DecisionKind.USE).values()),
        frozenset(of(DecisionKind.LEAD).values()),
        frozenset(of(DecisionKind.DISCARD, DecisionKind.KEEP)),
    )


def newest_decisions(
    session: ReadSession,
    subjects: Collection[str],
    kinds: Collection[str] = _KINDS,
) -> dict[tuple[str, str], tuple[str, str]]:
    """(uuid, outcome) of the decision in force by (kind, subject), those taken back among them."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    wanted = sorted(set(subjects))
    for start in range(0, len(wanted), _CHUNK):
        rows = session.all(
            select(decision.c.uuid, decision.c.kind, decision.c.subject_uuid, decision.c.outcome)
            .where(
                decision.c.kind.in_(list(kinds)),
                decision.c.subject_uuid.in_(wanted[start : start + _CHUNK]),
            )
            .order_by(decision.c.decided_at, decision.c.uuid)
        )
        found |= {(row["kind"], row["subject_uuid"]): (row["uuid"], row["outcome"]) for row in rows}
    return found
