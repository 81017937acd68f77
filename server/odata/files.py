"""The files of records: how many their answers mention, how many of those are here, and what follows for an
encrypted record, whose answers are in one of them.

A file may come with any body of a record: with the original, or with the edit that mentions it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select

from sync.records.files import chosen_files
from sync.store import ReadSession
from sync.tables import attachment, submission

NOT_DECRYPTED, MISSING_DATA = "notDecrypted", "missingEncryptedFormData"


@dataclass(frozen=True, slots=True)
class Files:
    """What is told of a record's files. `status` is None where the answers came in the clear."""

    expected: int
    present: int
    status: str | None = None


def files_here(session: ReadSession, naming: Mapping[int, Sequence[Any]]) -> dict[int, Files]:
    """By root.

    naming  by root, the names its answers mention as JSON (None: none), and the name of the file with all
            answers of an encrypted record (None: not encrypted)
    """
    if not naming:
        return {}
    here: dict[int, set[str]] = defaultdict(set)
    statement = (
        select(submission.c.root_id, attachment.c.name)
        .join(attachment, attachment.c.submission_id == submission.c.id)
        .where(submission.c.root_id.in_(sorted(naming)))
    )
    for batch in session.stream(statement):
        for root, name in batch:
            here[root].add(name)
    here |= {root: set(files) for root, files in chosen_files(session, naming.keys()).items()}
    found = {}
    for root, (listed, encrypted_file) in naming.items():
        names = set(orjson.loads(listed)) if listed else set()
        status = None
        if encrypted_file is not None:
            status = NOT_DECRYPTED if encrypted_file in here[root] else MISSING_DATA
        found[root] = Files(len(names), len(names & here[root]), status)
    return found
