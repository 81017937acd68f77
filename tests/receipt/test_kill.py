"""kill -9 in the middle of a sync: a real server process, again and again (PROMISES R1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.store import Store
from tests.receipt.gates import nothing_acknowledged_is_lost
from tests.receipt.station import Mission


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_or_doubled_when_the_server_is_killed(
    store: Store, database: str, data: Path, mission: Mission
) -> None:
    kills = 25 if store.dialect == "sqlite" else 10
    team = nothing_acknowledged_is_lost(data, database, mission, kills)
    assert len(team.acknowledged) > 5 * kills
    assert team.failures > 0, "no kill hit a request: nothing was tested"


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_nothing_acknowledged_is_lost_or_doubled_by_hundreds_of_kills(
    store: Store, database: str, data: Path, mission: Mission
) -> None:
    kills = 400 if store.dialect == "sqlite" else 150
    assert len(nothing_acknowledged_is_lost(data, database, mission, kills).acknowledged) > 5 * kills
