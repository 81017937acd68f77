"""The canonical hash of what was derived: equal hashes mean equal figures, on either engine, at any time.

Covered: every column of every harmonised row, but the local `root_id`. Not covered: surrogate ids and times
of processing. A row is one line of JSON with sorted keys, dates as ISO text, floats by `repr`; rows are read
in the byte order of their record_id and never held together in memory.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, collate, select

from sync.store import ReadSession
from sync.tables import HARMONISED, duplicate_pair, flag, flow, flow_split, submission


def harmonised_hash(session: ReadSession, project_uuid: str) -> str:
    """SHA-256, in hex, over the harmonised rows of a project."""
    digest = hashlib.sha256()
    for name in sorted(HARMONISED):
        table = HARMONISED[name]
        columns = sorted(c.name for c in table.columns if c.name != "root_id")
        rows = select(*(table.c[column] for column in columns))
        if table is flow_split:
            of_project = flow_split.c.record_id == flow.c.record_id
            rows = rows.join(flow, of_project).where(flow.c.project_uuid == project_uuid)
            key = [flow_split.c.record_id, flow_split.c.dimension, flow_split.c.code]
        else:
            rows = rows.where(table.c.project_uuid == project_uuid)
            key = [table.c.record_id]
        _add(digest, session, name, columns, rows, key)
    return digest.hexdigest()


def review_hash(session: ReadSession, project_uuid: str) -> str:
    """SHA-256, in hex, over flags and duplicate pairs: what a person is asked to look at."""
    digest = hashlib.sha256()
    flags = (
        select(
            submission.c.xml_form_id,
            submission.c.instance_id,
            flag.c.record_id,
            flag.c.step,
            flag.c.code,
            flag.c.reason,
            flag.c.detail,
        )
        .join(submission, submission.c.id == flag.c.root_id)
        .where(submission.c.project_uuid == project_uuid)
    )
    names = ["xml_form_id", "instance_id", "record_id", "step", "code", "reason", "detail"]
    lines = sorted(_line("flag", names, row) for batch in session.stream(flags) for row in batch)
    for line in lines:  # a flag has no key of its own: sorted by all it says
        digest.update(line)
    names = ["table_name", "record_a", "record_b", "score", "reasons"]
    pairs = select(*(duplicate_pair.c[name] for name in names))
    pairs = pairs.where(duplicate_pair.c.project_uuid == project_uuid)
    _add(digest, session, "pair", names, pairs, [duplicate_pair.c.record_a, duplicate_pair.c.record_b])
    return digest.hexdigest()


def _add(
    digest: Any,
    session: ReadSession,
    kind: str,
    names: list[str],
    rows: Select[Any],
    key: Iterable[ColumnElement[Any]],
) -> None:
    """Hash rows in byte order of `key`; SQLite compares text so by itself."""
    collated = [collate(column, "C") if session.dialect == "postgresql" else column for column in key]
    for batch in session.stream(rows.order_by(*collated)):
        for row in batch:
            digest.update(_line(kind, names, row))


def _line(kind: str, names: list[str], row: Any) -> bytes:
    values = dict(zip(names, row, strict=True))
    text = json.dumps([kind, values], sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_iso)
    return text.encode() + b"\n"


def _iso(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is in no harmonised column")
