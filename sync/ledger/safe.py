"""What of one app user's is stored with all its files, so that the tablet may delete it. Page by page.

What was received and not read yet is left out until it is known which files it mentions; so is what is held
because its form is not known here. Whatever is listed stays listed: nothing stored is ever removed, but by
erasure, after which there is nothing to keep on the tablet either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import exists, select

from sync.held.keeping import is_derived
from sync.held.records import missing_files
from sync.held.waiting import root
from sync.policy.records import records_in
from sync.policy.scope import Scope
from sync.store import ReadSession, Store
from sync.tables import answer_row, submission, submission_version
from sync.tables.records import VersionState

_BATCH = 500


@dataclass(frozen=True, slots=True)
class SafePage:
    instance_ids: tuple[tuple[str, str], ...]  # (form id, instanceID), in the order they came
    next: int | None  # after which the next page begins


def safe_records(
    session: ReadSession, store: Store, seen: Scope, actor_uuid: str, after: int = 0, limit: int = 1000
) -> SafePage:
    """A page of what is stored for good, edits among them."""
    found: list[tuple[int, str, str]] = []
    while len(found) <= limit:
        rows = session.all(
            select(submission.c.id, submission.c.xml_form_id, submission.c.instance_id, submission.c.root_id)
            .join(root, root.c.id == submission.c.root_id)
            .where(
                submission.c.project_uuid == seen.project_uuid,
                submission.c.actor_uuid == actor_uuid,
                submission.c.erased_at.is_(None),
                submission.c.id > after,
                ~is_derived(),
                exists().where(answer_row.c.root_id == submission.c.root_id),
                ~exists().where(  # which files a second body mentions is not looked at
                    submission_version.c.submission_id == submission.c.id,
                    submission_version.c.state == VersionState.CONFLICT,
                ),
                records_in(seen, root),
            )
            .order_by(submission.c.id)
            .limit(_BATCH)
        )
        lacking: Mapping[int, object] = missing_files(session, store, seen, {row["root_id"] for row in rows})
        found += [
            (row["id"], row["xml_form_id"], row["instance_id"])
            for row in rows
            if row["root_id"] not in lacking
        ]
        if len(rows) < _BATCH:
            break
        after = rows[-1]["id"]
    page = found[:limit]
    return SafePage(
        tuple((form, instance_id) for _, form, instance_id in page),
        page[-1][0] if len(found) > limit else None,
    )
