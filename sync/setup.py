"""Make a data folder ready: master key, schema, the origin row, the code lists of this version."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from forms import vocabulary
from sync import migrate
from sync.seal import Keyring
from sync.store import Store, WriteSession, default_database, default_master_key, new_uuid, now, open_store
from sync.tables import code, code_list, origin


def initialise(data: Path, database: str | None = None, master_key: Path | None = None) -> Store:
    """Create what is missing and migrate what is old; running it again changes nothing.

    Returns the open store. A master key is made only where there is no database with records sealed by
    another one: a lost key is not something to paper over.
    """
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    key_file = master_key or default_master_key(data)
    if not key_file.exists():
        Keyring.create(key_file)
    migrate.upgrade(database or default_database(data))
    store = open_store(data, database, master_key)
    store.write(_seed)
    return store


def _seed(session: WriteSession) -> None:
    if session.scalar(select(origin.c.uuid)) is None:
        session.insert(origin, [{"uuid": new_uuid(), "epoch": 1, "seq": 0, "created_at": now()}])
    load_vocabulary(session)


def load_vocabulary(session: WriteSession) -> None:
    """Bring the code tables to this version's lists. A code that is gone from them stays: codes are retired,
    never removed."""
    version = vocabulary.VERSION
    session.upsert(
        code_list,
        [{"name": name, "vocabulary_version": version} for name in vocabulary.code_lists()],
        key=("name",),
    )
    known = {(row["list_name"], row["code"]): row["valid_from"] for row in session.all(select(code))}
    session.upsert(
        code,
        [
            {
                "list_name": name,
                "code": c.code,
                "label_en": c.label_en,
                "label_fr": c.label_fr,
                "valid_from": known.get((name, c.code), version),
                "retired_in": c.retired_in,
            }
            for name in vocabulary.code_lists()
            for c in vocabulary.codes(name).values()
        ],
        key=("list_name", "code"),
    )
