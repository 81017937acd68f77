"""The encrypted records of a form, decrypted: into a folder, and back into the store so that they count.

One record that is damaged, not whole or encrypted to another key does not stop the others; the account says
of each what became of it. Nothing is opened before the audit trail says who opens it and why. What is brought
back comes as an edit of the encrypted record, under an instanceID that follows from the record's: a second
time changes nothing, what was received stays, and whatever an edit goes through applies (decision 0017).
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from lxml import etree
from sqlalchemy import RowMapping, select

from sync.catalogue import catalogue
from sync.disclosure import check_reason
from sync.encryption import DecryptedSubmission, decrypt_submission
from sync.envelope import read_envelope
from sync.media import media_type
from sync.odk_cipher import PrivateKey, Undecryptable, WrongKey
from sync.problems import Problem
from sync.receipt import ArrivedFile, Reception, Sender, hold_reason, make_arrival
from sync.registry import get_form, get_project
from sync.safe_xml import XmlUnreadable, local_name, read_xml
from sync.store import Store, now
from sync.tables import submission, submission_version
from sync.tables.records import VersionState

XML_FILE = "submission.xml"

_UNSAFE = re.compile(r"[^\w.-]+")
Progress = Callable[[int, int], None]


class Outcome(StrEnum):
    DECRYPTED = "decrypted"
    INCOMPLETE = "incomplete"  # files it names have not arrived: those that are here are decrypted
    CHANGED = "changed"  # it opens, and its signature says that something was exchanged
    DAMAGED = "damaged"
    WRONG_KEY = "wrong_key"


@dataclass(slots=True)
class Record:
    """What became of one encrypted record."""

    instance_id: str
    form_version: str
    outcome: Outcome
    detail: str = ""
    files: int = 0  # decrypted, the XML among them
    is_signed: bool | None = None  # None: it has no signature, or was not read to its end
    folder: str | None = None
    brought_in: str | None = None  # what the receipt said


@dataclass(slots=True)
class Account:
    """What became of all of them."""

    records: list[Record] = field(default_factory=list)
    plain: int = 0  # records of the form that never were encrypted

    @property
    def counts(self) -> Mapping[str, int]:
        return {str(each): sum(one.outcome is each for one in self.records) for each in Outcome}

    @property
    def is_complete(self) -> bool:
        """Whether every record was decrypted."""
        return all(one.outcome is Outcome.DECRYPTED for one in self.records)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done with what is decrypted."""

    into: Path | None = None  # a folder; None: nothing is written
    bring_in: bool = False
    reason: str = ""  # why, for the audit trail
    by: str | None = None  # who says so, at this machine


def decrypt_form(
    store: Store,
    project_id: int,
    xml_form_id: str,
    private: PrivateKey,
    wanted: Wanted,
    progress: Progress | None = None,
) -> Account:
    """Decrypt every encrypted record of a form; with neither folder nor bringing in, only try.

    Raises NotFound (project, form), Invalid (a reason that says nothing).
    """
    check_reason(wanted.reason)
    with store.read() as session:
        space = str(get_project(session, project_id)["uuid"])
        form_uuid = get_form(session, project_id, xml_form_id)["uuid"]
        rows = session.all(
            _VERSIONS.where(submission.c.project_uuid == space, submission.c.xml_form_id == xml_form_id)
        )
    does = {"written": wanted.into is not None, "brought_in": wanted.bring_in}
    key = hashlib.sha256(private.public.encode()).hexdigest()[:16]
    store.write(
        lambda session: session.audit(
            "submission.decrypt", form_uuid, None, reason=wanted.reason, login=wanted.by, key=key, **does
        )
    )
    account, reception = Account(), Reception(store)
    for number, row in enumerate(rows):
        known_plain = row["is_encrypted"] is False
        record = None if known_plain else _decrypt(store, reception, row, private, wanted)
        if record is None:
            account.plain += 1
        else:
            account.records.append(record)
        if progress is not None:
            progress(number + 1, len(rows))
    return account


def _decrypt(
    store: Store, reception: Reception, row: RowMapping, private: PrivateKey, wanted: Wanted
) -> Record | None:
    """One version; None when it is not encrypted."""
    record = Record(row["instance_id"], row["form_version"], Outcome.DECRYPTED)
    try:
        with store.read() as session:
            found = decrypt_submission(session, store, row["id"], private)
            if found is None:
                return None
            _open(found, record, _folder(wanted.into, row))
            if wanted.bring_in and record.outcome is Outcome.DECRYPTED:
                record.brought_in = _bring_in(store, reception, row, found)
    except WrongKey as problem:
        record.outcome, record.detail = Outcome.WRONG_KEY, problem.detail
    except Problem as problem:
        record.outcome, record.detail = Outcome.DAMAGED, problem.detail
    return record


