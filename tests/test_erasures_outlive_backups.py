"""What was erased stays erased: after a restore from a backup, a resend, a rebuild, or a kill midway."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from sync.bring_forward import BroughtForward, bring_forward, rewrite_ledger
from sync.disclosure import disclose_informant
from sync.erase import erase_submission
from sync.erasures import ErasureKind, Ledger, ledger
from sync.informants import NewInformant, add_informant, erase_informant, find_informant
from sync.problems import Conflict, NotFound
from sync.rebuild import rebuild
from sync.store import Store, open_store
from sync.tables import answer_row, erasure, event, raw_body, record_key, submission
from tests.engines import PostgresServer
from tests.identifying import AMINA, BRAHIM, Office, filled, found_in_files, found_in_tables

PHOTO = {"face.jpg": AMINA.word.encode() * 100}


class Backups:
    """Copies of database and blobs, as docs/OPERATIONS.md takes them; the ledger stays in its place."""

    def __init__(self, request: pytest.FixtureRequest, database: str, data: Path) -> None:
        self._request, self._url, self._data = request, database, data
        self._kept = data.parent / "backup"

    def take(self) -> None:
        self._kept.mkdir()
        shutil.copytree(self._data / "blobs", self._kept / "blobs")
        if self._url.startswith("sqlite"):
            self._copy(self._data / "waypost.sqlite", self._kept / "waypost.sqlite")
        else:
            self._clone(self._name, f"{self._name}_old")

    def restore(self) -> Store:
        """The old database and files, opened; nothing was brought forward yet."""
        shutil.rmtree(self._data / "blobs")
        shutil.copytree(self._kept / "blobs", self._data / "blobs")
        if self._url.startswith("sqlite"):
            for ending in ("", "-wal", "-shm"):
                (self._data / f"waypost.sqlite{ending}").unlink(missing_ok=True)
            shutil.copy(self._kept / "waypost.sqlite", self._data / "waypost.sqlite")
        else:
            self._server.drop(self._name)
            self._clone(f"{self._name}_old", self._name)
        return open_store(self._data, self._url)

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        import sqlite3

        with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
            old.backup(new)

    @property
    def _server(self) -> PostgresServer:
        server: PostgresServer = self._request.getfixturevalue("postgres")
        return server

    @property
    def _name(self) -> str:
        return make_url(self._url).database or ""

    def _clone(self, old: str, new: str) -> None:
        with psycopg.connect(self._server.uri, autocommit=True) as connection:  # a template has no guests
            guests = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            connection.execute(guests, [old])
        self._server.create(new, old)


@pytest.fixture
def backups(request: pytest.FixtureRequest, database: str, data: Path) -> Backups:
    return Backups(request, database, data)


@pytest.fixture
def office(store: Store) -> Iterator[Office]:
    here = Office(store)
    yield here
    here.worker.stop()


@pytest.fixture
def reopened(office: Office) -> Iterator[Callable[[Store], None]]:
    """Put the office on another store; it is closed at the end."""
    opened: list[Store] = []

    def moves_to(store: Store) -> None:
        from sync.worker import Worker

        office.worker.stop()
        office.store = store
        office.worker = Worker(store, step_seconds=10)
        opened.append(store)

    yield moves_to
    office.worker.stop()
    for store in opened:
        store.close()


def erases(office: Office, instance_id: str) -> None:
    erase_submission(office.store, office.uuid_of(instance_id), None, "request 12")


def remains(office: Office, data: Path) -> list[str]:
    """Where anything of Amina is, sealed or not."""
    with office.store.read() as session:
        mine = select(submission.c.id).where(submission.c.instance_id == "uuid:1")
        of = session.scalar(mine)
        kept = [
            table.name
            for table, column in (
                (record_key, record_key.c.submission_id),
                (event, event.c.root_id),
                (answer_row, answer_row.c.root_id),
            )
            if session.scalar(select(column).where(column == of)) is not None
        ]
    return [*kept, *found_in_tables(office.store, AMINA.canaries), *found_in_files(data, AMINA.canaries)]


def test_a_restored_backup_does_not_bring_an_erased_person_back(
    office: Office, backups: Backups, reopened: Callable[[Store], None], data: Path
) -> None:
    office.receives(filled(AMINA), PHOTO)
    office.receives(filled(BRAHIM, "uuid:2"))
    office.processes()
    office.store.overwrite_deleted([])
    backups.take()
    erases(office, "uuid:1")
    assert remains(office, data) == []
    office.worker.stop()
    office.store.close()
    reopened(backups.restore())
    assert "record_key" in remains(office, data)  # the backup holds her, key and all
    assert bring_forward(office.store) == BroughtForward(submissions=1)
    assert remains(office, data) == []
    assert len(list((data / "blobs").glob("??/*"))) == 0
    assert office.receives(filled(AMINA), PHOTO) == 201  # the tablet sends again, and is told that it is here
    office.processes()
    assert rebuild(office.store, office.project_id, worker=office.worker).unchanged
    assert remains(office, data) == []
    assert (office.count(event), office.count(raw_body)) == (1, 1)  # Brahim's
    [entry] = office.trail("submission.erase")
    assert "erasure ledger" in entry["detail"]["reason"]
    assert bring_forward(office.store) == BroughtForward()


def test_what_came_and_was_erased_after_the_backup_is_refused_when_it_is_sent_again(
    office: Office, backups: Backups, reopened: Callable[[Store], None], data: Path
) -> None:
    backups.take()
    office.receives(filled(AMINA), PHOTO)
    office.receives(filled(BRAHIM, "uuid:2"))
    office.processes()
    erases(office, "uuid:1")
    office.worker.stop()
    office.store.close()
    reopened(backups.restore())
    assert bring_forward(office.store) == BroughtForward(elsewhere=1)
    assert "never received" in str(BroughtForward(elsewhere=1))
    assert [office.receives(filled(AMINA), PHOTO) for _ in range(2)] == [201, 201]
    assert office.receives(filled(BRAHIM, "uuid:2")) == 201
    office.processes()
    assert remains(office, data) == []
    assert (office.count(event), office.count(raw_body), office.count(record_key)) == (1, 1, 1)
    with office.store.read() as session:
        rows = session.all(select(submission.c.instance_id, submission.c.erased_at).order_by(submission.c.id))
    assert [(row["instance_id"], row["erased_at"] is not None) for row in rows] == [
        ("uuid:1", True),
        ("uuid:2", False),
    ]
    assert [e["detail"]["reason"] for e in office.trail("submission.erase")] == [
        "erased before; it came again after the database was restored"
    ]


def test_an_erasure_that_was_cut_short_is_completed_at_the_next_start(office: Office, data: Path) -> None:
    office.receives(filled(AMINA))
    office.receives(filled(BRAHIM, "uuid:2", edits="uuid:1"))  # went with her record
    office.processes()
    book = ledger(office.store)
    # killed after the ledger, before the database
    book.append([(ErasureKind.SUBMISSION, office.uuid_of(name)) for name in ("uuid:1", "uuid:2")])
    with book.path.open("ab") as file:
        file.write(b"2026-11-22T08:00:00+00:00 submission 12ab")  # and another one within the line
    assert len(book.read()) == 2  # a line that was cut counts for nothing
    assert bring_forward(office.store) == BroughtForward(submissions=2)
    assert remains(office, data) == []
    erases(office, "uuid:1")
    assert len(book.read()) == office.count(erasure) == 2
    assert b"12ab" not in book.path.read_bytes()  # and went when the next was written


def test_a_ledger_that_is_lost_old_or_changed_stops_everything_until_a_person_decides(office: Office) -> None:
    office.receives(filled(AMINA))
    office.receives(filled(BRAHIM, "uuid:2"))
    erases(office, "uuid:1")
    path = ledger(office.store).path
    old = path.read_bytes()
    erases(office, "uuid:2")
    newest = path.read_bytes()
    assert bring_forward(office.store) == BroughtForward()
    path.write_bytes(old)
    with pytest.raises(Conflict, match="older copy"):
        bring_forward(office.store)
    path.unlink()
    with pytest.raises(Conflict, match="is missing"):
        bring_forward(office.store)
    path.write_bytes(newest.replace(b" submission ", b" informant ", 1))
    with pytest.raises(Conflict, match="Line 3"):
        bring_forward(office.store)
    path.write_bytes(newest)
    assert bring_forward(office.store) == BroughtForward()
    path.unlink()
    assert rewrite_ledger(office.store) == 2
    assert bring_forward(office.store) == BroughtForward()


def test_erasures_of_a_version_without_a_ledger_enter_it(office: Office) -> None:
    office.receives(filled(AMINA))
    erases(office, "uuid:1")
    ledger(office.store).path.unlink()
    office.store.write(lambda session: session.execute(erasure.delete()))
    assert bring_forward(office.store) == BroughtForward()
    assert list(ledger(office.store).read()) == [
        ledger(office.store).digest(ErasureKind.SUBMISSION, office.uuid_of("uuid:1"))
    ]


def test_the_ledger_names_nobody(office: Office) -> None:
    office.receives(filled(AMINA))
    of = office.uuid_of("uuid:1")
    erases(office, "uuid:1")
    book = ledger(office.store)
    content = book.path.read_text()
    assert [name for name in ("uuid:1", of, uuid.UUID(of).hex, *AMINA.canaries) if str(name) in content] == []
    other = Ledger(book.path, type(office.store.keyring)(b"another key, 32 bytes in length!"))
    with pytest.raises(Conflict):
        other.read()


def test_an_erased_informant_stays_forgotten_after_a_restore(
    office: Office, backups: Backups, reopened: Callable[[Store], None], data: Path
) -> None:
    pseudonym = add_informant(office.store, office.project_id, NewInformant("Oumar Issa", "+235 66 12 34 56"))
    office.grants()
    backups.take()
    with office.store.read() as session:
        row = find_informant(session, office.project_id, pseudonym)
    assert erase_informant(office.store, row["uuid"], None, "request 13")
    office.worker.stop()
    office.store.close()
    reopened(backups.restore())
    known = disclose_informant(office.store, office.who, office.project_id, pseudonym, "before the start")
    assert known["name"] == "Oumar Issa"
    assert bring_forward(office.store) == BroughtForward(informants=1)
    with pytest.raises(NotFound):
        disclose_informant(office.store, office.who, office.project_id, pseudonym, "after the start")
    with office.store.read() as session:
        gone = find_informant(session, office.project_id, pseudonym)
    assert (gone["sealed"], gone["wrapped"], gone["phone_digest"]) == (None, None, None)
