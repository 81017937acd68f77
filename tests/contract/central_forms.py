"""Small forms as other authors write them, and what is filled in with them."""

from __future__ import annotations

from sync.registry import publish_form
from tests.contract.people import Person
from tests.server.office import Office

_HEAD = (
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
    return _HEAD.format(
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
