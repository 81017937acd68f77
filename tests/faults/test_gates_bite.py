"""A gate that cannot fail is worth nothing: each gate of receipt is run on a seeded bug, and goes red."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from server.openrosa import multipart
from sync.setup import initialise
from sync.store import Store
from tests.receipt.gates import (
    no_cut_is_acknowledged,
    no_lost_link_leaves_anything,
    nothing_acknowledged_is_lost,
)
from tests.receipt.ledger import records
from tests.receipt.station import Mission, Station, start_mission
from tests.receipt.tablet_wire import filled
from tests.receipt.test_cut_uploads import PARTS
from tests.receipt.test_races import race


@pytest.fixture
def store(sqlite_template: Path, data: Path) -> Store:
    """Gates do not know the engine: one is enough to see them bite."""
    shutil.copy(sqlite_template, data / "waypost.sqlite")
    return initialise(data)


@pytest.fixture
def mission(store: Store) -> Mission:
    return start_mission(store)


def test_the_kill_gate_sees_an_acknowledgement_before_the_commit(
    store: Store, data: Path, mission: Mission
) -> None:
    store.close()
    fault = {"WAYPOST_FAULT": "ack-before-commit", "WAYPOST_ALLOW_FAULTS": "1"}
    with pytest.raises(AssertionError, match="was acknowledged and is lost"):
        nothing_acknowledged_is_lost(data, f"sqlite:///{data / 'waypost.sqlite'}", mission, 2, fault)


def test_the_cut_gate_sees_a_parser_that_forgives_a_missing_boundary(
    store: Store, mission: Mission, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Station(store) as station:
        no_cut_is_acknowledged(station.wire(mission), store, PARTS)
        monkeypatch.setattr(multipart, "_check_complete", lambda parser: None)
        with pytest.raises(AssertionError, match="bytes were answered 201"):
            no_cut_is_acknowledged(station.wire(mission), store, PARTS)


def test_the_link_gate_sees_files_that_are_left_behind(
    store: Store, mission: Mission, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(multipart._Spool, "abort", lambda spool: None)
    monkeypatch.setattr(multipart, "_BUFFER", 0)
    with Station(store) as station, pytest.raises(AssertionError, match="left a file"):
        no_lost_link_leaves_anything(station.wire(mission), store, PARTS)


def test_the_race_sees_that_no_constraint_decides(store: Store, data: Path) -> None:
    with sqlite3.connect(data / "waypost.sqlite") as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        columns = [row[1] for row in connection.execute("PRAGMA table_info(submission)")][1:]
        connection.execute("DROP TABLE submission")
        connection.execute(f"CREATE TABLE submission (id INTEGER PRIMARY KEY, {', '.join(columns)})")
    race([store], [filled("uuid:1")], [])
    with pytest.raises(AssertionError, match="uuid:1 is there twice"):
        records(store)
