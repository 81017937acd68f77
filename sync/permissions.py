"""Roles and what they may do: the one table, in the verbs of ODK Central's API.

An actor's grants go in, the verbs they have at a place come out: on the whole site, on a project, on a form.
Clients read the same table at `/v1/roles`. Verbs say what may be done at all; which rows and columns somebody
sees is the scope's business (sync/policy).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sync.access import Actor, Grant
from sync.tables.access import Role

_FILLING = ("project.read", "open_form.list", "open_form.read", "submission.create")
_READING = (
    "project.read", "form.list", "form.read", "submission.read", "submission.list",
    "dataset.list", "dataset.read", "entity.list", "entity.read",
)  # fmt: skip
_REVIEWING = (*_READING, "submission.create", "submission.update", "field_key.list")
_MANAGING = (
    "project.read", "project.update", "project.delete",
    "form.create", "form.delete", "form.list", "form.read", "form.update", "form.restore",
    "submission.create", "submission.read", "submission.list", "submission.update",
    "submission.delete", "submission.restore",
    "field_key.create", "field_key.delete", "field_key.list", "field_key.update",
    "actor_property.list", "actor_property.update",
    "assignment.list", "assignment.create", "assignment.delete",
    "public_link.create", "public_link.list", "public_link.read", "public_link.update", "public_link.delete",
    "session.end",
    "dataset.list", "dataset.read", "dataset.create", "dataset.update", "dataset.delete",
    "entity.list", "entity.read", "entity.create", "entity.update", "entity.delete", "entity.restore",
)  # fmt: skip
_RUNNING = (
    *_MANAGING,
    "open_form.list", "open_form.read", "project.create",
    "user.create", "user.list", "user.read", "user.update", "user.delete", "user.password.invalidate",
    "role.create", "role.update", "role.delete", "audit.read", "config.read", "config.set", "analytics.read",
    "backup.create", "backup.run", "backup.terminate",
)  # fmt: skip

WITHIN_AREA = frozenset((*_FILLING, *_REVIEWING)) - {
    "field_key.list", "dataset.list", "dataset.read", "entity.list", "entity.read",
}  # fmt: skip
"""What a grant narrowed to a place, an area or an organisation lets do. Whoever has a part of a project must
not hand out, change or delete the whole; and an entity lies nowhere, so that it is in nobody's part."""


@dataclass(frozen=True, slots=True)
class SystemRole:
    """A role as the API shows it."""

    id: int
    system: str  # how the API names it
    name: str
    role: Role | None  # how grants name it; None: nobody is assigned it
    verbs: tuple[str, ...]


ROLES: tuple[SystemRole, ...] = (
    SystemRole(1, "admin", "Administrator", Role.ADMIN, _RUNNING),
    SystemRole(
        2, "app-user", "App User", Role.APP_USER, ("open_form.list", "open_form.read", "submission.create")
    ),
    SystemRole(3, "pwreset", "Password Reset Token", None, ("user.password.reset",)),
    SystemRole(4, "manager", "Project Manager", Role.COORDINATOR, _MANAGING),
    SystemRole(5, "viewer", "Project Viewer", Role.VIEWER, _READING),
    SystemRole(6, "formview", "Form Viewer", Role.FORMVIEW, ("project.read", "form.list", "form.read")),
    SystemRole(7, "formfill", "Data Collector", Role.FORMFILL, _FILLING),
    SystemRole(8, "pub-link", "Public Link", Role.PUBLIC_LINK, ("open_form.read", "submission.create")),
    SystemRole(101, "analyst", "Analyst", Role.ANALYST, _READING),
    SystemRole(102, "supervisor", "Supervisor", Role.SUPERVISOR, _REVIEWING),
)
"""Central's eight, 2 being the app user as its clients have it written in, and ours from 101."""

VERBS = frozenset(verb for each in ROLES for verb in each.verbs)

_OF_ROLE: dict[str, SystemRole] = {each.role: each for each in ROLES if each.role is not None}
_BY_NAME = {each.system: each for each in ROLES} | {str(each.id): each for each in ROLES}
_BY_NAME |= {str(Role.COORDINATOR): _OF_ROLE[Role.COORDINATOR]}


def find_role(name: str) -> SystemRole | None:
    """The role of a number or a name; `coordinator` is `manager`."""
    return _BY_NAME.get(name)


def system_role(role: str) -> SystemRole | None:
    """The role a grant gives; None for the identifiers grant, which is no role."""
    return _OF_ROLE.get(role)


def site_verbs(actor: Actor) -> frozenset[str]:
    """What an actor may do anywhere."""
    verbs = _verbs(grant for grant in actor.assignments if grant.project_id is None)
    return verbs if actor.viewed_by is None else verbs & _with_implied(site_verbs(actor.viewed_by))


def project_verbs(actor: Actor, project_id: int) -> frozenset[str]:
    """What an actor may do on a project as a whole, by its own grants and the site's."""
    verbs = _verbs(grant for grant in actor.on(project_id) if grant.xml_form_id is None)
    return (
        verbs
        if actor.viewed_by is None
        else verbs & _with_implied(project_verbs(actor.viewed_by, project_id))
    )


def form_verbs(actor: Actor, project_id: int, xml_form_id: str) -> frozenset[str]:
    """What an actor may do on a form, by grants on it, on its project and on the site."""
    verbs = _verbs(grant for grant in actor.on(project_id) if grant.xml_form_id in (None, xml_form_id))
    return (
        verbs
        if actor.viewed_by is None
        else verbs & _with_implied(form_verbs(actor.viewed_by, project_id, xml_form_id))
    )


def may_give(verbs: frozenset[str], role: SystemRole) -> bool:
    """Whether somebody with these verbs may assign the role: nobody gives what they have not."""
    return _with_implied(verbs).issuperset(role.verbs)


def _with_implied(verbs: frozenset[str]) -> frozenset[str]:
    """Whoever may look at every form may look at the open ones."""
    return verbs.union(f"open_{verb}" for verb in ("form.list", "form.read") if verb in verbs)


def in_order(verbs: Iterable[str]) -> list[str]:
    """Verbs as the table has them, the broadest role's first."""
    known = dict.fromkeys(verb for each in (ROLES[3], *ROLES) for verb in each.verbs)
    wanted = frozenset(verbs)
    return [verb for verb in known if verb in wanted]


def _verbs(grants: Iterable[Grant]) -> frozenset[str]:
    found: set[str] = set()
    for grant in grants:
        role = system_role(grant.role)
        if role is not None:
            narrowed = grant.place_id or grant.organisation or grant.pcode
            found |= WITHIN_AREA.intersection(role.verbs) if narrowed else set(role.verbs)
    return frozenset(found)
