"""The people of these stories: they have accounts, and ask the REST API for things."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import httpx

from server.app import create_app
from sync.accounts import create_user
from sync.assignments import Place, give_role
from sync.passwords import hash_password
from sync.permissions import find_role
from sync.sessions import begin_session
from sync.store import WriteSession
from tests.server.office import Office, TestClient

PASSWORD = "rivers meet at Mopti"


@cache
def password_hash() -> str:
    """Of PASSWORD: hashing is slow on purpose, so it is done once in a run."""
    return hash_password(PASSWORD)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody signed in, or not."""

    client: TestClient
    id: int
    email: str
    token: str | None  # of the session

    def asks(
        self, method: str, path: str, json: Any = None, extended: bool = False, **headers: str
    ) -> httpx.Response:
        """Send a request below /v1 with the session's token."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token is not None:
            named.setdefault("Authorization", f"Bearer {self.token}")
        if extended:
            named["X-Extended-Metadata"] = "true"
        return self.client.request(method, f"/v1{path}", json=json, headers=named)

    def gets(self, path: str, **further: Any) -> Any:
        """The JSON of a GET that is answered with 200."""
        answer = self.asks("GET", path, **further)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def does(self, method: str, path: str, json: Any = None) -> Any:
        """The JSON of a change that is answered with 200."""
        answer = self.asks(method, path, json)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def is_refused(self, method: str, path: str, json: Any = None) -> float:
        """Central's number of the refusal."""
        answer = self.asks(method, path, json)
        assert answer.status_code >= 400, answer.text
        body = answer.json()
        assert set(body) <= {"message", "code", "details"}
        assert int(body["code"]) == answer.status_code
        assert answer.headers["content-type"] == "application/json"
        return float(body["code"])


def comes(office: Office, name: str, role: str | None = None, at: Place = Place()) -> Person:  # noqa: B008
    """Somebody with an account, a role (None: none) and a session."""
    email = f"{name.lower()}@example.org"

    def work(session: WriteSession) -> tuple[int, str]:
        user_id = create_user(session, email, name, password_hash())
        if role is not None:
            found = find_role(role)
            assert found is not None
            give_role(session, at, found, user_id)
        return user_id, begin_session(session, user_id).token

    user_id, token = office.store.write(work)
    return Person(office.client, user_id, email, token)


def stranger(office: Office) -> Person:
    """Somebody without credentials."""
    return Person(office.client, 0, "nobody@example.org", None)


def over_https(office: Office) -> TestClient:
    """The same app as a browser reaches it: over TLS."""
    http = replace(office.settings.http, public_url="https://waypost.example.org")
    app = create_app(replace(office.settings, http=http), office.store)
    return TestClient(app, base_url="https://waypost.example.org")
