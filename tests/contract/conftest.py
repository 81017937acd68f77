from __future__ import annotations

import pytest

from tests.contract.people import Person, comes
from tests.server.conftest import office, settings
from tests.server.office import Office

__all__ = ["office", "settings"]  # fixtures of the stories here too


@pytest.fixture
def admin(office: Office) -> Person:
    """Runs the server."""
    return comes(office, "Amina", "admin")
