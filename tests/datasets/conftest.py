from __future__ import annotations

from pathlib import Path

import pytest

from sync.store import Store
from tests.datasets.readers import Readers
from tests.datasets.rows import Country, country


@pytest.fixture
def sahelia(store: Store) -> Country:
    return country(store)


@pytest.fixture
def readers(store: Store, data: Path, sahelia: Country) -> Readers:
    return Readers(store, data, sahelia)
