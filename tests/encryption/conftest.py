from __future__ import annotations

import pytest

from sync.odk_cipher import PrivateKey
from tests.cli.conftest import shell
from tests.server.conftest import office, settings, tablet

__all__ = ["office", "settings", "shell", "tablet"]  # fixtures of the stories here too


@pytest.fixture(scope="session")
def private() -> PrivateKey:
    """A key pair an office keeps to itself: making one takes a moment."""
    return PrivateKey.new()
