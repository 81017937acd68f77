"""What the stories of tablets share."""

from __future__ import annotations

import pytest

from tests.contract.people import Person, comes
from tests.receipt.conftest import mission, station, tablet
from tests.server.conftest import office, settings
from tests.server.office import Office

__all__ = ["mission", "office", "settings", "station", "tablet"]


@pytest.fixture
def admin(office: Office) -> Person:
    """Runs the server."""
    return comes(office, "Amina", "admin")
