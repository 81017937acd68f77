from __future__ import annotations

from pathlib import Path

import pytest

from server.settings import Settings
from sync.store import Store
from tests.server.office import Office, Tablet


@pytest.fixture
def settings(store: Store, data: Path) -> Settings:
    overrides = {"data": data, "database": store.engine.url.render_as_string(False), "mode": "outside"}
    return Settings.from_env(overrides, {})


@pytest.fixture
def office(store: Store, settings: Settings) -> Office:
    return Office(store, settings)


@pytest.fixture
def tablet(office: Office) -> Tablet:
    return office.sets_up_tablet()
