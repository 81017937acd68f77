"""What the stories share: a store on either engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.setup import initialise
from sync.store import Store

pytest_plugins = ["tests.engines"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def store(database: str, data: Path) -> Iterator[Store]:
    """An initialised store: the test runs once on SQLite and once on PostgreSQL."""
    store = initialise(data, database)
    yield store
    store.close()
