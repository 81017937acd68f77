"""What a patient clerk makes of a form's answers with a pencil: the harmonised rows, counted over again.

In: the XForm's text and the answers as they were written. Out: rows by record_id. Nothing of the pipeline's
mapping and projection is used: binds are read from the XML, `harmonise` texts by a pattern, grain by walking
the answers. Types and names of variables come from the vocabulary, ids from the rule in the data model.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote
from uuid import UUID, uuid5

from lxml import etree

from forms import vocabulary
from tests.properties.answers import Filling
from tests.properties.reading import column, understood

HARMONISE = "{urn:waypost:harmonise:1}"
XFORMS = "{http://www.w3.org/2002/xforms}"
CODES_AS_TEXT = ("place_id", "declared_pcode", "corridor_id", "round", "code")
OPENNESS = ("public", "internal", "restricted", "confidential")

Fixed = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Item:
    """One item of a `harmonise` text: `table.variable{fixed}`; without a table the form's default one."""

    table: str
    variable: str
    fixed: Fixed


@dataclass(frozen=True)
class Bind:
    kind: str  # of the answer, in words of `reading.understood`
    items: tuple[Item, ...]
    codes: dict[str, str]
    sensitivity: str


@dataclass(frozen=True)
class Paper:
    """A form as its XForm tells it."""

    form_id: str
    tables: dict[str, Fixed]  # of the settings
    marks: dict[str, tuple[Item, ...]]  # of repeats, by path
    binds: dict[str, Bind]  # of questions, by path
    nests: dict[str, str]  # path -> repeat, group or question

    def feeds(self, table: str, variable: str) -> bool:
        fixed = [self.tables.get(table, ()), *(i.fixed for marks in self.marks.values() for i in marks)]
        items = (item for bind in self.binds.values() for item in bind.items)
        return any((i.table, i.variable) == (table, variable) for i in items) or any(
            name == variable for some in fixed for name, _ in some
        )


@dataclass
class Sheet:
    """One instance of a repeat, or the whole submission: the answers asked right there."""

    repeat: str  # "" for the submission
    path: str  # with the position of each repeat: "/data/groups[2]"
    around: Sheet | None = None
    answers: dict[str, str] = field(default_factory=dict)

    def outwards(self) -> Iterator[Sheet]:
        here: Sheet | None = self
        while here is not None:
            yield here
            here = here.around


@dataclass
class Counted:
    """rows: by (table, record_id), form variables only. splits: by (record_id, dimension, code)."""

    rows: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    splits: dict[tuple[str, str, str], int | None] = field(default_factory=dict)


# -- the form -----------------------------------------------------------------------------------------------


@cache
def read_paper(xform: bytes) -> Paper:
    html = etree.fromstring(xform)
    model = next(html.iter(f"{XFORMS}model"))
    instance = next(iter(model.find(f"{XFORMS}instance")))  # type: ignore[call-overload]
    controls = {
        one.get("ref"): etree.QName(one).localname for one in html.iter(etree.Element) if one.get("ref")
    }
    repeats = {one.get("nodeset") for one in html.iter(f"{XFORMS}repeat")}
    binds = {one.get("nodeset"): one for one in model.iter(f"{XFORMS}bind")}
    root = f"/{etree.QName(instance).localname}"
    settings = _items(binds[root].get(f"{HARMONISE}harmonise") if root in binds else None, None)
    default = settings[0].variable if settings else ""
    paper = Paper(instance.get("id", ""), {i.variable: i.fixed for i in settings}, {}, {}, {})
    _walk(paper, instance, root, "internal", binds, controls, repeats, default)
    return paper


