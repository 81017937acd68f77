from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.people import comes
from tests.entities.field import Field
from tests.server.conftest import office, settings
from tests.server.office import Office

__all__ = ["office", "settings"]  # fixtures of the stories here too


@pytest.fixture
def field(office: Office) -> Iterator[Field]:
    """A form that registers people, one that visits them, a tablet, and the worker."""
    work = Field(office, comes(office, "Amina", "admin"))
    yield work
    work.worker.stop()
