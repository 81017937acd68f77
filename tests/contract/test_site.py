"""What an office sets about its site and its users: settings, preferences, properties of app users."""

from __future__ import annotations

import hashlib

from tests.contract.people import Person, comes, stranger
from tests.server.office import Office

PNG = b"\x89PNG\r\n\x1a\n the river"


def test_settings_of_the_site(office: Office, admin: Person) -> None:
    assert admin.is_refused("GET", "/config/analytics") == 404.1
    made = admin.does("POST", "/config/analytics", {"enabled": True, "email": "a@example.org", "more": 1})
    assert set(made) == {"key", "value", "setAt"}
    assert (made["key"], made["value"]) == ("analytics", {"enabled": True, "email": "a@example.org"})
    assert admin.gets("/config/analytics") == made
    changed = admin.does("POST", "/config/analytics", {"enabled": False, "email": "a@example.org"})
    assert changed["value"] == {"enabled": False}
    assert admin.does("DELETE", "/config/analytics") == {"success": True}
    assert admin.does("DELETE", "/config/analytics") == {"success": True}
    assert admin.is_refused("GET", "/config/analytics") == 404.1
    told = [event["details"] for event in admin.gets("/audits?action=config.set")]
    assert told[-1] == {"key": "analytics", "value": {"enabled": True, "email": "a@example.org"}}
    assert told[0] == {"key": "analytics", "value": None}
    for key in ("backups.main", "unknown"):
        assert admin.is_refused("POST", f"/config/{key}", {"type": "google"}) == 400.8
        assert admin.is_refused("DELETE", f"/config/{key}") == 400.8
    paul = comes(office, "Paul", "manager")
    for method in ("GET", "POST", "DELETE"):
        assert paul.is_refused(method, "/config/analytics", {"enabled": True}) == 403.1


def test_everybody_sees_how_the_page_to_sign_in_looks(office: Office, admin: Person) -> None:
    nobody = stranger(office)
    assert nobody.gets("/config/public") == {}
    admin.does("POST", "/config/login-appearance", {"title": "Flow monitoring", "description": 7})
    sent = office.client.post(
        "/v1/config/logo",
        content=PNG,
        headers={"Authorization": f"Bearer {admin.token}", "Content-Type": "image/png"},
    )
    assert (sent.status_code, set(sent.json())) == (200, {"key", "blobExists", "setAt"})
    admin.does("POST", "/config/analytics", {"enabled": False})
    public = nobody.gets("/config/public")
    assert list(public) == ["login-appearance", "logo"]
    assert public["login-appearance"]["value"] == {"title": "Flow monitoring"}
    assert public["logo"] == sent.json()
    picture = nobody.asks("GET", "/config/public/logo")
    assert (picture.content, picture.headers["content-type"]) == (PNG, "image/png")
    assert picture.headers["content-disposition"] == "attachment"
    assert picture.headers["cache-control"] == "no-cache"
    assert picture.headers["etag"] == f'"{hashlib.md5(PNG).hexdigest()}"'
    stamped = nobody.asks("GET", "/config/public/logo?ts=123")
    assert stamped.headers["cache-control"] == "max-age=31536000"
    assert admin.asks("GET", "/config/logo").content == PNG
    again = nobody.asks("GET", "/config/public/logo", If_None_Match=picture.headers["etag"])
    assert again.status_code == 304
    assert nobody.is_refused("GET", "/config/public/analytics") == 403.1
    assert nobody.is_refused("GET", "/config/public/hero-image") == 404.1
    bare = office.client.post(
        "/v1/config/logo", content=PNG, headers={"Authorization": f"Bearer {admin.token}"}
    )
    assert (bare.status_code, bare.json()["code"]) == (400, 400.6)


def test_each_keeps_how_they_like_to_see_it(office: Office, admin: Person) -> None:
    paul = comes(office, "Paul")
    other = str(admin.does("POST", "/projects", {"name": "Other"})["id"])
    mine, site = str(office.project_id), "/user-preferences/site"
    admin.does("PUT", f"{site}/simple", {"propertyValue": True})
    admin.does("PUT", f"{site}/complex", {"propertyValue": {"1": 2}})
    admin.does("PUT", f"{site}/complex", {"propertyValue": [1, "many"]})
    admin.does("PUT", f"{site}/nothing", {"propertyValue": None})
    for project in (mine, other):
        admin.does("PUT", f"/user-preferences/project/{project}/view", {"propertyValue": False})
    paul.does("PUT", f"{site}/milk", {"propertyValue": True})
    assert admin.gets("/users/current", extended=True)["preferences"] == {
        "site": {"simple": True, "complex": [1, "many"], "nothing": None},
        "projects": {mine: {"view": False}, other: {"view": False}},
    }
    assert admin.does("DELETE", f"{site}/simple") == {"success": True}
    assert admin.is_refused("DELETE", f"{site}/simple") == 404.1
    admin.does("DELETE", f"/user-preferences/project/{other}/view")
    assert admin.is_refused("DELETE", f"/user-preferences/project/{other}/view") == 404.1
    assert admin.gets("/users/current", extended=True)["preferences"] == {
        "site": {"complex": [1, "many"], "nothing": None},
        "projects": {mine: {"view": False}},
    }
    assert "preferences" not in admin.gets("/users/current")
    missing = admin.asks("PUT", f"{site}/x", {"value": 1}).json()
    assert (missing["code"], missing["details"]) == (400.23, {"property": "propertyValue"})
    more = admin.asks("PUT", f"{site}/x", {"a": 1, "propertyValue": 2}).json()
    assert (more["code"], more["details"]["actual"]) == (400.33, ["a", "propertyValue"])
    assert paul.is_refused("PUT", f"/user-preferences/project/{mine}/x", {"propertyValue": 1}) == 404.1
    assert admin.is_refused("PUT", "/user-preferences/project/999/x", {"propertyValue": 1}) == 404.1


