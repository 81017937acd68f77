"""Submission XML -> typed answers, in one pass over the tree (PROTOCOL 1.9).

The form's paths are compiled once into nested dictionaries by element name; the walk then costs one look-up
an element. Nothing a tablet can write raises an exception except XML that cannot be read at all: a value that
does not fit its question becomes a BadAnswer, a node the form does not know is noted. Namespaces are ignored,
because `meta` arrives with and without one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from forms.model import CompiledForm, Field
from sync.safe_xml import local_name, read_xml
from sync.steps.answer_types import READERS, read_file_name
from sync.steps.values import AnswerSet, BadAnswer, DeviceTime, Parsed

MAX_UNKNOWN = 20
"""Nodes noted as unknown; a submission of a quite different form would list them all."""

_PLANS_KEPT = 64


def parse(body: bytes, form: CompiledForm) -> Parsed:
    """The answers of one submission.

    body    plain XML as received
    Returns the form level first, then the repeat instances in document order. An encrypted submission has no
    answers, only the names of its files.
    Raises  XmlUnreadable
    """
    root = read_xml(body)
    if root.get("encrypted") == "yes":
        return Parsed((AnswerSet("", 0, None, None, {}),), _encrypted_files(root), encrypted=True)
    plan = _plan(form)
    walk = _Walk()
    level = walk.open("", None)
    walk.children(root, plan.root, level, form.root_path)
    return Parsed(
        answers=tuple(walk.answers),
        attachments=tuple(walk.attachments),
        started=_moment(level, plan.started),
        ended=_moment(level, plan.ended),
        unknown=tuple(walk.unknown),
    )


_Plain = tuple[str, Callable[[str], Any], str]
"""(path, reader, what it expects) of a question."""


@dataclass(slots=True)
class _Node:
    """What the form says about one element."""

    path: str
    children: dict[str, _Node] | None = None  # of a group or repeat; None for a question
    repeat: bool = False
    read: Callable[[str], Any] = str
    expected: str = ""
    identifying: bool = False
    binary: bool = False
    ignored: bool = False  # in meta: only the names of files in it matter here
    plain: dict[str, _Plain] = field(default_factory=dict)  # of the children: questions of no such kind


@dataclass(frozen=True, slots=True)
class _Plan:
    root: _Node
    started: str | None
    ended: str | None


_plans: OrderedDict[tuple[str, str], _Plan] = OrderedDict()


def _plan(form: CompiledForm) -> _Plan:
    key = (form.hash, form.root_path)
    plan = _plans.get(key)
    if plan is None:
        plan = _plans[key] = _compile(form)
        if len(_plans) > _PLANS_KEPT:
            _plans.popitem(last=False)
    return plan


def _compile(form: CompiledForm) -> _Plan:
    root = _Node(form.root_path, children={})
    nodes = {form.root_path: root}
    meta = _child(root, "meta", f"{form.root_path}/meta")
    meta.ignored = True  # before its fields are added, which may write it `orx:meta`
    for question in form.fields:
        _add(nodes, question, form.root_path)
    audit = _child(meta, "audit", f"{form.root_path}/meta/audit")
    audit.children, audit.binary, audit.ignored = None, True, True
    return _Plan(root, _preloaded(form, "start"), _preloaded(form, "end"))


def _add(nodes: dict[str, _Node], question: Field, root_path: str) -> None:
    if question.path == root_path:
        return
    parent_path, _, name = question.path.rpartition("/")
    parent = nodes.get(parent_path)
    if parent is None:  # a group without a field of its own
        parent = nodes[root_path]
        path = root_path
        for step in parent_path.removeprefix(root_path).strip("/").split("/"):
            path = f"{path}/{step}"
            parent = nodes.setdefault(path, _child(parent, step, path))
    node = nodes[question.path] = _child(parent, name, question.path)
    # An answer inside a group marked as identifying is identifying, whatever its own mark.
    node.identifying = parent.identifying or question.sensitivity == "direct_identifier"
    if question.type in ("group", "repeat"):
        node.repeat = question.type == "repeat"
        return
    node.children = None
    node.read, node.expected = READERS[question.type]
    node.binary = question.binary
    # The receipt has read meta; its instanceName may repeat identifying answers, so it stays there.
    node.ignored = parent.ignored
    if not (node.identifying or node.binary or node.ignored):
        parent.plain[name] = (node.path, node.read, node.expected)


def _child(parent: _Node, name: str, path: str) -> _Node:
    if parent.children is None:
        parent.children = {}
    return parent.children.setdefault(local_name(name.rpartition(":")[2]), _Node(path, children={}))


def _preloaded(form: CompiledForm, name: str) -> str | None:
    """The path of the form's `start` or `end` question: the one nearest the root, outside repeats."""
    paths = [f.path for f in form.fields if f.name == name and f.type == "dateTime" and f.repeat is None]
    return min(paths, key=lambda path: path.count("/"), default=None)


