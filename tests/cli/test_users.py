"""The first accounts of a server are made where it runs, on both engines."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from sqlalchemy import select

from sync.accounts import find_by_email
from sync.passwords import fits
from sync.permissions import project_verbs, site_verbs
from sync.sessions import find_session
from sync.setup import initialise
from sync.tables import audit, user_account
from tests.cli.conftest import Shell

OLD, NEW = "rivers meet at Mopti", "ferries leave at dusk"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> object:
    """Have the next command read this from standard input."""

    def types(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(text + "\n"))

    return types


def test_an_office_gives_its_people_accounts(
    waypost: Shell,
    typed,
    data: Path,
    database: str,  # type: ignore[no-untyped-def]
) -> None:
    first = waypost("project", "create", "Flows").json["id"]
    second = waypost("project", "create", "Stocks").json["id"]
    typed(OLD)
    amina = waypost("user", "create", "Amina@example.org", "--role", "admin", "--password-stdin").json
    assert amina == {"id": 1, "email": "Amina@example.org", "role": "admin", "projects": None}
    on_two = ("--project", first, "--project", second)
    paul = waypost("user", "create", "paul@example.org", "--role", "coordinator", *on_two, "--name", "Paul")
    assert paul.json["role"] == "manager"
    listed = waypost("user", "list").json
    assert [(each["email"], each["name"], each["password"], len(each["roles"])) for each in listed] == [
        ("Amina@example.org", "Amina@example.org", True, 1),
        ("paul@example.org", "Paul", False, 2),
    ]
    assert listed[0]["roles"] == [{"role": "admin", "project": None, "form": None}]

    for line in (
        ("create", "AMINA@example.org"),
        ("create", "nobody"),
        ("create", "x@example.org", "--role", "boss"),
        ("create", "x@example.org", "--role", "app-user"),
        ("create", "x@example.org", "--project", first),
        ("create", "x@example.org", "--role", "viewer", "--project", 99),
        ("password", "paul@example.org"),
        ("password", "unknown@example.org", "--password-stdin"),
        ("retire", "unknown@example.org"),
    ):
        typed(NEW)
        assert waypost("user", *line).status == 1, line
    typed("short")
    assert waypost("user", "password", "paul@example.org", "--password-stdin").status == 1
    assert [each["email"] for each in waypost("user", "list").json] == [
        "Amina@example.org",
        "paul@example.org",
    ]

    typed(NEW)
    assert waypost("user", "password", "PAUL@example.org", "--password-stdin").status == 0
    token = waypost("user", "reset", "paul@example.org").json["token"]
    assert waypost("user", "retire", "amina@example.org").json["retired"] is True

    store = initialise(data, database)
    with store.read() as session:
        found = find_by_email(session, "paul@example.org")
        assert found is not None
        assert fits(found["password_hash"], NEW)
        assert found["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        reset = find_session(session, token)
        assert reset is not None
        assert (reset.purpose, reset.actor.id) == ("reset", paul.json["id"])
        assert site_verbs(reset.actor) == frozenset()
        assert "project.update" in project_verbs(reset.actor, second)
        assert find_by_email(session, "amina@example.org") is None
        kept = repr([dict(row) for table in (audit, user_account) for row in session.all(select(table))])
    store.close()
    assert [secret for secret in (OLD, NEW, token[15:58]) if secret in kept] == []
