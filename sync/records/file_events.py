"""What was done to the files of records over the API, newest first: added, replaced, taken off.

In: choices of files (sync/records/files.py). Out: who chose what when, and what a version showed before. What
tablets brought with a record says receipt itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select

from sync.store import ReadSession
from sync.tables import attachment, file_choice, form, project, submission, submission_version
from sync.tables.records import VersionState

ACTION = "submission.attachment.update"


@dataclass(frozen=True, slots=True)
class FileEvent:
    """`details` in the shape that clients of ODK Central know."""

    at: datetime
    number: int
    actor_uuid: str | None
    form_uuid: str | None
    details: dict[str, Any]


def came_over_the_api() -> ColumnElement[bool]:
    """Whether a row of `attachment` was added by somebody's choice, and is told of there."""
    return exists().where(file_choice.c.attachment_id == attachment.c.id)


def file_events(
    session: ReadSession, between: Sequence[ColumnElement[bool]], last: int | None
) -> Iterator[FileEvent]:
    """Every choice, the newest first.

    between  on `file_choice.c.chosen_at`
    last     no more than these; None: all
    """
    this, before = file_choice, file_choice.alias("before")
    earlier = (before.c.submission_id == this.c.submission_id) & (before.c.name == this.c.name)
    previous = select(func.max(before.c.id)).where(earlier, before.c.id < this.c.id).correlate(this)
    older = (
        select(func.max(attachment.c.id))
        .where(attachment.c.submission_id == this.c.submission_id, attachment.c.name == this.c.name)
        .where(attachment.c.id < func.coalesce(this.c.attachment_id, this.c.newest_id + 1))
        .correlate(this)
    )
    version = (
        select(func.min(submission_version.c.id))
        .where(submission_version.c.submission_id == this.c.submission_id)
        .where(submission_version.c.state.in_((VersionState.CURRENT, VersionState.EDIT)))
        .correlate(this)
    )
    chosen = file_choice.alias("chosen")
    statement = (
        select(
            this,
            submission.c.instance_id,
            form.c.uuid.label("form_uuid"),
            version.scalar_subquery().label("version_id"),
            older.scalar_subquery().label("older_id"),
            chosen.c.id.label("previous_id"),
            chosen.c.attachment_id.label("shown_before"),
        )
        .join(submission, submission.c.id == this.c.submission_id)
        .join(project, project.c.uuid == submission.c.project_uuid)
        .outerjoin(
            form, (form.c.project_id == project.c.id) & (form.c.xml_form_id == submission.c.xml_form_id)
        )
        .outerjoin(chosen, chosen.c.id == previous.scalar_subquery())
        .where(*between)
        .order_by(this.c.id.desc())
        .limit(last)
    )
    for row in session.all(statement):
        shown = row["older_id"] if row["previous_id"] is None else row["shown_before"]
        details = {
            "instanceId": row["instance_id"],
            "submissionDefId": row["version_id"],
            "name": row["name"],
            "oldBlobId": shown,
        }
        if row["attachment_id"] is not None:
            details["newBlobId"] = row["attachment_id"]
        yield FileEvent(row["chosen_at"], row["id"], row["actor_uuid"], row["form_uuid"], details)
