"""Who lies in whom: parents from the file's own parent codes, else by largest overlap; and made codes.

Never from the prefix of a p-code: real ones do not always nest (3501263 belongs to 3501000).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from sync.places.areas import ReportLine, slug
from sync.places.spellings import Feature

Report = Callable[[ReportLine], None]


@dataclass(slots=True)
class Draft:
    """An area on its way: its feature, its polygon, and what is worked out here."""

    feature: Feature
    polygon: Any
    file: str
    code: str = ""
    parent: Draft | None = None
    parent_derived: bool = False


def arrange(drafts: Sequence[Draft], report: Report) -> list[Draft]:
    """Give every draft its parent and its code, level by level from the top; drop duplicates of a code.

    Returns those kept, by level and code.
    """
    by_level: dict[int, list[Draft]] = defaultdict(list)
    for draft in drafts:
        by_level[draft.feature.level].append(draft)
    kept: dict[int, dict[str, Draft]] = {}
    for level in sorted(by_level):
        uppers = {upper: kept[upper] for upper in sorted(kept, reverse=True)}
        trees = {
            upper: shapely.STRtree([d.polygon for d in found.values()]) for upper, found in uppers.items()
        }
        for draft in by_level[level]:
            _find_parent(draft, uppers, trees, report)
        kept[level] = _with_codes(level, by_level[level], report)
    return [draft for level in sorted(kept) for _, draft in sorted(kept[level].items())]


def _find_parent(
    draft: Draft, uppers: dict[int, dict[str, Draft]], trees: dict[int, shapely.STRtree], report: Report
) -> None:
    feature = draft.feature
    named = [(level, feature.codes[level]) for level in uppers if level in feature.codes]
    for level, code in named:
        if code in uppers[level]:
            draft.parent = uppers[level][code]
            return
    for level, found in uppers.items():
        parent, share = _largest_overlap(draft.polygon, list(found.values()), trees[level])
        if parent is None:
            continue
        draft.parent, draft.parent_derived = parent, True
        why = f"the file names {named[0][1]}, which is not in it" if named else "the file names none"
        text = f"parent {parent.code} ({parent.feature.name}) by largest overlap, {share:.1%} of it; {why}"
        report(_line("parent_derived", draft, text))
        return
    if uppers:
        report(_line("parent_missing", draft, "no area of a level above overlaps it"))


def _largest_overlap(
    polygon: Any, candidates: list[Draft], tree: shapely.STRtree
) -> tuple[Draft | None, float]:
    """The candidate that covers most of the polygon, and the share it covers."""
    near = sorted(tree.query(polygon, predicate="intersects"))
    if not near:
        return None, 0.0
    shares = [shapely.intersection(polygon, candidates[i].polygon).area / polygon.area for i in near]
    best = int(np.argmax(shares))
    return (candidates[near[best]], shares[best]) if shares[best] > 0 else (None, 0.0)


def _with_codes(level: int, drafts: Sequence[Draft], report: Report) -> dict[str, Draft]:
    """By code: the file's, or one made from the names on the way down ("MLI.gao.ansongo")."""
    kept: dict[str, Draft] = {}
    made: dict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        code = draft.feature.code
        if code is None:
            made[_made_code(draft)].append(draft)
        elif code in kept:
            text = f"{code} stands twice at level {level}; the first ({kept[code].feature.name}) is kept"
            report(_line("duplicate", draft, text, code))
        else:
            draft.code = code
            kept[code] = draft
    for code, group in made.items():
        group.sort(key=lambda d: shapely.to_wkb(d.polygon))  # the same whatever the order in the file
        for number, draft in enumerate(group, start=1):
            draft.code = _free(code, number, kept)
            kept[draft.code] = draft
            report(_line("code_made", draft, "the file has no code for it: made from its name", draft.code))
    return kept


def _made_code(draft: Draft) -> str:
    feature = draft.feature
    if feature.level == 0 and feature.iso3:
        return feature.iso3
    own = slug(feature.name) or "unnamed"
    above = draft.parent.code if draft.parent else feature.iso3
    return f"{above}.{own}" if above else own


def _free(code: str, number: int, taken: dict[str, Draft]) -> str:
    candidate = code if number == 1 else f"{code}-{number}"
    while candidate in taken:
        number += 1
        candidate = f"{code}-{number}"
    return candidate


def _line(kind: str, draft: Draft, text: str, code: str | None = None) -> ReportLine:
    feature = draft.feature
    return ReportLine(kind, text, feature.level, code or draft.code or feature.code, feature.name, draft.file)
