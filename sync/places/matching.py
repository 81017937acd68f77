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
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import combinations

from sqlalchemy import select

from sync.places.areas import slug
from sync.places.countries import ISO3_TO_ISO2
from sync.problems import Invalid
from sync.steps.values import Area
from sync.store import ReadSession
from sync.tables.places import admin_alias, admin_area

CONVERSIONS = ("spelling", "prefix", "width", "prefix and width")
"""Ways of matching that change a code."""

NEAR_ENOUGH = 0.85
"""Share of letters two names must have in common, in order (difflib's ratio), to be taken for one."""

CLEARLY_NEARER = 0.05
"""By how much the best name must be nearer than the next, else neither is taken."""

_NAMES = ("name", "other name")
_CODE = re.compile(r"([A-Z]*)(\d+)")
_MOST_NAMED = 5  # candidates in a note

Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Match:
    """`area` None: no match, and `note` says why. `how` is one of the steps, "" without a match."""

    area: Area | None
    how: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class NamedArea:
    """An area as matching needs it."""

    level: int
    code: str
    name: str
    parent: Key | None = None
    iso3: str | None = None
    names: tuple[str, ...] = ()  # further ones
    aliases: tuple[str, ...] = ()  # other codes

    @property
    def key(self) -> Key:
        return (self.level, self.code)


@dataclass(frozen=True, slots=True)
class Pairs:
    """What somebody decided about names: `allowed` text -> code, `denied` (text, code). Texts are folded."""

    allowed: dict[str, str] = field(default_factory=dict)
    denied: frozenset[tuple[str, str]] = frozenset()


class Gazetteer:
    """The areas of one release, by code, by parts of codes and by name."""

    def __init__(self, areas: Iterable[NamedArea]) -> None:
        self.areas = {area.key: area for area in areas}
        self._codes: dict[str, list[Key]] = defaultdict(list)
        self._squashed: dict[str, set[Key]] = defaultdict(set)
        self._aliases: dict[str, set[Key]] = defaultdict(set)
        self._tails: dict[tuple[str, str], set[Key]] = defaultdict(set)
        self._parts: dict[tuple[str, tuple[int, ...]], set[Key]] = defaultdict(set)
        self._parents: dict[str, str | None] = {}
        self._countries = {area.iso3 for area in self.areas.values() if area.iso3}
        self._fronts = {iso3: self._fronts_of(iso3) for iso3 in self._countries}
        self._country = {front: iso3 for iso3 in sorted(self._countries) for front in self._fronts[iso3]}
        for key in sorted(self.areas):
            self._enter(self.areas[key])
        self._names: dict[str, set[Key]] = defaultdict(set)
        for key, area in self.areas.items():
            for name in (area.name, *area.names):
                self._names[slug(name)].add(key)

    def by_code(self, text: str, level: int | None) -> list[Key]:
        return [key for key in self._codes.get(text, ()) if level in (None, key[0])]

    def by_spelling(self, text: str) -> set[Key]:
        return self._squashed.get(_squashed(text), set())

    def by_alias(self, text: str) -> set[Key]:
        return self._aliases.get(_squashed(text), set())

    def by_tail(self, text: str) -> set[Key]:
        """Codes of the same country with the same rest, whatever letters are in front."""
        country, digits = self._split(text)
        return self._tails.get((country, digits), set()) if country else set()

    def by_parts(self, text: str) -> set[Key]:
        """Codes of the same country whose parts are the same numbers."""
        country, digits = self._split(text)
        found: set[Key] = set()
        for parts in _partings(digits) if country else ():
            found |= self._parts.get((country, parts), set())
        return found

    def by_name(self, text: str) -> set[Key]:
        return self._names.get(slug(text), set())

    def parent_code(self, parent: str) -> str | None:
        """The parent's own code, found as any other is; None where the release has no such area."""
        if parent not in self._parents:
            found = None if parent in self._countries else match_area(parent, None, None, self).area
            self._parents[parent] = parent if parent in self._countries else found.code if found else None
        return self._parents[parent]

    def is_below(self, key: Key, parent: str) -> bool:
        """Whether an area lies in the one of that code, by the release's own parents."""
        step = self.areas[key].parent
        while step is not None and step in self.areas:
            if step[1] == parent or (step[0] == 0 and self.areas[step].iso3 == parent):
                return True
            step = self.areas[step].parent
        return False

    def _enter(self, area: NamedArea) -> None:
        self._codes[area.code].append(area.key)  # upper levels first
        self._squashed[_squashed(area.code)].add(area.key)
        for alias in area.aliases:
            self._aliases[_squashed(alias)].add(area.key)
        if area.iso3 is None:
            return
        tail = self._tail(area.code, area.iso3)
        if tail.isdigit():
            self._tails[area.iso3, tail].add(area.key)
        parts = self._parts_of(area)
        if parts:
            self._parts[area.iso3, parts].add(area.key)

    def _parts_of(self, area: NamedArea) -> tuple[int, ...]:
        """The number each level adds to the code; () where the code does not go on from its parent's."""
        found: list[int] = []
        step: NamedArea | None = area
        while step is not None and step.level > 0:
            tail = self._tail(step.code, area.iso3)
            upper = self.areas.get(step.parent) if step.parent else None
            begins = self._tail(upper.code, area.iso3) if upper is not None and upper.level > 0 else ""
            own = tail[len(begins) :] if tail.startswith(begins) else ""
            is_next = step.level == 1 if upper is None else step.level == upper.level + 1
            if not own.isdigit() or not is_next:
                return ()
            found.append(int(own))
            step = upper
        return tuple(reversed(found))

    def _split(self, text: str) -> tuple[str, str]:
        """Country and digits of a code; ("", "") where it has neither, or is of a country not here."""
        match = _CODE.fullmatch(_squashed(text))
        if match is None:
            return "", ""
        letters, digits = match[1], match[2]
        country = self._country.get(letters, "")
        if not letters and len(self._countries) == 1:
            country = next(iter(self._countries))
        return (country, digits) if country else ("", "")

    def _fronts_of(self, iso3: str) -> tuple[str, ...]:
        """What codes of a country begin with: its ISO codes, and its own code in the release."""
        own = (_squashed(a.code) for a in self.areas.values() if a.level == 0 and a.iso3 == iso3)
        return tuple(dict.fromkeys((iso3, *(code for code in own if code.isalpha()), *_iso2(iso3))))

    def _tail(self, code: str, iso3: str | None) -> str:
        """A code without its country in front, whichever way that is written."""
        squashed = _squashed(code)
        for front in self._fronts.get(iso3 or "", ()):
            if squashed.startswith(front):
                return squashed[len(front) :]
        return squashed


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


