"""Fill in a downloaded XForm as a tablet does: the form's own model instance, answered path by path.

XForm bytes and answers go in, the XML of a submission comes out, written the way Collect writes it
(unqualified elements, `<x/>` for no answer, repeats as siblings, Java's decimals). Only what the XForm itself
says is used: this is the client's side, and shares no code with the compiler that made the form.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from lxml import etree

_XFORMS = "{http://www.w3.org/2002/xforms}"
_JAVAROSA = "{http://openrosa.org/javarosa}"
_HARMONISE = "{urn:waypost:harmonise:1}harmonise"

Answers = Mapping[str, Any]
"""By question name, or by the harmonised variable it feeds; a repeat's name holds a list of such mappings."""


class CannotFill(Exception):
    """The form has no such question, or its list no such choice."""


@dataclass(frozen=True)
class Question:
    path: str
    type: str = "string"
    preload: str = ""  # "start", "end", "today", "deviceid", "uid" ...
    feeds: tuple[str, ...] = ()  # "flow.men": the variables named in the mapping, without qualifiers
    choices: frozenset[str] | None = None

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Circumstances:
    """What a tablet adds by itself."""

    instance_id: str
    started: datetime  # aware, in the tablet's zone and by the tablet's clock
    ended: datetime
    device_id: str
    deprecated_id: str | None = None  # the instanceID this one edits


