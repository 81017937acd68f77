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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every role walks the whole matrix on SQLite in each run; on PostgreSQL the manager does, the others by
    night: what a verb lets do is decided before any statement, and a run has twenty minutes."""
    for item in items:
        is_on_postgresql = "test_authorisation.py" in item.nodeid and "[postgresql-" in item.name
        if is_on_postgresql and "manager" not in item.name:
            item.add_marker(pytest.mark.nightly)
