"""One submission applied to entities: created, changed, held until what they follow has come.

The rules are those of ODK Central, as of its offline entities: an update names the version it was made on;
where another one came between, the entity is in conflict, soft when they changed different properties, hard
when one property was given two values. Updates made offline form a branch: the first one names the version
on the server it began at (trunk), each further one follows the one before it, and is held while that is
missing. All entities of a submission are applied, or none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from sync.entities.conflicts import changed_properties
from sync.entities.datasets import find_dataset
from sync.entities.problems import (
    ActionNotPermitted,
    AlreadyExists,
    DatasetNotFound,
    EntityDeleted,
    EntityNotFound,
    EntityVersionNotFound,
    MissingValue,
    SeveralEntitiesRefused,
    UsedByDeleted,
)
from sync.entities.reading import EntityRow, VersionRow, find_entity, used_ids, versions_of
from sync.entities.sealed import Content
from sync.entities.submitted import Offline, read_id, read_label, read_offline
from sync.entities.writing import (
    Author,
    Lineage,
    insert_entities,
    insert_version,
    log_entity,
    new_source,
)
from sync.problems import Problem
from sync.seal import Keyring
from sync.steps.values import SubmittedEntity
from sync.store import WriteSession
from sync.tables import dataset_source
from sync.tables.entities import ConflictKind

Row = Mapping[Any, Any]

ARRIVED, APPROVED, RELEASED = "submission.create", "submission.update", "submission.backlog.reprocess"
_UNLABELLED = "auto generated"


@dataclass(frozen=True, slots=True)
class Submitted:
    """A submission version with what it says about entities."""

    project_id: int
    form_version_id: int | None
    root_id: int  # the record's original
    version_id: int
    author: Author
    entities: tuple[SubmittedEntity, ...]
    trigger: str = ARRIVED  # the event that lets it be applied now
    triggered_at: datetime | None = None
    triggered_by: str | None = None
    forced: bool = False  # it has waited long enough for what it follows


@dataclass(frozen=True, slots=True)
class Touched:
    """A version that was made."""

    uuid: str
    branch_id: str | None
    branch_base_version: int | None


@dataclass(slots=True)
class Applied:
    """What came of a submission."""

    versions: list[Touched] = field(default_factory=list)
    pending: int = 0  # entities that wait for approval


class Held(Exception):
    """The submission follows an update that has not come yet."""

    def __init__(self, uuid: str, branch_id: str, base_version: int) -> None:
        super().__init__(uuid)
        self.uuid = uuid
        self.branch_id = branch_id
        self.base_version = base_version


def apply_submission(session: WriteSession, keyring: Keyring, submitted: Submitted) -> Applied:
    """Apply what a submission says. Call it within a savepoint: what it raises undoes all of it.

    Raises Held, and Problems of sync/entities/problems.py.
    """
    applying = _Applying(session, keyring, submitted)
    errors: list[tuple[int, Problem]] = []
    for index, said in enumerate(submitted.entities):
        try:
            applying.apply(said)
        except Problem as problem:
            if len(submitted.entities) == 1:
                raise
            errors.append((index, problem))
    if errors:
        raise SeveralEntitiesRefused(len(submitted.entities), errors)
    return applying.applied


class _Applying:
    def __init__(self, session: WriteSession, keyring: Keyring, submitted: Submitted) -> None:
        self._session = session
        self._keyring = keyring
        self._by = submitted
        self._source: int | None = None
        self.applied = Applied()

    def apply(self, said: SubmittedEntity) -> None:
        """One entity. Where both are asked for, an update is tried before a creation."""
        if not (said.create or said.update):
            return
        to = self._list(said)
        uuid = read_id(said.id)
        if said.update:
            try:
                self._update(to, uuid, said)
            except (EntityNotFound, MissingValue) as problem:
                if isinstance(problem, MissingValue) and problem.details["field"] != "baseVersion":
                    raise
                if not (said.create or self._by.forced):
                    raise
                self._create(to, uuid, said)
            return
        try:
            self._create(to, uuid, said)
        except AlreadyExists:
            if not self._was_forced(to, uuid):
                raise
            self._update(to, uuid, said, late_create=True)

    # -- creation --------------------------------------------------------------------------------------------

    def _create(self, to: Row, uuid: str, said: SubmittedEntity) -> None:
        is_approval = self._by.trigger == APPROVED
        if to["approval_required"] and not is_approval:
            self.applied.pending += 1
            return
        if not to["approval_required"] and is_approval:
            return
        label = read_label(said) or (_UNLABELLED if self._by.forced else None)
        if label is None:
            raise MissingValue("label")
        offline = read_offline(said, needs_base=False)
        used = used_ids(self._session, [uuid])
        if used.get(uuid):
            raise UsedByDeleted([uuid])
        if uuid in used:
            raise AlreadyExists(("uuid",), (uuid,), "entities")
        lineage = Lineage(
            branch_id=offline.branch_id,
            trunk_version=offline.trunk_version,
            branch_base_version=offline.base_version if self._by.forced else None,
        )
        content = Content(label, dict(said.data), {**said.data, "label": label})
        insert_entities(
            self._session, self._keyring, to["id"], [(uuid, content)], self._by.author, self._of(), lineage
        )
        self._log("entity.create", to, uuid)
        self.applied.versions.append(Touched(uuid, lineage.branch_id, lineage.branch_base_version))

    # -- update ----------------------------------------------------------------------------------------------

    def _update(self, to: Row, uuid: str, said: SubmittedEntity, late_create: bool = False) -> None:
        if self._by.trigger == APPROVED:
            return
        offline = read_offline(said, needs_base=not late_create)
        label = read_label(said)
        if late_create and label is None:
            raise MissingValue("label")
        server = find_entity(self._session, self._keyring, to["id"], uuid)
        versions = versions_of(self._session, self._keyring, server.id) if server is not None else []
        base = self._base(to, uuid, offline, versions, late_create)
        if server is None:  # a base was found, so that it is there
            raise EntityNotFound(uuid, to["name"])
        if offline.trunk_version is not None and offline.trunk_version > server.version:
            raise EntityVersionNotFound(f"trunkVersion={offline.trunk_version}", uuid, to["name"])
        received = dict(said.data) | ({} if label is None else {"label": label})
        conflict, conflicting = _conflict(server, base, versions, offline, received, late_create)
        lineage = Lineage(
            base.version,
            offline.branch_id,
            offline.trunk_version,
            offline.base_version if offline.branch_id is not None else None,
            conflicting,
        )
        before = server.current.content
        content = Content(label or before.label, {**before.data, **said.data}, received)
        insert_version(
            self._session, self._keyring, server, content, self._by.author, self._of(late_create), lineage,
            conflict,
        )  # fmt: skip
        self._log("entity.update.version", to, uuid)
        self.applied.versions.append(Touched(uuid, lineage.branch_id, lineage.branch_base_version))

    def _base(
        self, to: Row, uuid: str, offline: Offline, versions: Sequence[VersionRow], late_create: bool
    ) -> VersionRow:
        """The version an update was made on. Raises Held, EntityNotFound, EntityDeleted,
        EntityVersionNotFound."""
        newest = versions[-1] if versions else None
        if late_create:
            found = newest
        elif offline.branch_id is None or offline.base_version in (1, offline.trunk_version):
            found = next((one for one in versions if one.version == offline.base_version), None)
        else:
            following = offline.branch_id, (offline.base_version or 0) - 1
            found = next(
                (one for one in versions if (one.branch_id, one.branch_base_version) == following), None
            )
        if found is None and offline.branch_id is not None and not late_create:
            if not self._by.forced:
                raise Held(uuid, offline.branch_id, offline.base_version or 0)
            found = newest
        if found is not None:
            return found
        if newest is not None:
            raise EntityVersionNotFound(str(offline.base_version), uuid, to["name"])
        if find_entity(self._session, self._keyring, to["id"], uuid, deleted=True) is not None:
            raise EntityDeleted(uuid)
        raise EntityNotFound(uuid, to["name"])

    # -- around it -------------------------------------------------------------------------------------------

    def _list(self, said: SubmittedEntity) -> Row:
        """The list, once the form's version is known to do with it what is asked."""
        if said.dataset is None or not said.dataset.strip():
            raise MissingValue("dataset")
        row = find_dataset(self._session, self._by.project_id, said.dataset)
        if row is None:
            raise DatasetNotFound(said.dataset)
        permitted = self._permitted(row["id"])
        for action in ("create", "update"):
            if getattr(said, action) and action not in permitted:
                raise ActionNotPermitted(action, permitted)
        return row

    def _permitted(self, dataset_id: int) -> list[str]:
        mine = (
            dataset_source.c.dataset_id == dataset_id,
            dataset_source.c.form_version_id == self._by.form_version_id,
        )
        rows = self._session.all(select(dataset_source.c.actions).where(*mine))
        return sorted({action for row in rows for action in row["actions"]})

    def _was_forced(self, to: Row, uuid: str) -> bool:
        """Whether an entity was made by an update that had waited too long for its creation."""
        found = find_entity(self._session, self._keyring, to["id"], uuid)
        if found is None:
            return False
        source = versions_of(self._session, self._keyring, found.id)[0].source
        return source is not None and bool(source["is_forced"])

    def _of(self, late_create: bool = False) -> int:
        """The source of the versions of this submission, made with the first of them."""
        if self._source is None or late_create:
            self._source = new_source(
                self._session,
                submission_id=self._by.root_id,
                submission_version_id=self._by.version_id,
                trigger=self._by.trigger,
                triggered_at=self._by.triggered_at,
                triggered_by=self._by.triggered_by,
                is_forced=self._by.forced,
                is_late_create=late_create,
            )
        return self._source

    def _log(self, action: str, to: Row, uuid: str) -> None:
        log_entity(
            self._session, action, to, uuid, self._by.triggered_by, version=True,
            submissionId=self._by.root_id, submissionDefId=self._by.version_id,
        )  # fmt: skip


def _conflict(
    server: EntityRow,
    base: VersionRow,
    versions: Sequence[VersionRow],
    offline: Offline,
    received: Mapping[str, str],
    late_create: bool,
) -> tuple[str | None, tuple[str, ...] | None]:
    """(conflict of the entity from now on, properties that were given two values; None: not looked at)."""
    newest = server.current
    here = {**newest.content.data, "label": newest.content.label}
    if base.version != server.version:
        before = {**base.content.data, "label": base.content.label}
        moved = {name for name, value in here.items() if before.get(name) != value}
        both = tuple(name for name in received if name in moved and received[name] != here[name])
    elif late_create:
        both = tuple(name for name in changed_properties(received, here) if name in here)
    else:
        interrupted = offline.branch_id is not None and any(
            one.branch_id != offline.branch_id and one.version > (offline.trunk_version or 1)
            for one in versions
        )
        return server.conflict or (ConflictKind.SOFT if interrupted else None), None
    if server.conflict == ConflictKind.HARD:
        return ConflictKind.HARD, both
    return (ConflictKind.HARD if both else ConflictKind.SOFT), both
