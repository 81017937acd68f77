"""Other mappings for published form versions: read from a file, or from an earlier revision.

A file with other harmonise cells -> a Remapping, after everything but the mapping was found to be as
published. `sync.remap_preview` shows what it would do, `sync.remap_apply` does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, select

from forms.mapping_revisions import Annotations, mapping_hash, mapping_of, remapped
from forms.model import CompiledForm
from forms.remapping import refused_differences
from forms.xform import read_xform
from sync.catalogue import mapped_form, newest_mapping
from sync.compiling import MEMORY_MB, SECONDS, compile_in_sandbox
from sync.problems import FormInvalid, NotFound
from sync.sandbox import SandboxFailure, run_once
from sync.store import ReadSession, Store
from sync.tables import (
    form,
    form_mapping,
    form_version,
    project,
    submission,
    submission_version,
)


@dataclass(frozen=True, slots=True)
class Target:
    """One published version, as it is read now."""

    version_id: int
    version: str
    number: int  # of the mapping it is read with now
    form: CompiledForm  # with that mapping


@dataclass(frozen=True, slots=True)
class Remapping:
    """A mapping, and the versions of one form that are to be read with it."""

    project_uuid: str
    form_id: str
    targets: tuple[Target, ...]
    annotations: Annotations

    @property
    def changed(self) -> tuple[Target, ...]:
        """The versions whose mapping is another one now."""
        return tuple(one for one in self.targets if hash_in_use(one) != mapping_hash(self.annotations))

    @property
    def versions(self) -> list[str]:
        return [one.version for one in self.targets]

    def of(self, target: Target) -> CompiledForm:
        """The version's form with the new mapping, under the number it would get."""
        return remapped(target.form, self.annotations, target.number + 1)


def hash_in_use(target: Target) -> str:
    return target.form.mapping_hash or mapping_hash(mapping_of(target.form))


def read_mapping(
    store: Store, project_id: int, form_id: str, data: bytes, name: str, versions: Sequence[str] = ()
) -> Remapping:
    """The mapping of a file that has the form's own questions and other harmonise cells.

    data, name  the file; its form_id must be the form's
    versions    which published versions are to be read so; none: the one the file names
    Raises NotFound (project, form, version), FormInvalid: the file's problems, or whatever else than the
    mapping differs from a version, each with its cell.
    """
    compilation = compile_in_sandbox(data, name, store.data / "cache" / "compiled")
    candidate = compilation.form
    if candidate is None:
        raise FormInvalid(
            f"{name} has {len(compilation.problems)} problems; nothing was read again.",
            "Correct the cells named and try again.",
            [problem.to_json() for problem in compilation.problems],
        )
    with store.read() as session:
        project_uuid, targets = _targets(session, project_id, form_id, versions or [candidate.version])
    for target in targets:
        try:
            found = run_once(
                refused_differences, target.form, candidate, data, name, memory_mb=MEMORY_MB, seconds=SECONDS
            )
        except SandboxFailure as failure:
            raise FormInvalid(f"{name} could not be compared: {failure}.") from failure
        if found:
            raise FormInvalid(
                f"{name} differs from version {target.version!r} of {form_id} in more than its mapping.",
                "Take the file that was published and change only harmonise cells.",
                [problem.to_json() for problem in found],
            )
    return Remapping(project_uuid, form_id, targets, mapping_of(candidate))


def read_revision(store: Store, project_id: int, form_id: str, version: str, number: int) -> Remapping:
    """The mapping an earlier revision had (1: the one the form was published with), to go back to it.

    Raises NotFound.
    """
    with store.read() as session:
        project_uuid, targets = _targets(session, project_id, form_id, [version])
        target = targets[0]
        if not 1 <= number <= target.number:
            raise NotFound(
                f"Version {version!r} of {form_id} has no mapping {number}; the newest is {target.number}.",
                "`waypost form mappings` lists them.",
            )
        annotations = mapping_of(target.form)
        if number > 1:
            kept = select(form_mapping.c.annotations).where(
                form_mapping.c.form_version_id == target.version_id, form_mapping.c.number == number
            )
            annotations = session.scalar(kept)
    return Remapping(project_uuid, form_id, targets, annotations)


def list_mappings(session: ReadSession, project_id: int, form_id: str) -> list[dict[str, Any]]:
    """Every mapping of every version of a form, in order: version, mapping, hash, note, when, in use."""
    listed: list[dict[str, Any]] = []
    for known in _versions(session, project_id, form_id)[1]:
        revisions = session.all(
            select(form_mapping)
            .where(form_mapping.c.form_version_id == known["id"])
            .order_by(form_mapping.c.number)
        )
        own = mapping_of(read_xform(known["xform"]))
        listed.append(_listed(known, 1, mapping_hash(own), "as published", known["published_at"]))
        listed += [_listed(known, r["number"], r["hash"], r["note"], r["created_at"]) for r in revisions]
        listed[-1]["in_use"] = True
    return listed


def _listed(known: RowMapping, number: int, digest: str, note: str, at: Any) -> dict[str, Any]:
    return {
        "version": known["version"],
        "mapping": number,
        "hash": digest,
        "note": note,
        "created_at": at,
        "in_use": False,
    }


def _targets(
    session: ReadSession, project_id: int, form_id: str, versions: Sequence[str]
) -> tuple[str, tuple[Target, ...]]:
    project_uuid, rows = _versions(session, project_id, form_id)
    known = {row["version"]: row["id"] for row in rows}
    targets = []
    for version in dict.fromkeys(versions):
        if version not in known:
            raise NotFound(
                f"{form_id} was never published as version {version!r} in project {project_id}.",
                f"It was as {', '.join(repr(v) for v in known)}: name one with --version.",
            )
        number = newest_mapping(session, known[version])
        targets.append(Target(known[version], version, number, mapped_form(session, known[version], number)))
    return project_uuid, tuple(targets)


def _versions(session: ReadSession, project_id: int, form_id: str) -> tuple[str, Sequence[RowMapping]]:
    statement = (
        select(
            project.c.uuid.label("project_uuid"),
            form_version.c.id,
            form_version.c.version,
            form_version.c.xform,
            form_version.c.published_at,
        )
        .join(form, form.c.project_id == project.c.id)
        .join(form_version, form_version.c.form_id == form.c.id)
        .where(project.c.id == project_id, form.c.xml_form_id == form_id)
        .order_by(form_version.c.id)
    )
    rows = session.all(statement)
    if not rows:
        raise NotFound(f"Project {project_id} has no form {form_id!r}.", "`waypost form list` shows them.")
    return rows[0]["project_uuid"], rows


def submissions_of(remapping: Remapping) -> Any:
    """The ids of the submissions filled in with one of the versions, erased ones left out."""
    return (
        select(submission.c.id)
        .join(submission_version, submission_version.c.submission_id == submission.c.id)
        .where(
            submission.c.project_uuid == remapping.project_uuid,
            submission.c.xml_form_id == remapping.form_id,
            submission.c.erased_at.is_(None),
            submission_version.c.form_version.in_(remapping.versions),
        )
        .distinct()
        .order_by(submission.c.id)
    )
