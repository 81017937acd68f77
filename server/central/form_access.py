"""The deep half of `PUT /v1/projects/{p}`: the state of every form and who has which role on it, at once.

It neither adds nor removes forms: a list that does not name exactly those there are is refused as a whole,
for it was made from an older look at the project.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.central.problems import FormsDiffer, MissingParameter, WrongType
from server.central.roles import known_role
from server.central.site_problems import UnexpectedValue, UnknownKey
from sync.access import Actor
from sync.assignments import Place, give_role, list_assignments, take_role
from sync.form_reading import list_form_views
from sync.permissions import SystemRole, find_role, may_give, project_verbs
from sync.problems import Forbidden, NotFound
from sync.registry import set_form_state
from sync.store import WriteSession

_NEEDED = frozenset({"form.update", "assignment.create", "assignment.delete"})


@dataclass(frozen=True, slots=True)
class FormAccess:
    """What one form is to be."""

    xml_form_id: str
    state: str | None  # None: not said, which is refused
    roles: frozenset[tuple[str, int]] | None  # (role, actor); None: as they are


def read_form_access(value: Any) -> list[FormAccess]:
    """The `forms` of the body. Raises WrongType, MissingParameter, UnknownKey (a role)."""
    return [_form(each) for each in _list(value, "array of forms")]


def set_form_access(session: WriteSession, project_id: int, who: Actor, wanted: Sequence[FormAccess]) -> None:
    """Make the project's forms so.

    Raises FormsDiffer, Forbidden, UnknownKey (actor), UnexpectedValue (a form twice, or without its state),
    Invalid (state).
    """
    verbs = project_verbs(who, project_id)
    if not verbs >= _NEEDED:
        raise Forbidden("Your role does not let you set the access to forms.", "Ask the project's manager.")
    views = list_form_views(session, project_id)
    states = {view.row["xml_form_id"]: view.row["state"] for view in views}
    named = [form.xml_form_id for form in wanted]
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice is not None:
        raise UnexpectedValue("xmlFormId", twice, "Each form stands here once.")
    if sorted(named) != sorted(states):
        raise FormsDiffer()
    for form in wanted:
        if form.state is None:
            raise UnexpectedValue("state", None, "Each form has its state.")
        if form.state != states[form.xml_form_id]:
            set_form_state(session, project_id, form.xml_form_id, form.state, who.uuid)
        if form.roles is not None:
            _set_roles(session, Place(project_id, form.xml_form_id), form.roles, verbs, who.uuid)


def _set_roles(
    session: WriteSession,
    at: Place,
    wanted: frozenset[tuple[str, int]],
    verbs: frozenset[str],
    by: str,
) -> None:
    held = {(each.role.system, each.actor_id) for each in list_assignments(session, at)}
    for name, actor_id in sorted(wanted - held):
        try:
            give_role(session, at, _given(name, verbs), actor_id, by)
        except NotFound:
            raise UnknownKey("actorId", actor_id, "actors") from None
    for name, actor_id in sorted(held - wanted):
        take_role(session, at, _given(name, verbs), actor_id, by)


def _given(name: str, verbs: frozenset[str]) -> SystemRole:
    role = known_role(name)
    if not may_give(verbs, role):
        raise Forbidden(f"The role {name} may do what you may not here.", "Ask somebody who has it.")
    return role


def _form(value: Any) -> FormAccess:
    if not isinstance(value, Mapping) or not isinstance(value.get("xmlFormId"), str):
        raise WrongType(None, "form with its xmlFormId")
    state, roles = value.get("state"), value.get("assignments")
    if not isinstance(state, str | None):
        raise WrongType(None, "string")
    given = None if roles is None else frozenset(_role(each) for each in _list(roles, "array of assignments"))
    return FormAccess(value["xmlFormId"], state, given)


def _role(value: Any) -> tuple[str, int]:
    if not isinstance(value, Mapping):
        raise WrongType(None, "assignment with actorId and roleId")
    role_id, actor_id = (value.get(name) for name in ("roleId", "actorId"))
    for name, number in (("roleId", role_id), ("actorId", actor_id)):
        if number is None:
            raise MissingParameter(name)
    if isinstance(actor_id, bool) or not isinstance(actor_id, int):
        raise WrongType(None, "integer")
    role = find_role(str(role_id))
    if role is None:
        raise UnknownKey("roleId", role_id, "roles")
    return role.system, actor_id


def _list(value: Any, expected: str) -> Sequence[Any]:
    if not isinstance(value, list):
        raise WrongType(None, expected)
    return value
