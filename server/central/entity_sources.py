"""Where versions of entities come from, as the API shows it: a request, a file, a submission."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from server.central.actors import actor_value
from server.central.answers import instant
from sync.access import Actor
from sync.assignments import actors_by_uuid
from sync.entities.history import source_records
from sync.entities.reading import VersionRow
from sync.permissions import form_verbs
from sync.store import ReadSession, Store

Row = Mapping[Any, Any]


def sources_value(
    session: ReadSession, store: Store, actor: Actor, versions: Sequence[VersionRow]
) -> dict[int, dict[str, Any]]:
    """The source of each version, by its number. {} for a request.

    A submission is told in full to those who may read it, to others by its instanceID and date only.
    """
    roots = {one.source["submission_id"] for one in versions if one.source and one.source["submission_id"]}
    known = source_records(session, roots)
    people = _people(session, versions, known.values())
    found: dict[int, dict[str, Any]] = {}
    for one in versions:
        source = one.source
        if source is None or (source["bulk"] is None and source["submission_id"] is None):
            found[one.version] = {}
        elif source["bulk"] is not None:
            found[one.version] = dict(source["bulk"])
        else:
            row = known.get(source["submission_id"])
            found[one.version] = _of_submission(source, row, people, actor)
    return found


def _people(session: ReadSession, versions: Sequence[VersionRow], submissions: Any) -> Mapping[str, Row]:
    uuids = {one.source["triggered_by"] for one in versions if one.source}
    for row in submissions:
        uuids |= {row["actor_uuid"], (row["newest"] or {}).get("actor_uuid")}
    return actors_by_uuid(session, {uuid for uuid in uuids if uuid})


def _of_submission(source: Row, row: Row | None, people: Mapping[str, Row], actor: Actor) -> dict[str, Any]:
    value: dict[str, Any] = {}
    if source["trigger"]:
        by = people.get(source["triggered_by"] or "")
        value["event"] = {
            "actorId": None if by is None else by["id"],
            "action": source["trigger"],
            "acteeId": None if row is None else row["uuid"],
            "details": {},
            "loggedAt": instant(source["triggered_at"]),
            "notes": None,
            "actor": None if by is None else actor_value(by),
        }
    if row is None:
        return value
    sender = people.get(row["actor_uuid"] or "")
    told: dict[str, Any] = {
        "instanceId": row["instance_id"],
        "createdAt": instant(row["received_at"]),
        "submitter": None if sender is None else actor_value(sender),
    }
    verbs = form_verbs(actor, row["project_id"], row["xml_form_id"])
    gone = row["deleted_at"] or row["erased_at"] or row["form_deleted_at"]
    if not gone and "submission.read" in verbs:
        told |= _in_full(row, sender, people)
    value["submission"] = told
    if source["is_late_create"]:
        value["action"] = "create"
    return value


def _in_full(row: Row, sender: Row | None, people: Mapping[str, Row]) -> dict[str, Any]:
    newest = row["newest"]
    told = {
        "xmlFormId": row["xml_form_id"],
        "submitterId": None if sender is None else sender["id"],
        "deviceId": row["device_id"],
        "updatedAt": instant(row["updated_at"]),
        "reviewState": row["review_state"],
    }
    if newest is not None:
        by = people.get(newest["actor_uuid"] or "")
        told["currentVersion"] = {
            "instanceId": newest["instance_id"],
            "instanceName": None,
            "submitterId": None if by is None else by["id"],
            "deviceId": newest["device_id"],
            "userAgent": newest["user_agent"],
            "createdAt": instant(newest["received_at"]),
            "current": True,
            "submitter": None if by is None else actor_value(by),
        }
    return told
