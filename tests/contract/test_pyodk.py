"""pyodk as it is on PyPI, pointed at this server: an office's scripts go on working."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyodk.client import Client
from pyodk.errors import PyODKError

from sync.assignments import Place
from tests.contract.people import PASSWORD, Person, comes
from tests.contract.serving import served
from tests.server.office import Office


@pytest.fixture
def address(office: Office) -> Iterator[str]:
    with served(office) as url:
        yield url


def client_of(person: Person, address: str, folder: Path, password: str = PASSWORD) -> Client:
    """A client with its settings file, as its manual has it."""
    settings = folder / f"{person.id}.toml"
    settings.write_text(
        f'[central]\nbase_url = "{address}"\nusername = "{person.email}"\npassword = "{password}"\n'
        "default_project_id = 1\n"
    )
    return Client(config_path=settings, cache_path=folder / f"{person.id}.cache.toml")


def test_script_signs_in_once_and_again_with_what_it_kept(
    office: Office, address: str, tmp_path: Path
) -> None:
    paul = comes(office, "Paul", "manager", Place(office.project_id))
    with client_of(paul, address, tmp_path) as client:
        assert [project.name for project in client.projects.list()] == ["Flow monitoring"]
        token = client.session.headers["Authorization"]
    with client_of(paul, address, tmp_path) as again:
        assert again.projects.get().name == "Flow monitoring"
        assert again.session.headers["Authorization"] == token
    nadia = client_of(comes(office, "Nadia"), address, tmp_path, "wrong")
    with pytest.raises(PyODKError, match="401"):
        nadia.open()


def test_script_makes_app_users_with_their_forms_and_no_doubles(
    office: Office, address: str, tmp_path: Path
) -> None:
    for form in ("fmr", "a/b"):
        office.publishes(form)
    office.sets_up_tablet("Tablet 7")
    paul = comes(office, "Paul", "manager", Place(office.project_id))
    with client_of(paul, address, tmp_path) as client:
        made = list(client.projects.create_app_users(["Gate", "Tablet 7", "Port"], ["fmr", "a/b"]))
        assert [user.displayName for user in made] == ["Gate", "Port"]
        assert list(client.projects.create_app_users(["Gate", "Port"], ["fmr"])) == []
        assigned = client.get("projects/1/assignments/forms/app-user").json()
        assert sorted((each["actorId"], each["xmlFormId"]) for each in assigned) == sorted(
            (user.id, form) for user in made for form in ("fmr", "a/b")
        )
        for user in made:
            listed = client.get(f"key/{user.token}/projects/1/formList")
            assert listed.text.count("<formID>") == 2


def test_script_uses_the_client_for_what_has_no_method(office: Office, address: str, tmp_path: Path) -> None:
    amina = comes(office, "Amina", "admin")
    with client_of(amina, address, tmp_path) as client:
        made = client.post("projects", json={"name": "Second", "description": "A trial"}).json()
        assert client.projects.get(made["id"]).description == "A trial"
        renamed = client.patch(f"projects/{made['id']}", json={"name": "Renamed", "archived": True})
        assert renamed.json()["archived"] is True
        assert [project.name for project in client.projects.list()] == ["Flow monitoring", "Renamed"]
        assert client.delete(f"projects/{made['id']}").json() == {"success": True}
        with pytest.raises(PyODKError) as refused:
            client.projects.get(made["id"])
        assert refused.value.is_central_error(404.1)
