"""What a form says about entities: the lists it writes to, and which answers go into which property.

XForm -> `EntityDeclaration`s, by the ODK XForms entities specification up to 2025.1: an `<entity>` node in
`meta`, of the form or of a repeat, names the list and what may be done; `entities:saveto` on a bind names the
property an answer is kept in. An answer belongs to the innermost declaration around it.
https://getodk.github.io/xforms-spec/entities
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from forms.model import CompiledForm, EntityDeclaration, Field, SavedAnswer
from forms.problems import FormProblem
from forms.xform_document import (
    BadXForm,
    XFormDocument,
    children,
    local_name,
    nodeset_key,
    open_xform,
    step_name,
)

ENTITIES = "http://www.opendatakit.org/xforms/entities"

_SUPPORTED = re.compile(r"(2022\.1|2023\.1|2024\.1|2025\.1)\.\d+\Z")
_OFFLINE = ("2024.1", "2025.1")
_NAME_START = r"[^\W\d_]"
_LIST_NAME = re.compile(rf"(?!__)(?:{_NAME_START}|[:_])[\w:-]*\Z")
_PROPERTY_NAME = re.compile(rf"(?!__)(?!(?:name|label)\Z)(?:{_NAME_START}|_)[\w.-]*\Z", re.IGNORECASE)


class BadEntities(BadXForm):
    """What a form says about entities cannot be used; its text says why."""


def is_list_name(name: str) -> bool:
    """Whether an entity list may have this name: an XML name without a dot that does not begin with `__`."""
    return bool(_LIST_NAME.match(name))


def is_property_name(name: str) -> bool:
    """Whether a property may: as a list, dots allowed, colons not, and neither `name` nor `label`."""
    return bool(_PROPERTY_NAME.match(name))


def read_entities(document: XFormDocument, fields: tuple[Field, ...]) -> tuple[EntityDeclaration, ...]:
    """The declarations of a form, in the order of the document. Raises BadEntities."""
    found = list(_entity_nodes(document.root, document.root_path))
    if not found:
        return ()
    version = entities_version(document)
    if not version:
        raise BadEntities("It declares entities without the version of the entities specification.")
    if not _SUPPORTED.match(version):
        raise BadEntities(f"Version {version!r} of the entities specification is not supported.")
    saved = _saved_answers(document, fields)
    repeats = {nodeset_key(field.path) for field in fields if field.type == "repeat"}
    containers = sorted((path for path, _ in found), key=lambda path: -path.count("/"))
    declarations = []
    for path, node in found:
        mine = tuple(answer for answer in saved if _home(answer.path, containers) == path)
        _refuse_doubles(mine)
        name, actions = _name_and_actions(node)
        declarations.append(EntityDeclaration(name, actions, path, nodeset_key(path) in repeats, mine))
    return tuple(declarations)


def entities_version(document: XFormDocument) -> str:
    """The version of the specification a form was written for; "" where it names none."""
    return (_said(document.model, "entities-version") or "").strip()


def check_entities(form: CompiledForm) -> list[FormProblem]:
    """What is wrong with a form's declarations, and a warning where its specification is an older one: that
    works, but a tablet cannot go on with an entity before it was sent."""
    if b"entit" not in form.xform:
        return []
    document = open_xform(form.xform)
    try:
        declared = read_entities(document, form.fields)
    except BadEntities as bad:
        hint = "Write the entities as https://docs.getodk.org/entities-intro/ has them."
        return [FormProblem("bad-entities", str(bad), hint)]
    version = entities_version(document)
    if not declared or version.startswith(_OFFLINE):
        return []
    return [
        FormProblem(
            "old-entities",
            f"Version {version!r} of the entities specification knows no entities made offline.",
            "Convert the form again with a present tool (2024.1.0 or later).",
            severity="warning",
        )
    ]


def _entity_nodes(root: etree._Element, root_path: str) -> Iterator[tuple[str, etree._Element]]:
    """(path of the form or repeat it describes, `<entity>` node), each repeat's template once."""
    seen: set[str] = set()
    waiting = [(root, root_path)]
    while waiting:
        element, path = waiting.pop(0)
        for child in children(element):
            if local_name(child) == "meta":
                node = next((e for e in children(child) if local_name(e) == "entity"), None)
                if node is not None and path not in seen:
                    seen.add(path)
                    yield path, node
            else:
                waiting.append((child, f"{path}/{step_name(child)}"))


def _name_and_actions(node: etree._Element) -> tuple[str, tuple[str, ...]]:
    given = {str(name).rpartition("}")[2]: str(value) for name, value in node.attrib.items()}
    name = given.get("dataset")
    if name is None:
        raise BadEntities("An entity does not name its list (dataset).")
    name = name.strip()
    if not is_list_name(name):
        raise BadEntities(f"{name!r} cannot be the name of an entity list.")
    actions = tuple(action for action in ("create", "update") if action in given)
    if not actions:
        raise BadEntities(f"The entity of {name!r} is neither created nor updated: name an action.")
    return name, actions


def _saved_answers(document: XFormDocument, fields: tuple[Field, ...]) -> list[SavedAnswer]:
    found = []
    for field in fields:
        bind = document.binds.get(nodeset_key(field.path))
        name = _said(bind, "saveto") if bind is not None else None
        if name is None:
            continue
        if not is_property_name(name):
            raise BadEntities(f"{name!r} cannot be the name of a property of an entity.")
        found.append(SavedAnswer(name, field.path, field.sensitivity))
    return found


def _said(element: etree._Element, name: str) -> str | None:
    """An attribute of the specification, in its namespace or, as ODK Central takes it, in another one."""
    said = element.get(f"{{{ENTITIES}}}{name}")
    others = (str(value) for key, value in element.attrib.items() if str(key).endswith(f"}}{name}"))
    return said if said is not None else next(others, None)


def _home(path: str, containers: list[str]) -> str | None:
    return next((container for container in containers if path.startswith(f"{container}/")), None)


def _refuse_doubles(answers: tuple[SavedAnswer, ...]) -> None:
    seen: set[str] = set()
    for answer in answers:
        if answer.property.lower() in seen:
            raise BadEntities(f"Two questions are saved to one property, {answer.property!r}.")
        seen.add(answer.property.lower())
