"""What the stories of imports share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sync.registry import create_project
from sync.store import Store
from sync.worker import Worker
from tests.importing.office import Office


@pytest.fixture
def office(store: Store) -> Iterator[Office]:
    project = store.write(lambda session: create_project(session, "Missing and displaced"))
    worker = Worker(store, step_seconds=20)
    yield Office(store, project["id"], project["uuid"], worker)
    worker.stop()
