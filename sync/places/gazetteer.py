"""The areas of one release, to be found by code, by the parts of codes and by name.

Rows of a release, or entries of its index, go in; sets of areas come out, for sync/places/matching.py to
choose from. Parents are the release's own: a code is only cut into parts where each part follows its
parent's code.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from sync.places.areas import slug
from sync.places.countries import ISO3_TO_ISO2

_CODE = re.compile(r"([A-Z]*)(\d+)")

Key = tuple[int, str]


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


class Gazetteer:
    """The areas of one release, by code, by parts of codes and by name."""

    def __init__(self, areas: Iterable[NamedArea]) -> None:
        self.areas = {area.key: area for area in areas}
        self._codes: dict[str, list[Key]] = defaultdict(list)
        self._squashed: dict[str, set[Key]] = defaultdict(set)
        self._aliases: dict[str, set[Key]] = defaultdict(set)
        self._tails: dict[tuple[str, str], set[Key]] = defaultdict(set)
        self._parts: dict[tuple[str, tuple[int, ...]], set[Key]] = defaultdict(set)
        self.parents: dict[str, str | None] = {}  # codes of parents as they were given, once found
        self.countries = {area.iso3 for area in self.areas.values() if area.iso3}
        self._fronts = {iso3: self._fronts_of(iso3) for iso3 in self.countries}
        self._country = {front: iso3 for iso3 in sorted(self.countries) for front in self._fronts[iso3]}
        for key in sorted(self.areas):
            self._enter(self.areas[key])
        self._names: dict[str, set[Key]] = defaultdict(set)
        for key, area in self.areas.items():
            for name in (area.name, *area.names):
                self._names[slug(name)].add(key)

    def by_code(self, text: str, level: int | None) -> list[Key]:
        return [key for key in self._codes.get(text, ()) if level in (None, key[0])]

    def by_spelling(self, text: str) -> set[Key]:
        return self._squashed.get(squashed(text), set())

    def by_alias(self, text: str) -> set[Key]:
        return self._aliases.get(squashed(text), set())

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
        self._squashed[squashed(area.code)].add(area.key)
        for alias in area.aliases:
            self._aliases[squashed(alias)].add(area.key)
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
        match = _CODE.fullmatch(squashed(text))
        if match is None:
            return "", ""
        letters, digits = match[1], match[2]
        country = self._country.get(letters, "")
        if not letters and len(self.countries) == 1:
            country = next(iter(self.countries))
        return (country, digits) if country else ("", "")

    def _fronts_of(self, iso3: str) -> tuple[str, ...]:
        """What codes of a country begin with: its ISO codes, and its own code in the release."""
        own = (squashed(a.code) for a in self.areas.values() if a.level == 0 and a.iso3 == iso3)
        return tuple(dict.fromkeys((iso3, *(code for code in own if code.isalpha()), *_iso2(iso3))))

    def _tail(self, code: str, iso3: str | None) -> str:
        """A code without its country in front, whichever way that is written."""
        bare = squashed(code)
        for front in self._fronts.get(iso3 or "", ()):
            if bare.startswith(front):
                return bare[len(front) :]
        return bare


@lru_cache(maxsize=4096)
def squashed(text: str) -> str:
    """Upper case without blanks and separators."""
    return re.sub(r"[\s\-_./]+", "", text).upper()


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
