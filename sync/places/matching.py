"""A p-code or name as somebody wrote it -> the area of a release that is meant, and how that was found.

In this order, each step only where the ones before found nothing:

    code       the release's own code
    spelling   the same code in other letters or with blanks: "ml-0301" for ML0301
    alias      another code the area goes by (`waypost places alias import`, ISO 3166)
    prefix     the country's other code in front: TD0704 for TCD0704
    width      other numbers of zeros in each level's part: NE1 for NE001, also with the other prefix
    name       an exact name within the parent             where the caller permits names
    fuzzy      the nearest name within the parent           where the caller permits names

Two areas that fit equally are no match: the note names them. Who lies in whom is taken from the release and
never from how a code begins (3501263 of Tajikistan belongs to 3501000): a code whose parent's code it does
not begin with has no parts, and only its prefix is converted.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from sync.places.areas import slug
from sync.places.gazetteer import Gazetteer, Key, NamedArea, squashed
from sync.problems import Invalid
from sync.steps.values import Area

CONVERSIONS = ("spelling", "prefix", "width", "prefix and width")
"""Ways of matching that change a code."""

NEAR_ENOUGH = 0.85
"""Share of letters two names must have in common, in order (difflib's ratio), to be taken for one."""

CLEARLY_NEARER = 0.05
"""By how much the best name must be nearer than the next, else neither is taken."""

_MOST_NAMED = 5  # candidates in a note


@dataclass(frozen=True, slots=True)
class Match:
    """`area` None: no match, and `note` says why. `how` is one of the steps, "" without a match."""

    area: Area | None
    how: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Pairs:
    """What somebody decided about names: `allowed` text -> code, `denied` (text, code). Texts are folded."""

    allowed: dict[str, str] = field(default_factory=dict)
    denied: frozenset[tuple[str, str]] = frozenset()


def match_area(
    text: str,
    level: int | None,
    parent: str | None,
    release: Gazetteer,
    *,
    names: bool = False,
    pairs: Pairs | None = None,
) -> Match:
    """The area that is meant.

    level   the area's level, where known; None takes any, and then a bare number is no code
    parent  code of an area it lies in, at whatever level above; None: not known
    names   whether a name will do
    pairs   decided before, for names only (`read_pairs`)
    """
    text = text.strip()
    if not text:
        return Match(None, note="nothing was given")
    exact = release.by_code(text, level)
    if exact:  # of two levels the upper one: that never claims more than was said
        area = release.areas[exact[0]]
        outside = parent is not None and not release.is_below(area.key, parent)
        return _matched(area, "code", f"{text} does not lie in {parent}" if outside else "")
    steps = [("spelling", release.by_spelling), ("alias", release.by_alias)]
    if level is not None or not text.isdigit():
        steps += [("prefix", release.by_tail), ("width", release.by_parts)]
    if names:
        steps.append(("name", release.by_name))
    for how, look in steps:
        fitting = _fitting(look(text), level, parent, release)
        if len(fitting) == 1:
            return _converted(text, release.areas[fitting[0]], how)
        if fitting:
            return Match(None, note=f"{text} may be {_listed(fitting, release)}")
    if names:
        return _by_similar_name(text, level, parent, release, pairs or Pairs())
    return Match(None, note=f"{text} is not in the release")


def read_pairs(data: bytes) -> Pairs:
    """Decided names from a CSV with the columns text, code, verdict (allow or deny). Raises Invalid."""
    reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig", "replace"), newline=""))
    if missing := {"text", "code", "verdict"} - set(reader.fieldnames or ()):
        raise Invalid(
            f"The table of pairs has no column {', '.join(sorted(missing))}.",
            "It needs text, code and verdict (allow or deny).",
        )
    allowed, denied, errors = {}, set(), []
    for row in reader:
        text, code, verdict = (str(row[name] or "").strip() for name in ("text", "code", "verdict"))
        if verdict == "allow":
            allowed[slug(text)] = code
        elif verdict == "deny":
            denied.add((slug(text), code))
        else:
            errors.append({"row": reader.line_num, "column": "verdict", "message": f"{verdict!r}"})
    if errors:
        raise Invalid("A verdict is neither allow nor deny.", "Correct these rows.", errors)
    return Pairs(allowed, frozenset(denied))


def _fitting(keys: Iterable[Key], level: int | None, parent: str | None, release: Gazetteer) -> list[Key]:
    """Those of the level asked for that lie in the parent; a parent the release does not know binds none."""
    of_level = [key for key in sorted(keys) if level in (None, key[0])]
    if parent is None or (known := _parent_code(parent, release)) is None:
        return of_level
    return [key for key in of_level if release.is_below(key, known)]


def _parent_code(parent: str, release: Gazetteer) -> str | None:
    """The parent's own code, found as any other is; None where the release has no such area."""
    if parent not in release.parents:
        found = None if parent in release.countries else match_area(parent, None, None, release).area
        release.parents[parent] = parent if parent in release.countries else found.code if found else None
    return release.parents[parent]


def _by_similar_name(
    text: str, level: int | None, parent: str | None, release: Gazetteer, pairs: Pairs
) -> Match:
    folded = slug(text)
    if folded in pairs.allowed and (keys := release.by_code(pairs.allowed[folded], level)):
        return _matched(release.areas[keys[0]], "fuzzy", f"{text} is {keys[0][1]}, as decided before")
    if parent is None and level != 1:
        return Match(None, note=f"{text} is not in the release; without its parent no similar name is taken")
    candidates = _fitting(release.areas, level, parent, release)
    scored = sorted(_scores(folded, candidates, release, pairs), reverse=True)
    if not scored or scored[0][0] < NEAR_ENOUGH:
        return Match(None, note=f"{text} is not in the release, and no name is near enough")
    best = scored[0]
    rivals = [key for score, key in scored if best[0] - score < CLEARLY_NEARER]
    if len(rivals) > 1:
        return Match(None, note=f"{text} is as near to {_listed(sorted(rivals), release)}")
    area = release.areas[best[1]]
    return _matched(area, "fuzzy", f"{text} was taken for {area.name} ({area.code}), {best[0]:.0%} alike")


def _scores(
    folded: str, candidates: Iterable[Key], release: Gazetteer, pairs: Pairs
) -> Iterator[tuple[float, Key]]:
    """The likeness of each candidate that reaches the threshold less the margin."""
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(folded)
    least = NEAR_ENOUGH - CLEARLY_NEARER
    for key in candidates:
        if (folded, key[1]) in pairs.denied:
            continue
        area, best = release.areas[key], 0.0
        for name in {slug(name) for name in (area.name, *area.names)}:
            matcher.set_seq1(name)
            if matcher.real_quick_ratio() >= least and matcher.quick_ratio() >= least:
                best = max(best, matcher.ratio())
        if best >= least:
            yield best, key


def _converted(text: str, area: NamedArea, how: str) -> Match:
    if how == "width":
        how = "width" if _prefix(text) in ("", _prefix(area.code)) else "prefix and width"
    note = f"{text} was read as {area.code} ({how})" if how in CONVERSIONS or how == "alias" else ""
    return _matched(area, how, note)


def _matched(area: NamedArea, how: str, note: str) -> Match:
    return Match(Area(area.code, area.name, area.level), how, note)


def _listed(keys: list[Key], release: Gazetteer) -> str:
    named = [f"{code} ({release.areas[level, code].name})" for level, code in keys[:_MOST_NAMED]]
    more = f" or {len(keys) - _MOST_NAMED} more" if len(keys) > _MOST_NAMED else ""
    return " or ".join(named) + more


def _prefix(code: str) -> str:
    match = re.match(r"[A-Z]*", squashed(code))
    return match[0] if match else ""
