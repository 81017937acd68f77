"""People's accounts over the network."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from sync.accounts import find_by_email
from sync.sessions import begin_reset
from sync.tables import audit
from tests.contract.people import PASSWORD, Person, comes, stranger
from tests.server.office import Office

ANOTHER = "ferries leave at dusk"


def actions(office: Office) -> list[tuple[str, dict[str, object]]]:
    with office.store.read() as session:
        rows = session.all(select(audit.c.action, audit.c.detail).order_by(audit.c.id))
    return [(row["action"], row["detail"]) for row in rows]


def test_administrator_creates_an_account_that_may_do_nothing_yet(office: Office, admin: Person) -> None:
    made = admin.does("POST", "/users", {"email": "Paul@Example.org", "password": PASSWORD})
    assert sorted(made) == sorted(
        ["id", "type", "displayName", "email", "createdAt", "updatedAt", "deletedAt", "lastLoginAt"]
    )
    assert (made["displayName"], made["email"]) == ("Paul@Example.org", "Paul@Example.org")
    assert (made["type"], made["updatedAt"], made["lastLoginAt"]) == ("user", None, None)
    assert admin.gets(f"/users/{made['id']}") == made
    begun = office.client.post("/v1/sessions", json={"email": "paul@example.org", "password": PASSWORD})
    paul = Person(office.client, made["id"], "", begun.json()["token"])
    assert paul.gets("/projects") == []
    assert paul.gets("/users/current", extended=True)["verbs"] == []
    assert paul.is_refused("POST", "/users", {"email": "x@example.org"}) == 403.1
    assert ("user.create", {"email": "Paul@Example.org", "password": True}) in actions(office)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 400.2),
        ({"email": "paul@example.org", "password": "too short"}, 400.21),
        ({"email": "paul@example.org", "password": 1234567890}, 400.21),
        ({"email": "paul@example.org", "password": "hunter2!!!"}, 400.44),
        ({"email": "paul@example.org", "password": "Password1234"}, 400.44),
        ({"email": "paul@example.org", "password": "aaaaaaaaaaaaaaa"}, 400.44),
        ({"email": "paul.b@example.org", "password": "paulb-1234567"}, 400.44),
        ({"email": "paul@example.org", "password": "ab cd" * 300}, 400.44),
        ({"email": "nobody", "password": PASSWORD}, 400.8),
        ({"email": 7, "password": PASSWORD}, 400.11),
        ({"email": "AMINA@EXAMPLE.ORG", "password": PASSWORD}, 409.3),
    ],
)
def test_account_that_cannot_be_is_refused(admin: Person, body: dict[str, object], code: float) -> None:
    assert admin.is_refused("POST", "/users", body) == code
    assert [user["email"] for user in admin.gets("/users")] == ["amina@example.org"]
    assert (
        admin.asks("POST", "/users", {"email": "paul@example.org", "password": PASSWORD}).status_code == 200
    )


def test_blank_password_is_none(admin: Person) -> None:
    admin.does("POST", "/users", {"email": "paul@example.org", "password": ""})
    assert stranger_signs_in(admin, "") == 400.3


def stranger_signs_in(person: Person, password: str) -> float:
    return Person(person.client, 0, "", None).is_refused(
        "POST", "/sessions", {"email": "paul@example.org", "password": password}
    )


def test_users_are_searched_by_words_and_nobody_without_leave_learns_who_is_here(
    office: Office, admin: Person
) -> None:
    comes(office, "Paul")
    nadia = comes(office, "Nadia")
    found = {
        words: [user["displayName"] for user in admin.gets(f"/users?q={words}")]
        for words in ("", "AUL", "example", "nad pau", "%25", "_", "paul@example.org", "amine")
    }
    assert found == {
        "": ["Amina", "Nadia", "Paul"],
        "AUL": ["Paul"],
        "example": ["Paul", "Amina", "Nadia"],
        "nad pau": ["Paul", "Nadia"],
        "%25": [],
        "_": [],
        "paul@example.org": ["Paul", "Amina", "Nadia"],
        "amine": ["Amina"],
    }
    assert [user["displayName"] for user in admin.gets("/users?limit=1&offset=1")] == ["Nadia"]
    assert nadia.gets("/users") == nadia.gets("/users?q=aul") == []
    assert [user["email"] for user in nadia.gets("/users/?q=paul@example.org")] == ["paul@example.org"]
    assert stranger(office).is_refused("GET", "/users?q=paul@example.org") == 401.2


def test_somebody_changes_their_own_name_and_no_other(office: Office, admin: Person) -> None:
    paul, nadia = comes(office, "Paul"), comes(office, "Nadia")
    changed = paul.does("PATCH", f"/users/{paul.id}", {"displayName": "Paul B.", "id": 9, "type": "boss"})
    assert (changed["id"], changed["displayName"], changed["type"]) == (paul.id, "Paul B.", "user")
    assert changed["updatedAt"] is not None
    theirs = nadia.asks("PATCH", f"/users/{paul.id}", {"displayName": "x"})
    absent = nadia.asks("PATCH", "/users/99999", {"displayName": "x"})
    assert theirs.status_code == absent.status_code == 404
    assert theirs.text.replace(str(paul.id), "99999") == absent.text
    moved = admin.does("PATCH", f"/users/{paul.id}", {"email": "paul.b@example.org"})
    assert moved["email"] == "paul.b@example.org"
    assert admin.is_refused("PATCH", f"/users/{paul.id}", {"email": "nadia@example.org"}) == 409.3


def test_new_password_ends_the_other_sessions(office: Office) -> None:
    paul = comes(office, "Paul")
    begun = office.client.post("/v1/sessions", json={"email": paul.email, "password": PASSWORD}).json()
    other = Person(office.client, paul.id, paul.email, begun["token"])
    assert paul.is_refused("PUT", f"/users/{paul.id}/password", {"old": "wrong", "new": ANOTHER}) == 401.2
    assert paul.is_refused("PUT", f"/users/{paul.id}/password", {"old": PASSWORD, "new": "short"}) == 400.21
    assert other.gets("/users/current")["id"] == paul.id
    paul.does("PUT", f"/users/{paul.id}/password", {"old": PASSWORD, "new": ANOTHER})
    assert paul.gets("/users/current")["id"] == paul.id
    assert other.is_refused("GET", "/users/current") == 401.2
    signs_in = {"email": paul.email, "password": ANOTHER}
    assert office.client.post("/v1/sessions", json=signs_in).status_code == 200


def test_forgotten_password_is_reset_once_with_what_the_administrator_hands_over(office: Office) -> None:
    paul = comes(office, "Paul")
    begun = office.store.write(lambda s: begin_reset(s, paul.id))
    holder = Person(office.client, paul.id, "", begun.token)
    assert holder.is_refused("GET", "/users/current") == 401.2  # it is no session
    assert holder.is_refused("POST", "/users/reset/verify", {"new": "short"}) == 400.21
    assert paul.is_refused("POST", "/users/reset/verify", {"new": ANOTHER}) == 403.1
    assert holder.does("POST", "/users/reset/verify", {"new": ANOTHER}) == {"success": True}
    assert holder.is_refused("POST", "/users/reset/verify", {"new": PASSWORD}) == 401.2
    assert paul.is_refused("GET", "/users/current") == 401.2
    signs_in = {"email": paul.email, "password": ANOTHER}
    assert office.client.post("/v1/sessions", json=signs_in).status_code == 200


def test_asking_for_a_reset_tells_nothing_and_invalidating_is_for_administrators(
    office: Office, admin: Person
) -> None:
    paul, nobody = comes(office, "Paul"), stranger(office)
    asked = [
        nobody.asks("POST", "/users/reset/initiate", {"email": email})
        for email in (paul.email, "unknown@example.org")
    ]
    assert {(answer.status_code, answer.text) for answer in asked} == {(200, '{"success":true}')}
    assert nobody.is_refused("POST", "/users/reset/initiate", {"email": ""}) == 400.2
    ends = "/users/reset/initiate?invalidate=true"
    assert nobody.is_refused("POST", ends, {"email": paul.email}) == 401.2
    assert paul.is_refused("POST", ends, {"email": admin.email}) == 403.1
    assert paul.gets("/users/current")["id"] == paul.id
    admin.does("POST", ends, {"email": paul.email})
    assert paul.is_refused("GET", "/users/current") == 401.2
    assert stranger_signs_in(admin, PASSWORD) == 401.2


def test_retired_user_is_gone_and_the_address_is_free(office: Office, admin: Person) -> None:
    paul = comes(office, "Paul", "admin")
    assert comes(office, "Nadia").is_refused("DELETE", f"/users/{paul.id}") == 403.1
    admin.does("DELETE", f"/users/{paul.id}")
    assert paul.is_refused("GET", "/users/current") == 401.2
    assert stranger_signs_in(admin, PASSWORD) == 401.2
    assert admin.is_refused("GET", f"/users/{paul.id}") == 404.1
    assert [held["id"] for held in admin.gets("/assignments/admin")] == [admin.id]
    with office.store.read() as session:
        assert find_by_email(session, "paul@example.org") is None
    admin.does("POST", "/users", {"email": "paul@example.org"})


def test_who_one_is_tells_what_one_may_do_on_the_site(office: Office, admin: Person) -> None:
    assert "verbs" not in admin.gets("/users/current")
    extended = admin.gets("/users/current", extended=True)
    assert len(extended["verbs"]) > 30
    assert {"user.password.invalidate", "assignment.create", "role.update"} <= set(extended["verbs"])
    assert sorted(extended["session"]) == ["createdAt", "expiresAt"]
    assert extended["preferences"] == {"site": {}, "projects": {}}
    reader = Person(office.client, 0, "", office.gives_token("analyst").token)
    assert reader.is_refused("GET", "/users/current") == 404.1
    assert [project["id"] for project in reader.gets("/projects")] == [office.project_id]
