"""Forms that make and change entities, and what is filled in with them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4
from xml.sax.saxutils import escape

ENTITIES = "http://www.opendatakit.org/xforms/entities"

JANE = "12345678-1234-4123-8234-123456789abc"
JOHN = "12345678-1234-4123-8234-123456789aaa"


def entity_form(
    dataset: str,
    form_id: str | None = None,
    version: str = "1",
    properties: tuple[str, ...] = ("first_name", "age"),
    actions: str = 'create="1"',
    spec: str = "2024.1.0",
    lists: tuple[str, ...] = (),
) -> bytes:
    """An XForm whose answers go into the entities of a list, a question for each property."""
    form_id = form_id or dataset
    nodes = "".join(f"<{name}/>" for name in properties)
    binds = "".join(
        f'<bind nodeset="/data/{name}" type="string" entities:saveto="{name}"/>' for name in properties
    )
    inputs = "".join(f'<input ref="/data/{name}"><label>{name}</label></input>' for name in properties)
    instances = "".join(f'<instance id="{name}" src="jr://file-csv/{name}.csv"/>' for name in lists)
    return (
        '<?xml version="1.0"?><h:html xmlns="http://www.w3.org/2002/xforms" '
        'xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa" '
        f'xmlns:entities="{ENTITIES}"><h:head><h:title>{form_id}</h:title>'
        f'<model entities:entities-version="{spec}"><instance><data id="{form_id}" version="{version}">'
        f'{nodes}<meta><entity dataset="{dataset}" id="" {actions}><label/></entity><instanceID/></meta>'
        f"</data></instance>{instances}{binds}"
        '<bind nodeset="/data/meta/instanceID" type="string" jr:preload="uid"/></model></h:head>'
        f"<h:body>{inputs}</h:body></h:html>"
    ).encode()


def filled(
    form_id: str,
    dataset: str,
    answers: Mapping[str, str],
    label: str | None = None,
    instance_id: str | None = None,
    version: str = "1",
    deprecates: str | None = None,
    **entity: object,
) -> bytes:
    """A submission; `entity` are the attributes of its entity: id, create, update, baseVersion ..."""
    said = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in answers.items())
    attributes = "".join(f' {name}="{value}"' for name, value in entity.items() if value is not None)
    old = f"<deprecatedID>{deprecates}</deprecatedID>" if deprecates else ""
    told = "" if label is None else f"<label>{escape(label)}</label>"
    return (
        f'<data id="{form_id}" version="{version}">{said}<meta><entity dataset="{dataset}"{attributes}>{told}'
        f"</entity>{old}<instanceID>{instance_id or f'uuid:{uuid4()}'}</instanceID></meta></data>"
    ).encode()
