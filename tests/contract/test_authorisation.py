"""Who may use which route: a row for each route of the OpenAPI description, tried with every role, in scope
and out of it.

A route that is added without a row here fails, and so does a row whose verb is not what the route declares.
What a caller has nothing to do with must look exactly like what is not there: status, body and headers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from server.datasets.scope import SEES
from server.reference import routes, written
from sync.assignments import Place
from sync.permissions import find_role
from sync.registry import create_project, publish_form
from tests.contract.matrix import ROWS
from tests.contract.matrix.row import ABSENT, ON_FORM, Made, Row
from tests.contract.people import Person, comes, stranger
from tests.server.office import Office, xform

TABLETS = {
    "/v1/key/{token}/projects/{project_id}/submission",
    "/v1/key/{token}/projects/{project_id}/formList",
    "/v1/key/{token}/projects/{project_id}/forms/{resource}",
    "/v1/projects/{project_id}/submission",
    "/v1/projects/{project_id}/formList",
    ON_FORM + "/draft/submission",
    *(
        f"/v1/test/{{token}}/projects/{{project_id}}/forms/{{xml_form_id}}/draft{resource}"
        for resource in (".xml", "/formList", "/manifest", "/attachments/{name}", "/submission")
    ),
}
"""What tablets ask for: who may is tried in test_draft_testing.py and test_public_links.py."""

ROLES = ("admin", "manager", "supervisor", "analyst", "viewer", "formfill", "formview")


@dataclass(slots=True)
class World:
    """A project people have to do with, and one they have not."""

    office: Office
    elsewhere: int = field(init=False)

    def __post_init__(self) -> None:
        self.office.publishes("fmr")
        other = self.office.store.write(lambda s: create_project(s, "Elsewhere"))
        self.elsewhere = int(other["id"])
        publish_form(self.office.store, self.elsewhere, xform("fmr", "1"), "form.xml")

    def asks(self, who: Person, method: str, path: str, row: Row, project_id: int) -> httpx.Response:
        """Ask as a row says; what the row needs is made in a project that is there."""
        values: Made = {
            "project_id": project_id, "xml_form_id": "fmr", "role": "formview", "token": "a" * 64,
            "user_id": ABSENT, "actor_id": ABSENT, "app_user_id": ABSENT, "address": "Submissions",
            "name": "flow", "format": "html" if path.startswith("/data-") else "csv",
        }  # fmt: skip
        values |= {name: ABSENT for name in re.findall(r"{(\w+)}", path) if name not in values}
        for make in row.needs:
            values |= make(self.office, self.elsewhere if project_id == ABSENT else project_id)
        body = values.get("body", row.body)
        headers = dict(row.headers)
        if who.token is not None and not row.bare:
            headers["Authorization"] = f"Bearer {who.token}"
        sent = {"content": body} if isinstance(body, bytes) else {"json": body}
        return self.office.client.request(method, path.format(**values), **sent, headers=headers)


@pytest.fixture
def world(office: Office) -> World:
    return World(office)


def _described(office: Office) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in office.app.openapi()["paths"].items():
        for method, operation in operations.items():
            yield method.upper(), written(path), operation


def _told(answer: httpx.Response, *ids: int) -> tuple[int, str, dict[str, str]]:
    """What somebody is told, without the ids they asked with themselves."""
    text = answer.text
    for number in ids:
        text = re.sub(rf"(?<![\d.]){number}(?!\.?\d)", "ID", text)
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return answer.status_code, text, headers


def test_every_route_has_a_row_and_declares_what_the_row_says(office: Office) -> None:
    described = {(method, path): operation for method, path, operation in _described(office)}
    assert sorted(described) == sorted(ROWS)
    declared = {
        key: (each["x-level"], each.get("x-verb")) for key, each in described.items() if "x-level" in each
    }
    said = {
        key: ("known", None) if row.level == "account" else (row.level, row.verb)
        for key, row in ROWS.items()
        if row.level not in ("open", "figures")
    }
    assert declared == said


def test_what_is_not_described_is_a_tablets_or_the_servers_health(office: Office) -> None:
    paths = {written(path) for path, _, _ in routes()}
    assert paths - {path for _, path in ROWS} == {
        *TABLETS,
        "/health",
        "/health/live",
        "/health/ready",
    }
    verbs = {(method, written(path)) for path, methods, _ in routes() for method in methods}
    here = {(method, path) for method, path in verbs - set(ROWS) if path in {path for _, path in ROWS}}
    assert {method for method, _ in here} == {"HEAD"}
    assert {path for _, path in here} <= {path for method, path in ROWS if method == "GET"}


def test_unknown_callers_are_let_through_to_what_is_for_anybody_only(world: World) -> None:
    nobody = stranger(world.office)
    for (method, path), row in ROWS.items():
        there, elsewhere, absent = (
            world.asks(nobody, method, path, row, project_id)
            for project_id in (world.office.project_id, world.elsewhere, ABSENT)
        )
        where = (method, path)
        if row.level in ("open", "anybody"):
            assert there.status_code < 400 or there.status_code in row.also, (where, there.text)
            continue
        assert there.status_code == 401, where
        assert _told(there) == _told(elsewhere) == _told(absent), where


@pytest.mark.parametrize("role", ROLES)
def test_role_on_a_project_lets_do_there_what_its_verbs_say(world: World, role: str) -> None:
    office = world.office
    who = comes(office, "Paul", role, Place(office.project_id))
    found = find_role(role)
    assert found is not None
    for (method, path), row in ROWS.items():
        where = (role, method, path)
        answer = world.asks(who, method, path, row, office.project_id)
        if row.level in ("project", "form"):
            allowed = row.passes(set(found.verbs))
        elif row.level == "figures":
            allowed = found.role in SEES
        else:  # a role on a project is none on the site
            allowed = row.level not in ("site", "account")
        if allowed:
            assert answer.status_code < 400 or answer.status_code in row.also, (where, answer.text)
        elif row.level == "account":
            absent = world.asks(who, method, path, Row(row.level, row.verb, row.body), ABSENT)
            number = int(answer.request.url.path.split("/")[3])
            assert _told(answer, number) == _told(absent, ABSENT), where
            assert answer.status_code == 404, where
        else:
            assert answer.status_code == 403, (where, answer.text)


@pytest.mark.parametrize("role", [None, *ROLES])
def test_what_is_out_of_scope_looks_absent(world: World, role: str | None) -> None:
    office = world.office
    who = comes(office, "Paul", role, Place(office.project_id))
    for (method, path), row in ROWS.items():
        if row.level not in ("project", "form", "figures"):
            continue
        elsewhere = world.asks(who, method, path, row, world.elsewhere)
        absent = world.asks(who, method, path, row, ABSENT)
        assert elsewhere.status_code == 404, (role, method, path, elsewhere.text)
        assert _told(elsewhere, world.elsewhere) == _told(absent, ABSENT), (role, method, path)


def test_role_on_a_form_reaches_no_other_form(world: World) -> None:
    office = world.office
    office.publishes("fms")
    who = comes(office, "Paul", "manager", Place(office.project_id, "fms"))
    for (method, path), row in ROWS.items():
        answer = world.asks(who, method, path, row, office.project_id)
        if row.level == "form":
            gone = world.asks(who, method, path.replace("{xml_form_id}", "none"), row, office.project_id)
            assert answer.status_code == 404, (method, path)
            assert _told(answer) == _told(gone), (method, path)
        elif row.level == "project":
            assert answer.status_code == 403, (method, path)


def test_administrator_reaches_everything(world: World) -> None:
    who = comes(world.office, "Amina", "admin")
    for (method, path), row in ROWS.items():
        answer = world.asks(who, method, path, row, world.elsewhere)
        assert answer.status_code < 400 or answer.status_code in row.also, (method, path, answer.text)
