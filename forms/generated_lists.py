"""The choice lists Waypost makes itself, one table of them, and how each is written.

Registered places, areas, rounds ... -> the CSV files that a form's `select_one_from_file` reads. What a list
holds and which columns it has stands in `GENERATED_LISTS` and nowhere else; who is given which rows is
decided where the rows are read (sync/listing.py).

Tablets take these bytes as they are: `name` is what a submission carries and `label` what the enumerator
reads, so no cell gets an apostrophe against spreadsheets, which would end up in the data. Line breaks,
which would break the row on the tablet, become spaces. The same rows give the same bytes.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

AREAS_FILE = "areas.csv"
"""Columns name, label, level, parent. The parent of level 1 is the country's ISO3, else the area above."""

PLACE_FILES: dict[str, frozenset[str]] = {
    "fmp.csv": frozenset({"fmp"}),
    "poe.csv": frozenset(
        {"poe_airport", "poe_land", "poe_blue", "internal_transit", "area_of_interest", "site_of_interest"}
    ),
    "counting_points.csv": frozenset({"counting_point"}),
    "sites.csv": frozenset({"site", "village", "transit_centre"}),
}
"""Place lists by file name: the place types each one lists. `places.csv` lists them all."""

PLACE_COLUMNS = ("name", "label", "kind", "adm1", "adm2", "adm3", "corridor")
AREA_COLUMNS = ("name", "label", "level", "parent")

RETURNED_FILE = "returned.csv"
RETURNED_COLUMNS = ("name", "label", "form", "form_title", "day", "place", "message")

LEVELS = (1, 2, 3)

_SITES = "`waypost sites import`"
_BOUNDARIES = "`waypost places import`"
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class GeneratedList:
    """One list. Further columns `label_LANGUAGE` follow where the boundary release has names by language."""

    name: str  # the file's name, as a form refers to it
    holds: str  # "flow monitoring points"
    columns: tuple[str, ...]
    filled_by: str  # what to do when it is empty
    by_assignment: bool = True  # False: every tablet gets the same rows
    kinds: frozenset[str] | None = None  # of places; None where it lists none, or all
    level: int | None = None  # of areas, where it lists one level
    of_sender: bool = False  # each app user's own, made of their records and not of registers


def _lists() -> tuple[GeneratedList, ...]:
    places = {
        "fmp.csv": "flow monitoring points",
        "poe.csv": "points of entry",
        "counting_points.csv": "counting points",
        "sites.csv": "displacement sites and villages",
    }
    return (
        *(
            GeneratedList(file, holds, PLACE_COLUMNS, _SITES, kinds=PLACE_FILES[file])
            for file, holds in places.items()
        ),
        GeneratedList("places.csv", "places of any kind", PLACE_COLUMNS, _SITES),
        GeneratedList(AREAS_FILE, "administrative areas", AREA_COLUMNS, _BOUNDARIES),
        GeneratedList(
            "all_areas.csv", "administrative areas", AREA_COLUMNS, _BOUNDARIES, by_assignment=False
        ),
        *(
            GeneratedList(
                f"admin{level}.csv",
                f"administrative areas of level {level}",
                ("name", "label", *(f"adm{upper}" for upper in range(level))),
                _BOUNDARIES,
                level=level,
            )
            for level in LEVELS
        ),
        GeneratedList("corridors.csv", "corridors", ("name", "label", "kind"), "`waypost corridor import`"),
        GeneratedList(
            "rounds.csv",
            "rounds",
            ("name", "label", "operation", "assessment_type"),
            "`waypost round add`",
        ),
        GeneratedList(
            "informants.csv",
            "key informants",
            ("name", "label", "role", "area"),
            "`waypost informant add`",
        ),
        GeneratedList(
            "organisations.csv",
            "organisations",
            ("name", "label"),
            "`waypost organisation add`",
            by_assignment=False,
        ),
        GeneratedList(
            RETURNED_FILE,
            "their own records that were sent back",
            RETURNED_COLUMNS,
            "`waypost submission return`",
            of_sender=True,
        ),
    )


GENERATED_LISTS: dict[str, GeneratedList] = {each.name: each for each in _lists()}
"""By file name. `all_areas.csv` is for origins and destinations, which lie anywhere."""


@dataclass(frozen=True, slots=True)
class ListedPlace:
    code: str  # what a submission carries
    name: str  # what the enumerator reads; names are not translated
    type: str  # a code of the list place_type
    adm1: str | None = None  # p-codes of where it lies, for choice_filter
    adm2: str | None = None
    adm3: str | None = None
    corridor: str | None = None


