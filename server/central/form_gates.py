"""Who may look at a form: a published one that is open, whoever fills in or reads; the rest, fewer.

What is not published is for those who change the form; what is closed, for those who may read forms at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from server.central.asking import Id
from server.central.paths import form_id
from server.central.routing import Asked, FormGate, ProjectGate, asked
from sync.form_reading import FormView, draft_view, version_view, view_of
from sync.problems import Forbidden
from sync.store import ReadSession, Store
from sync.tables.registry import FormState

Row = Mapping[Any, Any]


class ListGate(ProjectGate):
    """Whoever may list forms, all of them or the open ones."""

    def __init__(self) -> None:
        super().__init__("open_form.list")

    def allows(self, verbs: frozenset[str]) -> bool:
        return not verbs.isdisjoint({"form.list", "open_form.list"})


class ReadGate(FormGate):
    """Whoever may see this form as it is now."""

    def __init__(self) -> None:
        super().__init__("open_form.read")

    def allows(self, verbs: frozenset[str]) -> bool:
        return not verbs.isdisjoint({"form.read", "open_form.read"})

    def _enter(self, request: Request, project_id: int, xml_form_id: str) -> Asked:
        may = super()._enter(request, project_id, xml_form_id)
        assert may.form is not None
        if not may_see(may.verbs, may.form):
            raise Forbidden("This form is not open to you.", "Ask the project's manager.")
        return may


class VersionGate(ReadGate):
    """The same on the paths of one version, which `asked_view` finds."""

    async def __call__(self, request: Request, project_id: Id, xml_form_id: str, version: str) -> None:  # type: ignore[override]
        await super().__call__(request, project_id, xml_form_id)


def may_see(verbs: frozenset[str], row: Row) -> bool:
    """Whether somebody with these verbs on a form may see it."""
    if row["current_version_id"] is None:
        return "form.update" in verbs
    if row["state"] == FormState.CLOSED:
        return "form.read" in verbs
    return not verbs.isdisjoint({"form.read", "open_form.read"})


def form_of(request: Request) -> Row:
    """The form's row that the gate found."""
    row = asked(request).form
    assert row is not None
    return row


def asked_view(request: Request, session: ReadSession) -> FormView:
    """The form with what a path asks for: the draft, a version, or the one offered. Raises NotFound."""
    row = form_of(request)
    if "version" in request.path_params:
        version = form_id(request.path_params["version"])
        return version_view(session, row, "" if version == "___" else version)
    if _is_draft(request):
        return draft_view(session, row)
    return view_of(session, row)


def store_of(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


def _is_draft(request: Request) -> bool:
    route = request.scope["route"].path
    return "/{xml_form_id}/draft" in route
