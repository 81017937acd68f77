"""A row of the matrix: what a route needs, and how to ask it; and what is made to ask about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sync.access import create_bare_app_user
from sync.accounts import create_user
from sync.assignments import Place, give_role
from sync.permissions import find_role
from tests.server.office import Office

ABSENT = 999_999

Made = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """What a route needs, and how to ask it so that it is answered when one may."""

    level: str  # anybody, known, site, project, form, or: figures, open
    verb: str | None = None
    body: Any = None  # JSON, or bytes as they are
    needs: tuple[Callable[[Office, int], Made], ...] = ()  # made afresh for each try
    also: tuple[int, ...] = ()  # further statuses that are no refusal
    headers: Mapping[str, str] = field(default_factory=dict)
    bare: bool = False  # asked without credentials: it would end the session that is needed further on

    def passes(self, verbs: set[str]) -> bool:
        return self.verb is None or self.verb in verbs


_numbers = count(1)


def somebody(office: Office, _project_id: int) -> Made:
    """Another user, whom nobody has to do with."""
    made = office.store.write(lambda s: create_user(s, f"other{next(_numbers)}@example.org"))
    return {"user_id": made, "actor_id": made}


def key(office: Office, project_id: int) -> Made:
    store = office.store
    made = store.write(lambda s: create_bare_app_user(s, store.keyring, project_id, "Gate"))
    return {"app_user_id": made.id, "token": made.token}


def given(*levels: str) -> Callable[[Office, int], Made]:
    """Another user who has the role form viewer there."""

    def make(office: Office, project_id: int) -> Made:
        made = somebody(office, project_id)
        place = Place(project_id if levels else None, "fmr" if "form" in levels else None)
        role = find_role("formview")
        assert role is not None
        office.store.write(lambda s: give_role(s, place, role, made["actor_id"]))
        return made

    return make


NAMED = {"name": "Renamed"}
ON_PROJECT, ON_FORM = "/v1/projects/{project_id}", "/v1/projects/{project_id}/forms/{xml_form_id}"


def new_address() -> dict[str, str]:
    return {"email": f"new{next(_numbers)}@example.org"}


Rows = dict[tuple[str, str], Row]
"""By method and path."""
