"""The form a source's rows are answers to: the project's own of that name, else the library's, published."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from forms.library_index import library
from forms.model import CompiledForm
from sync.compiling import compile_in_sandbox
from sync.importing.instances import lacking
from sync.problems import Conflict
from sync.registry import compiled_form, get_project, list_forms, publish_form
from sync.store import Store


@dataclass(frozen=True, slots=True)
class FormHere:
    form: CompiledForm
    published: bool  # just now; in a dry run: it would be


def form_here(store: Store, project_id: int, form_id: str, paths: Set[str], *, dry_run: bool) -> FormHere:
    """The current version of a form in a project. A dry run publishes nothing.

    paths   questions that will be answered
    Raises  NotFound (project), Conflict: the form is closed, or another form has its name
    """
    with store.read() as session:
        project_uuid = get_project(session, project_id)["uuid"]
        current = next((row for row in list_forms(session, project_id) if row["form_id"] == form_id), None)
    if current is None:
        return FormHere(_from_library(store, project_id, form_id, dry_run=dry_run), published=True)
    if current["state"] == "closed":
        raise Conflict(
            f"The form {form_id} is closed in project {project_id}: what is imported would be held.",
            f"Open it: waypost form state {form_id} open --project {project_id}.",
        )
    form = compiled_form(store, project_uuid, form_id, current["version"])
    assert form is not None, "a current version is published"
    if absent := lacking(form, set(paths)):
        raise Conflict(
            f"The project's form {form_id} {form.version} does not ask {', '.join(absent[:5])}.",
            f"Publish the library's {form_id} in this project, then import again.",
        )
    return FormHere(form, published=False)


def _from_library(store: Store, project_id: int, form_id: str, *, dry_run: bool) -> CompiledForm:
    source, name = library()[form_id], f"{form_id}.md"
    if not dry_run:
        publish_form(store, project_id, source, name)
    compiled = compile_in_sandbox(source, name, store.data / "cache" / "compiled").form
    assert compiled is not None, "the library's forms compile"
    return compiled
