"""The ready-made forms and the files each needs beside it.

Name -> Markdown XLSForm as an author would write it, and places and areas -> the CSV files its choices come
from. A server makes these files from its own registers (forms/generated_lists.py); `media_for` makes them
from values, for tests and demonstrations.

Adding a form: put `NAME.md` into `forms/library/`. Its files are those it refers to.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from forms.generated_lists import (
    AREAS_FILE,
    GENERATED_LISTS,
    PLACE_FILES,
    ListedArea,
    ListedPlace,
    admin_csv,
    areas_csv,
    list_csv,
    places_csv,
    referred_files,
)
from forms.library_build import build
from forms.library_files import markdown
from forms.library_source import FormSource, read_source

__all__ = [
    "AREAS_FILE",
    "FORM_FILES",
    "PLACE_FILES",
    "ListedArea",
    "ListedPlace",
    "areas_csv",
    "library",
    "media_for",
    "places_csv",
    "sources",
]


def _form_files() -> dict[str, tuple[str, ...]]:
    sources = (file for file in files("forms").joinpath("library").iterdir() if file.name.endswith(".md"))
    return {
        source.name.removesuffix(".md"): referred_files(source.read_text(encoding="utf-8"))
        for source in sorted(sources, key=lambda file: file.name)
    }


FORM_FILES: dict[str, tuple[str, ...]] = _form_files()
"""The files each form of the library cannot be opened without, read off the forms themselves."""


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
    listed_places, listed_areas = tuple(places), tuple(areas)
    return {name: _file(name, listed_places, listed_areas) for name in FORM_FILES[form]}


def _file(name: str, places: tuple[ListedPlace, ...], areas: tuple[ListedArea, ...]) -> bytes:
    kind = GENERATED_LISTS[name]
    if kind.kinds is not None:
        return places_csv(place for place in places if place.type in kind.kinds)
    if name == "places.csv":
        return places_csv(places)
    if kind.level is not None:
        return admin_csv(kind.level, areas)
    if "areas" in name:
        return areas_csv(areas)
    return list_csv(kind.columns, ())
