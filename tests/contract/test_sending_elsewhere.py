"""Records sent with a key, with a link, to a draft: the same paths, another space."""

from __future__ import annotations

from tests.contract.central_forms import filled, publishes, sends
from tests.contract.people import Person
from tests.server.office import Office


def test_app_user_and_link_send_records_and_their_files(office: Office, admin: Person) -> None:
    path = publishes(office, "files", photo="binary")
    made = admin.does("POST", f"/projects/{office.project_id}/app-users", {"displayName": "Tablet 7"})
    on_form = path.removesuffix("/submissions")
    admin.does("POST", f"{on_form}/assignments/app-user/{made['id']}")
    link = admin.does("POST", f"{on_form}/public-links", {"displayName": "Anybody"})
    ways = ((f"/v1/key/{made['token']}", "", "one"), ("/v1", f"?st={link['token']}", "two"))
    for before, after, name in ways:
        sent = admin.client.post(
            f"{before}{path}{after}",
            content=filled("files", name, photo="a.jpg"),
            headers={"Content-Type": "text/xml"},
        )
        assert (sent.status_code, sent.json()["instanceId"]) == (200, name), sent.text
        for status in (200, 403):
            file = f"{before}{path}/{name}/attachments/a.jpg{after}"
            assert admin.client.post(file, content=b"bytes").status_code == status
        assert admin.client.get(f"{before}{path}{after}").status_code == 403
        assert admin.asks("GET", f"{path}/{name}/attachments/a.jpg").content == b"bytes"
    sends(admin, path, filled("files", "three", photo="a.jpg"))
    others = admin.client.post(f"/v1{path}/three/attachments/a.jpg?st={link['token']}", content=b"bytes")
    assert others.status_code == 403


def test_draft_has_records_of_its_own(office: Office, admin: Person) -> None:
    path = publishes(office, "simple", name="string")
    on_form = path.removesuffix("/submissions")
    draft = f"{on_form}/draft/submissions"
    assert admin.is_refused("GET", draft) == sends(admin, draft, filled("simple", "one")) == 404.1
    sends(admin, path, filled("simple", "one", name="custom"))
    admin.does("PATCH", on_form, {"state": "closed"})
    office.app.state.catalogue.expire()
    admin.does("POST", f"{on_form}/draft")
    one = filled("simple", "one", version="-1")
    for name in ("one", "two"):
        told = sends(admin, draft, filled("simple", name, version="-1"))
        assert isinstance(told, dict)
        assert told["instanceId"] == name
    assert [each["instanceId"] for each in admin.gets(draft)] == ["two", "one"]
    assert [each["instanceId"] for each in admin.gets(path)] == ["one"]
    assert admin.asks("GET", f"{draft}/one.xml").content == one
    assert admin.gets(f"{draft}/one/versions/one")["instanceName"] is None
    assert admin.gets(f"{path}/one/versions/one")["instanceName"] == "custom"
    assert sends(admin, f"{draft}/one", filled("simple", "one.2", edits="one"), "PUT") != 404.1
    assert admin.is_refused("DELETE", f"{draft}/one") == 404.1  # there is no such thing
    admin.does("DELETE", f"{path}/one")
    admin.does("POST", f"{path}/one/restore")
    admin.does("POST", f"{on_form}/draft/publish?version=two")
    assert admin.is_refused("GET", draft) == 404.1
    admin.does("POST", f"{on_form}/draft")
    assert admin.gets(draft) == []
