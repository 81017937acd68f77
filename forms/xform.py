"""XForm bytes -> CompiledForm: fields, choices, bindings, makers, media, all read back from the XForm alone.

The XForm is what tablets get and what is kept for ever; nothing here needs the XLSForm it was made from. It
reads any XForm, with a mapping or without, ours or another tool's. The mapping is read by the rules of
`forms.grain`; whether it is right is told by `forms.contract`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import get_args

from lxml import etree

from forms.entities import BadEntities, read_entities
from forms.grain import plan_rows
from forms.mapping import Annotation
from forms.model import AnswerType, Choice, CompiledForm, EntityDeclaration, Field, Sensitivity
from forms.vocabulary import VERSION
from forms.xform_document import (
    TEMPLATE,
    XFORMS,
    BadXForm,
    XFormDocument,
    child_text,
    children,
    form_id_of,
    instance_id,
    local_name,
    nodeset_key,
    open_xform,
    public_key_of,
    step_name,
    version_of,
)
from forms.xform_types import answer_type

__all__ = ["BadXForm", "read_document", "read_xform"]

SENSITIVITIES: tuple[str, ...] = get_args(Sensitivity)
ITEMSETS_FILE = "itemsets.csv"

_MEDIA = re.compile(r"jr://(images|audio|video|file|file-csv)/([^'\"<>]+)")
_KINDS = {"images": "image", "audio": "audio", "video": "video"}
_PULLDATA = re.compile(r"(?:pulldata|search)\(\s*'([^']+)'")
_DATA_ENDINGS = (".csv", ".xml", ".geojson")


def read_xform(xform: bytes) -> CompiledForm:
    """Read a form from its XForm.

    xform  the bytes as served; `hash` is their md5.
    Raises BadXForm when they are no XForm, or its instance has neither id nor a namespace of its own: such a
    form cannot be published.
    """
    return read_document(open_xform(xform), xform)


def read_document(document: XFormDocument, xform: bytes) -> CompiledForm:
    """The same for an XForm already opened."""
    xml_form_id = form_id_of(document.root)
    if not xml_form_id:
        raise BadXForm(
            "Its primary instance has no id attribute: submissions could not say what form they are."
        )
    annotations = document.annotations()
    fields = tuple(_Fields(document, annotations).read())
    plan = plan_rows(fields, annotations_by_path(fields, annotations, document.root_path), document.root_path)
    return CompiledForm(
        xml_form_id=xml_form_id,
        version=version_of(document.root).strip(),
        title=document.title,
        xform=xform,
        hash=hashlib.md5(xform, usedforsecurity=False).hexdigest(),
        fields=fields,
        bindings=tuple(plan.bindings),
        makers=plan.makers,
        media=_media(document),
        languages=document.languages,
        root_path=document.root_path,
        public_key=public_key_of(document.model),
        vocabulary_version=VERSION if plan.bindings or plan.makers else "",
        entities=_entities(document, fields),
    )


def _entities(document: XFormDocument, fields: tuple[Field, ...]) -> tuple[EntityDeclaration, ...]:
    """What cannot be used is told when a form is compiled (forms/entities.py); a published one is read on."""
    try:
        return read_entities(document, fields)
    except BadEntities:
        return ()


def annotations_by_path(
    fields: tuple[Field, ...], annotations: dict[str, Annotation], root: str
) -> dict[str, Annotation]:
    """Annotations under the fields' own paths, prefixes and all."""
    paths = [root, *(field.path for field in fields)]
    return {path: annotations[key] for path in paths if (key := nodeset_key(path)) in annotations}


