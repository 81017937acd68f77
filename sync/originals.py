"""What was received, as it was received: how originals are named, sealed and opened again.

Receipt seals with the names below, the pipeline and the exports open with the functions below; nothing else
knows how. A record's key is wrapped under the submission's uuid, a body is sealed under its version's uuid, a
blob's key under the blob's name: bytes moved to another record or row do not open.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from functools import lru_cache

from sqlalchemy import bindparam, select

from sync.problems import KeyMissing, NotFound
from sync.seal import SealKey
from sync.store import ReadSession, Store
from sync.tables import attachment, raw_body, record_key, submission, submission_version

_SEPARATOR = "\x1f"  # cannot occur in XML, so that no two identities are spelled alike


def submission_uuid(project_uuid: str, xml_form_id: str, instance_id: str) -> str:
    """The uuid of an identity: the same on every server that gets it."""
    return str(uuid.uuid5(_namespace(project_uuid), f"{xml_form_id}{_SEPARATOR}{instance_id}"))


def version_uuid(of_submission: str, body_hash: bytes) -> str:
    """The uuid of one body under an identity, from the body's keyed digest."""
    return str(uuid.uuid5(_namespace(of_submission), body_hash.hex()))


def key_context(of_submission: str) -> bytes:
    return of_submission.encode()


def body_context(of_version: str) -> bytes:
    return b"body:" + of_version.encode()


def blob_context(blob: str) -> bytes:
    return b"blob:" + blob.encode()


def open_body(session: ReadSession, store: Store, version_id: int) -> bytes:
    """The XML of a version, byte for byte as it came.

    Raises NotFound when there is no such version or its record was erased, KeyMissing when it does not open.
    """
    row = session.first(_BODY, {"version_id": version_id})
    if row is None:
        raise NotFound(f"There is no version {version_id}.")
    key = _unwrap(store, row["uuid"], row["wrapped"])
    if row["blob"] is None:
        return key.open(row["sealed"], body_context(row["version_uuid"]))
    blob_key = key.open(row["blob_key"], blob_context(row["blob"]))
    return b"".join(store.blobs.read(row["blob"], blob_key))


def open_bodies(session: ReadSession, store: Store, version_ids: Sequence[int]) -> dict[int, bytes | None]:
    """The XML of many versions, by id; those of erased records, and parked ones, are left out. None where the
    bytes do not open: one damaged record must not hold up the others of its batch."""
    rows = session.all(_BODIES, {"ids": list(version_ids)})
    found: dict[int, bytes | None] = {}
    for row in rows:
        if row["wrapped"] is not None and row["sealed"] is not None:
            try:
                key = _unwrap(store, row["uuid"], row["wrapped"])
                found[row["version_id"]] = key.open(row["sealed"], body_context(row["version_uuid"]))
            except KeyMissing:
                found[row["version_id"]] = None
    return found


def open_attachment(session: ReadSession, store: Store, attachment_id: int) -> Iterator[bytes]:
    """The plain chunks of an attachment; its row has name, size and content type.

    Raises NotFound when there is none, its record was erased or its file is gone; KeyMissing when it does not
    open. The row is read at once, the file while the chunks are taken.
    """
    row = session.first(_ATTACHMENT, {"attachment_id": attachment_id})
    if row is None:
        raise NotFound(f"There is no attachment {attachment_id}.")
    key = _unwrap(store, row["uuid"], row["wrapped"])
    return store.blobs.read(row["blob"], key.open(row["blob_key"], blob_context(row["blob"])))


def record_keys(session: ReadSession, store: Store, submission_ids: Sequence[int]) -> dict[int, SealKey]:
    """The key of each record by submission.id; an erased record has none."""
    rows = session.all(_KEYS, {"ids": list(submission_ids)})
    return {row["id"]: _unwrap(store, row["uuid"], row["wrapped"]) for row in rows}


def _unwrap(store: Store, of_submission: str, wrapped: bytes | None) -> SealKey:
    if wrapped is None:
        raise NotFound("This record was erased.", "Nothing of what it said is left.")
    return store.keyring.unwrap(wrapped, key_context(of_submission))


@lru_cache(maxsize=1024)
def _namespace(text: str) -> uuid.UUID:
    return uuid.UUID(text)


_ANY_BODY = (
    select(
        raw_body.c.version_id,
        raw_body.c.sealed,
        raw_body.c.blob,
        raw_body.c.blob_key,
        submission_version.c.uuid.label("version_uuid"),
        submission.c.uuid,
        record_key.c.wrapped,
    )
    .join(submission_version, submission_version.c.id == raw_body.c.version_id)
    .join(submission, submission.c.id == submission_version.c.submission_id)
    .outerjoin(record_key, record_key.c.submission_id == submission.c.id)
)
_BODY = _ANY_BODY.where(raw_body.c.version_id == bindparam("version_id"))
_BODIES = _ANY_BODY.where(raw_body.c.version_id.in_(bindparam("ids", expanding=True)))

_ATTACHMENT = (
    select(attachment.c.blob, attachment.c.blob_key, submission.c.uuid, record_key.c.wrapped)
    .join(submission, submission.c.id == attachment.c.submission_id)
    .outerjoin(record_key, record_key.c.submission_id == submission.c.id)
    .where(attachment.c.id == bindparam("attachment_id"))
)

_KEYS = (
    select(submission.c.id, submission.c.uuid, record_key.c.wrapped)
    .join(record_key, record_key.c.submission_id == submission.c.id)
    .where(submission.c.id.in_(bindparam("ids", expanding=True)))
)
