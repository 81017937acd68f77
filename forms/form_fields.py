"""The questions of a form as ODK Central's API lists them: name, path, type as the bind has it.

XForm bytes in, fields in the order of the primary instance out. Types are the bind's own words ("int",
"select1", "odk:rank"), for clients compare them; `forms.model.Field` has what they mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from forms.xform_document import XFormDocument, children, local_name, nodeset_key, open_xform

STRUCTURE, REPEAT, UNKNOWN = "structure", "repeat", "unknown"


@dataclass(frozen=True, slots=True)
class FormField:
    """One node of the primary instance, groups and repeats included."""

    name: str  # without a namespace's prefix
    path: str  # below the root: "/groups/men"
    type: str  # as the bind says; structure, repeat, unknown
    select_multiple: bool = False

    @property
    def binary(self) -> bool:
        return self.type == "binary"

    @property
    def is_structural(self) -> bool:
        return self.type in (STRUCTURE, REPEAT)


def form_fields(xform: bytes) -> tuple[FormField, ...]:
    """The fields of an XForm. Raises BadXForm."""
    return fields_of(open_xform(xform))


def fields_of(document: XFormDocument) -> tuple[FormField, ...]:
    """The same for an XForm already opened."""
    return tuple(_below(document, document.root, document.root_path, ""))


def has_meta(fields: Iterable[FormField]) -> bool:
    """Whether a form says where a submission's instanceID goes."""
    return any(field.name == "meta" and field.type == STRUCTURE for field in fields)


def type_conflict(before: Mapping[str, str], fields: Iterable[FormField]) -> tuple[str, str] | None:
    """The first field whose type contradicts what was asked at its path before: (path, type before).

    before  the newest type of each path that any published version has
    Anything but a group may become text; nothing else may change, for its answers stand in one column.
    """
    for field in fields:
        was = before.get(field.path)
        if was is None or was == field.type:
            continue
        if field.type != "string" or was in (STRUCTURE, REPEAT):
            return field.path, was
    return None


def _below(document: XFormDocument, parent: etree._Element, root: str, path: str) -> Iterator[FormField]:
    seen: set[str] = set()
    for element in children(parent):
        name = local_name(element)
        if name in seen:
            continue
        seen.add(name)
        here = f"{path}/{name}"
        field = _field(document, element, name, here, nodeset_key(f"{root}{here}"))
        yield field
        if field.is_structural:
            yield from _below(document, element, root, here)


def _field(document: XFormDocument, element: etree._Element, name: str, path: str, key: str) -> FormField:
    if key in document.repeats:
        return FormField(name, path, REPEAT)
    bind = document.binds.get(key)
    if bind is None:
        bind = document.binds.get(nodeset_key(path[1:]))  # a nodeset relative to the root
    is_group = next(children(element), None) is not None
    kind = (bind.get("type") or "").strip() if bind is not None else ""
    if is_group:
        return FormField(name, path, STRUCTURE)
    control = document.controls.get(key)
    return FormField(name, path, kind or UNKNOWN, control is not None and control.tag == "select")
