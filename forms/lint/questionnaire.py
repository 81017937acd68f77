"""A form as its enumerator meets it: questions in order, with texts, conditions, marks and what they feed.

Outline -> Questionnaire, the one value that every rule of lint looks at.
"""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from forms import vocabulary
from forms.columns import Columns
from forms.grain import plan_rows
from forms.model import Field
from forms.outline import Node, Outline, draft_fields, read_choices, setting
from forms.problems import Cell
from forms.rewrite import mapping_columns, read_annotations
from forms.sheets import Header
from forms.vocabulary import Variable

_REFERENCE = re.compile(r"\$\{\s*(?:last-saved#)?([^\s{}]+)\s*\}")
_SILENCER = re.compile(r"^([a-z][a-z-]*)\s*(?::\s*(.*))?$", re.DOTALL)


@dataclass(frozen=True)
class Question:
    node: Node
    field: Field
    label: Mapping[str, str]  # by language
    hint: Mapping[str, str]
    marked: bool  # it, or a group around it, has a sensitivity
    feeds: tuple[Variable, ...]
    conditions: tuple[str, ...]  # its own relevance and those of the groups around it
    cells: Mapping[str, str] = dataclasses.field(default_factory=dict)  # by the keys of _CELLS
    silenced: Mapping[str, str] = dataclasses.field(default_factory=dict)  # rule -> reason
    codes: frozenset[str] = frozenset()  # of its choices, as the form and as the standard calls them

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def asked(self) -> bool:
        """Whether a person is asked: neither a text to read nor what the form works out by itself."""
        kind = self.node.type
        return (
            kind.shown
            and kind.kind == "question"
            and not (kind.note or self.field.calculated)
            and not (self.cells.get("trigger") or self.cells.get("read_only"))
        )

    @property
    def required(self) -> bool:
        return self.cells.get("required", "").lower() in ("yes", "true", "true()", "required")

    @property
    def text(self) -> str:
        """Name and labels in all languages, in lower case."""
        return " ".join([self.name.replace("_", " "), *self.label.values()]).lower()


@dataclass(frozen=True)
class Note:
    """What a rule found. question: where it can be silenced; None for the form as a whole."""

    detail: str
    hint: str
    cell: Cell | None
    question: Question | None


@dataclass(frozen=True)
class Questionnaire:
    outline: Outline
    questions: tuple[Question, ...]  # notes and calculates included, groups not
    tables: frozenset[str]  # harmonised tables it makes rows of
    default_language: str

    @property
    def asked(self) -> tuple[Question, ...]:
        return tuple(one for one in self.questions if one.asked)

    @property
    def asks_persons(self) -> bool:
        """Whether persons are asked about themselves: it makes rows of the table `profile`."""
        return "profile" in self.tables

    def note(self, one: Question, column: str, detail: str, hint: str) -> Note:
        """A finding at one column of a question's row; at its type where the sheet has no such column."""
        header = _header(self.outline, column) or self.outline.columns.one("type")
        return Note(detail, hint, self.outline.survey.cell(one.node.row, header), one)

    def place(self, cell: Cell | None) -> tuple[int, str]:
        return (cell.row or 0, cell.column or "") if cell else (0, "")

    def depends_on(self, expressions: Iterable[str]) -> set[str]:
        """The names of all questions that expressions speak of, through calculations and conditions."""
        known = {one.name: one for one in self.questions}
        found: set[str] = set()
        waiting = list(expressions)
        while waiting:
            for name in _REFERENCE.findall(waiting.pop()):
                if name not in found:
                    found.add(name)
                    if one := known.get(name):
                        waiting += [*one.conditions, one.cells.get("calculation", "")]
        return found


_CELLS: dict[str, tuple[str, ...]] = {
    "constraint": ("bind", "constraint"),
    "required": ("bind", "required"),
    "calculation": ("bind", "calculate"),
    "read_only": ("bind", "readonly"),
    "appearance": ("control", "appearance"),
    "parameters": ("parameters",),
    "trigger": ("trigger",),
    "default": ("default",),
    "relevant": ("bind", "relevant"),
    "choice_filter": ("choice_filter",),
}


def _header(outline: Outline, column: str) -> Header | None:
    if column == "sensitivity":
        return mapping_columns(outline)[1]
    if column == "label":
        return next(iter(outline.columns.languages(("label",)).values()), None)
    return outline.columns.one(*_CELLS.get(column, (column,)))


def read_questionnaire(outline: Outline) -> Questionnaire:
    """The questionnaire of a survey sheet. Mistakes in it are left out: the compiler tells them."""
    annotations = read_annotations(outline)
    fields = {one.path: one for one in draft_fields(outline, annotations)}
    plan = plan_rows(fields.values(), annotations, outline.root)
    feeds: dict[str, list[Variable]] = defaultdict(list)
    for one, item in plan.marks.questions:
        variable = vocabulary.variable(item.table, item.variable or "")
        if variable is not None:
            feeds[one.path].append(variable)
    marked = {path for path, annotation in annotations.items() if annotation.sensitivity}
    reader = _Reader(outline, fields, feeds, marked)
    questions = tuple(reader.question(node) for node in outline.nodes if node.path in fields and node.name)
    return Questionnaire(
        outline,
        tuple(one for one in questions if one.node.type.kind == "question"),
        frozenset(maker.table for maker in plan.makers),
        setting(outline.workbook, "default_language"),
    )


class _Reader:
    def __init__(
        self,
        outline: Outline,
        fields: Mapping[str, Field],
        feeds: Mapping[str, list[Variable]],
        marked: set[str],
    ) -> None:
        self.outline, self.fields, self.feeds, self.marked = outline, fields, feeds, marked
        self.relevant = outline.columns.one("bind", "relevant")
        self.lint = outline.columns.one("lint")
        self.lists = read_choices(outline.workbook)

    def question(self, node: Node) -> Question:
        around = list(self._around(node))
        columns = self.outline.columns
        return Question(
            node,
            self.fields[node.path],
            _texts(columns, node, "label"),
            _texts(columns, node, "hint"),
            any(one.path in self.marked for one in around) or self.outline.root in self.marked,
            tuple(self.feeds.get(node.path, ())),
            tuple(text for one in around if (text := one.row.get(self.relevant))),
            {name: node.row.get(columns.one(*tokens)) for name, tokens in _CELLS.items()},
            _silenced(node.row.get(self.lint)),
            self._codes(node),
        )

    def _around(self, node: Node) -> Iterable[Node]:
        """The node, then each group around it."""
        at: Node | None = node
        while at is not None:
            yield at
            at = self.outline.by_path.get(at.parent)

    def _codes(self, node: Node) -> frozenset[str]:
        choices = self.lists.get(node.type.list_name or "", ()) if node.type.selects else ()
        return frozenset(code for one in choices for code in (one.name, one.harmonise) if code)


def _texts(columns: Columns, node: Node, name: str) -> dict[str, str]:
    headers = columns.languages((name,))
    return {language: text for language, header in headers.items() if (text := node.row.get(header))}


def _silenced(cell: str) -> dict[str, str]:
    found = {}
    for part in cell.split(";"):
        if match := _SILENCER.match(part.strip()):
            found[match[1]] = (match[2] or "").strip()
        elif part.strip():
            found[part.strip()] = ""
    return found
