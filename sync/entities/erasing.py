"""What an erased record said, taken out of the entities it made or changed.

In: the submissions of a record that is erased, in the same transaction. Out: every version of the entities
they touched opened once more and sealed without what the record said: values that came with it go, also where
later versions carried them on; what others sent stays. An entity that nothing else ever said anything about
loses its key, in every copy of the database that is written from now on, and is deleted.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, update

from sync.entities.datasets import touch
from sync.entities.reading import VersionRow, versions_of
from sync.entities.sealed import Content, key_of, seal
from sync.seal import Keyring
from sync.store import WriteSession, now
from sync.tables import entity, entity_intake, entity_source, entity_version
from sync.tables.log import ChangeKind

UNNAMED = "erased"
"""The label of an entity whose own came with an erased record."""


def erase_said(session: WriteSession, keyring: Keyring, submission_ids: Collection[int]) -> list[str]:
    """Take out what a record said. Returns the uuids of the entities it touched."""
    ids = list(submission_ids)
    session.execute(
        update(entity_intake).where(entity_intake.c.root_id.in_(ids)).values(reason=None, datasets=[])
    )
    touched = session.all(
        select(entity.c.id, entity.c.uuid, entity.c.dataset_id, entity.c.wrapped)
        .join(entity_version, entity_version.c.entity_id == entity.c.id)
        .join(entity_source, entity_source.c.id == entity_version.c.source_id)
        .where(entity_source.c.submission_id.in_(ids), entity.c.wrapped.is_not(None))
        .distinct()
        .order_by(entity.c.id)
    )
    for row in touched:
        versions = versions_of(session, keyring, row["id"])
        gone = {
            one.id for one in versions if one.source is not None and one.source["submission_id"] in set(ids)
        }
        if len(gone) == len(versions):
            _bury(session, row["id"])
        else:
            key = key_of(keyring, row["uuid"], row["wrapped"])
            for version, content in _without(versions, gone):
                session.execute(
                    update(entity_version)
                    .where(entity_version.c.id == version.id)
                    .values(sealed=seal(key, content))
                )
            session.execute(update(entity).where(entity.c.id == row["id"]).values(updated_at=now()))
        touch(session, row["dataset_id"])
        session.change(ChangeKind.ENTITY, row["uuid"])
    return [row["uuid"] for row in touched]


def _bury(session: WriteSession, entity_id: int) -> None:
    """Leave the identity, deleted, so that nobody makes another entity under it."""
    session.execute(update(entity_version).where(entity_version.c.entity_id == entity_id).values(sealed=None))
    session.execute(
        update(entity).where(entity.c.id == entity_id).values(wrapped=None, deleted_at=now(), conflict=None)
    )


def _without(versions: list[VersionRow], gone: set[int]) -> list[tuple[VersionRow, Content]]:
    """The versions told anew from what each came with, as if those had come with nothing."""
    data: dict[str, str] = {}
    label = UNNAMED
    found = []
    for version in versions:
        received = {} if version.id in gone else dict(version.content.received)
        label = received.get("label", label)
        data |= {name: value for name, value in received.items() if name != "label"}
        found.append((version, Content(label, dict(data), received)))
    return found