def gazetteer_of(session: ReadSession, release_id: int) -> Gazetteer:
    """The areas of a release with all their names and aliases."""
    a, upper = admin_area.c, admin_area.alias("upper")
    statement = (
        select(
            a.level,
            a.code,
            a.name,
            a.names,
            a.iso3,
            upper.c.level.label("upper_level"),
            upper.c.code.label("upper_code"),
        )
        .join_from(admin_area, upper, upper.c.id == a.parent_id, isouter=True)
        .where(a.release_id == release_id)
    )
    names: dict[Key, list[str]] = defaultdict(list)
    codes: dict[Key, list[str]] = defaultdict(list)
    n = admin_alias.c
    aliased = select(n.level, n.code, n.alias, n.source).where(n.release_id == release_id).order_by(n.id)
    for row in session.all(aliased):
        kind = names if row["source"] in _NAMES else codes
        kind[row["level"], row["code"]].append(row["alias"])
    areas = []
    for row in session.all(statement):
        key = (row["level"], row["code"])
        parent = (row["upper_level"], row["upper_code"]) if row["upper_code"] is not None else None
        further = (*row["names"].values(), *names[key])
        areas.append(NamedArea(*key, row["name"], parent, row["iso3"], further, tuple(codes[key])))
    return Gazetteer(areas)


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
    if parent is None or (known := release.parent_code(parent)) is None:
        return of_level
    return [key for key in of_level if release.is_below(key, known)]


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


@lru_cache(maxsize=4096)
def _squashed(text: str) -> str:
    """Upper case without blanks and separators."""
    return re.sub(r"[\s\-_./]+", "", text).upper()


def _prefix(code: str) -> str:
    match = re.match(r"[A-Z]*", _squashed(code))
    return match[0] if match else ""


def _iso2(iso3: str) -> tuple[str, ...]:
    return (ISO3_TO_ISO2[iso3],) if iso3 in ISO3_TO_ISO2 else ()


def _partings(digits: str) -> Iterator[tuple[int, ...]]:
    """Every way to cut digits into one to four numbers. A level but the first has two digits and more, or
    the code would be read too freely: 11 is never 1 and 1."""
    for count in range(1, 5):
        if len(digits) < 2 * count - 1:
            return
        for cuts in combinations(range(1, len(digits)), count - 1):
            ends = (*cuts, len(digits))
            yield tuple(int(digits[a:b]) for a, b in zip((0, *cuts), ends, strict=True))
