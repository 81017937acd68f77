"""A server is put away in one file, and comes back from it: whole, or not at all."""

from __future__ import annotations

import io
import threading
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select

from sync.backup.archive import BackupDamaged, WrongPassphrase
from sync.backup.making import back_up
from sync.backup.restoring import restore, verify
from sync.backup.rows import TABLES, dump
from sync.contents import read_contents
from sync.erase import erase_submission
from sync.problems import Conflict, KeyMissing, Problem
from sync.seal import Keyring
from sync.store import Store, open_store
from sync.tables import audit, origin, submission
from sync.trail import verify_trail
from sync.worker import Worker
from tests.contract.conftest import admin, office, settings
from tests.contract.people import Person, comes
from tests.rescue.card import filled, put
from tests.rescue.conftest import Desk, desk
from tests.server.office import Office

__all__ = ["admin", "desk", "office", "settings"]

PASSPHRASE = "a boat on the Chari"
MOVES = {"origin", "audit", "change"}  # the restore itself adds to these


def _rows(store: Store) -> dict[str, list[bytes]]:
    with store.read() as session:
        return {
            table.name: [line for _, body in dump(session, table) for line in body.split(b"\n")]
            for table in TABLES
        }


def _fills(desk: Desk, card: Path) -> None:
    """Records with files, an edit, and held ones."""
    files = {"a.jpg": b"\xff\xd8" * 3000, "big.mp4": bytes(range(256)) * 40_000}
    put(card, "Visit_1", filled("uuid:1", photo="a.jpg"), files)
    put(card, "Visit_2", filled("uuid:2", men=9, edits="uuid:1"))
    put(card, "Visit_3", filled("uuid:3", form="census"))
    put(card, "Visit_4", filled("uuid:4"))
    put(card, "Visit_5", filled("uuid:5", photo="x" * 6000))
    desk.imports(card)


def _refusal(work: Callable[[], None]) -> type[Exception] | None:
    try:
        work()
    except Problem as problem:
        return type(problem)
    return None


def _erases(store: Store, instance_id: str) -> None:
    with store.read() as session:
        found = session.scalar(select(submission.c.uuid).where(submission.c.instance_id == instance_id))
    erase_submission(store, found, None, "asked for")


def _new_folder(tmp_path: Path, old: Store, name: str, ledger: bool = True) -> Path:
    keys = tmp_path / name / "keys"
    keys.mkdir(parents=True)
    for file in ("master.key", *(["erasures.ledger"] if ledger else [])):
        if (old.data / "keys" / file).exists():
            (keys / file).write_bytes((old.data / "keys" / file).read_bytes())
    return keys.parent


