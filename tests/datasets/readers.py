"""People who read datasets over HTTP, each with a token."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import httpx
from starlette.testclient import TestClient

from server.app import create_app
from server.settings import Settings
from sync.access import create_app_user, create_token
from sync.store import Store
from tests.datasets.rows import Country


class Readers:
    """A server with the datasets of one project, and tokens for it."""

    def __init__(self, store: Store, data: Path, of: Country) -> None:
        database = store.engine.url.render_as_string(False)
        self.settings = Settings.from_env({"data": data, "database": database, "mode": "outside"}, {})
        self.app = create_app(self.settings, store)
        self.client = TestClient(self.app, base_url="http://127.0.0.1:8080")
        self._store = store
        self._of = of

    def token(self, role: str, **narrowed: Any) -> str:
        key = self._of.project_id
        return self._store.write(lambda session: create_token(session, key, "Mariam", role, **narrowed)).token

    def tablet_token(self) -> str:
        return self._store.write(lambda session: create_app_user(session, self._of.project_id, "T1")).token

    def asks(
        self, path: str, token: str | None, method: str = "GET", project: int | None = None, **headers: str
    ) -> httpx.Response:
        """`path` below /figures: "/flow.csv?hxl=true"."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        where = f"/v1/projects/{project or self._of.project_id}/figures{path}"
        return self.client.request(method, where, headers=sent)

    def csv(self, path: str, token: str) -> list[dict[str, str]]:
        answer = self.asks(path, token)
        assert answer.status_code == 200, answer.text
        return list(csv.DictReader(io.StringIO(answer.text, newline="")))
