"""What a submission says about entities (ODK XForms entities specification, up to 2025.1).

A second look at the XML, for forms that declare entities only: properties are kept as they were written,
which typed answers are not. Each instance of a repeat that declares entities says one. Names are matched by
their local part; nothing is checked here, because what is wrong with an entity must not park the record.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from forms.model import CompiledForm, EntityDeclaration
from sync.safe_xml import local_name, read_xml
from sync.steps.values import SubmittedEntity

_TRUE = ("1", "true")


def submitted_entities(body: bytes, form: CompiledForm) -> tuple[SubmittedEntity, ...]:
    """The entities of one submission, in the order of the form's declarations, then of the document.

    body    plain XML as received
    Raises  XmlUnreadable
    """
    if not form.entities:
        return ()
    root = read_xml(body)
    if root.get("encrypted") == "yes":
        return ()
    return tuple(
        entity
        for declared in form.entities
        for container in _at(root, _steps(declared.path)[1:])
        if (entity := _entity(container, declared)) is not None
    )


def _entity(container: etree._Element, declared: EntityDeclaration) -> SubmittedEntity | None:
    node = next(_at(container, ["meta", "entity"]), None)
    if node is None:
        return None
    given = {local_name(str(name)): str(value) for name, value in node.attrib.items()}
    label = next(_at(node, ["label"]), None)
    below = len(_steps(declared.path))
    data = {}
    for answer in declared.answers:
        found = next(_at(container, _steps(answer.path)[below:]), None)
        if found is not None:
            data[answer.property] = found.text or ""
    return SubmittedEntity(
        dataset=given.get("dataset"),
        id=given.get("id"),
        create=given.get("create") in _TRUE,
        update=given.get("update") in _TRUE,
        base_version=given.get("baseVersion"),
        trunk_version=given.get("trunkVersion"),
        branch_id=given.get("branchId"),
        label=None if label is None else label.text or "",
        data=data,
    )


def _at(element: etree._Element, steps: list[str]) -> Iterator[etree._Element]:
    """The elements at a path below another, in document order."""
    if not steps:
        yield element
        return
    for child in element:
        if local_name(child.tag) == steps[0]:
            yield from _at(child, steps[1:])


def _steps(path: str) -> list[str]:
    return [step.rpartition(":")[2] for step in path.strip("/").split("/")]
