"""A lost or exchanged master key is noticed before anything is received under another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.problems import KeyMissing
from sync.seal import Keyring
from sync.setup import check_key, initialise
from sync.store import Store, default_master_key, open_store
from sync.tables.records import record_key
from tests.datasets.rows import country


def test_init_makes_no_new_key_for_records_that_are_sealed_under_a_lost_one(
    data: Path, database: str
) -> None:
    store = initialise(data, database)
    _seal_a_record(store)
    check_key(store)
    store.close()
    key = default_master_key(data)
    copy = key.rename(data / "copy-in-the-safe")
    with pytest.raises(KeyMissing, match="No master key"):
        initialise(data, database)
    assert not key.exists()
    copy.rename(key)
    initialise(data, database).close()


def test_records_sealed_under_another_key_are_not_added_to(data: Path, database: str) -> None:
    store = initialise(data, database)
    _seal_a_record(store)
    store.close()
    default_master_key(data).unlink()
    other = Keyring.create(default_master_key(data))
    store = open_store(data, database)
    with pytest.raises(KeyMissing, match=other.master_key_id):
        check_key(store)
    store.close()


def _seal_a_record(store: Store) -> None:
    made = country(store).submission()
    row = {"submission_id": made["id"], "wrapped": b"wrapped", "master_key_id": store.keyring.master_key_id}
    store.write(lambda session: session.insert(record_key, [row]))