@dataclass
class BlankForm:
    """A form as it lies on a tablet: downloaded bytes, read."""

    xform: bytes
    media: Mapping[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
        tree = etree.fromstring(self.xform, parser)
        model = next(tree.iter(f"{_XFORMS}model"))
        self._root = _plain(next(model.iter(f"{_XFORMS}instance"))[0])
        self.xml_form_id = self._root.get("id", "")
        self.version = self._root.get("version") or ""
        self.title = next((e.text or "" for e in tree.iter("{http://www.w3.org/1999/xhtml}title")), "")
        self.repeats = {e.get("nodeset", "") for e in tree.iter(f"{_XFORMS}repeat")}
        lists = _choice_lists(model, self.media)
        choices = dict(_choices_by_path(tree, lists))
        binds = [_question(bind, choices) for bind in model.iter(f"{_XFORMS}bind")]
        self.questions = {q.path: q for q in binds}
        self._first_values = {
            e.get("ref", ""): e.get("value", "").strip()
            for e in tree.iter(f"{_XFORMS}setvalue")
            if "odk-instance-first-load" in (e.get("event") or "")
        }

    def fill(self, answers: Answers, when: Circumstances) -> bytes:
        """The submission's XML. Raises CannotFill for an answer the form has no place for."""
        root = deepcopy(self._root)
        path = f"/{root.tag}"
        self._preload(root, path, when)
        self._fill_level(root, path, answers)
        meta = root.find("meta")
        if when.deprecated_id is not None and meta is not None:
            etree.SubElement(meta, "deprecatedID").text = when.deprecated_id
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")

    def path_of(self, key: str, within: str = "") -> str | None:
        """The question or repeat a key names below a repeat: by its name, else by the variable it feeds."""
        below = [q for q in self.questions.values() if q.path.startswith(f"{within}/")]
        repeats = [r for r in sorted(self.repeats) if r.startswith(f"{within}/")]
        for candidates in (
            [r for r in repeats if r.rsplit("/", 1)[-1] == key],
            [q.path for q in below if q.name == key],
            [q.path for q in below if key in q.feeds],
            [q.path for q in below if any(v.endswith(f".{key}") for v in q.feeds)],
        ):
            if candidates:
                return min(candidates, key=lambda path: path.count("/"))
        return None

    def _fill_level(self, node: etree._Element, path: str, answers: Answers) -> None:
        """Answer everything between one instance of a repeat (or the root) and the repeats inside it."""
        inside: dict[str, list[dict[str, Any]]] = {}
        for key, value in answers.items():
            target = self.path_of(key, path)
            if target is None:
                raise CannotFill(
                    f"The form {self.xml_form_id} {self.version} has no question {key!r} below {path}."
                    f" It has: {', '.join(sorted(q.name for q in self.questions.values()))}."
                )
            repeat = self._outermost_repeat(target, path)
            if repeat is None:
                _node(node, path, target).text = self._text(target, value)
            elif repeat == target:
                inside.setdefault(repeat, []).extend(dict(each) for each in value)
            else:
                instances = inside.setdefault(repeat, [{}])
                instances[0][key] = value
        self._fill_repeats(node, path, inside)

    def _fill_repeats(self, node: etree._Element, path: str, inside: Mapping[str, Sequence[Answers]]) -> None:
        own = {r for r in self.repeats if r.startswith(f"{path}/") and self._outermost_repeat(r, path) == r}
        for repeat in sorted(own):
            blank = _node(node, path, repeat)
            parent = blank.getparent()
            assert parent is not None
            for each in inside.get(repeat, []):
                instance = deepcopy(blank)
                blank.addprevious(instance)
                self._fill_level(instance, repeat, each)
            parent.remove(blank)

    def _outermost_repeat(self, target: str, path: str) -> str | None:
        around = [
            r
            for r in self.repeats
            if r.startswith(f"{path}/") and (target == r or target.startswith(f"{r}/"))
        ]
        return min(around, key=len) if around else None

    def _text(self, path: str, value: Any) -> str:
        question = self.questions.get(path, Question(path))
        text = written(value)
        if question.choices is not None and text:
            several = text.split() if question.type == "select" or isinstance(value, list | tuple) else [text]
            unknown = [code for code in several if code not in question.choices]
            if unknown:
                known = ", ".join(sorted(question.choices)[:40])
                raise CannotFill(f"{path} has no choice {unknown[0]!r}. It has: {known}.")
        return text

    def _preload(self, root: etree._Element, path: str, when: Circumstances) -> None:
        values = {
            "start": written(when.started),
            "end": written(when.ended),
            "today": when.started.date().isoformat(),
            "deviceid": when.device_id,
            "uid": when.instance_id,
        }
        for question in self.questions.values():
            if question.preload in values and self._outermost_repeat(question.path, path) is None:
                _node(root, path, question.path).text = values[question.preload]
        for target, expression in self._first_values.items():
            first = {"today()": values["today"], "now()": values["start"]}.get(expression)
            if first is not None and self._outermost_repeat(target, path) is None:
                _node(root, path, target).text = first


def written(value: Any) -> str:
    """A value as Collect writes it into the XML.

    date `2026-03-02` · time `06:00:00.000Z` · datetime with milliseconds and offset · several choices
    separated by blanks · a position (lon, lat, accuracy in m) as `lat lon altitude accuracy`.
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return java_decimal(value)
        case datetime():
            return value.isoformat(timespec="milliseconds")
        case time():
            return value.isoformat(timespec="milliseconds") + ("Z" if value.tzinfo is None else "")
        case date():
            return value.isoformat()
        case tuple() if len(value) == 3 and all(isinstance(part, float) for part in value):
            lon, lat, accuracy = value
            return f"{java_decimal(lat)} {java_decimal(lon)} 0.0 {java_decimal(accuracy)}"
        case list() | tuple():
            return " ".join(written(each) for each in value)
        case _:
            return str(value)


def java_decimal(value: float) -> str:
    """`Double.toString`: plain between a thousandth and ten million, else `1.0E-5`, `1.23456789E8`."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(float(value))
    shortest = next(text for n in range(1, 18) if float(text := f"{value:.{n}e}") == value)
    mantissa, _, exponent = shortest.partition("e")
    mantissa = mantissa.rstrip("0")
    return f"{mantissa}{'0' if mantissa.endswith('.') else ''}E{int(exponent)}"


# -- reading the XForm -------------------------------------------------------------------------------------


def _plain(element: etree._Element) -> etree._Element:
    """A copy of the model instance as it is sent: no namespaces, no templates of repeats."""
    plain = etree.Element(etree.QName(element).localname)
    for name, value in element.attrib.items():
        if not str(name).startswith("{"):
            plain.set(str(name), str(value))
    plain.text = element.text if len(element) == 0 else None
    for child in element:
        if child.get(f"{_JAVAROSA}template") is None or not _has_twin(child):
            plain.append(_plain(child))
    return plain


def _has_twin(template: etree._Element) -> bool:
    following = template.getnext()
    return following is not None and following.tag == template.tag


def _question(bind: etree._Element, choices: Mapping[str, frozenset[str] | None]) -> Question:
    path = bind.get("nodeset", "")
    preload = bind.get(f"{_JAVAROSA}preload", "")
    if preload in {"timestamp", "date", "property"}:
        preload = bind.get(f"{_JAVAROSA}preloadParams", "")
    items = [item.partition("{")[0].strip() for item in bind.get(_HARMONISE, "").split(";")]
    return Question(
        path=path,
        type=bind.get("type", "string").rpartition(":")[2],
        preload=preload,
        feeds=tuple(item for item in items if item),
        choices=choices.get(path),
    )


def _choice_lists(model: etree._Element, media: Mapping[str, bytes]) -> dict[str, frozenset[str] | None]:
    """Codes by secondary instance; None where the list is a file this tablet cannot read."""
    lists: dict[str, frozenset[str] | None] = {}
    for instance in model.iter(f"{_XFORMS}instance"):
        name, source = instance.get("id"), instance.get("src")
        if name is None:
            continue
        if source is None:
            lists[name] = frozenset(e.text or "" for e in instance.iter(f"{_XFORMS}name"))
            continue
        file = media.get(source.rsplit("/", 1)[-1])
        lists[name] = _names_in_csv(file) if file is not None and source.endswith(".csv") else None
    return lists


def _names_in_csv(file: bytes) -> frozenset[str]:
    rows = csv.DictReader(io.StringIO(file.decode("utf-8-sig")))
    return frozenset(row["name"] for row in rows if row.get("name"))


def _choices_by_path(
    tree: etree._Element, lists: Mapping[str, frozenset[str] | None]
) -> Iterable[tuple[str, frozenset[str] | None]]:
    for control in tree.iter(f"{_XFORMS}select", f"{_XFORMS}select1"):
        path = control.get("ref", "")
        itemset = control.find(f"{_XFORMS}itemset")
        if itemset is None:
            yield path, frozenset(e.text or "" for e in control.iter(f"{_XFORMS}value"))
            continue
        nodeset = itemset.get("nodeset", "")
        name = nodeset.partition("instance('")[2].partition("'")[0]
        yield path, lists.get(name)


def _node(node: etree._Element, path: str, target: str) -> etree._Element:
    """The element of `target` below `node`, which stands at `path`."""
    for name in target[len(path) :].strip("/").split("/"):
        found = node.find(name)
        if found is None:
            raise CannotFill(f"The form's instance has no node {target}.")
        node = found
    return node
