"""One submission as it arrived, made ready outside the writer: named, sealed, digested.

In: XML (or, when it is huge, the blob it was streamed to), stored files, and what is known of the sender.
Out: an `Arrival` the writer can insert as it is, unless the record is here already under another key: then
the writer seals again.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sync.blobs import StoredBlob
from sync.envelope import Envelope
from sync.originals import blob_context, body_context, key_context, submission_uuid, version_uuid
from sync.seal import Keyring, SealKey
from sync.tables.records import HoldReason

MAX_ID = 255
"""Characters of an instanceID or form id; longer ones stand in an index that could not hold them."""

MAX_FILE_NAME = 255  # bytes
_MAX_HEADER = 512

_HELD_BY_FORM = {
    "unknown_form": HoldReason.UNKNOWN_FORM,
    "unknown_version": HoldReason.UNKNOWN_VERSION,
    "closed": HoldReason.FORM_CLOSED,
}


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent it, and what the request said. Nothing here is trusted or used for order."""

    project_uuid: str
    actor_uuid: str | None = None
    device_id: str | None = None
    user_agent: str | None = None
    date_header: str | None = None
    by_link: bool = False  # a public link, which may be good for so many only


@dataclass(frozen=True, slots=True)
class ArrivedFile:
    """One attachment, durable on disk; no row refers to it yet."""

    name: str
    content_type: str | None
    blob: StoredBlob


@dataclass(frozen=True, slots=True)
class SealedFile:
    arrived: ArrivedFile
    digest: bytes
    blob_key: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """The body and the files under one record key."""

    body_hash: bytes
    version_uuid: str
    body: bytes | None  # None: parked as a blob
    blob_key: bytes | None  # of that blob
    files: tuple[SealedFile, ...]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Ready for the writer. `key` and `sealed` hold if the identity turns out to be new."""

    uuid: str
    sender: Sender
    xml_form_id: str
    instance_id: str
    deprecated_id: str | None
    form_version: str
    hold: HoldReason | None
    xml: bytes | None
    parked: StoredBlob | None
    body_sha256: bytes
    files: tuple[ArrivedFile, ...]
    received_at: datetime
    key: SealKey
    wrapped: bytes
    sealed: Sealed
    is_encrypted: bool = False

    @property
    def size(self) -> int:
        """Bytes of the plain body."""
        return self.parked.size if self.parked else len(self.xml or b"")

    @property
    def blobs(self) -> tuple[str, ...]:
        """Every file this request put on the disk."""
        parked = (self.parked.name,) if self.parked else ()
        return parked + tuple(file.blob.name for file in self.files)

    def sealed_under(self, key: SealKey) -> Sealed:
        """The same under another key: that of the record, when it is here already."""
        if key is self.key:
            return self.sealed
        return _seal(key, self.uuid, self.xml, self.parked, self.body_sha256, self.files)


def hold_reason(envelope: Envelope, form_state: str, *, may_submit: bool) -> HoldReason | None:
    """Why a submission of a known device waits, if it does.

    A form the device was not given is held too, and not refused: what was collected must not be stranded on a
    tablet because somebody changed an assignment. Held, it is in no dataset until a person decides.
    """
    if envelope.xml_form_id is None:
        return HoldReason.UNREADABLE
    if not may_submit:
        return HoldReason.NOT_ASSIGNED
    return _HELD_BY_FORM.get(form_state)


def make_arrival(
    keyring: Keyring,
    sender: Sender,
    envelope: Envelope,
    body: bytes | StoredBlob,
    received_at: datetime,
    files: Sequence[ArrivedFile] = (),
    hold: HoldReason | None = None,
) -> Arrival:
    """Name, seal and digest what came.

    body    the XML, or the sealed blob it was parked in because it is too large to read; a parked body is
            known by its content, and `envelope` then holds what its beginning says
    """
    xml, parked = (None, body) if isinstance(body, StoredBlob) else (body, None)
    body_sha256 = parked.sha256 if parked else hashlib.sha256(xml or b"").digest()
    form_id = _short(envelope.xml_form_id or "")
    if envelope.instance_id and not parked:
        instance_id = _short(envelope.instance_id)
    else:
        instance_id = keyring.content_id(sender.project_uuid, body_sha256)
    deprecated_id = _short(envelope.deprecated_id) if envelope.deprecated_id else None
    uuid = submission_uuid(sender.project_uuid, form_id, instance_id)
    key = SealKey.new()
    kept = tuple(files)
    return Arrival(
        uuid=uuid,
        sender=sender,
        xml_form_id=form_id,
        instance_id=instance_id,
        deprecated_id=deprecated_id if deprecated_id != instance_id else None,  # nothing edits itself
        form_version=envelope.version,
        hold=HoldReason.TOO_LARGE if parked else hold,
        xml=xml,
        parked=parked,
        body_sha256=body_sha256,
        files=kept,
        received_at=received_at,
        key=key,
        wrapped=keyring.wrap(key, key_context(uuid)),
        sealed=_seal(key, uuid, xml, parked, body_sha256, kept),
        is_encrypted=envelope.encrypted,
    )


def clean_file_name(name: str) -> str:
    """A file name as metadata: NFC, no control characters, at most 255 bytes of UTF-8, never empty.

    Names in the XML are compared with it, so both go through here: phones and servers differ in NFC and NFD.
    """
    name = "".join(
        c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c) not in {"Cc", "Cs"}
    )
    stem, dot, suffix = name.strip().rpartition(".")
    suffix = dot + suffix if stem and len(suffix.encode()) <= 16 else ""
    stem = name.strip().removesuffix(suffix)
    room = MAX_FILE_NAME - len(suffix.encode())
    return (stem.encode()[:room].decode(errors="ignore") + suffix) or "unnamed"


def clean_header(value: str | None) -> str | None:
    """A header or query value as metadata: printable, at most 512 characters."""
    if value is None or (value.isprintable() and len(value) <= _MAX_HEADER):
        return value
    return "".join(c for c in value if c.isprintable())[:_MAX_HEADER]


def _seal(
    key: SealKey,
    uuid: str,
    xml: bytes | None,
    parked: StoredBlob | None,
    body_sha256: bytes,
    files: tuple[ArrivedFile, ...],
) -> Sealed:
    body_hash = key.digest(body_sha256)
    version = version_uuid(uuid, body_hash)
    return Sealed(
        body_hash=body_hash,
        version_uuid=version,
        body=None if xml is None else key.seal(xml, body_context(version)),
        blob_key=key.seal(parked.key, blob_context(parked.name)) if parked else None,
        files=tuple(
            SealedFile(
                file, key.digest(file.blob.sha256), key.seal(file.blob.key, blob_context(file.blob.name))
            )
            for file in files
        ),
    )


def _short(text: str) -> str:
    """An id an index can hold: a longer one is cut and told apart by its hash."""
    if len(text) <= MAX_ID:
        return text
    return text[: MAX_ID - 65] + "~" + hashlib.sha256(text.encode()).hexdigest()
