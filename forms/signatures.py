"""All that an XForm says of each question, side by side: what `form diff` and `form remap` compare.

CompiledForm -> Signature per path. An aspect is one cell an author fills (its type, a label in one language,
its relevance), as text, so that two versions are compared cell by cell and a difference has a column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from forms.mapping import CODES_ATTRIBUTE, HARMONISE_ATTRIBUTE, SENSITIVITY_ATTRIBUTE
from forms.model import CompiledForm, Field
from forms.xform_document import (
    JAVAROSA,
    XFORMS,
    XFormDocument,
    child_text,
    children,
    instance_id,
    local_name,
    nodeset_key,
    open_xform,
    plain_text,
)

_ITEXT = re.compile(r"^jr:itext\(\s*'([^']*)'\s*\)$")
_MAPPING = {CODES_ATTRIBUTE, HARMONISE_ATTRIBUTE, SENSITIVITY_ATTRIBUTE}
_BINDS = {
    "relevant": "relevant",
    "constraint": "constraint",
    "required": "required",
    "calculate": "calculation",
    "readonly": "read_only",
    "type": "",  # told by the field's own type
    "nodeset": "",
}
_MESSAGES = {
    f"{{{JAVAROSA}}}constraintMsg": "constraint_message",
    f"{{{JAVAROSA}}}requiredMsg": "required_message",
}
_NOT_SHOWN = {"ref", "nodeset", "appearance", "query"}

Aspect = tuple[str, str]
"""(name, language): ("label", "French (fr)"), ("relevant", "")."""


@dataclass(frozen=True)
class Signature:
    """One node of a form.

    aspects  what its cells say, without the mapping; absent where a cell is empty
    rows     the same for its choices, by name
    """

    node: Field
    aspects: Mapping[Aspect, str] = field(default_factory=dict)
    rows: Mapping[str, Mapping[Aspect, str]] = field(default_factory=dict)

    def text(self, name: str, language: str = "") -> str:
        return self.aspects.get((name, language), "")


def read_signatures(form: CompiledForm) -> dict[str, Signature]:
    """Every node of the form by path, in depth-first order."""
    reader = _Reader(open_xform(form.xform))
    return {one.path: reader.signature(one) for one in form.fields}


class _Reader:
    def __init__(self, document: XFormDocument) -> None:
        self.document = document
        self.lists: dict[str, dict[str, dict[Aspect, str]]] = {}
        self.defaults = dict(self._defaults(document.root, document.root_path))
        for element in document.html.iter(f"{{{XFORMS}}}setvalue"):
            self.defaults[nodeset_key(element.get("ref"))] = element.get("value") or plain_text(element)

    def signature(self, one: Field) -> Signature:
        key = nodeset_key(one.path)
        aspects: dict[Aspect, str] = {("type", ""): one.type, ("sensitivity", ""): one.sensitivity}
        if one.choice_list:
            aspects["list", ""] = one.choice_list
        aspects |= dict(self._bind(key))
        if self.defaults.get(key):
            aspects["default", ""] = self.defaults[key]
        control = self.document.controls.get(key)
        element = control.element if control else None
        if element is not None:
            aspects |= dict(self._control(element))
        return Signature(one, aspects, self._rows(element, one))

    def _defaults(self, parent: etree._Element, path: str) -> Iterator[tuple[str, str]]:
        for element in children(parent):
            below = f"{path}/{local_name(element)}"
            if next(children(element), None) is None:
                yield below, (element.text or "").strip()
            yield from self._defaults(element, below)

    def _bind(self, key: str) -> Iterator[tuple[Aspect, str]]:
        bind = self.document.binds.get(key)
        for name, value in bind.attrib.items() if bind is not None else ():
            attribute = str(name)
            if attribute in _MAPPING or _BINDS.get(attribute) == "":
                continue
            if attribute in _MESSAGES:
                for language, text in self._texts(str(value)).items():
                    yield (_MESSAGES[attribute], language), text
            else:
                yield (_BINDS.get(attribute, attribute.rsplit("}", 1)[-1]), ""), " ".join(str(value).split())

    def _control(self, element: etree._Element) -> Iterator[tuple[Aspect, str]]:
        for name, value in element.attrib.items():
            if str(name) not in _NOT_SHOWN:
                yield ("parameters", str(name)), str(value)
        if element.get("appearance"):
            yield ("appearance", ""), element.get("appearance", "")
        for tag in ("label", "hint"):
            shown = element.find(f"{{{XFORMS}}}{tag}")
            for language, text in self.document.labels(shown).items() if shown is not None else ():
                yield (tag, language), text
        itemset = element.find(f"{{{XFORMS}}}itemset")
        if itemset is not None:
            yield ("choice_filter", ""), itemset.get("nodeset", "")

    def _texts(self, value: str) -> dict[str, str]:
        through = _ITEXT.match(value.strip())
        return self.document.texts.get(through[1], {}) if through else {"default": value}

    def _rows(self, element: etree._Element | None, one: Field) -> dict[str, dict[Aspect, str]]:
        rows = {
            choice.name: {("label", language): text for language, text in choice.labels}
            for choice in one.choices or ()
        }
        itemset = element.find(f"{{{XFORMS}}}itemset") if element is not None else None
        name = instance_id(itemset.get("nodeset", "")) if itemset is not None else None
        instance = self.document.instances.get(name or "")
        root = next(children(instance), None) if instance is not None else None
        for item in children(root) if root is not None else ():
            known = rows.get(child_text(item, "name"))
            for cell in children(item) if known is not None else ():
                column = local_name(cell)
                if column not in ("name", "label", "itextId") and known is not None:
                    known.setdefault((column, ""), plain_text(cell))
        return rows
