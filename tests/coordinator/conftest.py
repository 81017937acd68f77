from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.coordinator.bureau import Bureau
from tests.server.conftest import office, settings
from tests.server.office import Office

__all__ = ["office", "settings"]  # fixtures of the stories here too


@pytest.fixture
def bureau(office: Office) -> Iterator[Bureau]:
    """The market count is published, and a coordinator is signed in."""
    here = Bureau(office)
    yield here
    here.worker.stop()
