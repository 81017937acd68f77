"""`served` runs every story on SQLite and on PostgreSQL; the country is imported once per engine and run."""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from server.demo.coordinator import Coordinator
from server.demo.tablet import Tablet
from tests.engines import PostgresServer
from tests.stories.field import Served, Template, make_template


@pytest.fixture(scope="session")
def sqlite_country(tmp_path_factory: pytest.TempPathFactory) -> Template:
    data = tmp_path_factory.mktemp("country")
    return make_template(data, f"sqlite:///{data / 'waypost.sqlite'}")


@pytest.fixture(scope="session")
def postgres_country(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Template:
    return make_template(tmp_path_factory.mktemp("country"), postgres.create(f"country_{uuid.uuid4().hex}"))


@pytest.fixture(params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """A served Waypost of its own for each story."""
    with contextlib.ExitStack() as stack:
        if request.param == "sqlite":
            template: Template = request.getfixturevalue("sqlite_country")
            shutil.copy(template.data / "waypost.sqlite", tmp_path / "waypost.sqlite")
            database = f"sqlite:///{tmp_path / 'waypost.sqlite'}"
        else:
            server: PostgresServer = request.getfixturevalue("postgres")
            template = request.getfixturevalue("postgres_country")
            name = f"story_{uuid.uuid4().hex}"
            database = server.create(name, make_url(template.database).database or "")
            stack.callback(_drop, server, name)
        here = Served(template, tmp_path / "data", database)
        stack.callback(here.stop)
        here.start()
        yield here


@pytest.fixture
def tablet(served: Served) -> Tablet:
    return served.tablet()


@pytest.fixture
def coordinator(served: Served) -> Coordinator:
    return served.coordinator


def _drop(server: PostgresServer, name: str) -> None:
    with contextlib.suppress(psycopg.Error):
        server.drop(name)
