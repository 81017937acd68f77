"""pyodk as it is on PyPI, pointed at this server: an office's scripts go on working."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pyodk.client import Client
from pyodk.errors import PyODKError

from sync.assignments import Place
from tests.contract.central_forms import simple, workbook
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


def test_script_uploads_forms_and_new_versions(office: Office, address: str, tmp_path: Path) -> None:
    settings = office.app.state.settings
    office.app.state.settings = replace(settings, forms=replace(settings.forms, java="none"))
    rows = ("survey", ("type", "name", "label"), ("select_one_from_file towns.csv", "t", "Town"))
    book, towns = tmp_path / "a town's form.xlsx", tmp_path / "towns.csv"
    book.write_bytes(workbook(*rows))
    towns.write_bytes(b"name,label\n1,Gao\n")
    with client_of(comes(office, "Paul", "manager", Place(1)), address, tmp_path) as client:
        made = client.forms.create(definition=book, attachments=[towns], form_id="a_town's_form")
        assert (made.xmlFormId, made.state, made.version) == ("a_town's_form", "open", "")
        assert made.publishedAt is None  # told before it publishes
        assert client.forms.get(made.xmlFormId).publishedAt is not None
        at = f"projects/1/forms/{client.session.urlquote(made.xmlFormId)}"
        given = client.get(f"{at}/attachments/towns.csv")
        assert given.content == towns.read_bytes()

        client.forms.update(made.xmlFormId, attachments=[towns], version_updater=lambda v: f"{v}2")
        changed = client.forms.get(made.xmlFormId)
        assert (changed.version, changed.updatedAt is not None) == ("2", True)
        xml = client.forms.get_xml(made.xmlFormId)
        client.forms.update(made.xmlFormId, definition=xml.replace('version="2"', 'version="3"'))
        assert client.forms.get(made.xmlFormId).version == "3"

        other = client.forms.create(definition=simple("1", "autre").decode())
        assert (other.name, other.hash) == ("Simple", hashlib.md5(simple("1", "autre")).hexdigest())
        assert client.forms.get_xml("autre") == simple("1", "autre").decode()
        assert [form.xmlFormId for form in client.forms.list()] == ["autre", made.xmlFormId]
        with pytest.raises(PyODKError) as refused:
            client.forms.create(definition=simple("1", "autre").decode())
        assert refused.value.is_central_error(409.3)


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
