"""Does an edit lead back to an original that is here? In: identities that edits name; out: those that do.

Receipt asks only for its answer's sake (201 or 202); which version of a record counts is worked out by the
pipeline, from everything that is here then (sync/lineage.py).
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import bindparam, select

from sync.originals import submission_uuid
from sync.store import ReadSession
from sync.tables import submission

Identity = tuple[str, str, str]
"""(project_uuid, xml_form_id, instance_id)"""

_PARENTS = select(
    submission.c.uuid, submission.c.project_uuid, submission.c.xml_form_id, submission.c.deprecated_id
).where(submission.c.uuid.in_(bindparam("uuids", expanding=True)))


def leads_to_an_original(session: ReadSession, named: Collection[Identity]) -> set[Identity]:
    """Those of the named identities from which a chain of edits, all here, leads to an original.

    Reads one generation a query; a chain that runs in a circle leads nowhere.
    """
    parent: dict[str, str | None] = {}  # uuid -> the uuid it edits, None for an original
    ahead = {submission_uuid(*identity) for identity in named}
    while ahead:
        found = session.all(_PARENTS, {"uuids": list(ahead)})
        for row in found:
            edits = row["deprecated_id"]
            identity = (row["project_uuid"], row["xml_form_id"], edits)
            parent[row["uuid"]] = submission_uuid(*identity) if edits else None
        ahead = {uuid for row in found if (uuid := parent[row["uuid"]]) and uuid not in parent}
    return {identity for identity in named if _reaches_the_end(submission_uuid(*identity), parent)}


def _reaches_the_end(uuid: str, parent: dict[str, str | None]) -> bool:
    seen: set[str] = set()
    while uuid in parent and uuid not in seen:
        seen.add(uuid)
        following = parent[uuid]
        if following is None:
            return True
        uuid = following
    return False
