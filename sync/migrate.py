"""Bring a database to this version's schema, in one transaction, or leave it as it was.

SQLite: foreign keys off and an explicit BEGIN before the first statement (Python's driver would commit
leading DDL by itself, and Alembic's copy-and-move would cascade deletes), `foreign_key_check` before the
commit. PostgreSQL: transactional DDL under an advisory lock, so that two starting servers do not collide.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from sync.engine import plain_engine
from sync.problems import SchemaMismatch
from sync.tables import metadata

MIGRATIONS = Path(__file__).parent.parent / "migrations"
_LOCK = 0x57617970  # "Wayp"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _migrating(url: str) -> Iterator[Connection]:
    engine = plain_engine(url)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.isolation_level = None
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise SchemaMismatch(
                    f"The migration would break {len(broken)} references.", "Nothing was changed."
                )
        else:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            yield connection
        connection.commit()
    engine.dispose()


def upgrade(url: str, revision: str = "head") -> None:
    """Run the migrations that are missing. All of them, or none.

    Raises SchemaMismatch: a later version of Waypost has migrated the database already.
    """
    with _migrating(url) as connection:
        _refuse_later(MigrationContext.configure(connection).get_current_revision())
        command.upgrade(_config(connection), revision)


def downgrade(url: str, revision: str) -> None:
    with _migrating(url) as connection:
        command.downgrade(_config(connection), revision)


def head() -> str:
    """The revision this version of the code needs."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None
    return revision


def check_schema(engine: Engine) -> None:
    """Raise SchemaMismatch unless the database is at the revision this code needs."""
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    _refuse_later(found)
    if found != head():
        raise SchemaMismatch(
            f"The database is at revision {found or 'none'}, this version needs {head()}.",
            "Make a backup, then run `waypost init` (it migrates an existing database).",
        )


def _refuse_later(found: str | None) -> None:
    """Raise SchemaMismatch for a revision this code has never heard of."""
    script = ScriptDirectory.from_config(_config())
    if found is not None and found not in {each.revision for each in script.walk_revisions()}:
        raise SchemaMismatch(
            f"The database is at revision {found}, which this version of Waypost does not know.",
            "A later version has used it: run that one, or restore the backup made before it did.",
        )


def differences(engine: Engine) -> list[object]:
    """What autogenerate would change: empty when migrations and tables say the same."""
    with engine.connect() as connection:
        found = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(found, metadata))


def write_revision(url: str, message: str) -> None:
    """Draft a migration from what the tables say now (for developers; read it before you keep it)."""
    with _migrating(url) as connection:
        command.revision(_config(connection), message=message, autogenerate=True)
