"""What is here already of a record that was found on a card: bodies and files, by keyed digest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import select

from sync.originals import key_context
from sync.receipt.statements import KNOWN, KNOWN_FILES, KNOWN_VERSIONS
from sync.seal import Keyring, SealKey
from sync.store import ReadSession
from sync.tables import submission


@dataclass(frozen=True, slots=True)
class Here:
    """A record that is here."""

    key: SealKey | None  # None: it was erased
    states: dict[bytes, str]  # of each body, by its digest
    files: frozenset[tuple[str, bytes]]  # name and digest
    device_id: str | None  # it first came from

    def has_body(self, sha: bytes) -> bool:
        return self.key is not None and self.key.digest(sha) in self.states

    def has_file(self, name: str, sha: bytes) -> bool:
        return self.key is not None and (name, self.key.digest(sha)) in self.files


def look_up(session: ReadSession, keyring: Keyring, submission_uuid: str) -> Here | None:
    """The record of an identity, or None where there is none yet."""
    row = session.first(KNOWN, {"uuids": [submission_uuid]})
    if row is None:
        return None
    ids = {"ids": [row["id"]]}
    key = keyring.unwrap(row["wrapped"], key_context(row["uuid"])) if row["wrapped"] else None
    device = session.scalar(select(submission.c.device_id).where(submission.c.id == row["id"]))
    return Here(
        key,
        {each["body_hash"]: each["state"] for each in session.all(KNOWN_VERSIONS, ids)},
        frozenset((each["name"], each["digest"]) for each in session.all(KNOWN_FILES, ids)),
        device,
    )


def digest_of(pieces: Iterable[bytes]) -> bytes:
    """SHA-256 of bytes that come in pieces."""
    hashed = sha256()
    for piece in pieces:
        hashed.update(piece)
    return hashed.digest()
