"""The values between a boundary file and the tables: areas, and the lines of the import's report."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class BoundaryArea:
    """One administrative area as imported: valid polygon, unique (level, code), parent known or None."""

    level: int  # 0 country .. 4
    code: str
    code_official: bool  # False: made by us from the names
    name: str
    geometry: bytes  # WKB, polygon or multipolygon, lon lat WGS84
    names: dict[str, str] = field(default_factory=dict)  # by language
    parent: tuple[int, str] | None = None  # (level, code)
    parent_derived: bool = False
    iso3: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    center_lon: float = 0.0  # a point inside the area
    center_lat: float = 0.0
    area_sqkm: float = 0.0
    aliases: tuple[tuple[str, str], ...] = ()  # (alias, source)


@dataclass(frozen=True, slots=True)
class ReportLine:
    """Something the import changed, derived or left out.

    kind  repaired | unusable | duplicate | parent_derived | parent_missing | code_made | alias_ambiguous
    | crs_assumed | level_derived | level_missing | version
    """

    kind: str
    text: str
    level: int | None = None
    code: str | None = None
    name: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Boundaries:
    """What was read. With `refusals` nothing may be imported: each says what is wrong and what to do."""

    areas: tuple[BoundaryArea, ...] = ()
    report: tuple[ReportLine, ...] = ()
    refusals: tuple[str, ...] = ()


def slug(name: str) -> str:
    """A name without what spellings differ in: "Sénó " and "Seno" give "seno"."""
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return re.sub(r"[^\w]+", "-", plain).strip("-_")


def content_hash(areas: Iterable[BoundaryArea]) -> str:
    """sha256 over what the areas are, whatever the order and the files they came in."""
    digest = hashlib.sha256()
    for area in sorted(areas, key=lambda a: (a.level, a.code)):
        facts = (
            area.level, area.code, area.code_official, area.name, sorted(area.names.items()), area.parent,
            area.iso3, str(area.valid_from), str(area.valid_to), area.aliases,
        )  # fmt: skip
        digest.update(json.dumps(facts, ensure_ascii=False).encode())
        digest.update(hashlib.sha256(area.geometry).digest())
    return digest.hexdigest()
