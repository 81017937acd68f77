"""The files of a record's versions: which are there, which one a version shows under a name.

In: a version of a record. Out: the attachment behind each name. A version shows what somebody set for it over
the API (`file_choice`), else the newest file received with it, else what the version before it showed when it
was corrected: tablets and browsers send only what is new. Nothing that was received is ever removed here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from sync.lineage import Node, Record
from sync.originals import record_keys
from sync.problems import NotFound
from sync.records.reading import Body, whole_record
from sync.store import ReadSession, Store, WriteSession, new_uuid, now
from sync.tables import attachment, file_choice, submission
from sync.tables.log import ChangeKind

Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class RecordFile:
    """A file that was received."""

    id: int  # attachment.id
    name: str
    size: int
    content_type: str | None


class RecordFiles:
    """The files of one record, version by version."""

    def __init__(self, session: ReadSession, record_id: int) -> None:
        """record_id  of the original"""
        whole: Record = whole_record(session, record_id)
        self._winner = whole.winner
        self._nodes = {node.id: node for node in whole.nodes}
        self._by_key = {node.key: node for node in whole.nodes}
        ids = list(self._nodes)
        a, c = attachment.c, file_choice.c
        columns = (a.id, a.submission_id, a.name, a.size, a.content_type)
        self._files = session.all(select(*columns).where(a.submission_id.in_(ids)).order_by(a.id))
        self._choices = session.all(select(file_choice).where(c.submission_id.in_(ids)).order_by(c.id))

    def shown(self, body: Body, name: str) -> RecordFile | None:
        """What a version shows under a name; None where the file is missing, or was taken off."""
        node = self._nodes.get(body.submission_id)
        return None if node is None else self._of(node, name, None, frozenset())

    def counting(self) -> dict[str, RecordFile]:
        """By name, what the version that counts shows."""
        node = self._nodes.get(self._winner.submission_id) if self._winner else None
        if node is None:
            return {}
        shown = {row["name"]: self._of(node, row["name"], None, frozenset()) for row in self._files}
        return {name: file for name, file in shown.items() if file is not None}

    def _of(self, node: Node, name: str, at: datetime | None, seen: frozenset[int]) -> RecordFile | None:
        """at  what was chosen after it does not count: the version after this one was made by then"""
        files = {row["id"]: row for row in self._files if _is(row, node, name)}
        chosen = [
            row for row in self._choices if _is(row, node, name) and (at is None or row["chosen_at"] <= at)
        ]
        newest = max(files, default=0)
        if chosen and newest <= (chosen[-1]["newest_id"] or 0):
            return _file(files.get(chosen[-1]["attachment_id"]))
        if newest:
            return _file(files[newest])
        before = self._by_key.get(node.parent_key) if node.parent_key else None
        if before is None or before.id in seen:
            return None
        made = min((version.received_at for version in node.versions), default=None)
        return self._of(before, name, made, seen | {node.id})


def chosen_files(session: ReadSession, roots: Collection[int]) -> dict[int, dict[str, RecordFile]]:
    """Of those records for which somebody chose a file over the API: by name, what the version that counts
    shows. All others show the newest of each name that they received."""
    if not roots:
        return {}
    where = submission.c.root_id.in_(sorted(roots))
    statement = select(submission.c.root_id).join(file_choice, file_choice.c.submission_id == submission.c.id)
    chosen = {row["root_id"] for row in session.all(statement.where(where).distinct())}
    return {root: RecordFiles(session, root).counting() for root in sorted(chosen)}


def choose_file(
    session: WriteSession,
    store: Store,
    submission_id: int,
    name: str,
    sha256: bytes | None,
    actor_uuid: str | None,
) -> None:
    """Have a version show a file it received, by its content's SHA-256; None: show none under this name.

    submission_id  the version's own
    Raises NotFound when no such file was received, or the record was erased.
    """
    mine = attachment.c.submission_id == submission_id, attachment.c.name == name
    attachment_id = None
    if sha256 is not None:
        key = record_keys(session, store, [submission_id]).get(submission_id)
        digest = None if key is None else key.digest(sha256)
        attachment_id = session.scalar(select(attachment.c.id).where(*mine, attachment.c.digest == digest))
        if attachment_id is None:
            raise NotFound("This file is not with the record.", "Send it again.")
    uuid = new_uuid()
    row = {
        "uuid": uuid,
        "submission_id": submission_id,
        "name": name,
        "attachment_id": attachment_id,
        "newest_id": session.scalar(select(func.max(attachment.c.id)).where(*mine)),
        "actor_uuid": actor_uuid,
        "chosen_at": now(),
    }
    session.insert(file_choice, [row])
    session.change(ChangeKind.FILE_CHOICE, uuid)


def _is(row: Row, node: Node, name: str) -> bool:
    return bool(row["submission_id"] == node.id and row["name"] == name)


def _file(row: Row | None) -> RecordFile | None:
    if row is None:
        return None
    return RecordFile(row["id"], row["name"], row["size"], row["content_type"])


def listed(files: RecordFiles, body: Body, names: Iterable[str]) -> list[dict[str, Any]]:
    """`{"name", "exists"}` of each name."""
    return [{"name": name, "exists": files.shown(body, name) is not None} for name in names]
