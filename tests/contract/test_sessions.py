"""Signing in and out: what it takes, how long it holds, what a browser needs besides."""

from __future__ import annotations

import base64
import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from server.auth import GUESSES_A_MINUTE
from server.central.callers import PasswordCheck
from sync.accounts import create_user
from sync.problems import TooMany
from sync.store import now
from sync.tables import audit, user_account, user_session
from sync.tokens import csrf_of
from tests.contract.people import PASSWORD, Person, comes, over_https, stranger
from tests.server.office import Office

TOKEN = re.compile(r"[a-z0-9!$]{64}", re.IGNORECASE | re.ASCII)
"""What Central's clients take for a token."""


def basic(email: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{email}:{password}".encode()).decode()}


def test_somebody_signs_in_whatever_the_case_of_the_address(office: Office) -> None:
    paul = comes(office, "Paul", "viewer")
    answer = office.client.post("/v1/sessions", json={"email": "PAUL@Example.org", "password": PASSWORD})
    assert answer.status_code == 200
    body = answer.json()
    assert sorted(body) == ["createdAt", "csrf", "expiresAt", "token"]
    assert TOKEN.fullmatch(body["token"])
    assert TOKEN.fullmatch(body["csrf"])
    begun, ends = (datetime.fromisoformat(body[name]) for name in ("createdAt", "expiresAt"))
    assert ends - begun == timedelta(hours=24)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body["createdAt"])
    session, csrf = answer.headers.get_list("set-cookie")
    rest = r"Path=/; Expires=[^;]+ GMT;"
    assert re.fullmatch(rf"__Host-session={body['token']}; {rest} HttpOnly; Secure; SameSite=Strict", session)
    assert re.fullmatch(rf"__csrf={body['csrf']}; {rest} Secure; SameSite=Strict", csrf)
    me = Person(office.client, paul.id, paul.email, body["token"]).gets("/users/current")
    assert (me["email"], me["lastLoginAt"]) == ("paul@example.org", body["createdAt"])
    with office.store.read() as reading:
        last = reading.first(select(audit).order_by(audit.c.id.desc()).limit(1))
    assert last is not None
    assert (last["action"], body["token"][15:] in repr(last["detail"])) == ("user.session.create", False)


def test_wrong_password_unknown_address_and_no_password_set_look_the_same(office: Office) -> None:
    comes(office, "Paul")
    office.store.write(lambda s: create_user(s, "unset@example.org"))
    told = {
        (answer.status_code, answer.content)
        for email in ("paul@example.org", "nobody@example.org", "unset@example.org")
        for answer in [office.client.post("/v1/sessions", json={"email": email, "password": "wrong"})]
    }
    assert len(told) == 1
    assert told.pop()[0] == 401


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 400.3),
        ({"email": "paul@example.org"}, 400.3),
        ({"email": "paul@example.org", "password": ""}, 400.3),
        ({"email": ["paul@example.org"], "password": "x"}, 400.11),
        ({"email": "paul@example.org", "password": {}}, 401.2),
    ],
)
def test_what_is_missing_is_named(office: Office, body: dict[str, object], code: float) -> None:
    comes(office, "Paul")
    assert stranger(office).is_refused("POST", "/sessions", body) == code


def test_what_is_no_json_is_refused(office: Office) -> None:
    answer = office.client.post("/v1/sessions", content=b"{email")
    assert (answer.status_code, answer.json()["code"]) == (400, 400.1)
    assert answer.json()["details"] == {"format": "json", "rawLength": 6}


def test_guessing_ends_in_a_pause(office: Office) -> None:
    comes(office, "Paul")
    check = PasswordCheck(office.store)
    check._addresses._per_minute = check._accounts._per_minute = 2
    for _ in range(2):
        with pytest.raises(Exception, match="Could not authenticate"):
            check.user("10.0.0.1", "paul@example.org", "wrong")
    with pytest.raises(TooMany):
        check.user("10.0.0.1", "paul@example.org", PASSWORD)
    with pytest.raises(TooMany):  # the account's own limit, from wherever
        check.user("10.0.0.2", "Paul@example.org", "wrong")


def test_right_passwords_cost_no_guesses(office: Office) -> None:
    paul = comes(office, "Paul")
    client = over_https(office)
    answers = [client.get("/v1/users/current", headers=basic(paul.email, PASSWORD)) for _ in range(25)]
    assert {answer.status_code for answer in answers} == {200}
    assert len(answers) > GUESSES_A_MINUTE


