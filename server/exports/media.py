"""The files of an export: media that shown answers name, and the logs of what was typed as one csv.

A file goes out when an answer that is shown in its record names it: an identifying answer never is. Bytes are
opened while the client takes them, one file at a time.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from server.exports.archive import Entry
from server.exports.cells import CsvWriter
from server.exports.decryption import Opened
from server.exports.records import Records
from server.exports.sheets import safe_name
from server.odata.expression import Bound
from server.odata.query import Order, Wanted
from server.odata.reading import fetched
from sync.odata.tables import Question, Table
from sync.originals import open_attachment
from sync.records.files import chosen_files
from sync.store import ReadSession, Store
from sync.tables import answer_row, attachment, submission

AUDIT_COLUMNS = (
    "event", "node", "start", "end", "latitude", "longitude", "accuracy", "old-value", "new-value", "user",
    "change-reason",
)  # fmt: skip
_LARGE = 2_000_000_000
_OLDEST_FIRST: Order = ((Bound("system:submissionDate", "instant"), False),)
_LONGEST_CELL = 10_000_000


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file of a record, by the name an answer has for it."""

    root: int
    instance_id: str
    name: str
    attachment_id: int
    size: int


Asked = dict[str, dict[str, Question]]
"""By table and path, the questions that files answer."""

Named = tuple[Opened, Collection[str]]
"""A decrypted record, and the names its shown answers have for files."""


@dataclass(frozen=True, slots=True)
class Media:
    """The files of the records somebody exports."""

    store: Store
    records: Records

    def files(self) -> Iterator[Entry]:
        """The media of the records, in the folder `media`."""
        taken: set[str] = set()
        for found, opened in self._batches(audits=False):
            for file in found:
                chunks = open_attachment(self.records.session, self.store, file.attachment_id)
                yield _entry(file.name, taken, chunks, file.size)
            for record, names in opened:
                for plain, name in _sealed_files(record, names):
                    yield _entry(plain, taken, record.files.chunks(name))

    def audits(self) -> Iterator[list[Sequence[Any]]]:
        """The rows of all logs, the oldest record's first, without the header."""
        for found, opened in self._batches(audits=True):
            for file in found:
                chunks = open_attachment(self.records.session, self.store, file.attachment_id)
                yield list(_audit_rows(file.instance_id, chunks))
            for record, names in opened:
                for _, name in _sealed_files(record, names):
                    yield list(_audit_rows(record.instance_id, record.files.chunks(name)))

    # -- which files -----------------------------------------------------------------------------------------

    def _batches(self, audits: bool) -> Iterator[tuple[list[NamedFile], list[Named]]]:
        """The files of each batch of records, and the records of it that were decrypted with theirs."""
        records = self.records
        asked = {table.path: _binary(table, audits) for table in records.service.tables}
        asked = {path: questions for path, questions in asked.items() if questions}
        if not asked:
            return
        order = _OLDEST_FIRST if audits else ()
        query = records.query(records.service.at(""), Wanted(system=True), order)
        shown, flags, system = query.shown, query.layout.at["shown"], query.layout.at["system"]
        for rows in fetched(records.session, query):
            hidden = {
                row[3]: frozenset(n for n, flag in zip(shown, row[flags], strict=True) if not flag)
                for row in rows
            }
            roots = {row[3]: (row[0], row[2]) for row in rows}
            naming = [row[3] for row in rows if row[system][-2] is not None]
            named = _named(records.session, asked, naming, hidden)
            sealed = [row[3] for row in rows if row[system][-1] is not None]
            decrypted = list(self._decrypted(asked, sealed, hidden))
            yield _here(records.session, roots, named), decrypted

    def _decrypted(
        self, asked: Asked, versions: Sequence[int], hidden: dict[int, frozenset[str]]
    ) -> Iterator[Named]:
        """The records among these that open, with the files their shown answers name."""
        for version in versions if self.records.decryptor is not None else ():
            assert self.records.decryptor is not None
            opened = self.records.decryptor.open(version)
            if opened is not None:
                yield (
                    opened,
                    {
                        str(row.values[question.path])
                        for row in opened.parsed.answers
                        for question in asked.get(row.table_path, {}).values()
                        if question.path in row.values and question.sensitivity not in hidden[version]
                    },
                )