@dataclass(frozen=True, slots=True)
class ListedArea:
    pcode: str
    name: str
    level: int  # 1 to 3
    parent: str  # ISO3 for level 1, else the p-code of the area above
    names: tuple[tuple[str, str], ...] = ()  # (language, name)
    uppers: tuple[tuple[int, str], ...] = ()  # (level, code) of the areas above; ISO3 for level 0


def places_csv(places: Iterable[ListedPlace]) -> bytes:
    """A place list, in the order an enumerator searches it: by name."""
    ordered = sorted(places, key=lambda place: (place.name, place.code))
    rows = ((p.code, p.name or p.code, p.type, p.adm1, p.adm2, p.adm3, p.corridor) for p in ordered)
    return list_csv(PLACE_COLUMNS, rows)


def areas_csv(areas: Iterable[ListedArea], languages: Sequence[str] = ()) -> bytes:
    """An area list for cascading choices, by level, then by name.

    languages  a column `label_LANGUAGE` for each; an area without that name has its main one there
    """
    rows: list[tuple[str | int, ...]] = [
        (a.pcode, a.name, a.level, a.parent, *_labels(a, languages))
        for a in sorted(areas, key=lambda area: (area.level, area.name, area.pcode))
    ]
    return list_csv((*AREA_COLUMNS, *label_columns(languages)), rows)


def admin_csv(level: int, areas: Iterable[ListedArea], languages: Sequence[str] = ()) -> bytes:
    """The areas of one level with a column for each level above, ready for a cascade of questions."""
    ordered = sorted((a for a in areas if a.level == level), key=lambda area: (area.name, area.pcode))
    rows: list[tuple[str | None, ...]] = []
    for area in ordered:
        above = dict(area.uppers)
        uppers = (above.get(upper) for upper in range(level))
        rows.append((area.pcode, area.name, *uppers, *_labels(area, languages)))
    return list_csv((*GENERATED_LISTS[f"admin{level}.csv"].columns, *label_columns(languages)), rows)


def returned_csv(rows: Iterable[Sequence[str | None]]) -> bytes:
    """Records that were sent back to one app user, as they are given: the newest first."""
    return list_csv(RETURNED_COLUMNS, rows)


def label_columns(languages: Sequence[str]) -> tuple[str, ...]:
    """Column names a tablet can address: "label_fr", "label_pt_br"."""
    return tuple(f"label_{language.lower().replace('-', '_')}" for language in languages)


def languages_of(names: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """The languages a release has names in, sorted. `name1`, which says no language, is none."""
    return tuple(sorted({key for each in names for key in each if _LANGUAGE.fullmatch(key)}))


def list_csv(columns: Sequence[str], rows: Iterable[Sequence[str | int | None]]) -> bytes:
    """UTF-8 with a heading row; cells that hold commas, quotes or semicolons are quoted."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def referred_files(xlsform: str) -> tuple[str, ...]:
    """The lists a Markdown XLSForm chooses from or pulls data of, in the order it first names them."""
    found = re.findall(
        r"\|\s*select_(?:one|multiple)_from_file\s+(\S+)|\|\s*(?:csv|xml)-external\s*\|\s*(\w+)"
        r"|pulldata\(\s*'([^']+)'",
        xlsform,
    )
    files = (
        file or (f"{external}.csv" if external else table if "." in table else f"{table}.csv")
        for file, external, table in found
    )
    return tuple(dict.fromkeys(files))


_REFERENCE = re.compile(rb"jr://(?:file|file-csv)/([\w.-]+)")


def generated_names(xform: bytes) -> tuple[str, ...]:
    """The generated lists an XForm refers to, by name. A file that was uploaded goes before them."""
    named = {match.decode("ascii", "replace") for match in _REFERENCE.findall(xform)}
    return tuple(sorted(named & GENERATED_LISTS.keys()))


def _labels(area: ListedArea, languages: Sequence[str]) -> tuple[str, ...]:
    names = dict(area.names)
    return tuple(names.get(language, area.name) for language in languages)


def _cell(value: str | int | None) -> str:
    """One line of printable text."""
    if value is None:
        return ""
    text = str(value)
    return text if text.isprintable() and text == text.strip() else " ".join(_printable(text).split())


def _printable(text: str) -> str:
    """Control characters and odd spaces as blanks; joiners, which some scripts need, as they are."""
    return "".join(c if c.isprintable() or c in "\u200c\u200d\u200e\u200f" else " " for c in text)