def _moment(level: AnswerSet, path: str | None) -> DeviceTime | None:
    value = level.values.get(path) if path else None
    return value if isinstance(value, DeviceTime) else None


@dataclass(slots=True)
class _Walk:
    answers: list[AnswerSet] = field(default_factory=list)
    attachments: dict[str, None] = field(default_factory=dict)  # in order, each once
    unknown: dict[str, None] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)  # instances so far, by repeat

    def open(self, table_path: str, parent: AnswerSet | None) -> AnswerSet:
        ordinal = self.counts.get(table_path, 0)
        self.counts[table_path] = ordinal + 1
        row = AnswerSet(
            table_path,
            ordinal,
            parent_path=parent.table_path if parent else None,
            parent_ordinal=parent.ordinal if parent else None,
            values={},
        )
        self.answers.append(row)
        return row

    def children(self, element: etree._Element, node: _Node, row: AnswerSet, path: str) -> None:
        """Read the elements below a group, a repeat instance or the root into `row`.

        A plain question costs one look-up and no call: this is the pipeline's hottest loop.
        """
        plain_questions, values = node.plain, row.values
        for child in element:
            plain = plain_questions.get(child.tag)
            if plain is None:
                self._other(child, node, row, path)
                continue
            text = child.text
            if text is None or not (text := text.strip()):
                if len(child):  # a group where the form has a question
                    self._note(f"{plain[0]}/{local_name(child[0].tag)}")
                continue
            question, read, expected = plain
            if question in values:
                self._note(f"{question}[2]")
                continue
            try:
                values[question] = read(text)
            except ValueError:
                values[question] = BadAnswer(text, expected)

    def _other(self, child: etree._Element, node: _Node, row: AnswerSet, path: str) -> None:
        """Everything but a plain question under its plain name."""
        name = local_name(child.tag)
        found = (node.children or {}).get(name)
        if found is None:
            if not node.ignored:
                self._note(f"{path}/{name}")
        elif found.children is not None:
            inside = self.open(found.path, row) if found.repeat else row
            self.children(child, found, inside, found.path)
        elif child.text and (text := child.text.strip()):
            self._special(found, text, row)

    def _special(self, node: _Node, text: str, row: AnswerSet) -> None:
        """An answer that is identifying, names a file, or came under another namespace."""
        if node.binary:
            self.attachments[read_file_name(text)] = None
        if node.ignored:
            return
        target = row.identifying if node.identifying else row.values
        if node.path in target:
            self._note(f"{node.path}[2]")
            return
        try:
            target[node.path] = node.read(text)
        except ValueError:
            target[node.path] = BadAnswer(text, node.expected)

    def _note(self, path: str) -> None:
        if len(self.unknown) < MAX_UNKNOWN:
            self.unknown[path] = None


def _encrypted_files(root: etree._Element) -> tuple[str, ...]:
    """The files an encrypted submission names: `media` elements with any number of `file`, and the XML."""
    names = [
        read_file_name(element.text.strip())
        for element in root.iter()
        if local_name(element.tag) in ("file", "encryptedXmlFile") and element.text and element.text.strip()
    ]
    return tuple(dict.fromkeys(names))
