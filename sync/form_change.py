"""What a new version of a form must not do to the one before it, and where that one's data stand.

The comparing itself is `forms.diff`'s; here the stored versions are read, and files compared in the sandbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from forms.model import CompiledForm
from forms.problems import FormProblem
from forms.xform import read_xform
from sync.compiling import MEMORY_MB, SECONDS
from sync.problems import FormInvalid, NotFound
from sync.sandbox import SandboxFailure, run_once
from sync.store import ReadSession, Store
from sync.tables import HARMONISED, flow_split, form, form_version, project, submission, submission_version


@dataclass(frozen=True, slots=True)
class UnderVersion:
    """The data filled in with one version. rows: by table, with first and last day and the rounds named."""

    submissions: int
    rows: tuple[dict[str, Any], ...]


def refuse_type_changes(
    store: Store, project_id: int, new: CompiledForm, data: bytes, name: str
) -> int | None:
    """Raise FormInvalid, with every cell, where a form changes the type of a question of the version that is
    current now. Returns that version's id, None for a form that is new."""
    with store.read() as session:
        current = session.first(
            select(form_version.c.id, form_version.c.version, form_version.c.xform)
            .join(form, form.c.current_version_id == form_version.c.id)
            .where(form.c.project_id == project_id, form.c.xml_form_id == new.xml_form_id)
        )
    if current is None:
        return None
    if current["xform"] == new.xform:
        return int(current["id"])
    try:
        found = run_once(
            _type_changes, current["xform"], new, data, name, memory_mb=MEMORY_MB, seconds=SECONDS
        )
    except SandboxFailure as failure:
        raise FormInvalid(f"{name} could not be compared with the current version: {failure}.") from failure
    if found:
        raise FormInvalid(
            f"{name} changes the type of questions that version {current['version']!r} of {new.xml_form_id} "
            "asks; nothing was published.",
            "Answers of both types would stand under one name: give such questions new names.",
            [problem.to_json() for problem in found],
        )
    return int(current["id"])


def _type_changes(old_xform: bytes, new: CompiledForm, data: bytes, name: str) -> tuple[FormProblem, ...]:
    """In the child: reading an author's sheets loads pyxform."""
    from forms.diff import type_changes_of_file

    return tuple(type_changes_of_file(old_xform, new, data, name))


def published_form(session: ReadSession, project_id: int, form_id: str, version: str) -> CompiledForm:
    """A published version, with the mapping it was published with. Raises NotFound."""
    xform = session.scalar(
        select(form_version.c.xform)
        .join(form, form.c.id == form_version.c.form_id)
        .where(
            form.c.project_id == project_id,
            form.c.xml_form_id == form_id,
            form_version.c.version == version,
        )
    )
    if xform is None:
        raise NotFound(
            f"Project {project_id} has no version {version!r} of a form {form_id!r}.",
            "`waypost form mappings FORM --project ID` lists a form's versions.",
        )
    return read_xform(xform)


def data_under(session: ReadSession, project_id: int, form_id: str, version: str) -> UnderVersion:
    """The submissions and harmonised rows of one version: what stands on the old side of a change."""
    project_uuid = session.scalar(select(project.c.uuid).where(project.c.id == project_id))
    count = (
        select(func.count(func.distinct(submission.c.id)))
        .join(submission_version, submission_version.c.submission_id == submission.c.id)
        .where(
            submission.c.project_uuid == project_uuid,
            submission.c.xml_form_id == form_id,
            submission.c.erased_at.is_(None),
            submission_version.c.form_version == version,
        )
    )
    rows = []
    for name, table in HARMONISED.items():
        if table is flow_split:
            continue
        mine = (
            table.c.project_uuid == project_uuid,
            table.c.form_id == form_id,
            table.c.form_version == version,
        )
        day = table.c.reporting_date
        found = session.first(
            select(func.count().label("n"), func.min(day).label("first"), func.max(day).label("last")).where(
                *mine
            )
        )
        if found and found["n"]:
            rounds = select(table.c.round).where(*mine, table.c.round.is_not(None)).distinct()
            named = [row["round"] for row in session.all(rounds.order_by(table.c.round))]
            told = {"rows": found["n"], "first": found["first"], "last": found["last"], "rounds": named}
            rows.append({"table": name, **told})
    return UnderVersion(session.scalar(count) or 0, tuple(rows))
