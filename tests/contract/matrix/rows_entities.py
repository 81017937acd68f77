from __future__ import annotations

from collections.abc import Callable
from itertools import count
from uuid import uuid4

from sync.entities.datasets import create_dataset, create_property
from sync.entities.sealed import Content
from sync.entities.writing import Author, create_entities, delete_entities
from sync.store import WriteSession
from tests.contract.matrix.row import ON_FORM, ON_PROJECT, Made, Row, Rows
from tests.server.office import Office

_numbers = count(1)
ON_LIST = ON_PROJECT + "/datasets/{name}"
ON_ENTITIES = ON_LIST + "/entities"
ON_ENTITY = ON_ENTITIES + "/{uuid}"


def a_list(office: Office, project_id: int) -> Made:
    """An entity list with one property."""
    name = f"people{next(_numbers)}"

    def work(session: WriteSession) -> None:
        row = create_dataset(session, project_id, name)
        create_property(session, row["id"], "age")

    office.store.write(work)
    return {"name": name, "property_name": "age"}


def an_entity(deleted: bool = False) -> Callable[[Office, int], Made]:
    """A list with one entity."""

    def make(office: Office, project_id: int) -> Made:
        name, uuid, store = f"trees{next(_numbers)}", str(uuid4()), office.store

        def work(session: WriteSession) -> None:
            row = create_dataset(session, project_id, name)
            content = Content("Willow", {}, {"label": "Willow"})
            create_entities(session, store.keyring, row, [(uuid, content)], Author(None))
            if deleted:
                delete_entities(session, row, [uuid], None)

        store.write(work)
        return {"name": name, "uuid": uuid, "body": {"ids": [uuid]}}

    return make


def relabelled(_office: Office, _project_id: int) -> Made:
    return {"body": {"label": "Oak"}}


def named(_office: Office, _project_id: int) -> Made:
    return {"body": {"name": f"new{next(_numbers)}"}}


FILTER = {"datasetProperty": "age", "actorProperty": "age"}

ROWS: Rows = {
    ("GET", ON_PROJECT + "/datasets"): Row("project", "dataset.list"),
    ("POST", ON_PROJECT + "/datasets"): Row("project", "dataset.create", needs=(named,)),
    ("GET", ON_LIST): Row("project", "dataset.read", needs=(a_list,)),
    ("PATCH", ON_LIST): Row("project", "dataset.update", {"ownerOnly": True}, (a_list,)),
    ("DELETE", ON_LIST): Row("project", "dataset.delete", needs=(a_list,)),
    ("POST", ON_LIST + "/properties"): Row("project", "dataset.update", {"name": "height"}, (a_list,)),
    ("DELETE", ON_LIST + "/properties/{property_name}"): Row("project", "dataset.update", needs=(a_list,)),
    ("GET", ON_LIST + "/access-filter"): Row("project", "dataset.read", needs=(a_list,)),
    ("PUT", ON_LIST + "/access-filter"): Row("project", "dataset.update", FILTER, (a_list,)),
    ("GET", ON_LIST + "/entities.csv"): Row("project", "entity.list", needs=(a_list,)),
    ("GET", ON_LIST + "/integrity"): Row("project", "entity.list", needs=(a_list,)),
    ("GET", ON_LIST + ".svc"): Row("project", "entity.list", needs=(a_list,)),
    ("GET", ON_LIST + ".svc/$metadata"): Row("project", "entity.list", needs=(a_list,)),
    ("GET", ON_LIST + ".svc/Entities"): Row("project", "entity.list", needs=(a_list,)),
    ("GET", ON_ENTITIES): Row("project", "entity.list", needs=(a_list,)),
    ("POST", ON_ENTITIES): Row("project", "entity.create", {"label": "Willow"}, (a_list,)),
    ("GET", ON_ENTITIES + "/creators"): Row("project", "entity.read", needs=(a_list,)),
    ("POST", ON_ENTITIES + "/bulk-delete"): Row("project", "entity.delete", needs=(an_entity(),)),
    ("POST", ON_ENTITIES + "/bulk-restore"): Row("project", "entity.restore", needs=(an_entity(True),)),
    ("GET", ON_ENTITY): Row("project", "entity.read", needs=(an_entity(),)),
    ("PATCH", ON_ENTITY): Row("project", "entity.update", needs=(an_entity(), relabelled), also=(409,)),
    ("DELETE", ON_ENTITY): Row("project", "entity.delete", needs=(an_entity(),)),
    ("POST", ON_ENTITY + "/restore"): Row("project", "entity.restore", needs=(an_entity(True),)),
    ("GET", ON_LIST + "/entities.geojson"): Row("project", "entity.list", needs=(a_list,)),
    ("GET", ON_ENTITY + "/geojson"): Row("project", "entity.read", needs=(an_entity(),)),
    ("GET", ON_ENTITY + "/versions"): Row("project", "entity.read", needs=(an_entity(),)),
    ("GET", ON_ENTITY + "/diffs"): Row("project", "entity.read", needs=(an_entity(),)),
    ("GET", ON_ENTITY + "/audits"): Row("project", "entity.read", needs=(an_entity(),)),
    ("GET", ON_FORM + "/dataset-diff"): Row("form", "form.read"),
    ("GET", ON_FORM + "/draft/dataset-diff"): Row("form", "form.read", also=(404,)),
}
