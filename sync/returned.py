"""Records that go back to whoever sent them: reviewed as having issues, with a message, until they are
corrected.

In: a coordinator's message about a record. Out: the list `returned.csv` of one app user, which a form of
theirs reads (`forms/library/returned_records.md`): which of their own records, of which day and place, and
what is to be put right. It holds no answer but day and place, and nobody else's records or messages. A
correction that arrives clears the mark by itself (sync/records/standing.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, func, or_, select

from forms.generated_lists import RETURNED_FILE, returned_csv
from sync.policy.figures import is_record
from sync.problems import Invalid
from sync.records.comments import add_comment, list_comments
from sync.records.deciding import review
from sync.records.reading import RecordView
from sync.store import ReadSession, Store, WriteSession
from sync.tables import HARMONISED, form, form_version, project, submission

__all__ = ["ISSUES", "RETURNED_FILE", "returned_list", "send_back"]

ISSUES = "hasIssues"
LONGEST_MESSAGE = 1000
_MOST = 500
"""Records on one tablet's list; the newest stand."""

_TELL_DAY = [
    table for name, table in HARMONISED.items() if name != "flow_split" and "reporting_date" in table.c
]


def send_back(
    session: WriteSession, store: Store, record: RecordView, message: str, by: str | None = None
) -> None:
    """Mark a record as having issues, and tell its sender what. Raises Invalid (message)."""
    text = " ".join(message.split())
    if not text or len(text) > LONGEST_MESSAGE:
        raise Invalid(
            "The message is empty or too long.",
            f"Say what is to be put right in at most {LONGEST_MESSAGE} characters.",
        )
    review(session, record, ISSUES, None, by)
    add_comment(session, store, record.id, text, by)
    session.audit("submission.return", record.uuid, by)


def returned_list(
    session: ReadSession, store: Store, project_id: int, sender: str | None
) -> tuple[bytes, int]:
    """The file of one app user (uuid) and how many records it names; of nobody, an empty one."""
    rows = [] if sender is None else session.all(_mine(project_id, sender))
    told = _days_and_places(session, [row["id"] for row in rows])
    lines = []
    for row in rows:
        day, place = told.get(row["id"], (None, None))
        day = day or row["received_at"].date()
        title = row["title"] or row["xml_form_id"]
        label = " · ".join(filter(None, (title, day.isoformat(), place)))
        message = next((c.body for c in list_comments(session, store, row["id"])), "")
        cells = (row["instance_id"], label, row["xml_form_id"], title, day.isoformat(), place, message)
        lines.append(cells)
    return returned_csv(lines), len(lines)


def _mine(project_id: int, sender: str) -> Select[Any]:
    columns = (submission.c.id, submission.c.instance_id, submission.c.xml_form_id, submission.c.received_at)
    return (
        select(*columns, form_version.c.title)
        .join(project, project.c.uuid == submission.c.project_uuid)
        .outerjoin(
            form, (form.c.project_id == project.c.id) & (form.c.xml_form_id == submission.c.xml_form_id)
        )
        .outerjoin(form_version, form_version.c.id == form.c.current_version_id)
        .where(
            project.c.id == project_id,
            submission.c.review_state == ISSUES,
            submission.c.actor_uuid == sender,
            or_(submission.c.root_id.is_(None), submission.c.root_id == submission.c.id),
            is_record(),
        )
        .order_by(submission.c.id.desc())
        .limit(_MOST)
    )


def _days_and_places(
    session: ReadSession, ids: Sequence[int]
) -> Mapping[int, tuple[date | None, str | None]]:
    """By record, the first day and place its rows tell; nothing where it feeds no table, or not yet."""
    found: dict[int, tuple[date | None, str | None]] = {}
    if not ids:
        return found
    for table in _TELL_DAY:
        place = func.min(func.coalesce(table.c.place_name, table.c.place_id))
        rows = session.all(
            select(table.c.root_id, func.min(table.c.reporting_date).label("day"), place.label("place"))
            .where(table.c.root_id.in_(list(ids)))
            .group_by(table.c.root_id)
        )
        for row in rows:
            day, known = found.get(row["root_id"], (None, None))
            found[row["root_id"]] = (day or row["day"], known or row["place"])
    return found
