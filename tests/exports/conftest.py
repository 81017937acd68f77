from __future__ import annotations

from tests.odata.conftest import village

__all__ = ["village"]  # a fixture of the stories here too
