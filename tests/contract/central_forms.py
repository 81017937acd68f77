"""Forms as other authors write them, and what is filled in with them.

Those of the tests of ODK Central's API are among them: what matters is that their bytes stay as they are.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from openpyxl import Workbook

from sync.registry import publish_form
from tests.contract.people import Person
from tests.server.office import Office

_HEAD = (
    '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:jr="http://openrosa.org/javarosa" '
    'xmlns:orx="http://openrosa.org/xforms"><h:head>'
)


def simple(
    version: str | None = None, form_id: str = "simple", title: str = "Simple", age: str = "int"
) -> bytes:
    """Name and age, with an instanceID; without a declaration of XML."""
    named = "" if version is None else f' version="{version}"'
    return (
        f'{_HEAD}<h:title>{title}</h:title><model><instance><data id="{form_id}"{named}>'
        "<meta><instanceID/></meta><name/><age/></data></instance>"
        '<bind nodeset="/data/meta/instanceID" type="string"/>'
        f'<bind nodeset="/data/name" type="string"/><bind nodeset="/data/age" type="{age}"/></model></h:head>'
        '<h:body><input ref="/data/name"><label>Name?</label></input>'
        '<input ref="/data/age"><label>Age?</label></input></h:body></h:html>'
    ).encode()


WITH_REPEAT = (
    f'<?xml version="1.0"?>{_HEAD}<model><instance><data id="withrepeat" orx:version="1.0"><orx:meta>'
    '<orx:instanceID/></orx:meta><name/><children><child jr:template=""><age/></child></children></data>'
    '</instance><bind nodeset="/data/orx:meta/orx:instanceID" type="string"/>'
    '<bind nodeset="/data/name" type="string"/><bind nodeset="/data/children/child/age" type="int"/></model>'
    '</h:head><h:body><group ref="/data/children/child"><repeat nodeset="/data/children/child">'
    '<input ref="/data/children/child/age"><label>Age?</label></input></repeat></group></h:body></h:html>'
).encode()
"""No title, and a version in a namespace."""

WITH_FILES = (
    f'<?xml version="1.0"?>{_HEAD}<h:title>Files</h:title><model><instance><data id="files"><meta>'
    '<instanceID/></meta><town/></data></instance><instance id="bad" src="badnoroot.xls"/>'
    '<instance id="sub" src="jr://files/badsubpath.csv"/><instance id="good" src="jr://file/goodone.csv"/>'
    '<instance id="nested" src="jr://file/path/to/badnestedfile.csv"/>'
    '<bind nodeset="/data/town" type="select1"/><itext><translation default="true()" lang="en">'
    '<text id="/data/town:label">'
    '<value form="audio">jr://audio/goodtwo.mp3</value></text></translation></itext></model></h:head></h:html>'
).encode()

MALFORMED = simple(form_id="malformed").replace(b"<label>Age?</label>", b"<label>Age?/label>")
"""A slip in the body, which no tablet's parser takes and ODK Central does."""

NO_META = simple(form_id="old").replace(b"<meta><instanceID/></meta>", b"")


def workbook(title: str, *rows: tuple[str, ...]) -> bytes:
    """An .xlsx of one sheet."""
    book, content = Workbook(), BytesIO()
    sheet: Any = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    book.save(content)
    return content.getvalue()


_SMALL = (
    '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" '
    'xmlns:jr="http://openrosa.org/javarosa"><h:head><h:title>{form}</h:title><model>'
    '<instance><data id="{form}"{version}><meta><instanceID/></meta>{fields}</data></instance>'
    '<bind nodeset="/data/meta/instanceID" type="string" readonly="true()"/>{binds}</model></h:head>'
    "<h:body>{body}</h:body></h:html>"
)


def xform(form: str, version: str = "", **types: str) -> bytes:
    """A form with these questions, by their XForms types."""
    controls = {"binary": '<upload ref="/data/{0}" mediatype="image/*"><label>{0}</label></upload>'}
    text = '<input ref="/data/{0}"><label>{0}</label></input>'
    return _SMALL.format(
        form=form,
        version=f' version="{version}"' if version else "",
        fields="".join(f"<{name}/>" for name in types),
        binds="".join(f'<bind nodeset="/data/{name}" type="{kind}"/>' for name, kind in types.items()),
        body="".join(controls.get(kind, text).format(name) for name, kind in types.items()),
    ).encode()


def publishes(office: Office, form: str, version: str = "", **types: str) -> str:
    """Publish such a form. Gives the path of its submissions."""
    publish_form(office.store, office.project_id, xform(form, version, **types), "form.xml")
    return f"/projects/{office.project_id}/forms/{form}/submissions"


def filled(
    form: str, instance_id: str, edits: str = "", version: str = "", name: str = "", **answers: object
) -> bytes:
    """A submission. `name` is its instanceName."""
    old = f"<deprecatedID>{edits}</deprecatedID>" if edits else ""
    called = f"<orx:instanceName>{name}</orx:instanceName>" if name else ""
    inside = "".join(f"<{tag}>{value}</{tag}>" for tag, value in answers.items())
    of = f' version="{version}"' if version else ""
    meta = f"<meta><instanceID>{instance_id}</instanceID>{old}{called}</meta>"
    return f'<data id="{form}"{of}>{meta}{inside}</data>'.encode()


def sends(who: Person, path: str, xml: bytes, method: str = "POST", **headers: str) -> object:
    """XML as the body of a request. Gives the JSON of a 200, else Central's number."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = who.client.request(
        method,
        f"/v1{path}",
        content=xml,
        headers={"Authorization": f"Bearer {who.token}", "Content-Type": "application/xml"} | named,
    )
    return answer.json() if answer.status_code == 200 else answer.json()["code"]