def test_project_tells_its_app_users_apart(office: Office, admin: Person) -> None:
    base = f"/projects/{office.project_id}"
    words, users = f"{base}/actor-properties", f"{base}/app-users"
    assert admin.gets(words) == []
    for name in ("region", "plot_id"):
        assert admin.does("POST", words, {"name": name}) == {"success": True}
    refused = {
        str(name): admin.is_refused("POST", words, {} if name is None else {"name": name})
        for name in (None, "name", "Label", "displayName", "__x", "two words", "9th", "", 7, "REGION")
    }
    assert refused == {name: 409.3 if name == "REGION" else 400.8 for name in refused}
    one, two = (admin.does("POST", users, {"displayName": name})["id"] for name in ("One", "Two"))
    assert admin.gets(f"{users}/{one}", extended=True)["properties"] is None
    set_ = admin.does("PATCH", f"{users}/{one}", {"properties": {"region": " north ", "plot_id": "A1"}})
    assert set_["properties"] == {"plot_id": "A1", "region": "north"}
    admin.does("PATCH", f"{users}/{two}", {"properties": {"region": "south"}})
    assert admin.gets(words) == [{"name": "plot_id"}, {"name": "region"}]
    assert admin.gets(words, extended=True) == [
        {"name": "plot_id", "values": ["A1"]},
        {"name": "region", "values": ["north", "south"]},
    ]
    assert [each["properties"] for each in admin.gets(users, extended=True)] == [
        {"region": "south"},
        {"plot_id": "A1", "region": "north"},
    ]
    same = admin.does("PATCH", f"{users}/{one}", {"displayName": "Gate 1"})
    assert (same["displayName"], same["properties"]) == ("Gate 1", {"plot_id": "A1", "region": "north"})
    assert admin.does("PATCH", f"{users}/{one}", {"properties": {"region": ""}})["properties"] == {
        "plot_id": "A1"
    }
    assert admin.does("PATCH", f"{users}/{one}", {"properties": {"plot_id": None}})["properties"] is None
    for wrong in ("text", ["a"], {"region": 42}, {"other": "x"}):
        assert admin.is_refused("PATCH", f"{users}/{one}", {"properties": wrong}) == 400.8
    told = admin.gets("/audits?action=actor_property.create")
    assert [event["details"] for event in told] == [{"name": "plot_id"}, {"name": "region"}]
    assert admin.gets("/audits?action=field_key.property.set")[0]["details"] == {
        "properties": {"plot_id": None}
    }


def test_usage_is_counted_and_sent_nowhere(office: Office, admin: Person) -> None:
    preview = admin.gets("/analytics/preview")
    assert preview["system"]["num_admins"] == {"recent": 1, "total": 1}
    assert [project["id"] for project in preview["projects"]] == [office.project_id]
    assert comes(office, "Paul", "manager").is_refused("GET", "/analytics/preview") == 403.1


def test_addresses_that_are_not_there(office: Office, admin: Person) -> None:
    assert admin.is_refused("GET", "/nonexistent") == 404.1
    there = office.client.get("/users/current")
    assert (there.status_code, there.json()["code"]) == (404, 404.2)
    newer = office.client.get("/v2/users/current")
    assert (newer.status_code, newer.json()["code"]) == (404, 404.3)
    broken = office.client.post(
        "/v1/projects",
        content='{"broken JSON":',
        headers={"Authorization": f"Bearer {admin.token}", "Content-Type": "application/json"},
    )
    assert broken.status_code == 400
    assert (broken.json()["code"], broken.json()["details"]) == (400.1, {"format": "json", "rawLength": 15})
    deep = office.client.post(
        "/v1/projects", content="[" * 100_000, headers={"Authorization": f"Bearer {admin.token}"}
    )
    assert (deep.status_code, deep.json()["code"]) == (400, 400.1)
