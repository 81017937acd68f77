"""What the steps need besides the record: its form, the project's places, the active boundary release."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from forms.model import CompiledForm
from sync.catalogue import compiled_form
from sync.derivation import Context, PackedContext
from sync.derived_rows import NO_RELEASE
from sync.places.releases import active_release, index_for
from sync.places.sites import known_places
from sync.steps.values import KnownPlace
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
    """One project's places, release and revised mappings, as they are now."""

    version: tuple[Any, ...]
    mapping_id: int  # the newest revision of any mapping in the project, 0 for none
    places: dict[str, KnownPlace]
    release_id: int
    release_name: str | None
    index_path: str | None


class Contexts:
    """Packed contexts by project, form and version, made again when places, release or mapping change."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = tempfile.TemporaryDirectory(prefix="waypost-worker-")
        self._surroundings: dict[str, Surroundings] = {}
        self._packed: dict[tuple[str, str, str], tuple[Surroundings, PackedContext]] = {}

    def surroundings(self, session: ReadSession, project_uuid: str) -> Surroundings:
        """The project's places and active release; cheap when nothing changed since the last call."""
        project_id = session.scalar(select(project.c.id).where(project.c.uuid == project_uuid))
        active = active_release(session, project_id)
        counted = select(func.count(place.c.id), func.max(place.c.updated_at)).where(
            place.c.project_id == project_id
        )
        mapping_id = self.mapping_ids(session, {project_uuid}).get(project_uuid, 0)
        version = (active.id if active else None, mapping_id, *(session.first(counted) or {}).values())
        known = self._surroundings.get(project_uuid)
        if known is None or known.version != version:
            known = Surroundings(
                version=version,
                mapping_id=mapping_id,
                places=known_places(session, project_id),
                release_id=active.id if active else NO_RELEASE,
                release_name=active.name if active else None,
                index_path=str(index_for(self._store, active)) if active else None,
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
        context = Context(form, around.places, around.release_name, around.index_path)
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
    def organisations(session: ReadSession, actor_uuids: set[str]) -> dict[str, str]:
        """The organisation each actor works for, where its assignment names one."""
        statement = (
            select(actor.c.uuid, assignment.c.organisation)
            .join(assignment, assignment.c.actor_id == actor.c.id)
            .where(actor.c.uuid.in_(list(actor_uuids)), assignment.c.organisation.is_not(None))
            .order_by(assignment.c.id)
        )
        return {row["uuid"]: row["organisation"] for row in session.all(statement)}
