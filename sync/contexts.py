"""What the steps need besides the record: its form, places, registers and boundary release."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import RowMapping, func, select

from forms.model import CompiledForm
from sync.catalogue import compiled_form
from sync.derivation import Context, PackedContext
from sync.derived_rows import NO_RELEASE
from sync.lineage import Version
from sync.places.releases import active_release, index_for
from sync.places.sites import known_places
from sync.registers.known import known_registers, registers_version
from sync.steps.values import KnownPlace, Registers
from sync.store import ReadSession, Store
from sync.tables import (
    actor,
    assignment,
    form,
    form_mapping,
    form_version,
    place,
    project,
    release_activation,
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """One project's places, registers, release and revised mappings, as they are now."""

    version: tuple[Any, ...]
    mapping_id: int  # the newest revision of any mapping in the project, 0 for none
    places: dict[str, KnownPlace]
    release_id: int
    release_name: str | None
    index_path: str | None
    registers: Registers
    registers_version: tuple[Any, ...]


class Contexts:
    """Packed contexts by project, form and version, made again when any of it changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = tempfile.TemporaryDirectory(prefix="waypost-worker-")
        self._surroundings: dict[str, Surroundings] = {}
        self._packed: dict[tuple[str, str, str], tuple[Surroundings, PackedContext]] = {}

    def surroundings(self, session: ReadSession, project_uuid: str) -> Surroundings:
        """The project's places, registers and release; cheap when nothing changed since the last call."""
        project_id = session.scalar(select(project.c.id).where(project.c.uuid == project_uuid))
        active = active_release(session, project_id)
        counted = select(func.count(place.c.id), func.max(place.c.updated_at)).where(
            place.c.project_id == project_id
        )
        mapping_id = self.mapping_ids(session, {project_uuid}).get(project_uuid, 0)
        registered = registers_version(session, project_uuid)
        counts = tuple((session.first(counted) or {}).values())
        placed_by = (active.id, active.aliases) if active else (None, None)
        version = (*placed_by, mapping_id, *counts, *registered)
        known = self._surroundings.get(project_uuid)
        if known is None or known.version != version:
            known = Surroundings(
                version=version,
                mapping_id=mapping_id,
                places=known_places(session, project_id),
                release_id=active.id if active else NO_RELEASE,
                release_name=active.name if active else None,
                index_path=str(index_for(self._store, active)) if active else None,
                registers=known_registers(session, project_uuid),
                registers_version=registered,
            )
            self._surroundings[project_uuid] = known
        return known

    def close(self) -> None:
        """Remove the files the child read."""
        self._folder.cleanup()

    def packed(
        self, surroundings: Surroundings, project_uuid: str, form_id: str, version: str
    ) -> PackedContext | None:
        """The context of one form version, packed for the child; None when the version is unknown."""
        key = (project_uuid, form_id, version)
        held = self._packed.get(key)
        if held is not None and held[0] is surroundings:
            return held[1]
        form = compiled_form(self._store, project_uuid, form_id, version)
        if form is None:
            return None
        packed = self.packed_form(surroundings, form)
        self._packed[key] = (surroundings, packed)
        return packed

    def packed_form(self, around: Surroundings, form: CompiledForm) -> PackedContext:
        """The context of a form that need not be the published one: for trying a mapping out."""
        context = Context(form, around.places, around.release_name, around.index_path, around.registers)
        return context.write(Path(self._folder.name))

    @staticmethod
    def mapping_ids(session: ReadSession, project_uuids: set[str]) -> dict[str, int]:
        """The newest revision of a mapping in each project that has any, as it is at this moment."""
        newest = (
            select(project.c.uuid, func.max(form_mapping.c.id).label("id"))
            .join(form, form.c.project_id == project.c.id)
            .join(form_version, form_version.c.form_id == form.c.id)
            .join(form_mapping, form_mapping.c.form_version_id == form_version.c.id)
            .where(project.c.uuid.in_(list(project_uuids)))
            .group_by(project.c.uuid)
        )
        return {row["uuid"]: row["id"] for row in session.all(newest)}

    @staticmethod
    def release_ids(session: ReadSession, project_uuids: set[str]) -> dict[str, int]:
        """The active release of each project, as it is at this moment."""
        newest = select(func.max(release_activation.c.id)).group_by(release_activation.c.project_id)
        statement = (
            select(project.c.uuid, release_activation.c.release_id)
            .join(project, project.c.id == release_activation.c.project_id)
            .where(release_activation.c.id.in_(newest), project.c.uuid.in_(list(project_uuids)))
        )
        return {row["uuid"]: row["release_id"] for row in session.all(statement)}

    @staticmethod
    def organisations(session: ReadSession, sent: Collection[Version]) -> dict[int, str]:
        """The organisation each version's sender worked for when it was received, by the version's id.

        Read from the assignments as they held at that moment, so that a rebuild gives the same whatever was
        granted or revoked since. Of several that held, the earliest names it.
        """
        actors = {version.actor_uuid for version in sent if version.actor_uuid}
        if not actors:
            return {}
        a = assignment.c
        statement = (
            select(actor.c.uuid, a.organisation, a.created_at, a.revoked_at, a.expires_at)
            .join(assignment, a.actor_id == actor.c.id)
            .where(actor.c.uuid.in_(actors), a.organisation.is_not(None))
            .order_by(a.id)
        )
        held: dict[str, list[RowMapping]] = defaultdict(list)
        for row in session.all(statement):
            held[row["uuid"]].append(row)
        found: dict[int, str] = {}
        for version in sent:
            at = version.received_at
            for row in held[version.actor_uuid or ""]:
                ends = [row[name] for name in ("revoked_at", "expires_at") if row[name] is not None]
                if row["created_at"] <= at < min(ends, default=datetime.max.replace(tzinfo=UTC)):
                    found.setdefault(version.id, row["organisation"])
        return found