def test_server_comes_back_as_it_was_while_it_was_written_to(
    desk: Desk, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    store, file = desk.store, tmp_path / "backup.zip"
    _fills(desk, tmp_path / "card" / "instances")
    _erases(store, "uuid:4")
    before, held = _rows(store), read_contents(store, desk.mission.project_id)

    more = tmp_path / "more" / "instances"
    for number in range(20):
        put(more, f"More_{number}", filled(f"uuid:more{number}", photo="p.jpg"), {"p.jpg": b"%d" % number})
    writing = threading.Thread(target=lambda: desk.imports(more))
    writing.start()
    made = back_up(store, file, PASSPHRASE)
    writing.join()
    _erases(store, "uuid:3")  # after the backup
    with pytest.raises(FileExistsError):
        back_up(store, file, PASSPHRASE)
    assert sorted(path.name for path in tmp_path.glob("backup*")) == ["backup.zip"]
    with file.open("rb") as opened:
        found = verify(opened, PASSPHRASE)
    assert (found.rows, found.files, found.gone) == (made.rows, made.files, 0)
    assert found.files >= 3

    targets: list[str | None] = [None]
    if store.dialect == "postgresql":
        targets.append(request.getfixturevalue("postgres").create(f"restored_{uuid.uuid4().hex}"))
    for number, database in enumerate(targets):
        folder = _new_folder(tmp_path, store, f"new{number}")
        with file.open("rb") as opened:
            _, forward = restore(opened, PASSPHRASE, folder, database)
        assert forward.submissions == 1  # uuid:3 is erased again
        again = open_store(folder, database)
        after = _rows(again)
        stays = {instance for _, instance in held.identities} - {"uuid:3"}
        assert {instance for _, instance, *_ in read_contents(again, desk.mission.project_id).files} >= {
            "uuid:1"
        }
        for name in ("form", "form_version", "project", "actor", "token", "assignment"):
            assert before[name] == after[name], name
        bodies = set(read_contents(again, desk.mission.project_id).bodies)
        assert {body for body in held.bodies if body[1] in stays - {"uuid:4"}} <= bodies
        with again.read() as session:
            assert session.scalar(select(origin.c.epoch)) == 2
            trail = [row["action"] for row in session.all(select(audit.c.action).order_by(audit.c.id))]
            assert verify_trail(session).entries == len(trail)
        assert "backup.restore" in trail
        assert list((folder / "blobs" / "incoming").iterdir()) == []
        late = Desk(again, desk.mission, desk.app_user_id).imports(more)
        assert late.counts["unreadable"] == late.counts["conflict"] == 0  # ids go on, receipt works
        with file.open("rb") as opened, pytest.raises(Conflict):
            restore(opened, PASSPHRASE, folder, database)
        again.close()
        if database is not None:
            request.getfixturevalue("postgres").drop(again.engine.url.database)


def test_backup_at_rest_comes_back_row_for_row(desk: Desk, tmp_path: Path) -> None:
    _fills(desk, tmp_path / "card" / "instances")
    worker = Worker(desk.store)
    worker.drain()
    worker.stop()
    before = _rows(desk.store)
    back_up(desk.store, tmp_path / "b.zip", PASSPHRASE)
    folder = _new_folder(tmp_path, desk.store, "new")
    with (tmp_path / "b.zip").open("rb") as opened:
        restore(opened, PASSPHRASE, folder)
    again = open_store(folder)
    after = _rows(again)
    assert {name: rows for name, rows in after.items() if name not in MOVES | {"code", "code_list"}} == {
        name: rows for name, rows in before.items() if name not in MOVES | {"code", "code_list"}
    }
    assert after["change"][: len(before["change"])] == before["change"]
    assert read_contents(again, desk.mission.project_id) == read_contents(desk.store, desk.mission.project_id)
    again.close()


def test_damaged_or_foreign_backups_are_refused_and_nothing_is_changed(desk: Desk, tmp_path: Path) -> None:
    if desk.store.dialect == "postgresql":
        pytest.skip("the file is the same")
    _fills(desk, tmp_path / "card" / "instances")
    file = tmp_path / "b.zip"
    back_up(desk.store, file, PASSPHRASE)
    whole = file.read_bytes()
    names = zipfile.ZipFile(file).namelist()
    folder = _new_folder(tmp_path, desk.store, "new")
    files_before = sorted(path.name for path in folder.rglob("*"))

    def tries(data: bytes, passphrase: str = PASSPHRASE) -> None:
        restore(io.BytesIO(data), passphrase, folder)

    def repacked(change: dict[str, bytes | None], renames: dict[str, str] | None = None) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w") as new:
            for name in names:
                data = change.get(name, old.read(name))
                if data is not None:
                    new.writestr((renames or {}).get(name, name), data)
        return out.getvalue()

    parts = [name for name in names if name.endswith(".dat.gz")]
    swap = {parts[0]: parts[1], parts[1]: parts[0]}
    first = zipfile.ZipFile(file).read(parts[0])
    keys = orjson.loads(zipfile.ZipFile(file).read("keys.json"))
    keys["local"]["key"] = keys["privkey"]
    damaged = [
        b"", b"not a zip", whole[: len(whole) // 2], whole[:-30], repacked({"toc.dat": None}),
        repacked({parts[-1]: None}), repacked({parts[0]: first[:-5]}), repacked({}, swap),
        repacked({"keys.json": orjson.dumps(keys)}), repacked({"keys.json": b"{}"}),
        *(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
          for at in range(33_000, len(whole) - 3000, len(whole) // 10)),
    ]  # fmt: skip
    for number, data in enumerate(damaged):
        assert _refusal(lambda data=data: tries(data)) is BackupDamaged, number  # type: ignore[misc]
    with pytest.raises(WrongPassphrase):
        tries(whole, "a boat")
    (folder / "keys" / "master.key").unlink()
    with pytest.raises(KeyMissing):
        tries(whole)
    Keyring.create(folder / "keys" / "master.key")
    with pytest.raises(KeyMissing):
        tries(whole)
    assert sorted(path.name for path in folder.rglob("*")) == files_before
    live = _rows(desk.store)
    with pytest.raises(Conflict):
        restore(io.BytesIO(whole), PASSPHRASE, desk.store.data)
    assert _rows(desk.store) == live


def test_administrator_downloads_one_as_from_central(office: Office, admin: Person) -> None:
    office.publishes("fmr")
    answer = admin.asks("POST", "/backup", {"passphrase": PASSPHRASE})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    names = archive.namelist()
    assert {"keepalive", "keys.json", "toc.dat"} <= set(names)
    parts = [name for name in names if name.endswith(".dat.gz")]
    assert len(parts) == len(names) - 3
    keys = orjson.loads(archive.read("keys.json"))
    assert sorted(keys) == ["iv", "local", "privkey", "pubkey", "salt"]
    assert sorted(keys["local"]) == ["ivs", "key"]
    assert sorted(keys["local"]["ivs"]) == sorted([*parts, "toc.dat"])
    assert verify(io.BytesIO(answer.content), PASSPHRASE).records == 0
    assert admin.asks("POST", "/backup").status_code == 200
    assert comes(office, "Nadia", "viewer").is_refused("POST", "/backup") == 403.1
