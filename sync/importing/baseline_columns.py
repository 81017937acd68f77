"""Which column of a baseline sheet holds what: by its heading, its HXL tag, or a mapping file of the office.

Flows in: a table's headings and tags. Flows out: `Columns`. A mapping file is a CSV of column, variable and,
for figures, category; where it names a column, nothing else decides about it. Variable "-": left out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field

from forms import vocabulary
from sync.importing.table import Table, folded
from sync.problems import Invalid

FIGURES = ("hh", "ind", "ind_m", "ind_f", "men", "women", "boys", "girls", "children")
"""Variables a column may hold once for each population category."""

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "source_id": ("id", "source_id", "row id"),
    "operation": ("operation", "operation name"),
    "admin0_name": ("admin0Name", "adm0_name", "country"),
    "admin0_pcode": ("admin0Pcode", "adm0_pcode", "iso3"),
    "admin1_name": ("admin1Name", "adm1_name", "admin 1", "region", "state", "province"),
    "admin1_pcode": ("admin1Pcode", "adm1_pcode", "admin 1 pcode", "region pcode", "state pcode"),
    "admin2_name": ("admin2Name", "adm2_name", "admin 2", "district", "department", "county", "lga"),
    "admin2_pcode": ("admin2Pcode", "adm2_pcode", "admin 2 pcode", "district pcode", "lga pcode"),
    "admin3_name": ("admin3Name", "adm3_name", "admin 3", "ward", "commune", "payam"),
    "admin3_pcode": ("admin3Pcode", "adm3_pcode", "admin 3 pcode", "ward pcode", "payam pcode"),
    "site_code": ("ssid", "location_ssid", "site id", "site code", "location id", "place_id"),
    "site_name": ("site name", "location name", "site", "location", "village"),
    "lat": ("latitude", "lat", "gps latitude"),
    "lon": ("longitude", "lon", "long", "gps longitude"),
    "round": ("roundNumber", "round", "round number"),
    "reporting_date": ("reportingDate", "reporting date", "survey date", "assessment date", "date"),
    "assessment_type": ("assessmentType", "assessment type"),
    "reason": ("displacementReason", "displacement reason", "reason"),
    "origin_admin1_name": ("idpOriginAdmin1Name", "origin admin 1", "origin region", "origin state"),
    "origin_admin1_pcode": ("idpOriginAdmin1Pcode", "origin admin 1 pcode"),
    "category": ("population category", "population group"),
}
"""Ours -> headings, compared without case and signs."""

FIGURE_HEADINGS: Mapping[str, tuple[str, str]] = {
    "numPresentIdpInd": ("ind", "idp"),
    "numPresentIdpHh": ("hh", "idp"),
    "idp individuals": ("ind", "idp"),
    "idp ind": ("ind", "idp"),
    "idps": ("ind", "idp"),
    "idp households": ("hh", "idp"),
    "idp hh": ("hh", "idp"),
    "numberMales": ("ind_m", "idp"),
    "numberFemales": ("ind_f", "idp"),
    "ind": ("ind", "idp"),
    "individuals": ("ind", "idp"),
    "hh": ("hh", "idp"),
    "households": ("hh", "idp"),
}

_IGNORED = ("yearReportingDate", "monthReportingDate", "adminLevel", "operationStatus")
"""Columns of the DTM files that say again what others say."""

_TAGS: Mapping[str, frozenset[str]] = {
    "operation": frozenset({"#operation", "+name"}),
    "admin0_name": frozenset({"#country", "+name"}),
    "admin0_pcode": frozenset({"#country", "+code"}),
    "reporting_date": frozenset({"#date", "+reported"}),
    "round": frozenset({"#round", "+code"}),
    "reason": frozenset({"#cause", "+type"}),
    "assessment_type": frozenset({"#assessment", "+type"}),
    "site_code": frozenset({"#loc", "+code"}),
    "site_name": frozenset({"#loc", "+name"}),
    "lat": frozenset({"#geo", "+lat"}),
    "lon": frozenset({"#geo", "+lon"}),
    "origin_admin1_name": frozenset({"#adm1", "+name", "+origin"}),
    "origin_admin1_pcode": frozenset({"#adm1", "+code", "+origin"}),
}
_OF_CATEGORY = {
    "+idps": "idp",
    "+refugees": "refugee",
    "+asylum": "asylum_seeker",
    "+host": "host",
}
"""HXL attribute -> category. +returnees and +migrants are two of ours each: a mapping file says which."""

_SAME = {
    "+pcode": "+code",
    "+v_pcodes": "",
    "+v_pcode": "",
    "+v_iso3": "",
    "+survey": "+reported",
    "#operations": "#operation",
}


@dataclass(frozen=True, slots=True)
class Columns:
    """ours: variable -> column; figures: (variable, category) -> column; others: columns of neither."""

    ours: Mapping[str, str]
    figures: Mapping[tuple[str, str], str]
    others: tuple[str, ...] = ()

    @property
    def categories(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(category for _, category in self.figures))


@dataclass(slots=True)
class _Finding:
    ours: dict[str, str] = field(default_factory=dict)
    figures: dict[tuple[str, str], str] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)

    def take(self, column: str, variable: str, category: str) -> bool:
        """Whether the column is one of ours now: of two alike the first is."""
        if variable in FIGURES:
            return self.figures.setdefault((variable, category), column) == column
        return self.ours.setdefault(variable, column) == column


Mapped = Mapping[str, tuple[str, str]]
"""Column -> (variable, category); ("-", "") leaves it out."""


def read_mapping(data: bytes, name: str) -> dict[str, tuple[str, str]]:
    """A mapping file: column,variable[,category]. Raises Invalid with every problem by row."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(f"{name} is not UTF-8.", 'Save it as "CSV UTF-8".') from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if not {"column", "variable"} <= set(reader.fieldnames or ()):
        raise Invalid(f"{name} has no columns column and variable.", "Head it: column,variable,category.")
    known = {*HEADINGS, *FIGURES, "-"}
    found: dict[str, tuple[str, str]] = {}
    errors: list[dict[str, object]] = []
    for row in reader:
        column, variable = (row["column"] or "").strip(), (row["variable"] or "").strip()
        category = (row.get("category") or "").strip() or "idp"
        if variable not in known:
            hint = f"Use {', '.join(sorted(known))}."
            errors.append({"row": reader.line_num, "column": "variable", "message": variable, "hint": hint})
        elif variable in FIGURES and category not in vocabulary.codes("population_category"):
            hint = f"Use {', '.join(vocabulary.codes('population_category'))}."
            errors.append({"row": reader.line_num, "column": "category", "message": category, "hint": hint})
        found[column] = (variable, category)
    if errors:
        raise Invalid(f"{name} names what is not known.", "Correct these rows.", errors)
    return found


