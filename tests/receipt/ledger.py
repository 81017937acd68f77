"""What a store holds, read back and opened: the other side of every story about receipt."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from sync.originals import open_attachment, open_body
from sync.store import Store
from sync.tables import attachment, change, receipt_event, submission, submission_version


@dataclass(frozen=True, slots=True)
class Body:
    state: str
    hold: str | None
    xml: bytes


@dataclass(frozen=True, slots=True)
class Held:
    """One record: its bodies in order of arrival, its files by name and content."""

    bodies: list[Body]
    files: list[tuple[str, bytes]]


def records(store: Store) -> dict[str, Held]:
    """Every record by instanceID; an instanceID that is there twice fails."""
    found: dict[str, Held] = {}
    with store.read() as session:
        for row in session.all(select(submission.c.id, submission.c.instance_id).order_by(submission.c.id)):
            assert row["instance_id"] not in found, f"{row['instance_id']} is there twice"
            versions = session.all(
                select(submission_version)
                .where(submission_version.c.submission_id == row["id"])
                .order_by(submission_version.c.id)
            )
            files = session.all(select(attachment).where(attachment.c.submission_id == row["id"]))
            found[row["instance_id"]] = Held(
                [Body(v["state"], v["hold_reason"], open_body(session, store, v["id"])) for v in versions],
                sorted((f["name"], b"".join(open_attachment(session, store, f["id"]))) for f in files),
            )
    return found


def blobs(store: Store) -> int:
    """Files on the disk, half-written ones included."""
    return sum(1 for path in store.blobs.folder.rglob("*") if path.is_file())


def waiting(store: Store) -> int:
    """Events the pipeline will work off."""
    with store.read() as session:
        return int(session.scalar(select(func.count()).select_from(receipt_event)))


def change_numbers(store: Store) -> list[int]:
    with store.read() as session:
        return [row["seq"] for row in session.all(select(change.c.seq).order_by(change.c.seq))]
