"""Who lies in whom: parents from the file's own parent codes, else by largest overlap; and made codes.

Never from the prefix of a p-code: real ones do not always nest (3501263 belongs to 3501000).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from sync.places.areas import ReportLine, slug
from sync.places.spellings import Feature

Report = Callable[[ReportLine], None]

CLEAR = 0.95
"""Share of an area inside its parent from which a derived parent is beyond doubt."""


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
        _find_parents(by_level[level], kept, report)
        kept[level] = _with_codes(level, by_level[level], report)
    return [draft for level in sorted(kept) for _, draft in sorted(kept[level].items())]


def _find_parents(drafts: Sequence[Draft], kept: dict[int, dict[str, Draft]], report: Report) -> None:
    """Parents of one level. Derived ones are reported one by one where there is doubt, else as a number."""
    uppers = {upper: kept[upper] for upper in sorted(kept, reverse=True)}
    trees = {upper: shapely.STRtree([d.polygon for d in found.values()]) for upper, found in uppers.items()}
    clear: Counter[tuple[int, str]] = Counter()
    for draft in drafts:
        if (parent := _named_parent(draft, uppers)) is not None:
            draft.parent = parent
        elif uppers and _derive_parent(draft, uppers, trees, report):
            clear[draft.feature.level, draft.file] += 1
    for (level, file), number in sorted(clear.items()):
        text = f"the file names no parent for {number}: found by overlap, each at least {CLEAR:.0%} inside it"
        report(ReportLine("parent_derived", text, level, file=file))


def _named_parent(draft: Draft, uppers: dict[int, dict[str, Draft]]) -> Draft | None:
    codes = draft.feature.codes
    return next((found[codes[level]] for level, found in uppers.items() if codes.get(level) in found), None)


def _derive_parent(
    draft: Draft, uppers: dict[int, dict[str, Draft]], trees: dict[int, shapely.STRtree], report: Report
) -> bool:
    """The parent by largest overlap. True when it is plain; what leaves doubt is reported here."""
    named = [code for level, code in sorted(draft.feature.codes.items(), reverse=True) if level in uppers]
    for level, found in uppers.items():
        parent, share = _largest_overlap(draft.polygon, list(found.values()), trees[level])
        if parent is None:
            continue
        draft.parent, draft.parent_derived = parent, True
        if not named and share >= CLEAR:
            return True
        why = f"the file names {named[0]}, which is not in it" if named else "the file names none"
        text = f"parent {parent.code} ({parent.feature.name}) by largest overlap, {share:.1%} of it; {why}"
        report(_line("parent_derived", draft, text))
        return False
    report(_line("parent_missing", draft, "no area of a level above overlaps it"))
    return False


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
    by_file: dict[str, list[str]] = defaultdict(list)
    for draft in (draft for group in made.values() for draft in group):
        by_file[draft.file].append(draft.code)
    for file, codes in sorted(by_file.items()):
        text = (
            f"the file has no code for {len(codes)}: made from the names, as {min(codes)}, and not official"
        )
        report(ReportLine("code_made", text, level, file=file))
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
