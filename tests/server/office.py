"""The people of these stories: an office that publishes forms, and tablets that ask for them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import httpx

from server.app import create_app
from server.settings import Settings
from sync.access import NewToken, create_app_user, create_token
from sync.registry import PublishedForm, create_project, publish_form
from sync.store import Store

with warnings.catch_warnings():  # it asks for a successor of httpx that is not among our dependencies
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"


def xform(
    form_id: str, version: str, title: str = "A form", media: tuple[str, ...] = (), note: str = ""
) -> bytes:
    """A small XForm, as an XForms tool writes it."""
    refers = "".join(f"<value form='image'>jr://images/{escape(name)}</value>" for name in media)
    version_attribute = f" version={quoteattr(version)}" if version else ""
    return (
        '<?xml version="1.0"?><h:html xmlns="http://www.w3.org/2002/xforms" '
        'xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa"><h:head>'
        f"<h:title>{escape(title)}</h:title><model><itext><translation lang='default' default='true()'>"
        f"<text id='/data/n:label'><value>How many{escape(note)}?</value>{refers}</text></translation>"
        f"</itext><instance><data id={quoteattr(form_id)}{version_attribute}><n/><meta><instanceID/></meta>"
        '</data></instance><bind nodeset="/data/n" type="int"/>'
        '<bind nodeset="/data/meta/instanceID" type="string" jr:preload="uid"/></model></h:head>'
        "<h:body><input ref='/data/n'><label ref=\"jr:itext('/data/n:label')\"/></input></h:body></h:html>"
    ).encode()


class Tablet:
    """ODK Collect, as far as it reads lists."""

    def __init__(self, client: TestClient, made: NewToken, project_id: int) -> None:
        self.client = client
        self.token = made.token
        self.id = made.id
        self.base = f"/v1/key/{made.token}/projects/{project_id}"

    def gets(self, address: str, method: str = "GET", **headers: str) -> httpx.Response:
        """Fetch a path below its server URL, or an absolute address."""
        where = address if address.startswith("http") else f"{self.base}{address}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.request(method, where, headers={"X-OpenRosa-Version": "1.0"} | named)

    def lists(self, query: str = "") -> list[dict[str, str]]:
        """The entries of formList, as Collect reads them."""
        answer = self.gets(f"/formList{query}")
        assert answer.status_code == 200, answer.text
        root = ElementTree.fromstring(answer.content)
        assert root.tag == f"{LIST}xforms"
        return [{field.tag.removeprefix(LIST): field.text or "" for field in entry} for entry in root]

    def reads_manifest(self, address: str) -> list[dict[str, str]]:
        root = ElementTree.fromstring(self.gets(address).content)
        assert root.tag == f"{MANIFEST}manifest"
        return [{field.tag.removeprefix(MANIFEST): field.text or "" for field in entry} for entry in root]


class Office:
    """A coordinator with one project on one server."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self.app = create_app(settings, store)
        self.client = TestClient(self.app, base_url="http://127.0.0.1:8080", raise_server_exceptions=True)
        self.project = store.write(lambda session: create_project(session, "Flow monitoring"))
        self.project_id = int(self.project["id"])

    def publishes(
        self,
        form_id: str = "fmr",
        version: str = "1",
        title: str = "A form",
        media: Mapping[str, bytes] | None = None,
        names: tuple[str, ...] = (),
        note: str = "",
    ) -> PublishedForm:
        data = xform(form_id, version, title, names, note)
        return publish_form(self.store, self.project_id, data, "form.xml", media)

    def sets_up_tablet(self, name: str = "Tablet 7", forms: tuple[str, ...] = ()) -> Tablet:
        made = self.store.write(lambda session: create_app_user(session, self.project_id, name, forms))
        return Tablet(self.client, made, self.project_id)

    def gives_token(self, role: str = "analyst") -> NewToken:
        return self.store.write(lambda session: create_token(session, self.project_id, "Report", role))
