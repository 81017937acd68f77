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
from sync.steps.answer_types import READERS, WRITERS, read_file_name
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
    if _is_encrypted(root, form):
        level = AnswerSet("", 0, None, None, {})
        return Parsed((level,), _encrypted_files(root), encrypted=True, encrypted_file=_encrypted_file(root))
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


_Write = Callable[[Any], str] | None
_Plain = tuple[str, Callable[[str], Any], str, _Write]
"""(path, reader, what it expects, how its value is written) of a question."""

_KNOWN_OTHERWISE = ("instanceID", "deprecatedID")
"""What of meta the receipt keeps with the submission."""


@dataclass(slots=True)
class _Node:
    """What the form says about one element."""

    path: str
    children: dict[str, _Node] | None = None  # of a group or repeat; None for a question
    repeat: bool = False
    read: Callable[[str], Any] = str
    write: _Write = None
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


_plans: OrderedDict[tuple[str, str, bool], _Plan] = OrderedDict()


def _plan(form: CompiledForm) -> _Plan:
    key = (form.hash, form.root_path, bool(form.bindings))
    plan = _plans.get(key)
    if plan is None:
        plan = _plans[key] = _compile(form)
        if len(_plans) > _PLANS_KEPT:
            _plans.popitem(last=False)
    return plan


def _compile(form: CompiledForm) -> _Plan:
    root = _Node(form.root_path, children={})
    nodes = {form.root_path: root}
    # What meta says, instanceName and the log of what was typed among it, repeats other answers: it is kept
    # of forms that come from elsewhere, without a mapping, where none of them identifies anybody.
    names_nobody = not any(question.sensitivity == "direct_identifier" for question in form.fields)
    keeps_meta = names_nobody and not form.bindings
    for question in form.fields:
        _add(nodes, question, form.root_path, keeps_meta)
    meta = _child(root, "meta", f"{form.root_path}/meta")
    meta.ignored = True
    audit = _child(meta, "audit", f"{form.root_path}/meta/audit")
    audit.ignored = audit.ignored or audit.children is not None or not keeps_meta
    audit.children, audit.binary, audit.read = None, True, read_file_name
    return _Plan(root, _preloaded(form, "start"), _preloaded(form, "end"))


def _add(nodes: dict[str, _Node], question: Field, root_path: str, keeps_meta: bool) -> None:
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
    node.write = WRITERS.get(question.type)
    node.binary = question.binary
    way = [step.rpartition(":")[2] for step in node.path.removeprefix(root_path).split("/")]
    if way[1] == "meta":
        node.ignored = not keeps_meta or (len(way) == 3 and way[2] in _KNOWN_OTHERWISE)
    if not (node.identifying or node.binary or node.ignored):
        parent.plain[name] = (node.path, node.read, node.expected, node.write)


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
        plain_questions, values, texts = node.plain, row.values, row.texts
        for child in element:
            plain = plain_questions.get(child.tag)
            if plain is None:
                self._other(child, node, row, path)
                continue
            raw = child.text
            if raw is None or not (text := raw.strip()):
                if len(child):  # a group where the form has a question
                    self._note(f"{plain[0]}/{local_name(child[0].tag)}")
                continue
            question, read, expected, write = plain
            if question in values:
                self._note(f"{question}[2]")
                continue
            try:
                value = values[question] = read(text)
            except ValueError:
                values[question] = BadAnswer(text, expected)
                write = None
            if text is not raw or (write is not None and write(value) != text):
                texts[question] = raw

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
        elif child.text and child.text.strip():
            self._special(found, child.text, row)

    def _special(self, node: _Node, raw: str, row: AnswerSet) -> None:
        """An answer that is identifying, names a file, or came under another namespace."""
        text = raw.strip()
        if node.binary:
            self.attachments[read_file_name(text)] = None
        if node.ignored:
            return
        target = row.identifying if node.identifying else row.values
        if node.path in target:
            self._note(f"{node.path}[2]")
            return
        write = node.write or str
        try:
            target[node.path] = value = node.read(text)
        except ValueError:
            target[node.path], value, write = BadAnswer(text, node.expected), text, str
        if not node.identifying and _written(write, value) != raw:
            row.texts[node.path] = raw

    def _note(self, path: str) -> None:
        if len(self.unknown) < MAX_UNKNOWN:
            self.unknown[path] = None


def _written(write: Callable[[Any], str], value: Any) -> str:
    return value.text if isinstance(value, DeviceTime) else write(value)


def _is_encrypted(root: etree._Element, form: CompiledForm) -> bool:
    """Whether the answers are in a file of their own: the XML says so, or has the key they were sealed with
    where the form has no question of that name."""
    if root.get("encrypted") == "yes":
        return True
    names = {local_name(child.tag) for child in root}
    sealed = {"base64EncryptedKey", "encryptedXmlFile"}
    return names >= sealed and not any(field.name in sealed for field in form.fields)


def _encrypted_file(root: etree._Element) -> str:
    texts = [(child.text or "").strip() for child in root if local_name(child.tag) == "encryptedXmlFile"]
    return read_file_name(texts[0]) if texts else ""


def _encrypted_files(root: etree._Element) -> tuple[str, ...]:
    """The files an encrypted submission names: `media` elements with any number of `file`, and the XML."""
    names = [
        read_file_name(element.text.strip())
        for element in root.iter()
        if local_name(element.tag) in ("file", "encryptedXmlFile") and element.text and element.text.strip()
    ]
    return tuple(dict.fromkeys(names))
