"""How the versions of an entity contradict one another, worked out from what each came with.

In: an entity's versions in order, and up to which its conflicts were settled. Out: for each version whether
it was made beside another one, what it changed of its base and of the version before it, which version was
the last good one, and which versions somebody has to look at who settles the conflict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync.entities.reading import VersionRow
from sync.tables.entities import ConflictKind


@dataclass(slots=True)
class Judged:
    """A version and what is to be said of it."""

    version: VersionRow
    conflict: str | None = None  # ConflictKind
    is_resolved: bool = False
    base_diff: tuple[str, ...] = ()  # properties in which it differs from its base
    server_diff: tuple[str, ...] = ()  # and from the version before it
    is_last_good: bool = False
    is_relevant: bool = False


def changed_properties(received: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, ...]:
    """What somebody sent that another version does not have, or has otherwise."""
    return tuple(name for name, value in received.items() if other.get(name) != value)


def judge(versions: Sequence[VersionRow], resolved: int | None) -> list[Judged]:
    """Every version judged, the first first.

    resolved  conflicts up to this version are settled; None: none is
    """
    found: list[Judged] = []
    contiguous: dict[str, int] = {}
    last_good = 0
    bases: set[int] = set()
    for at in versions:
        one = Judged(at)
        _extend_branch(contiguous, at)
        if at.version > 1:
            base = at.base_version or at.version - 1
            one.base_diff = changed_properties(at.content.received, _all(versions[base - 1]))
            one.server_diff = changed_properties(at.content.received, _all(versions[at.version - 2]))
            if _is_conflict(at, base, contiguous):
                one.conflict = ConflictKind.HARD if at.conflicting else ConflictKind.SOFT
                one.is_resolved = resolved is not None and resolved >= at.version
                if not one.is_resolved and not last_good:
                    last_good = at.version - 1
                    found[at.version - 2].is_last_good = True
            if last_good:
                bases.add(base)
        found.append(one)
    for one in found:
        number = one.version.version
        one.is_relevant = bool(last_good) and (number >= last_good or number in bases)
    if found and not last_good:
        found[-1].is_last_good = True
    return found


def _is_conflict(at: VersionRow, base: int, contiguous: Mapping[str, int]) -> bool:
    interrupted = at.branch_id is not None and contiguous[at.branch_id] < base
    late_create = at.source is not None and bool(at.source["is_late_create"])
    return at.version != base + 1 or interrupted or late_create


def _extend_branch(contiguous: dict[str, int], at: VersionRow) -> None:
    """By branch, the last version with no update from outside between it and where the branch began."""
    branch = at.branch_id
    if branch is None:
        return
    if branch in contiguous:
        if at.base_version == contiguous[branch] and at.version == at.base_version + 1:
            contiguous[branch] = at.version
    elif at.trunk_version is not None:
        contiguous[branch] = at.version if at.version == at.trunk_version + 1 else 0
    else:  # made and changed offline: it begins with the entity
        contiguous[branch] = 2 if at.version == 2 else 1


def _all(version: VersionRow) -> dict[str, str]:
    return {**version.content.data, "label": version.content.label}
