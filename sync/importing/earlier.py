"""What was imported before, as it is here now: the latest version of each row, its answers, who changed it.

Flows in: the project, the form, the source. Flows out: one `Earlier` for each row of the source, by the
instanceID of its original. Records are told by the device they name, which is the import itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from sync.importing.instances import answers_of
from sync.originals import open_bodies
from sync.safe_xml import XmlUnreadable
from sync.store import ReadSession, Store
from sync.tables import submission, submission_version

_AT_ONCE = 500


def device(source: str) -> str:
    """How records of a source name where they came from, in place of a tablet."""
    return f"import:{source}"


@dataclass(frozen=True, slots=True)
class Earlier:
    """A row that was imported before. answers None: erased, or its bytes do not open."""

    latest_id: str  # instanceID of the last version that an import made
    answers: Mapping[str, str] | None
    edited_here: bool = False  # somebody else corrected that version since
    erased: bool = False


def earlier_rows(store: Store, project_uuid: str, form_id: str, source: str) -> dict[str, Earlier]:
    """The rows of a source by the instanceID of their originals.

    Follows the edits that imports made; where two servers made different ones, that with the greater uuid,
    as the pipeline does (sync/lineage.py).
    """
    with store.read() as session:
        rows = session.all(_submissions(project_uuid, form_id))
        mine = [row for row in rows if row["device_id"] == device(source)]
        below: dict[str, list[Any]] = defaultdict(list)
        for row in rows:
            if row["deprecated_id"]:
                below[row["deprecated_id"]].append(row)
        latest = {row["instance_id"]: _latest(row, below, source) for row in mine if not row["deprecated_id"]}
        bodies = _bodies(session, store, [tip["version_id"] for tip in latest.values()])
        found = {
            original: Earlier(
                tip["instance_id"],
                bodies.get(tip["version_id"]),
                edited_here=any(row["device_id"] != device(source) for row in below[tip["instance_id"]]),
            )
            for original, tip in latest.items()
        }
        erased = (row["instance_id"] for row in rows if row["erased_at"] is not None)
        return found | {one: Earlier(one, None, erased=True) for one in erased}


def _latest(original: Any, below: Mapping[str, Sequence[Any]], source: str) -> Any:
    here, seen = original, {original["instance_id"]}
    while True:
        edits = [row for row in below.get(here["instance_id"], ()) if row["device_id"] == device(source)]
        edits = [row for row in edits if row["instance_id"] not in seen]
        if not edits:
            return here
        here = max(edits, key=lambda row: row["uuid"])
        seen.add(here["instance_id"])


def _submissions(project_uuid: str, form_id: str) -> Any:
    s, v = submission.c, submission_version.c
    first = select(v.submission_id, func.min(v.id).label("version_id")).group_by(v.submission_id).subquery()
    return (
        select(
            s.uuid, s.instance_id, s.deprecated_id, s.device_id, s.erased_at, first.c.version_id
        )
        .join(first, first.c.submission_id == s.id, isouter=True)
        .where(s.project_uuid == project_uuid, s.xml_form_id == form_id)
        .order_by(s.id)
    )  # fmt: skip


def _bodies(
    session: ReadSession, store: Store, versions: Sequence[int | None]
) -> dict[int | None, dict[str, str] | None]:
    found: dict[int | None, dict[str, str] | None] = {}
    for part in _parts([version for version in versions if version is not None]):
        for version, body in open_bodies(session, store, part).items():
            found[version] = _answers(body)
    return found


def _parts(versions: Sequence[int]) -> Iterator[Sequence[int]]:
    for at in range(0, len(versions), _AT_ONCE):
        yield versions[at : at + _AT_ONCE]


def _answers(body: bytes | None) -> dict[str, str] | None:
    try:
        return answers_of(body) if body is not None else None
    except XmlUnreadable:
        return None
