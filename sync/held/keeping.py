"""A second body under one instanceID becomes a record of its own.

In: the version that conflicts. Out: an identity made from that version's own, so that doing it again, or on
another server, comes to the same record. The body is stored under it as it was received, with the files it
mentions, through the same receipt as everything else; what it says inside keeps the instanceID it was sent
under, and the decision names both. Taking the decision back withdraws the record made.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import ColumnElement, RowMapping, exists, select

from sync.catalogue import form_states
from sync.envelope import read_envelope
from sync.originals import open_attachment, open_body, submission_uuid
from sync.problems import Conflict
from sync.receipt import Arrival, ArrivedFile, Reception, Sender, clean_file_name, hold_reason, make_arrival
from sync.safe_xml import XmlUnreadable, read_xml
from sync.store import ReadSession, Store
from sync.tables import attachment, decision, submission, submission_version
from sync.tables.derived import DecisionKind

_KEPT = "keep_both"


def derived_instance_id(version_uuid: str) -> str:
    """The instanceID of the record a version becomes: the same on every server that has the version."""
    return f"uuid:{uuid.uuid5(uuid.UUID(version_uuid), _KEPT)}"


def derived_uuid(row: RowMapping) -> str:
    """The uuid of the submission it becomes. `row` has version_uuid, project_uuid and xml_form_id."""
    instance_id = derived_instance_id(row["version_uuid"])
    return submission_uuid(row["project_uuid"], row["xml_form_id"], instance_id)


def is_derived() -> ColumnElement[bool]:
    """Whether a row of `submission` came to be here, out of another's second body: no tablet has it."""
    return exists().where(decision.c.kind == DecisionKind.KEEP, decision.c.outcome == submission.c.uuid)


def version_row(session: ReadSession, version_uuid: str) -> RowMapping | None:
    """A version with the identity it came under."""
    names = ("project_uuid", "xml_form_id", "instance_id", "erased_at")
    return session.first(
        select(
            submission_version,
            submission_version.c.uuid.label("version_uuid"),
            *(submission.c[name] for name in names),
        )
        .join(submission, submission.c.id == submission_version.c.submission_id)
        .where(submission_version.c.uuid == version_uuid)
    )


def keep_as_its_own(store: Store, version_uuid: str) -> str:
    """Store a version as a record of its own; returns its instanceID. Storing it again adds only files that
    came since. Raises Conflict where the body cannot be read or was erased."""
    with store.read() as session:
        row = version_row(session, version_uuid)
        if row is None or row["erased_at"] is not None:
            raise Conflict("This body is not here any more.", "Nothing needs doing.")
        arrival = _arrival(session, store, row)
    receipt = Reception(store).accept(arrival)
    for blob in receipt.spare_blobs:  # files it had already
        store.blobs.discard(blob)
    return arrival.instance_id


def _arrival(session: ReadSession, store: Store, row: RowMapping) -> Arrival:
    xml = open_body(session, store, row["id"])
    envelope = read_envelope(xml)
    instance_id = derived_instance_id(row["version_uuid"])
    own = replace(envelope, xml_form_id=row["xml_form_id"], instance_id=instance_id, deprecated_id=None)
    state = form_states(session)(row["project_uuid"], row["xml_form_id"], row["form_version"])
    sender = Sender(
        row["project_uuid"], row["actor_uuid"], row["device_id"], row["user_agent"], row["date_header"]
    )
    return make_arrival(
        store.keyring,
        sender,
        own,
        xml,
        row["received_at"],
        tuple(_files(session, store, row["submission_id"], xml)),
        hold_reason(own, state, may_submit=True),
    )


def _files(session: ReadSession, store: Store, submission_id: int, xml: bytes) -> Iterator[ArrivedFile]:
    """The files of the identity that the body mentions, each sealed anew for the record it becomes."""
    try:
        root = read_xml(xml)
    except XmlUnreadable:
        return
    named = {clean_file_name(one.text) for one in root.iter() if isinstance(one.tag, str) and one.text}
    mine = select(attachment.c.id, attachment.c.name, attachment.c.content_type)
    for row in session.all(mine.where(attachment.c.submission_id == submission_id)):
        if row["name"] in named:
            writer = store.blobs.writer()
            for chunk in open_attachment(session, store, row["id"]):
                writer.write(chunk)
            yield ArrivedFile(row["name"], row["content_type"], writer.finish())
