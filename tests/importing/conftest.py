"""What the stories of imports share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from forms.library_index import library
from sync.compiling import compile_in_sandbox
from sync.registry import create_project
from sync.store import Store
from sync.worker import Worker
from tests.importing.office import Office


@pytest.fixture(scope="session")
def compiled_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of the forms that imports publish, so that they are compiled once and not for every story."""
    folder = tmp_path_factory.mktemp("compiled")
    for name in ("mmp_incident", "dtm_baseline_row"):
        compile_in_sandbox(library()[name], f"{name}.md", folder)
    return folder


@pytest.fixture
def office(store: Store, compiled_before: Path) -> Iterator[Office]:
    shutil.copytree(compiled_before, store.data / "cache" / "compiled", dirs_exist_ok=True)
    project = store.write(lambda session: create_project(session, "Missing and displaced"))
    worker = Worker(store, step_seconds=20)
    yield Office(store, project["id"], project["uuid"], worker)
    worker.stop()
