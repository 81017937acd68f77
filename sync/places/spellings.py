"""Which column of a boundary file is what: COD-AB in its three spellings, geoBoundaries, and a plain form.

adm1_name, adm1_name1, adm1_pcode, valid_on, valid_to, lang, lang1, iso3      COD-AB since 2023
ADM1_EN, ADM1_FR, ADM1_PCODE, ADM1_REF, validOn, validTo, date               COD-AB before
admin1Name, admin1Pcod, admin0Pcod, admin1RefN                               10-character shapefiles
shapeName, shapeISO, shapeID, shapeGroup, shapeType                          geoBoundaries: no p-codes
name, code | pcode, parent, level, iso3                                      plain
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np

from sync.places.countries import iso3_of

LEVELS = range(5)

_CODE = re.compile(r"^adm(?:in)?(\d)_?p?cod(?:e|es)?$")
_NAME = re.compile(r"^adm(?:in)?(\d)_?na(?:me?)?$")
_NAME_NUMBERED = re.compile(r"^adm(?:in)?(\d)_?name(\d)$")
_NAME_IN_LANGUAGE = re.compile(r"^adm(?:in)?(\d)(?:name)?_?([a-z]{2})$")
_OTHER_NAME = re.compile(r"^adm(?:in)?(\d)_?(?:ref\w*|alt\w+)$")
_LEVEL_IN_FILE_NAME = re.compile(r"adm(?:in)?[_\- ]?(\d)", re.IGNORECASE)
_NO_DATE = date(1899, 12, 31)  # 1899-11-30 and 1899-12-30 are null on its way through a database or sheet
_NOTHING = {"", "none", "null", "nan", "n/a", "nat"}


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of a file in our words. `codes` and `uppers`: codes and names of the levels above, too."""

    level: int
    name: str
    code: str | None
    codes: dict[int, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    iso3: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    aliases: tuple[tuple[str, str], ...] = ()
    uppers: dict[int, tuple[str, dict[str, str]]] = field(default_factory=dict)  # name, names by language
    center: tuple[float, float] | None = None  # lon, lat, as the file has it
    version: str | None = None  # of the boundaries, as the file says: "v02.01"


class SpellingUnknown(ValueError):
    """The columns say neither level nor name. The text says what was found and what would do."""


def detect_level(columns: Sequence[str], file_name: str) -> int | None:
    """The deepest level the columns speak of, else the one in the file's name."""
    levels = [
        int(m[1]) for c in columns for p in (_CODE, _NAME, _NAME_IN_LANGUAGE) if (m := p.match(c.lower()))
    ]
    if levels:
        return max(levels)
    match = _LEVEL_IN_FILE_NAME.search(file_name)
    return int(match[1]) if match else None


def read_feature(row: Mapping[str, Any], level: int | None) -> Feature:
    """A row (column name in lower case -> value) as a Feature.

    level   what the caller or `detect_level` says; a level of the row itself (shapeType, level) goes first
    Raises  SpellingUnknown
    """
    values = {column: text for column, value in row.items() if (text := clean(value)) is not None}
    own = _own_level(values)
    level = level if own is None else own
    if level is None or level not in LEVELS:
        raise SpellingUnknown("no column says the administrative level")
    names = _names(values, level)
    codes = {int(m[1]): text for c, text in values.items() if (m := _CODE.match(c))}
    aliases = [(text, "other name") for c, text in values.items() if _is_level(_OTHER_NAME.match(c), level)]
    if "shapename" in values:
        if iso := values.get("shapeiso"):
            aliases.append((iso, "ISO 3166"))
    elif level not in codes and (plain := values.get("pcode") or values.get("code")):
        codes[level] = plain
    if level > 0 and (
        parent := values.get("parent") or values.get("parent_code") or values.get("parent_pcode")
    ):
        codes.setdefault(level - 1, parent)
    main = names.pop("", None) or values.get("shapename") or values.get("name") or _preferred(names)
    if main is None and codes.get(level) is None:
        raise SpellingUnknown(f"no column holds the name or code of level {level}")
    main = main or codes[level]
    known_names = set(names.values())
    return Feature(
        level=level,
        name=main,
        code=codes.get(level),
        codes=codes,
        names=names,
        iso3=_iso3(values, codes),
        valid_from=as_date(row.get("valid_on") or row.get("validon") or row.get("valid_from")),
        valid_to=as_date(row.get("valid_to") or row.get("validto")),
        aliases=tuple(
            sorted({*aliases, *((n, "name") for n in known_names)} - {(main, "other name"), (main, "name")})
        ),
        uppers={upper: _upper(values, upper, code) for upper, code in codes.items() if upper < level},
        center=_center(row),
        version=values.get("version") or values.get("cod_version") or values.get("version_no"),
    )


def clean(value: Any) -> str | None:
    """Text without what files write for nothing. Codes read as numbers get their digits back."""
    if value is None or value is np.ma.masked:
        return None
    if isinstance(value, float | np.floating):
        if np.isnan(value):
            return None
        value = int(value) if float(value).is_integer() else value
    text = str(value).strip().strip("\x00")
    return None if text.casefold() in _NOTHING else text


def as_date(value: Any) -> date | None:
    """A date however the driver gives it; None for null, the 1899 sentinel and what is no date."""
    text = clean(value)
    if text is None:
        return None
    text = text.replace("/", "-")[:10]
    try:
        found = datetime.strptime(text, "%Y%m%d").date() if text.isdigit() else date.fromisoformat(text)  # noqa: DTZ007
    except ValueError:
        return None
    return None if found <= _NO_DATE else found


def _own_level(values: Mapping[str, str]) -> int | None:
    match = re.fullmatch(r"(?:ADM)?(\d)", (values.get("shapetype") or values.get("level") or "").upper())
    return int(match[1]) if match else None


def _is_level(match: re.Match[str] | None, level: int) -> bool:
    return match is not None and int(match[1]) == level


def _names(values: Mapping[str, str], level: int) -> dict[str, str]:
    """Names by language; "" is the one without a language."""
    names: dict[str, str] = {}
    for column, text in values.items():
        if _is_level(_NAME.match(column), level):
            names[""] = text
            if language := values.get("lang"):
                names[language.lower()] = text
        elif (m := _NAME_NUMBERED.match(column)) and int(m[1]) == level:
            names[values.get(f"lang{m[2]}", f"name{m[2]}").lower()] = text
        elif (m := _NAME_IN_LANGUAGE.match(column)) and int(m[1]) == level:
            names[m[2]] = text
    return names


def _upper(values: Mapping[str, str], level: int, code: str) -> tuple[str, dict[str, str]]:
    names = _names(values, level)
    return names.pop("", None) or _preferred(names) or code, names


def _center(row: Mapping[str, Any]) -> tuple[float, float] | None:
    try:
        found = (float(row["center_lon"]), float(row["center_lat"]))
    except (KeyError, TypeError, ValueError):
        return None
    return found if -180 <= found[0] <= 180 and -90 <= found[1] <= 90 else None


def _preferred(names: Mapping[str, str]) -> str | None:
    for language in ("en", "fr", *sorted(names)):
        if language in names:
            return names[language]
    return None


def _iso3(values: Mapping[str, str], codes: Mapping[int, str]) -> str | None:
    for candidate in (values.get("iso3"), values.get("shapegroup"), values.get("iso2"), codes.get(0)):
        if candidate and (iso3 := iso3_of(candidate)):
            return iso3
    return None
