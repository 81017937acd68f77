"""An enumerator looks at what came back from the office."""

from __future__ import annotations

from tests.library.fieldworker import Visit

NOTHING_CAME_BACK = Visit("returned_records", {}, name="nothing came back")