class _Fields:
    """Walks the primary instance depth first; a repeat's template stands for its copies."""

    def __init__(self, document: XFormDocument, annotations: dict[str, Annotation]) -> None:
        self.document = document
        self.annotations = annotations
        self.lists: dict[tuple[str, str, str], tuple[Choice, ...] | None] = {}

    def read(self) -> Iterator[Field]:
        path = self.document.root_path
        sensitivity = self._sensitivity(nodeset_key(path), "internal")
        yield from self._inside(self.document.root, path, None, sensitivity)

    def _inside(
        self, parent: etree._Element, path: str, repeat: str | None, sensitivity: Sensitivity
    ) -> Iterator[Field]:
        seen: set[str] = set()
        for element in children(parent):
            name = step_name(element)
            if name in seen:
                continue
            seen.add(name)
            yield from self._field(element, f"{path}/{name}", name, repeat, sensitivity)

    def _field(
        self, element: etree._Element, path: str, name: str, repeat: str | None, around: Sensitivity
    ) -> Iterator[Field]:
        key = nodeset_key(path)
        sensitivity = self._sensitivity(key, around)
        kind = self._type(element, key)
        list_name, choices = self._choices(key) if kind in ("select", "select1", "rank") else (None, None)
        bind = self.document.binds.get(key)
        yield Field(
            path=path,
            name=name,
            type=kind,
            repeat=repeat,
            choice_list=list_name,
            choices=choices,
            sensitivity=sensitivity,
            label=self._label(key),
            calculated=bind is not None and bool(bind.get("calculate")),
        )
        if kind in ("group", "repeat"):
            yield from self._inside(element, path, path if kind == "repeat" else repeat, sensitivity)

    def _type(self, element: etree._Element, key: str) -> AnswerType:
        if key in self.document.repeats or element.get(TEMPLATE) is not None:
            return "repeat"
        control = self.document.controls.get(key)
        if next(children(element), None) is not None or (control and control.tag == "group"):
            return "group"
        bind = self.document.binds.get(key)
        tag = control.tag if control else None
        if control and tag == "input" and control.element.get("query"):
            tag = "select1"  # select_one_external
        return answer_type(bind.get("type") if bind is not None else None, tag)

    def _sensitivity(self, key: str, around: Sensitivity) -> Sensitivity:
        """A node's own marking, else that of the section around it."""
        own = self.annotations.get(key, Annotation()).sensitivity
        return own if own in SENSITIVITIES else around  # type: ignore[return-value]

    def _label(self, key: str) -> str:
        control = self.document.controls.get(key)
        label = control.element.find(f"{{{XFORMS}}}label") if control else None
        if label is None:
            return ""
        texts = self.document.labels(label)
        return texts.get(self.document.default_language) or next(iter(texts.values()), "")

    def _choices(self, key: str) -> tuple[str | None, tuple[Choice, ...] | None]:
        """(list name, choices) of a select; choices None when they come from a file or from answers."""
        element = self.document.controls[key].element if key in self.document.controls else None
        if element is None:
            return None, None
        itemset = element.find(f"{{{XFORMS}}}itemset")
        if itemset is None:
            if element.get("query"):
                return instance_id(element.get("query", "")), None
            if _PULLDATA.search(element.get("appearance", "")):
                return None, None  # search(): the listed item only names the file's columns
            return None, tuple(self._inline(element))
        name = instance_id(itemset.get("nodeset", ""))
        if name is None:
            return None, None
        value, label = itemset.find(f"{{{XFORMS}}}value"), itemset.find(f"{{{XFORMS}}}label")
        value_ref = (value.get("ref") or "") if value is not None else "name"
        label_ref = (label.get("ref") or "") if label is not None else ""
        cached = (name, value_ref, label_ref)
        if cached not in self.lists:
            self.lists[cached] = self._items(name, value_ref, label)
        return name, self.lists[cached]

    def _inline(self, control: etree._Element) -> Iterator[Choice]:
        for item in control.iterfind(f"{{{XFORMS}}}item"):
            label = item.find(f"{{{XFORMS}}}label")
            texts = self.document.labels(label) if label is not None else {}
            yield Choice(child_text(item, "value"), tuple(texts.items()))

    def _items(self, name: str, value_ref: str, label: etree._Element | None) -> tuple[Choice, ...] | None:
        instance = self.document.instances.get(name)
        if instance is None or instance.get("src"):
            return None
        root = next(children(instance), None)
        items = children(root) if root is not None else iter(())
        found: dict[str, Choice] = {}
        for item in items:
            code = child_text(item, value_ref)
            texts = self.document.labels(label, item) if label is not None else {}
            found.setdefault(code, Choice(code, tuple(texts.items())))
        return tuple(choice for code, choice in found.items() if code)


def _media(document: XFormDocument) -> tuple[str, ...]:
    """The files the form needs beside it, in the order it first names them."""
    return tuple(media_kinds(document))


def media_kinds(document: XFormDocument) -> dict[str, str]:
    """The files the form needs, in the order it first names them: image, audio, video or file by name.

    A name with a folder in it is left out: no tablet could find such a file.
    """
    kinds: dict[str, str] = {}
    for element in document.html.iter(etree.Element):
        for text in (element.text, *element.attrib.values()):
            if not text:
                continue
            if "jr://" in text:
                for folder, name in _MEDIA.findall(text):
                    if "/" not in (named := name.strip()):
                        kinds.setdefault(named, _KINDS.get(folder, "file"))
            if "pulldata(" in text or "search(" in text:
                for file in _PULLDATA.findall(text):
                    kinds.setdefault(file if file.endswith(_DATA_ENDINGS) else f"{file}.csv", "file")
        if local_name(element) == "input" and element.get("query"):
            kinds.setdefault(ITEMSETS_FILE, "file")
    return kinds
