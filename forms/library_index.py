"""The ready-made forms and the files each needs beside it.

Name -> Markdown XLSForm as an author would write it, and places and areas -> the CSV files its choices come
from. A form of this library opens on a tablet only with its files, so publishing is: compile
`library()["fmr"]`, attach `media_for("fmr", places, areas)`.

Adding a form: put `NAME.md` into `forms/library/`, name its files in FORM_FILES.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from forms.library_build import build
from forms.library_files import markdown
from forms.library_source import FormSource, read_source

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
"""Place lists by file name: the place types each one lists. Columns name (the place's code) and label."""

FORM_FILES: dict[str, tuple[str, ...]] = {
    "fmr": ("fmp.csv",),
    "fms": ("fmp.csv",),
    "poe_status": ("poe.csv",),
    "ttt_count": ("counting_points.csv", AREAS_FILE),
    "b2": (AREAS_FILE, "sites.csv"),
}
"""The files each form of the library cannot be opened without."""


@dataclass(frozen=True, slots=True)
class ListedPlace:
    code: str  # what a submission carries
    name: str  # what the enumerator reads; names are not translated
    type: str  # a code of the list place_type


@dataclass(frozen=True, slots=True)
class ListedArea:
    pcode: str
    name: str
    level: int  # 1 to 3
    parent: str  # ISO3 for level 1, else the p-code of the area above


@cache
def sources() -> dict[str, FormSource]:
    """The sources of the forms by name, sorted."""
    folder = files("forms").joinpath("library")
    names = sorted(f.name.removesuffix(".md") for f in folder.iterdir() if f.name.endswith(".md"))
    return {n: read_source(n, folder.joinpath(f"{n}.md").read_text(encoding="utf-8")) for n in names}


@cache
def library() -> dict[str, bytes]:
    """The forms by name, as UTF-8 Markdown XLSForms in all their languages."""
    return {name: markdown(build(source)) for name, source in sources().items()}


def media_for(form: str, places: Iterable[ListedPlace], areas: Iterable[ListedArea] = ()) -> dict[str, bytes]:
    """The files of a form by name, as UTF-8 CSV. KeyError for a form that is not in the library.

    A file without entries still has its header: the tablet then offers an empty list, and the form's other
    ways to say where (no area, a place name) stay open.
    """
    wanted = FORM_FILES[form]
    listed_places, listed_areas = tuple(places), tuple(areas)
    return {
        name: areas_csv(listed_areas)
        if name == AREAS_FILE
        else places_csv(place for place in listed_places if place.type in PLACE_FILES[name])
        for name in wanted
    }


def places_csv(places: Iterable[ListedPlace]) -> bytes:
    """A place list, in the order an enumerator searches it: by name."""
    return _csv(
        ("name", "label"), sorted(((p.code, p.name) for p in places), key=lambda row: (row[1], row[0]))
    )


def areas_csv(areas: Iterable[ListedArea]) -> bytes:
    """An area list for cascading choices, by level, then by name."""
    ordered = sorted(areas, key=lambda area: (area.level, area.name, area.pcode))
    return _csv(("name", "label", "level", "parent"), ((a.pcode, a.name, a.level, a.parent) for a in ordered))


def _csv(header: tuple[str, ...], rows: Iterable[tuple[str | int, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
