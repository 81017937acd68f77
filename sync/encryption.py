"""Encrypted records, opened: a stored version and a private key in, the plain XML and files out.

Nothing plain is kept. Whoever calls this answers for who reads it: `waypost decrypt` (sync/decrypting.py) and
the exports that were given a passphrase.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from sqlalchemy import select

from sync.odk_cipher import Manifest, PrivateKey, SubmissionCipher, Undecryptable, read_manifest
from sync.originals import open_attachment, open_body
from sync.problems import Problem
from sync.receipt.arrival import clean_file_name
from sync.store import ReadSession, Store
from sync.tables import attachment, submission_version


class DecryptedSubmission:
    """One encrypted submission with the key that opens it. Files are decrypted as they are taken."""

    def __init__(
        self, session: ReadSession, store: Store, cipher: SubmissionCipher, files: dict[str, list[int]]
    ) -> None:
        self._session = session
        self._store = store
        self._cipher = cipher
        self._files = files  # attachment ids by name: another file may have come under a name
        self.manifest: Manifest = cipher.manifest

    @property
    def missing(self) -> tuple[str, ...]:
        """The files the manifest names that have not arrived, by their encrypted names."""
        names = (*self.manifest.media, self.manifest.xml_file)
        return tuple(name for name in dict.fromkeys(names) if clean_file_name(name) not in self._files)

    @cached_property
    def xml(self) -> bytes:
        """The submission as it was filled in. Raises Undecryptable (damaged, or not here yet)."""
        return b"".join(self.chunks(self.manifest.xml_file))

    def chunks(self, name: str) -> Iterator[bytes]:
        """The plain bytes of a file, by the name the manifest has for it.

        Raises Undecryptable (damaged, or not here yet): also in the middle, when what came is then worthless.
        """
        ids = self._files.get(clean_file_name(name), [])
        if not ids:
            raise Undecryptable(
                f"{name} has not arrived yet.", "The tablet sends it again; nothing of the rest is lost."
            )
        for attachment_id in ids[:-1]:
            if self._opens(name, attachment_id):
                return self._decrypted(name, attachment_id)
        return self._decrypted(name, ids[-1])

    def is_signed(self, md5s: dict[str, str]) -> bool | None:
        """As SubmissionCipher.is_signed."""
        return self._cipher.is_signed(md5s)

    def _opens(self, name: str, attachment_id: int) -> bool:
        try:
            for _ in self._decrypted(name, attachment_id):
                pass
        except Problem:
            return False
        return True

    def _decrypted(self, name: str, attachment_id: int) -> Iterator[bytes]:
        return self._cipher.decrypt(name, open_attachment(self._session, self._store, attachment_id))


def decrypt_submission(
    session: ReadSession, store: Store, version_id: int, private: PrivateKey
) -> DecryptedSubmission | None:
    """Open one stored version; None when it is not encrypted.

    private  `sync.managed_keys.unlock` gives a managed key's, `PrivateKey.read` one from a file
    Raises NotFound (no such version, erased), KeyMissing (damaged here), Undecryptable, WrongKey.
    """
    manifest = read_manifest(open_body(session, store, version_id))
    if manifest is None:
        return None
    rows = session.all(
        select(attachment.c.id, attachment.c.name)
        .join(submission_version, submission_version.c.submission_id == attachment.c.submission_id)
        .where(submission_version.c.id == version_id)
        .order_by(attachment.c.id)
    )
    files: dict[str, list[int]] = {}
    for row in rows:
        files.setdefault(row["name"], []).append(row["id"])
    return DecryptedSubmission(session, store, SubmissionCipher(manifest, private), files)
