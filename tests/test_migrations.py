"""Migrations and tables say the same, on both engines; a broken migration changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect

from sync import migrate
from sync.engine import open_engine, plain_engine
from sync.problems import SchemaMismatch
from sync.setup import initialise


def test_migrations_lead_to_the_tables_of_the_code(database: str) -> None:
    engine = open_engine(database)
    assert migrate.differences(engine) == []
    migrate.check_schema(engine)
    engine.dispose()


def test_down_and_up_again(database: str) -> None:
    migrate.downgrade(database, "base")
    engine = open_engine(database)
    assert inspect(engine).get_table_names() in ([], ["alembic_version"])
    with pytest.raises(SchemaMismatch, match="revision none"):
        migrate.check_schema(engine)
    migrate.upgrade(database)
    assert migrate.differences(engine) == []
    engine.dispose()


def test_initialising_twice_changes_nothing(database: str, data: Path) -> None:
    first = initialise(data, database)
    key = first.keyring.master_key_id
    first.close()
    second = initialise(data, database)
    assert second.keyring.master_key_id == key
    second.close()


def test_a_database_of_a_later_version_is_refused_and_left_as_it_is(database: str, data: Path) -> None:
    initialise(data, database).close()
    engine = plain_engine(database)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for attempt in (lambda: migrate.upgrade(database), lambda: migrate.check_schema(engine)):
        with pytest.raises(SchemaMismatch, match="9999, which this version"):
            attempt()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "9999"
    engine.dispose()
