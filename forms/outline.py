"""The survey sheet as the tree its rows describe: groups, repeats, questions, with their paths.

Workbook -> Outline. It is built for a sheet with mistakes too, so that every check sees as much of the form
as can be seen; what the tree itself shows wrong (ends without begins) is told by `forms.checks.groups`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import get_args

from pyxform import aliases

from forms.columns import HARMONISE, Columns, read_columns
from forms.mapping import Annotation
from forms.model import AnswerType, Choice, Field, Sensitivity
from forms.question_types import QuestionType, parse_type
from forms.sheets import Header, Sheet, SheetRow, Workbook
from forms.xform_types import answer_type

DEFAULT_ROOT = "data"


@dataclass(frozen=True, slots=True)
class Node:
    """One row of the survey sheet that has a type pyxform knows."""

    row: SheetRow
    type: QuestionType
    name: str
    path: str  # "/data/group/name", the XForm's nodeset
    parent: str  # path of the section around it
    repeat: str | None  # path of the nearest repeat around it


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An end without its begin (`opened` None or of another kind), or a begin without an end."""

    opened: Node | None
    closed: SheetRow | None
    text: str = ""  # the end's type cell


@dataclass(frozen=True)
class Outline:
    workbook: Workbook
    survey: Sheet
    columns: Columns
    root: str  # "/data"
    nodes: tuple[Node, ...]
    mismatches: tuple[Mismatch, ...]
    unknown: tuple[SheetRow, ...]  # rows whose type pyxform does not know
    by_path: dict[str, Node] = field(default_factory=dict)  # the first of each path


def read_outline(workbook: Workbook) -> Outline:
    survey = workbook.sheet("survey")
    columns = read_columns(survey)
    walk = _Walk(root_path(workbook), columns)
    for row in survey.filled():
        walk.take(row)
    mismatches = (*walk.mismatches, *(Mismatch(node, None) for node in walk.open))
    by_path: dict[str, Node] = {}
    for node in walk.nodes:
        by_path.setdefault(node.path, node)
    return Outline(
        workbook, survey, columns, walk.root, tuple(walk.nodes), mismatches, tuple(walk.unknown), by_path
    )


def root_path(workbook: Workbook) -> str:
    """The path of the instance root: the settings' `name`, else "data"."""
    return "/" + (setting(workbook, "name") or DEFAULT_ROOT)


def setting(workbook: Workbook, *tokens: str) -> str:
    """A value of the settings sheet's first row, "" when there is none."""
    settings = workbook.sheet("settings")
    header = read_columns(settings).one(*tokens)
    row = next(settings.filled(), None)
    return row.get(header) if row else ""


def is_disabled(row: SheetRow, header: Header | None) -> bool:
    return bool(header and aliases.yes_no.get(row.get(header)))


class _Walk:
    def __init__(self, root: str, columns: Columns) -> None:
        self.root = root
        self.type, self.name = columns.one("type"), columns.one("name")
        self.disabled = columns.one("disabled")
        self.nodes: list[Node] = []
        self.open: list[Node] = []
        self.mismatches: list[Mismatch] = []
        self.unknown: list[SheetRow] = []

    def take(self, row: SheetRow) -> None:
        text = " ".join(row.get(self.type).split())
        if not text or is_disabled(row, self.disabled):
            return
        kind = parse_type(text)
        if kind is None:
            self.unknown.append(row)
        elif kind.kind == "end":
            self._close(row, kind)
        elif kind.kind != "setting":
            self._add(row, kind)

    def _add(self, row: SheetRow, kind: QuestionType) -> None:
        around = self.open[-1] if self.open else None
        parent = around.path if around else self.root
        name = row.get(self.name)
        if kind.text == "audit":
            parent, name = f"{self.root}/meta", "audit"
        elif not name and kind.note:
            name = f"generated_note_name_{row.number}"
        repeat = None
        if around:
            repeat = around.path if around.type.answer == "repeat" else around.repeat
        node = Node(row, kind, name, f"{parent}/{name}", parent, repeat)
        self.nodes.append(node)
        if kind.kind == "begin":
            self.open.append(node)

    def _close(self, row: SheetRow, kind: QuestionType) -> None:
        opened = self.open.pop() if self.open else None
        if opened is None or opened.type.section != kind.section:
            self.mismatches.append(Mismatch(opened, row, kind.text))


@dataclass(frozen=True, slots=True)
class ListedChoice:
    row: SheetRow
    name: str
    label: str
    harmonise: str  # "" where the cell is empty


def read_choices(workbook: Workbook) -> dict[str, list[ListedChoice]]:
    """The choices sheet by list name, in order; rows without a list name are the author's notes."""
    sheet = workbook.sheet("choices")
    columns = read_columns(sheet)
    list_name, name = columns.one("list name"), columns.one("name")
    harmonise = columns.one(HARMONISE)
    label = next(iter(columns.languages(("label",)).values()), None)
    lists: dict[str, list[ListedChoice]] = defaultdict(list)
    for row in sheet.filled():
        if listed := row.get(list_name):
            lists[listed].append(ListedChoice(row, row.get(name), row.get(label), row.get(harmonise)))
    return dict(lists)


def draft_fields(outline: Outline, annotations: Mapping[str, Annotation]) -> tuple[Field, ...]:
    """The form's fields as the sheets alone give them: for the mapping checks when pyxform refuses the form.

    Fields pyxform adds by itself (meta, counts, "other" texts) are left out; none carries a mapping.
    """
    lists = read_choices(outline.workbook)
    calculation, bind_type = outline.columns.one("bind", "calculate"), outline.columns.one("bind", "type")
    with_other = {node.type.list_name for node in outline.nodes if node.type.or_other}
    marked: dict[str, Sensitivity] = {}
    fields = []
    for node in outline.by_path.values():
        if node.type.answer is None or not node.name:
            continue
        own = annotations.get(node.path, Annotation()).sensitivity
        known = own in get_args(Sensitivity)
        marked[node.path] = own if known else marked.get(node.parent, "internal")  # type: ignore[assignment]
        fields.append(
            Field(
                node.path,
                node.name,
                _draft_answer(node, bind_type),
                node.repeat,
                node.type.list_name if node.type.selects else None,
                _draft_choices(node.type, lists, with_other),
                marked[node.path],
                calculated=node.type.calculated or bool(node.row.get(calculation)),
            )
        )
    return tuple(fields)


def _draft_answer(node: Node, bind_type: Header | None) -> AnswerType:
    declared = node.row.get(bind_type)
    if declared and node.type.kind == "question" and not node.type.selects:
        return answer_type(declared, None)
    return node.type.answer or "string"


def _draft_choices(
    kind: QuestionType, lists: Mapping[str, list[ListedChoice]], with_other: Container[str | None]
) -> tuple[Choice, ...] | None:
    if not kind.selects or kind.external:
        return None
    names = {choice.name: None for choice in lists.get(kind.list_name or "", ()) if choice.name}
    if kind.list_name in with_other:
        names["other"] = None
    return tuple(Choice(name) for name in names)
