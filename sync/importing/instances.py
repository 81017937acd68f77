"""Rows as submissions: answers to XML as a tablet would send it, and back, under identities of the rows' own.

The same row of the same source is the same submission wherever and whenever it is imported. An edit's
identity follows from what it edits and what it says, so that an import that is repeated, or done on two
servers, adds nothing.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping

from lxml import etree

from forms.model import CompiledForm
from sync.safe_xml import local_name, parse_xml

Answers = Mapping[str, str]
"""Text by path below the root: {"people/dead": "2"}; what is not known is not in it."""

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:waypost:import:1")
_ORX = "http://openrosa.org/xforms"
_SEPARATOR = "\x1f"  # cannot stand in a cell: see table.clean


def original_id(source: str, identifier: str) -> str:
    """The instanceID of a row: "uuid:" and uuid5 of its source and its identifier there."""
    return f"uuid:{uuid.uuid5(_NAMESPACE, _SEPARATOR.join((source, identifier)))}"


def edit_id(source: str, identifier: str, deprecated_id: str, answers: Answers) -> str:
    """The instanceID of a row that says something else than the version before."""
    said = hashlib.sha256(json.dumps(dict(answers), sort_keys=True).encode()).hexdigest()
    return f"uuid:{uuid.uuid5(_NAMESPACE, _SEPARATOR.join((source, identifier, deprecated_id, said)))}"


def lacking(form: CompiledForm, paths: set[str]) -> list[str]:
    """The paths the form does not ask."""
    asked = {field.path.removeprefix(f"{form.root_path}/") for field in form.fields}
    return sorted(paths - asked)


def fill(form: CompiledForm, answers: Answers, instance_id: str, deprecated_id: str | None = None) -> bytes:
    """The XML of a submission. Paths must be the form's own, outside of repeats (`lacking`)."""
    root = etree.Element(
        form.root_path.lstrip("/"), {"id": form.xml_form_id, "version": form.version}, nsmap={"orx": _ORX}
    )
    nodes: dict[str, etree._Element] = {"": root}
    for field in form.fields:  # depth first, as a tablet writes them
        path = field.path.removeprefix(f"{form.root_path}/")
        if path not in answers:
            continue
        here, parts = "", path.split("/")
        for part in parts:
            upper, here = here, f"{here}/{part}" if here else part
            if here not in nodes:
                nodes[here] = etree.SubElement(nodes[upper], part)
        nodes[here].text = answers[path]
    meta = etree.SubElement(root, f"{{{_ORX}}}meta")
    etree.SubElement(meta, f"{{{_ORX}}}instanceID").text = instance_id
    if deprecated_id is not None:
        etree.SubElement(meta, f"{{{_ORX}}}deprecatedID").text = deprecated_id
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def answers_of(body: bytes) -> dict[str, str]:
    """The answers of a submission that `fill` wrote. Raises XmlUnreadable."""
    found: dict[str, str] = {}
    _collect(parse_xml(body), "", found)
    return found


def _collect(node: etree._Element, path: str, found: dict[str, str]) -> None:
    for child in node.iterchildren():
        name = local_name(child.tag)
        if not path and name == "meta":
            continue
        below = f"{path}/{name}" if path else name
        if len(child):
            _collect(child, below, found)
        elif child.text:
            found[below] = child.text
