"""Where versions of entities come from, as the API shows it: a request, a file, a submission."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from server.central.actors import actor_value
from server.central.answers import instant
from server.central.record_values import Teller
from sync.access import Actor
from sync.assignments import actors_by_uuid
from sync.entities.history import source_records
from sync.entities.reading import VersionRow
from sync.permissions import form_verbs
from sync.policy.records import record_scope
from sync.policy.scope import scope_of
from sync.records.reading import find_record
from sync.store import ReadSession, Store

Row = Mapping[Any, Any]


def sources_value(
    session: ReadSession, store: Store, actor: Actor, versions: Sequence[VersionRow]
) -> dict[int, dict[str, Any]]:
    """The source of each version, by its number. {} for a request.

    A submission is told in full to those who see the record, to others by its instanceID and date only.
    """
    roots = {one.source["submission_id"] for one in versions if one.source and one.source["submission_id"]}
    known = source_records(session, roots)
    people = _people(session, versions, known.values())
    told = {id_: _submission(session, store, actor, row, people) for id_, row in known.items()}
    found: dict[int, dict[str, Any]] = {}
    for one in versions:
        source = one.source
        if source is None or (source["bulk"] is None and source["submission_id"] is None):
            found[one.version] = {}
        elif source["bulk"] is not None:
            found[one.version] = dict(source["bulk"])
        else:
            row, by = known.get(source["submission_id"]), people.get(source["triggered_by"] or "")
            found[one.version] = {
                **({"event": _event(source, row, by)} if source["trigger"] else {}),
                **({"submission": told[row["id"]]} if row is not None else {}),
                **({"action": "create"} if source["is_late_create"] else {}),
            }
    return found


def _people(
    session: ReadSession, versions: Sequence[VersionRow], records: Iterable[Row]
) -> Mapping[str, Row]:
    uuids = {one.source["triggered_by"] for one in versions if one.source}
    uuids |= {row["actor_uuid"] for row in records}
    return actors_by_uuid(session, {uuid for uuid in uuids if uuid})


def _event(source: Row, row: Row | None, by: Row | None) -> dict[str, Any]:
    return {
        "actorId": None if by is None else by["id"],
        "action": source["trigger"],
        "acteeId": None if row is None else row["uuid"],
        "details": {},
        "loggedAt": instant(source["triggered_at"]),
        "notes": None,
        "actor": None if by is None else actor_value(by),
    }


def _submission(
    session: ReadSession, store: Store, actor: Actor, row: Row, people: Mapping[str, Row]
) -> dict[str, Any]:
    sender = people.get(row["actor_uuid"] or "")
    stub = {
        "instanceId": row["instance_id"],
        "createdAt": instant(row["received_at"]),
        "submitter": None if sender is None else actor_value(sender),
    }
    verbs = form_verbs(actor, row["project_id"], row["xml_form_id"])
    if row["form_deleted_at"] is not None or "submission.read" not in verbs:
        return stub
    seen = scope_of(session, actor, row["project_id"])
    if seen is None:
        return stub
    sight = record_scope(seen, row["xml_form_id"])
    record = find_record(session, row["project_uuid"], row["xml_form_id"], row["instance_id"], sight)
    if record is None:
        return stub
    teller = Teller(store, session, row["project_uuid"], row["xml_form_id"], extended=True)
    return {**teller.records([record])[0], "xmlFormId": row["xml_form_id"]}
