from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.store import Store
from tests.datasets.rows import country
from tests.odata.village import Village


@pytest.fixture
def village(store: Store, data: Path) -> Iterator[Village]:
    """The form is published and nobody has answered yet."""
    here = Village(store, data, country(store))
    yield here
    here.stop()
