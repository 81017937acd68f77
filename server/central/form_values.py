"""Forms, their definitions, fields and files as the API shows them.

How many records there are is told as far as the caller sees them (sync/policy/figures.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forms.form_fields import FormField
from server.central.actors import actor_value
from server.central.answers import instant
from sync.access import Actor
from sync.assignments import actors_by_uuid
from sync.form_contents import contents_of
from sync.form_files import FormFile
from sync.form_reading import FormView, public_link_counts, publish_notes
from sync.odata.tables import odata_name
from sync.permissions import form_verbs
from sync.policy.figures import RecordFigures, record_figures
from sync.policy.scope import scope_of
from sync.registry import get_project
from sync.store import ReadSession


def form_value(session: ReadSession, view: FormView) -> dict[str, Any]:
    """A form with one of its definitions."""
    row, definition = view.row, view.definition
    contents = contents_of(session, definition)
    enabled = row["webforms_enabled"]
    value = {
        "projectId": row["project_id"],
        "xmlFormId": row["xml_form_id"],
        "state": row["state"],
        "enketoId": None,  # web forms are served without such a service
        "enketoOnceId": None,
        "createdAt": instant(row["created_at"]),
        "updatedAt": instant(row["updated_at"]),
        "webformsEnabled": True if enabled is None else enabled,
        "keyId": definition.key_id,
        "version": definition.version,
        "hash": definition.hash,
        "sha": contents.sha1,
        "sha256": contents.sha256,
        "draftToken": definition.token,
        "publishedAt": instant(definition.published_at),
        "name": definition.title or None,
    }
    if row["deleted_at"] is not None:
        value |= {"deletedAt": instant(row["deleted_at"]), "id": row["id"]}
    return value


def extended_values(
    session: ReadSession, project_id: int, views: Sequence[FormView], who: Actor
) -> list[dict[str, Any]]:
    """The same with what there is of them: records, links, who made them."""
    space = get_project(session, project_id)["uuid"]
    seen = scope_of(session, who, project_id)
    ids = [view.row["xml_form_id"] for view in views]
    figures = record_figures(session, seen, space, ids)
    links = public_link_counts(session, project_id)
    makers = actors_by_uuid(session, [by for view in views if (by := view.row["created_by"])])
    notes = publish_notes(session, [view.definition.uuid for view in views])
    values = []
    for view in views:
        form_id, definition = view.row["xml_form_id"], view.definition
        mine = figures.get(form_id, RecordFigures())
        if definition.is_draft:
            mine = record_figures(session, seen, definition.uuid, [form_id]).get(form_id, RecordFigures())
        maker = makers.get(view.row["created_by"] or "")
        value = form_value(session, view) | {
            "submissions": mine.records,
            "entityRelated": contents_of(session, definition).writes_entities,
            "reviewStates": {
                "received": mine.review_states.get(None, 0),
                "hasIssues": mine.review_states.get("hasIssues", 0),
                "edited": mine.review_states.get("edited", 0),
            },
            "lastSubmission": instant(mine.last_received_at),
            "excelContentType": definition.excel_type,
            "publicLinks": links.get(form_id, 0),
            "createdBy": None if maker is None else actor_value(maker),
        }
        if "form.update" in form_verbs(who, project_id, form_id):
            value["publishNotes"] = notes.get(definition.uuid)
        values.append(value)
    return values


def version_values(
    session: ReadSession, views: Sequence[FormView], extended: bool, with_notes: bool
) -> list[dict[str, Any]]:
    """Published versions; extended, with who published them and what they said then."""
    values = [form_value(session, view) for view in views]
    if not extended:
        return values
    publishers = actors_by_uuid(session, [by for view in views if (by := view.definition.published_by)])
    notes = publish_notes(session, [view.definition.uuid for view in views])
    for value, view in zip(values, views, strict=True):
        publisher = publishers.get(view.definition.published_by or "")
        value["excelContentType"] = view.definition.excel_type
        value["publishedBy"] = None if publisher is None else actor_value(publisher)
        if with_notes:
            value["publishNotes"] = notes.get(view.definition.uuid)
    return values


def field_values(fields: Sequence[FormField], odata: bool) -> list[dict[str, Any]]:
    """The questions, with `odata` under the names OData has for them."""
    return [
        {
            "name": odata_name(field.name) if odata else field.name,
            "path": _odata_path(field.path) if odata else field.path,
            "type": field.type,
            "binary": True if field.binary else None,
            "selectMultiple": True if field.select_multiple else None,
        }
        for field in fields
    ]


def file_value(file: FormFile) -> dict[str, Any]:
    """A file of a form. A list that this server makes is there like an entity list."""
    is_list = file.dataset_id is not None or file.is_generated
    value: dict[str, Any] = {
        "name": file.name,
        "type": file.kind,
        "exists": file.is_there,
        "blobExists": file.id is not None,
        "datasetExists": is_list,
        "hash": file.md5,
    }
    if file.updated_at is not None:
        value["updatedAt"] = instant(file.updated_at)
    return value


def _odata_path(path: str) -> str:
    return "/".join(odata_name(part) if part else "" for part in path.split("/"))
