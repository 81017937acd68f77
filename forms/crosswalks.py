"""Crosswalks between foreign codes and ours: DTM API strings, Missing Migrants causes, an office's own lists.

Flows in: `forms/vocabulary/crosswalks/SOURCE.csv`, or the rows an office imported. Flows out: our code for a
foreign one, and back for exports. A text that is not in a crosswalk is never guessed: `Unmapped` names it.

Columns of a crosswalk: list_name (one of our code lists, or admin1 to admin3), foreign_code, code (empty: the
text is known and says nothing, as "Not available"), valid_from, valid_to (days, empty for always), note.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

Ours = str | tuple[str, ...] | None
"""One code, several in the order they were given, or null."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """One foreign code and ours, while it holds. code "": null."""

    list_name: str
    foreign_code: str  # as the source writes it
    code: str
    valid_from: date | None = None  # the first day it holds; None: since ever
    valid_to: date | None = None  # the last; None: still
    note: str = ""

    def holds(self, day: date | None) -> bool:
        """Whether it holds on a day; without a day, whether it still does."""
        if day is None:
            return self.valid_to is None
        return (self.valid_from or date.min) <= day <= (self.valid_to or date.max)


@dataclass(frozen=True, slots=True)
class Joined:
    """How a source writes several codes in one text, and what several different ones are in a list that takes
    one only."""

    separator: str
    several: str | None = None


JOINED: Mapping[tuple[str, str], Joined] = {
    ("dtm_api", "displacement_reason"): Joined("; "),
    ("missing_migrants", "death_cause"): Joined(", ", several="mixed_unknown"),
}


class Unmapped(ValueError):
    """A text the crosswalk does not have. It is listed and left to a person, never guessed."""

    def __init__(self, source: str, list_name: str, foreign: str) -> None:
        super().__init__(f"{foreign!r} of {source} has no code in {list_name}.")
        self.source = source
        self.list_name = list_name
        self.foreign = foreign


class Crosswalk:
    """The crossings of one source, in their order: the first of a code is how it is written back."""

    def __init__(self, source: str, crossings: Iterable[Crossing]) -> None:
        self.source = source
        self.crossings = tuple(crossings)
        self._by_foreign: dict[tuple[str, str], list[Crossing]] = defaultdict(list)
        self._by_code: dict[tuple[str, str], list[Crossing]] = defaultdict(list)
        for one in self.crossings:
            self._by_foreign[one.list_name, normalised(one.foreign_code)].append(one)
            self._by_code[one.list_name, one.code].append(one)

    def ours(self, list_name: str, foreign: str | None, day: date | None = None) -> Ours:
        """Our code for a foreign text; several where the source joins them; None for nothing or "no answer".

        day     when the text was true, for lists that change; None: now
        Raises  Unmapped
        """
        if foreign is None or not normalised(foreign):
            return None
        whole = self._one(list_name, foreign, day)
        if whole is not None:
            return whole.code or None
        joined = JOINED.get((self.source, list_name))
        parts = self._parts(list_name, foreign, joined.separator, day) if joined is not None else None
        if joined is None or parts is None:
            raise Unmapped(self.source, list_name, foreign)
        codes = tuple(dict.fromkeys(part.code for part in parts if part.code))
        if len(codes) > 1:
            return joined.several or codes
        return codes[0] if codes else None

    def foreign(self, list_name: str, code: Ours, day: date | None = None) -> str | None:
        """How the source writes a code of ours; None where it has nothing for it. Several are joined as it
        joins them, each way of writing once, and those it has nothing for are left out."""
        if isinstance(code, tuple):
            joined = JOINED.get((self.source, list_name))
            texts = dict.fromkeys(text for one in code if (text := self.foreign(list_name, one, day)))
            if len(texts) > 1 and joined is None:
                return None
            return (joined.separator if joined else "").join(texts) or None
        known = self._by_code.get((list_name, code or ""), ())
        return next((one.foreign_code for one in known if one.holds(day)), None)

    def _one(self, list_name: str, foreign: str, day: date | None) -> Crossing | None:
        known = self._by_foreign.get((list_name, normalised(foreign)), ())
        return next((one for one in known if one.holds(day)), None)

    def _parts(self, list_name: str, foreign: str, separator: str, day: date | None) -> list[Crossing] | None:
        """The crossings a joined text is made of, each as long as possible, because a code may hold the
        separator itself: "lack of shelter, food, water". None when a part is not known."""
        words = [part for part in foreign.split(separator.strip()) if part.strip()]
        found: list[Crossing] = []
        at = 0
        while at < len(words):
            for end in range(len(words), at, -1):
                one = self._one(list_name, separator.join(word.strip() for word in words[at:end]), day)
                if one is not None:
                    found.append(one)
                    at = end
                    break
            else:
                return None
        return found


def normalised(foreign: str) -> str:
    """A foreign text without what people type differently: case, blanks, trailing dots and separators."""
    text = re.sub(r"\s+", " ", foreign.replace("\u00a0", " ")).strip()
    text = re.sub(r"\s*/\s*", "/", text)
    return re.sub(r"[\s.;,]+$", "", text).casefold()


def crosswalk(source: str, list_name: str, foreign: str | None, day: date | None = None) -> Ours:
    """Our code for a text of a source this version knows. Raises Unmapped, KeyError (source)."""
    return shipped(source).ours(list_name, foreign, day)


def to_foreign(source: str, list_name: str, code: Ours) -> str | None:
    """How a source this version knows writes a code of ours: of several ways its usual one.

    None where the source has nothing for it; null is written as the source writes it ("Not available").
    Raises KeyError (source).
    """
    return shipped(source).foreign(list_name, code)


@cache
def sources() -> tuple[str, ...]:
    """The sources this version knows, sorted."""
    folder = files("forms.vocabulary").joinpath("crosswalks")
    return tuple(sorted(f.name.removesuffix(".csv") for f in folder.iterdir() if f.name.endswith(".csv")))


@cache
def shipped(source: str) -> Crosswalk:
    """The crosswalk of one such source. KeyError for an unknown one."""
    if source not in sources():
        raise KeyError(source)
    text = files("forms.vocabulary").joinpath(f"crosswalks/{source}.csv").read_text(encoding="utf-8")
    return Crosswalk(source, (_crossing(row) for row in csv.DictReader(io.StringIO(text))))


def _crossing(row: Mapping[str, str]) -> Crossing:
    begins, ends = (date.fromisoformat(row[n]) if row[n] else None for n in ("valid_from", "valid_to"))
    return Crossing(row["list_name"], row["foreign_code"], row["code"], begins, ends, row["note"])
