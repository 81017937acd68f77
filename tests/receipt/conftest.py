"""A station that receives on real HTTP, a mission with a form, and a tablet's wire to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sync.store import Store
from tests.receipt.station import Mission, Station, start_mission
from tests.receipt.tablet_wire import Wire


@pytest.fixture
def mission(store: Store) -> Mission:
    return start_mission(store)


@pytest.fixture
def station(store: Store) -> Iterator[Station]:
    with Station(store) as station:
        yield station


@pytest.fixture
def tablet(station: Station, mission: Mission) -> Wire:
    return station.wire(mission)
