"""What the stories share: a store on either engine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.store import Store, open_store

pytest_plugins = ["tests.engines"]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled forms, shared by all stories of a run: each form is compiled once."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "compiled"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def data(tmp_path: Path, compiled: Path) -> Path:
    """A data folder, with nothing in it but what was compiled before."""
    folder = tmp_path / "data"
    (folder / "cache").mkdir(parents=True, exist_ok=True)
    (folder / "cache" / "compiled").symlink_to(compiled)
    return folder


@pytest.fixture
def store(database: str, data: Path, keys: Path) -> Iterator[Store]:
    """An initialised store: the test runs once on SQLite and once on PostgreSQL."""
    shutil.copytree(keys, data / "keys")
    store = open_store(data, database)
    yield store
    store.close()
