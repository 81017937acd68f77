"""Make a data folder ready: master key, schema, the origin row, the code lists of this version."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import delete, select

from forms import crosswalks, vocabulary
from sync import migrate
from sync.engine import plain_engine
from sync.problems import KeyMissing
from sync.registers.crosswalks import crosswalk_row
from sync.seal import Keyring
from sync.store import Store, WriteSession, default_database, default_master_key, new_uuid, now, open_store
from sync.tables import code, code_crosswalk, code_list, origin
from sync.tables.records import record_key
from sync.tables.registry import key_informant


def initialise(data: Path, database: str | None = None, master_key: Path | None = None) -> Store:
    """Create what is missing and migrate what is old; running it again changes nothing.

    Returns the open store. A master key is made only where there is no database with records sealed by
    another one: a lost key is not something to paper over. Raises KeyMissing there, SchemaMismatch for a
    later version's database.
    """
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    key_file = master_key or default_master_key(data)
    url = database or default_database(data)
    migrate.upgrade(url)
    if not key_file.exists():
        _refuse_sealed(url, key_file)
        Keyring.create(key_file)
    store = open_store(data, database, master_key)
    check_key(store)
    store.write(_seed)
    return store


def check_key(store: Store) -> None:
    """Raise KeyMissing when the records were sealed under another master key than the store's.

    The first and the last record are looked at: a key exchanged in between would show in one of them.
    """
    mine = store.keyring.master_key_id
    with store.read() as session:
        for order in (record_key.c.submission_id.asc(), record_key.c.submission_id.desc()):
            found = session.scalar(select(record_key.c.master_key_id).order_by(order).limit(1))
            if found not in (None, mine):
                raise KeyMissing(
                    f"The records were sealed under another master key ({found}) than this one ({mine}).",
                    "Put the copy of the right key back; until then nothing can be opened or received.",
                )


def _refuse_sealed(url: str, key_file: Path) -> None:
    """Raise KeyMissing when there are records that a new key could not open."""
    engine = plain_engine(url)
    with engine.connect() as connection:
        sealed = (
            connection.execute(select(record_key.c.submission_id).limit(1)).first()
            or connection.execute(
                select(key_informant.c.id).where(key_informant.c.wrapped.is_not(None))
            ).first()
        )
    engine.dispose()
    if sealed is not None:
        raise KeyMissing(
            f"No master key at {key_file}, and the database holds records sealed under one.",
            "Put the copy of the key back: a new one would open none of them.",
        )


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
                "label": c.label,
                "labels": c.labels,
                "valid_from": known.get((name, c.code), version),
                "retired_in": c.retired_in,
            }
            for name in vocabulary.code_lists()
            for c in vocabulary.codes(name).values()
        ],
        key=("list_name", "code"),
    )
    _load_crosswalks(session)


def _load_crosswalks(session: WriteSession) -> None:
    """Replace the crosswalks this version ships. Those of projects stay as their offices imported them."""
    session.execute(delete(code_crosswalk).where(code_crosswalk.c.project_uuid == ""))
    rows = [
        crosswalk_row("", source, one)
        for source in crosswalks.sources()
        for one in crosswalks.shipped(source).crossings
    ]
    session.insert(code_crosswalk, rows)