def test_password_with_each_request_is_for_private_connections_only(office: Office) -> None:
    paul = comes(office, "Paul")
    open_to_all = office.client.get("/v1/users/current", headers=basic(paul.email, PASSWORD))
    assert (open_to_all.status_code, open_to_all.json()["code"]) == (401, 401.3)
    client = over_https(office)
    assert client.get("/v1/users/current", headers=basic(paul.email, PASSWORD)).status_code == 200
    wrong = client.get("/v1/users/current", headers=basic(paul.email, PASSWORD + "!"))
    assert (wrong.status_code, wrong.json()["code"]) == (401, 401.2)
    assert wrong.headers["www-authenticate"].startswith("Basic ")
    digest = client.get("/v1/users/current", headers={"Authorization": 'Digest username="paul"'})
    assert (digest.status_code, digest.json()["code"]) == (401, 401.2)


def test_new_password_ends_what_was_remembered_of_the_old(office: Office) -> None:
    paul, client = comes(office, "Paul"), over_https(office)
    assert client.get("/v1/users/current", headers=basic(paul.email, PASSWORD)).status_code == 200
    office.store.write(lambda s: s.execute(update(user_account).values(password_hash=None)))
    assert client.get("/v1/users/current", headers=basic(paul.email, PASSWORD)).status_code == 401


def test_page_changes_something_only_with_what_the_signing_in_gave_it(office: Office) -> None:
    amina, client = comes(office, "Amina", "admin"), over_https(office)
    assert amina.token is not None
    client.cookies.set("__Host-session", amina.token)
    assert client.get("/v1/users/current").status_code == 200
    project = {"name": "Second"}
    for body in (project, {**project, "__csrf": "nope"}, {**project, "__csrf": 7}):
        assert client.post("/v1/projects", json=body).json()["code"] == 401.2
    assert client.post("/v1/projects", json={**project, "__csrf": csrf_of(amina.token)}).status_code == 200
    by_script = client.post("/v1/projects", json=project, headers={"X-Requested-With": "XMLHttpRequest"})
    assert by_script.status_code == 200
    plain = office.client.get("/v1/users/current", headers={"Cookie": f"__Host-session={amina.token}"})
    assert (plain.status_code, plain.json()["code"]) == (401, 401.3)


def test_session_is_restored_while_it_holds(office: Office) -> None:
    paul = comes(office, "Paul")
    assert sorted(paul.gets("/sessions/restore")) == ["createdAt", "expiresAt"]
    assert stranger(office).is_refused("GET", "/sessions/restore") == 404.1
    soon = now() - timedelta(seconds=1)
    office.store.write(lambda s: s.execute(update(user_session).values(expires_at=soon)))
    assert paul.is_refused("GET", "/sessions/restore") == 404.1
    assert paul.is_refused("GET", "/users/current") == 401.2


def test_signing_out_ends_the_session_at_once(office: Office) -> None:
    paul = comes(office, "Paul")
    answer = paul.asks("DELETE", "/sessions/current")
    assert answer.json() == {"success": True}
    gone = "null; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT;"
    assert answer.headers.get_list("set-cookie") == [
        f"__Host-session={gone} HttpOnly; Secure; SameSite=Strict",
        f"__csrf={gone} Secure; SameSite=Strict",
    ]
    assert paul.is_refused("GET", "/users/current") == 401.2
    assert paul.is_refused("DELETE", "/sessions/current") == 404.1


def test_sessions_are_ended_by_their_owner_and_keys_by_the_manager(office: Office, admin: Person) -> None:
    paul, nadia = comes(office, "Paul"), comes(office, "Nadia")
    assert nadia.is_refused("DELETE", f"/sessions/{paul.token}") == 403.1
    assert paul.is_refused("DELETE", "/sessions/" + "a" * 64) == 403.1
    key = admin.does("POST", f"/projects/{office.project_id}/app-users", {"displayName": "Gate"})["token"]
    assert paul.is_refused("DELETE", f"/sessions/{key}") == 403.1
    device = f"/v1/key/{key}/projects/{office.project_id}/formList"
    assert office.client.get(device).status_code == 200
    assert admin.does("DELETE", f"/sessions/{key}") == {"success": True}
    assert office.client.get(device).status_code == 403
    (listed,) = admin.gets(f"/projects/{office.project_id}/app-users")
    assert (listed["displayName"], listed["token"]) == ("Gate", None)
    assert paul.does("DELETE", f"/sessions/{paul.token}") == {"success": True}
    assert paul.is_refused("GET", "/users/current") == 401.2


def test_database_keeps_no_session_token(office: Office) -> None:
    paul = comes(office, "Paul")
    assert paul.token is not None
    with office.store.read() as session:
        kept = repr([dict(row) for row in [*session.all(select(user_session)), *session.all(select(audit))]])
    assert paul.token[15:58] not in kept


def test_tablets_key_is_no_session(office: Office) -> None:
    tablet = office.sets_up_tablet()
    person = Person(office.client, 0, "", tablet.token)
    assert person.is_refused("GET", "/projects") == 401.2