def _walk(
    paper: Paper, element: Any, path: str, around: str, binds: Any, controls: Any, repeats: Any, default: str
) -> None:
    for child in element:
        at = f"{path}/{etree.QName(child).localname}"
        if at in paper.nests:
            continue  # a repeat's template has its copy beside it
        bind = binds.get(at)
        said = bind.get(f"{HARMONISE}harmonise") if bind is not None else None
        openness = (bind.get(f"{HARMONISE}sensitivity") if bind is not None else None) or around
        if at in repeats or len(child):
            paper.nests[at] = "repeat" if at in repeats else "group"
            if at in repeats:
                paper.marks[at] = tuple(Item(i.variable, "", i.fixed) for i in _items(said, None))
            _walk(paper, child, at, openness, binds, controls, repeats, default)
            continue
        paper.nests[at] = "question"
        codes = (bind.get(f"{HARMONISE}codes") if bind is not None else None) or ""
        paper.binds[at] = Bind(
            kind=controls.get(at, "") if controls.get(at, "").startswith("select") else _type(bind),
            items=tuple(_items(said, default)) if openness != "direct_identifier" else (),
            codes={unquote(a): unquote(b) for a, _, b in (pair.partition("=") for pair in codes.split())},
            sensitivity=openness,
        )


def _type(bind: Any) -> str:
    return str((bind.get("type") if bind is not None else None) or "string").rpartition(":")[2]


_ITEM = re.compile(r"\s*(?:(\w+)\s*\.\s*)?(\w+)\s*(?:\{(.*)\})?\s*")


def _items(text: str | None, default: str | None) -> list[Item]:
    """`default` None: the items are tables, whose name stands where a question's variable does."""
    found = []
    for part in (text or "").split(";"):
        if part.strip():
            table, name, inside = _ITEM.fullmatch(part).groups()  # type: ignore[union-attr]
            pairs = (one.split("=") for one in (inside or "").split(",") if one.strip())
            fixed = tuple(sorted((key.strip(), value.strip()) for key, value in pairs))
            found.append(Item(table or default or "", name, fixed))
    return found


# -- the answers --------------------------------------------------------------------------------------------


def lay_out(paper: Paper, filling: Filling, root: str = "/data") -> list[Sheet]:
    """The submission and all its instances of repeats, each with its answers; blank ones are none."""
    sheets: list[Sheet] = []

    def open_sheet(repeat: str, path: str, around: Sheet | None, answers: Filling) -> None:
        sheet = Sheet(repeat, path, around)
        sheets.append(sheet)
        fill(sheet, repeat or root, path, answers)

    def fill(sheet: Sheet, at: str, path: str, answers: Filling) -> None:
        for name, value in answers.items():
            here = f"{at}/{name}"
            if isinstance(value, list):
                for position, inner in enumerate(value, 1):
                    open_sheet(here, f"{path or root}/{name}[{position}]", sheet, inner)
            elif isinstance(value, dict):
                fill(sheet, here, f"{path or root}/{name}", value)
            elif value is not None and value.strip():
                sheet.answers[here] = value.strip()

    open_sheet("", "", None, filling)
    return sheets


def recount(xform: bytes, filling: Filling, project_uuid: str, instance_id: str = "uuid:1") -> Counted:
    """The rows and splits the answers make."""
    paper = read_paper(xform)
    sheets = lay_out(paper, filling)
    counted = Counted()
    owners: dict[int, list[str]] = defaultdict(list)  # flow rows of each sheet
    split_rows: list[tuple[Sheet, dict[str, Any]]] = []
    for table in vocabulary.TABLES:
        for sheet in sheets:
            for fixed, wanted in _made_here(paper, table, sheet):
                row = _row(paper, table, sheet, fixed, wanted)
                if row is None:
                    continue
                if table == "flow_split":
                    split_rows.append((sheet, row))
                    continue
                id_ = _id(project_uuid, paper.form_id, instance_id, table, sheet.path, fixed)
                assert (table, id_) not in counted.rows
                counted.rows[table, id_] = row
                if table == "flow":
                    owners[id(sheet)].append(id_)
    _add_up(counted, owners, split_rows)
    return counted


