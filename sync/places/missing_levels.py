"""Levels that the files leave out, joined from the areas below where those name them.

An office often has the districts only, each with the code and name of its region. The region is then the
union of its districts: the same borders, and an official code. Only where every district names its region;
anything else would be a guess, and is said instead. A country is never made up: areas carry its ISO code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import shapely

from sync.places.areas import ReportLine
from sync.places.hierarchy import Draft
from sync.places.spellings import Feature


def fill_missing_levels(drafts: Sequence[Draft], report: Callable[[ReportLine], None]) -> list[Draft]:
    """The drafts, and those of the levels between the country and the deepest that are missing."""
    found = list(drafts)
    levels = {draft.feature.level for draft in drafts}
    for level in range(max(levels, default=0) - 1, 0, -1):
        below = [draft for draft in found if draft.feature.level == level + 1]
        if level in levels or not below:
            continue
        nameless = sum(level not in draft.feature.codes for draft in below)
        if nameless:
            text = (
                f"no file has this level, and {nameless} of {len(below)} areas of level {level + 1} "
                "do not name theirs: import the file of this level too"
            )
            report(ReportLine("level_missing", text, level))
            continue
        joined = _joined(level, below)
        found += joined
        text = f"no file has this level: {len(joined)} areas were joined from those of level {level + 1}"
        report(ReportLine("level_derived", text, level))
    return found


def _joined(level: int, below: Sequence[Draft]) -> list[Draft]:
    parts: dict[str, list[Draft]] = defaultdict(list)
    for draft in below:
        parts[draft.feature.codes[level]].append(draft)
    return [_union(level, code, drafts) for code, drafts in sorted(parts.items())]


def _union(level: int, code: str, parts: Sequence[Draft]) -> Draft:
    polygon = shapely.normalize(shapely.union_all([part.polygon for part in parts]))
    first = parts[0].feature
    name, names = first.uppers.get(level, (code, {}))
    codes = {upper: own for upper, own in first.codes.items() if upper <= level}
    uppers = {upper: named for upper, named in first.uppers.items() if upper < level}
    aliases = tuple(sorted((each, "name") for each in set(names.values()) - {name}))
    feature = Feature(
        level, name, code, codes, names, first.iso3, first.valid_from, None, aliases, uppers=uppers
    )
    return Draft(feature, polygon, parts[0].file)
