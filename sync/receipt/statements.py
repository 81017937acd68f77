"""The statements of receipt, built once for both engines, and the rows an arrival makes by itself."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, insert, select

from sync.engine import insert_once
from sync.receipt.arrival import Arrival
from sync.tables import attachment, raw_body, receipt_event, record_key, submission, submission_version

_DIALECTS = ("sqlite", "postgresql")

INSERT_IDENTITY = {
    d: insert_once(submission, d).returning(submission.c.id, submission.c.uuid) for d in _DIALECTS
}
INSERT_KEY = insert(record_key)
INSERT_VERSION = insert(submission_version)
INSERT_VERSION_ONCE = {
    d: insert_once(submission_version, d).returning(submission_version.c.id) for d in _DIALECTS
}
INSERT_BODY = insert(raw_body)
INSERT_FILE = insert(attachment)
INSERT_FILE_ONCE = {d: insert_once(attachment, d).returning(attachment.c.id) for d in _DIALECTS}
INSERT_EVENT = insert(receipt_event)

KNOWN = (
    select(
        submission.c.id,
        submission.c.uuid,
        submission.c.project_uuid,
        submission.c.xml_form_id,
        submission.c.deprecated_id,
        record_key.c.wrapped,
    )
    .outerjoin(record_key, record_key.c.submission_id == submission.c.id)
    .where(submission.c.uuid.in_(bindparam("uuids", expanding=True)))
)
KNOWN_VERSIONS = select(
    submission_version.c.submission_id,
    submission_version.c.body_hash,
    submission_version.c.state,
    submission_version.c.hold_reason,
).where(submission_version.c.submission_id.in_(bindparam("ids", expanding=True)))
KNOWN_FILES = select(
    attachment.c.submission_id, attachment.c.name, attachment.c.digest, attachment.c.blob
).where(attachment.c.submission_id.in_(bindparam("ids", expanding=True)))
STORED_BLOBS = (
    select(submission_version.c.submission_id, submission_version.c.body_hash, raw_body.c.blob)
    .join(raw_body, raw_body.c.version_id == submission_version.c.id)
    .where(
        submission_version.c.submission_id.in_(bindparam("ids", expanding=True)),
        raw_body.c.blob.is_not(None),
    )
)
"""The bodies that were parked, each with its file."""


def submission_row(arrival: Arrival) -> dict[str, Any]:
    return {
        "uuid": arrival.uuid,
        "project_uuid": arrival.sender.project_uuid,
        "xml_form_id": arrival.xml_form_id,
        "instance_id": arrival.instance_id,
        "deprecated_id": arrival.deprecated_id,
        "received_at": arrival.received_at,
        "actor_uuid": arrival.sender.actor_uuid,
        "device_id": arrival.sender.device_id,
    }


def body_row(arrival: Arrival, seq: int, sealed: bytes | None, blob_key: bytes | None) -> dict[str, Any]:
    return {
        "version_id": seq,
        "month": arrival.received_at.year * 100 + arrival.received_at.month,
        "sealed": sealed,
        "blob": arrival.parked.name if arrival.parked else None,
        "blob_key": blob_key,
    }