def columns_of(table: Table, mapping: Mapped | None = None) -> Columns:
    """What each column of a table holds. Raises Invalid: the mapping names a column the table has not."""
    wanted = mapping or {}
    if absent := sorted(set(wanted) - set(table.columns)):
        raise Invalid(
            f"The mapping names columns the file has not: {', '.join(absent)}.",
            f"The file has {', '.join(table.columns)}.",
        )
    headings = {folded(h): (name, "") for name, texts in HEADINGS.items() for h in texts}
    headings |= {folded(h): figure for h, figure in FIGURE_HEADINGS.items()}
    ignored = {folded(heading) for heading in _IGNORED}
    found = _Finding()
    for column, (variable, category) in wanted.items():
        if variable != "-":
            found.take(column, variable, category)
    for column in table.columns:
        if column in wanted or folded(column) in ignored:
            continue
        held = _tagged(table.tags.get(column, "")) or headings.get(folded(column))
        if held is None or not found.take(column, *held):
            found.others.append(column)
    return Columns(found.ours, found.figures, tuple(found.others))


def _tagged(tag: str) -> tuple[str, str] | None:
    """What an HXL tag says a column holds; the order of its attributes does not matter."""
    head, *attributes = tag.replace(" ", "").lower().replace("+", " +").split() or [""]
    parts = frozenset(_SAME.get(part, part) for part in (head, *attributes)) - {""}
    for variable, wanted in _TAGS.items():
        if parts == wanted:
            return variable, ""
    for level in ("1", "2", "3"):
        for ending in ("name", "code"):
            if parts == {f"#adm{level}", f"+{ending}"}:
                return f"admin{level}_{'pcode' if ending == 'code' else 'name'}", ""
    category = next((_OF_CATEGORY[part] for part in sorted(parts) if part in _OF_CATEGORY), None)
    if head != "#affected" or category is None:
        return None
    rest = parts - {"#affected"} - frozenset(_OF_CATEGORY)
    figure = {
        frozenset[str](): "ind",
        frozenset({"+ind"}): "ind",
        frozenset({"+hh"}): "hh",
        frozenset({"+m"}): "ind_m",
        frozenset({"+f"}): "ind_f",
        frozenset({"+m", "+adults"}): "men",
        frozenset({"+f", "+adults"}): "women",
        frozenset({"+m", "+children"}): "boys",
        frozenset({"+f", "+children"}): "girls",
        frozenset({"+children"}): "children",
    }.get(rest)
    return (figure, category) if figure else None
