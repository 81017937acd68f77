"""Records that came encrypted, opened for one export with the passphrases of its request.

Nothing of it is kept. What identifies people stays out of exports here as everywhere: of a decrypted record
too only the answers are given that no question marks so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from sync.answers import to_json
from sync.catalogue import compiled_form
from sync.encryption import DecryptedSubmission, decrypt_submission
from sync.managed_keys import unlock
from sync.odata.tables import Table
from sync.odk_cipher import PrivateKey, Undecryptable, WrongKey
from sync.problems import NotFound
from sync.safe_xml import XmlUnreadable, local_name, read_xml
from sync.steps.parse import parse
from sync.steps.values import AnswerSet, BadAnswer, Parsed
from sync.store import ReadSession, Store
from sync.tables import submission, submission_version

Level = tuple[Mapping[str, Any], Mapping[str, str]]
"""(answers as JSON, texts as sent) of one row."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A decrypted record."""

    parsed: Parsed
    instance_id: str
    files: DecryptedSubmission

    def level(self, path: str) -> Level:
        """The form level ("")."""
        return _level(next(row for row in self.parsed.answers if row.table_path == path))

    def instances(self, table: Table) -> Iterator[tuple[Mapping[str, Any], Mapping[str, str], list[int]]]:
        """(answers, texts, places from the outermost repeat) of each row of a repeat."""
        places = _places(self.parsed.answers)
        for row in self.parsed.answers:
            if row.table_path == table.path:
                yield (*_level(row), places[row.table_path, row.ordinal])


class Decryptor:
    """Opens the records of one space with the keys that were unlocked."""

    def __init__(self, session: ReadSession, store: Store, space: str, keys: Sequence[PrivateKey]) -> None:
        self._session = session
        self._store = store
        self._space = space
        self._keys = keys

    def open(self, version_id: int) -> Opened | None:
        """None where no key fits, a file is missing, or what came is damaged."""
        for key in self._keys:
            try:
                found = decrypt_submission(self._session, self._store, version_id, key)
                return None if found is None else self._read(version_id, found)
            except WrongKey:
                continue
            except (Undecryptable, XmlUnreadable):
                return None
        return None

    def _read(self, version_id: int, found: DecryptedSubmission) -> Opened | None:
        version = self._session.first(
            select(submission_version.c.form_version, submission.c.xml_form_id, submission.c.instance_id)
            .join(submission, submission.c.id == submission_version.c.submission_id)
            .where(submission_version.c.id == version_id)
        )
        assert version is not None
        form = compiled_form(self._store, self._space, version["xml_form_id"], version["form_version"])
        if form is None:
            return None
        parsed = parse(found.xml, form)
        ids = [e.text or "" for e in read_xml(found.xml).iter() if local_name(e.tag) == "instanceID"]
        return Opened(parsed, ids[0] if ids else version["instance_id"], found)


def decryptor(
    session: ReadSession, store: Store, space: str, passphrases: Mapping[int, str]
) -> Decryptor | None:
    """None without passphrases. Keys that are not managed here are passed over. Raises WrongKey."""
    keys = []
    for key_id, passphrase in passphrases.items():
        try:
            keys.append(unlock(session, store.keyring, key_id, passphrase))
        except NotFound:
            continue
    return Decryptor(session, store, space, keys) if keys else None


def _level(row: AnswerSet) -> Level:
    values = {path: _value(value) for path, value in row.values.items()}
    return values, row.texts


def _value(value: Any) -> Any:
    return value.text if isinstance(value, BadAnswer) else to_json(value)


def _places(rows: Iterable[AnswerSet]) -> dict[tuple[str, int], list[int]]:
    """The places on the way to each row of a repeat, from the outermost."""
    found: dict[tuple[str, int], list[int]] = {("", 0): []}
    families: dict[tuple[str, tuple[int, ...]], int] = defaultdict(int)
    for row in rows:
        if row.table_path:
            around = found.get((row.parent_path or "", row.parent_ordinal or 0), [])
            family = (row.table_path, tuple(around))
            found[row.table_path, row.ordinal] = [*around, families[family]]
            families[family] += 1
    return found