def _sealed_files(record: Opened, names: Collection[str]) -> Iterator[tuple[str, str]]:
    """(plain name, name in the manifest) of the encrypted files of these names that have arrived."""
    manifest = record.files.manifest
    for name in manifest.media:
        plain = manifest.plain_name(name)
        if plain in names and name not in record.files.missing:
            yield plain, name


def _binary(table: Table, audits: bool) -> dict[str, Question]:
    """The questions of a table that files answer: the log of what was typed, or all others."""
    return {q.path: q for _, q in table.questions() if q.type == "binary" and _is_audit(q.path) == audits}


def _is_audit(path: str) -> bool:
    steps = [step.rpartition(":")[2] for step in path.split("/")]
    return steps[-2:] == ["meta", "audit"]


def _named(
    session: ReadSession,
    asked: Asked,
    versions: Sequence[int],
    hidden: dict[int, frozenset[str]],
) -> dict[int, dict[str, None]]:
    """By version, the names its shown answers have for files, in document order."""
    found: dict[int, dict[str, None]] = defaultdict(dict)
    if not versions:
        return found
    statement = (
        select(answer_row.c.version_id, answer_row.c.table_path, answer_row.c.answers)
        .where(answer_row.c.version_id.in_(sorted(versions)), answer_row.c.table_path.in_(sorted(asked)))
        .order_by(answer_row.c.version_id, answer_row.c.table_path, answer_row.c.ordinal)
    )
    for batch in session.stream(statement):
        for version, path, answers in batch:
            for question in asked[path].values():
                name = answers.get(question.path)
                if isinstance(name, str) and name and question.sensitivity not in hidden[version]:
                    found[version][name] = None
    return found


def _here(
    session: ReadSession, roots: dict[int, tuple[int, str]], named: dict[int, dict[str, None]]
) -> list[NamedFile]:
    """The files of these names that have arrived, with any body of the record; of several the newest, unless
    somebody chose another, or none."""
    wanted = {roots[version][0]: names for version, names in named.items()}
    if not wanted:
        return []
    statement = (
        select(submission.c.root_id, attachment.c.name, attachment.c.id, attachment.c.size)
        .join(attachment, attachment.c.submission_id == submission.c.id)
        .where(submission.c.root_id.in_(sorted(wanted)))
        .order_by(attachment.c.id)
    )
    newest: dict[tuple[int, str], tuple[int, int]] = {}
    for batch in session.stream(statement):
        for root, name, key, size in batch:
            newest[root, name] = (key, size)
    for root, files in chosen_files(session, wanted).items():
        newest = {at: file for at, file in newest.items() if at[0] != root}
        newest |= {(root, name): (file.id, file.size) for name, file in files.items()}
    found = []
    for version, (root, instance_id) in roots.items():
        for name in named.get(version, ()):
            if (root, name) in newest:
                found.append(NamedFile(root, instance_id, name, *newest[root, name]))
    return found


# -- bytes ---------------------------------------------------------------------------------------------------


def _entry(name: str, taken: set[str], chunks: Iterable[bytes], size: int = 0) -> Entry:
    """A file of the folder `media`. A second file of one name gets a number: neither replaces the other when
    the zip is unpacked."""
    plain = safe_name(name) or "file"
    stem, dot, ending = plain.rpartition(".")
    number, free = 2, plain
    while free in taken:
        free = f"{stem}~{number}.{ending}" if dot else f"{plain}~{number}"
        number += 1
    taken.add(free)
    return Entry(f"media/{free}", chunks, compressed=False, large=size > _LARGE)


def _audit_rows(instance_id: str, chunks: Iterable[bytes]) -> Iterator[list[Any]]:
    """The rows of one log, with the columns every log has in their order."""
    text = b"".join(chunks).decode("utf-8-sig", "replace")
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text.replace("\0", "")))
    header = [name.strip() for name in next(reader, [])]
    at = [header.index(name) if name in header else -1 for name in AUDIT_COLUMNS]
    for row in reader:
        if row:
            yield [instance_id, *(row[i].strip() if 0 <= i < len(row) else None for i in at)]


def audit_csv(rows: Iterator[list[Sequence[Any]]], writer: CsvWriter) -> Iterator[bytes] | None:
    """The log of all records as csv; None where no record has one."""
    first = next((some for some in rows if some), None)
    if first is None:
        return None

    def pieces() -> Iterator[bytes]:
        yield writer.rows([("instance ID", *AUDIT_COLUMNS), *first])
        for some in rows:
            yield writer.rows(some)

    return pieces()