def _made_here(paper: Paper, table: str, sheet: Sheet) -> Iterator[tuple[Fixed, set[Fixed] | None]]:
    """The fixed values of each row a sheet makes, and those its own questions name; None: a plain row."""
    general = paper.tables.get(table, ())
    marks = [item.fixed for item in paper.marks.get(sheet.repeat, ()) if item.table == table]
    asked = dict.fromkeys(
        item.fixed
        for path, bind in paper.binds.items()
        if _repeat_of(paper, path) == sheet.repeat
        for item in bind.items
        if item.table == table and item.fixed
    )
    if asked:
        merged: dict[Fixed, set[Fixed]] = {}
        for mark in marks or [()]:
            for own in asked:
                merged.setdefault(_merge(general, mark, own), set()).add(own)
        yield from merged.items()
    elif marks:
        yield from ((_merge(general, mark), None) for mark in dict.fromkeys(marks))
    elif not sheet.repeat and table in paper.tables and not _made_elsewhere(paper, table):
        yield general, None


def _made_elsewhere(paper: Paper, table: str) -> bool:
    marked = any(item.table == table for marks in paper.marks.values() for item in marks)
    items = (item for bind in paper.binds.values() for item in bind.items)
    return marked or any(item.table == table and item.fixed for item in items)


def _merge(*layers: Fixed) -> Fixed:
    merged: dict[str, str] = {}
    for layer in layers:
        merged |= dict(layer)
    return tuple(sorted(merged.items()))


def _repeat_of(paper: Paper, path: str) -> str:
    while path := path.rpartition("/")[0]:
        if paper.nests.get(path) == "repeat":
            return path
    return ""


def _row(
    paper: Paper, table: str, sheet: Sheet, fixed: Fixed, wanted: set[Fixed] | None
) -> dict[str, Any] | None:
    """The cells of one row, and how open it is; None where none of its own questions is answered."""
    names = [v.name for v in vocabulary.variables(table).values() if v.source == "form"]
    row: dict[str, Any] = dict.fromkeys(names) | dict(fixed)
    closed, is_told = 0, wanted is None
    for at in sheet.outwards():
        for path, text in at.answers.items():
            bind = paper.binds[path]
            for item in bind.items:
                own = at is sheet and wanted is not None and item.fixed in wanted
                if item.table != table or (item.fixed and not own):
                    continue
                is_told = is_told or own
                closed = max(closed, OPENNESS.index(bind.sensitivity))
                variable = vocabulary.variable(table, item.variable)
                assert variable is not None
                cell = column(understood(bind.kind, text), variable.type, bind.codes)
                is_code = variable.type == "code" or variable.name in CODES_AS_TEXT
                row[item.variable] = None if is_code and cell and len(cell) > 100 else cell
    return {**row, "sensitivity": OPENNESS[closed]} if is_told else None


def _id(project: str, form_id: str, instance: str, table: str, path: str, fixed: Fixed) -> str:
    name = [form_id, instance, table, path, [list(pair) for pair in fixed]]
    return str(uuid5(UUID(project), json.dumps(name, ensure_ascii=False, separators=(",", ":"))))


def _add_up(counted: Counted, owners: dict[int, list[str]], rows: list[tuple[Sheet, dict[str, Any]]]) -> None:
    """Splits of one flow row, dimension and code are one; without a code they are none; unknown is not 0."""
    given: dict[tuple[str, str, str], list[int | None]] = defaultdict(list)
    for sheet, row in rows:
        flows = next((owners[id(at)] for at in sheet.outwards() if owners.get(id(at))), [])
        if len(flows) == 1 and row["code"] is not None and row["dimension"] is not None:
            given[flows[0], row["dimension"], row["code"]].append(row["n"])
    for key, several in given.items():
        known = [n for n in several if n is not None]
        counted.splits[key] = sum(known) if known and sum(known) < 2**31 else None