def _open(found: DecryptedSubmission, record: Record, folder: Path | None) -> None:
    """Decrypt all files, write them if there is a folder, and hold them against the signature."""
    xml = found.xml  # first: without it there is no record
    manifest, missing, md5s = found.manifest, found.missing, {}
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        record.folder = str(folder)
    for name in dict.fromkeys([*manifest.media, manifest.xml_file]):
        if name in missing:
            continue
        plain = XML_FILE if name == manifest.xml_file else file_name(manifest.plain_name(name))
        chunks = iter([xml]) if name == manifest.xml_file else found.chunks(name)
        md5s[name] = _take(chunks, None if folder is None else folder / plain)
        record.files += 1
    if missing:
        record.outcome = Outcome.INCOMPLETE
        record.detail = f"Not here yet: {', '.join(map(manifest.plain_name, missing))}."
        return
    record.is_signed = found.is_signed(md5s)
    if record.is_signed is False:
        record.outcome = Outcome.CHANGED
        record.detail = "What it consists of is not what was signed on the tablet."


def _take(chunks: Iterator[bytes], path: Path | None) -> str:
    """The MD5 of the chunks, which are written under the name once all of them are there."""
    digest = hashlib.md5(usedforsecurity=False)
    if path is None:
        for chunk in chunks:
            digest.update(chunk)
        return digest.hexdigest()
    beside = path.with_name(f".{path.name}.part")
    try:
        with beside.open("wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return digest.hexdigest()


def _folder(into: Path | None, row: RowMapping) -> Path | None:
    """A record's own folder; further bodies under an instanceID have their version's id in the name."""
    if into is None:
        return None
    name = file_name(row["instance_id"].removeprefix("uuid:"))
    return into / (name if row["state"] != VersionState.CONFLICT else f"{name}.{row['id']}")


def file_name(name: str) -> str:
    """A name that is one part of a path, whatever somebody wrote."""
    return _UNSAFE.sub("_", name).lstrip(".") or "_"


# -- back into the store --------------------------------------------------------------------------------


def _bring_in(store: Store, reception: Reception, row: RowMapping, found: DecryptedSubmission) -> str:
    """Hand the plain record to the receipt, as an edit of the encrypted one. Returns what that says."""
    if row["state"] == VersionState.CONFLICT:
        return "Left alone: it is a second body under its instanceID."
    xml = as_edit(found.xml, row["instance_id"], decrypted_id(row["uuid"]))
    envelope = read_envelope(xml)
    state = catalogue(store).state(row["project_uuid"], row["xml_form_id"], envelope.version)
    hold = hold_reason(envelope, "open" if state == "closed" else state, may_submit=True)  # it came before
    files: list[ArrivedFile] = []
    try:
        for name in dict.fromkeys(found.manifest.media):
            plain = found.manifest.plain_name(name)
            files.append(_stored(store, plain, found.chunks(name)))
    except BaseException:
        for file in files:
            store.blobs.discard(file.blob.name)
        raise
    sender = Sender(row["project_uuid"], row["actor_uuid"], row["device_id"], "waypost decrypt")
    receipt = reception.accept(make_arrival(store.keyring, sender, envelope, xml, now(), files, hold))
    for blob in receipt.spare_blobs:
        store.blobs.discard(blob)
    return receipt.message


def _stored(store: Store, name: str, chunks: Iterator[bytes]) -> ArrivedFile:
    writer = store.blobs.writer()
    try:
        for chunk in chunks:
            writer.write(chunk)
        return ArrivedFile(name, media_type(name), writer.finish())
    except BaseException:
        writer.abort()
        raise


def decrypted_id(submission_uuid: str) -> str:
    """The instanceID of the edit an encrypted record's answers come back as: always the same."""
    return f"uuid:{uuid.uuid5(uuid.UUID(submission_uuid), 'decrypted')}"


def as_edit(xml: bytes, deprecated_id: str, instance_id: str) -> bytes:
    """A submission as an edit of another. Raises Undecryptable when it has no instanceID to say so in."""
    try:
        root = read_xml(xml)
    except XmlUnreadable as problem:
        raise Undecryptable(f"What was encrypted cannot be read: {problem.reason}") from None
    meta: Sequence[etree._Element] = [child for child in root if local_name(child.tag) == "meta"]
    named = [each for block in meta for each in block if local_name(each.tag) == "instanceID"]
    if not named:
        raise Undecryptable("What was encrypted has no instanceID.", "It stays as it is, in the folder.")
    named[0].text = instance_id
    for block in meta:
        for each in [child for child in block if local_name(child.tag) == "deprecatedID"]:
            block.remove(each)
    parent = named[0].getparent()
    assert parent is not None
    etree.SubElement(parent, "deprecatedID").text = deprecated_id
    return b"<?xml version='1.0' encoding='UTF-8' ?>" + etree.tostring(root, encoding="unicode").encode()


_VERSIONS = (
    select(
        submission_version.c.id,
        submission_version.c.form_version,
        submission_version.c.state,
        submission_version.c.is_encrypted,
        submission_version.c.actor_uuid,
        submission_version.c.device_id,
        submission.c.uuid,
        submission.c.project_uuid,
        submission.c.xml_form_id,
        submission.c.instance_id,
    )
    .join(submission, submission.c.id == submission_version.c.submission_id)
    .where(submission.c.erased_at.is_(None))
    .order_by(submission_version.c.id)
)
