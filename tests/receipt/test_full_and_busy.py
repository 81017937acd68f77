"""The disk is full, or somebody holds the database: nothing is promised then, and nothing is lost."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select

from sync import engine, orphans
from sync.erase import erase_submission
from sync.problems import StorageFull
from sync.setup import initialise
from sync.space import Space
from sync.store import Store, open_store
from sync.tables import submission
from tests.receipt.gates import wait_until
from tests.receipt.ledger import Held, blobs, records
from tests.receipt.station import Mission, Station, settings_for, start_mission
from tests.receipt.tablet_wire import BOUNDARY, Wire, filled, multipart, photo, xml_part

MIB = 1024 * 1024
FULL = "The server's disk is full: nothing of this was stored. Keep it and send again later."


def test_below_the_reserve_nothing_more_is_taken(store: Store, mission: Mission) -> None:
    parts = [xml_part(filled("uuid:1")), photo("a.jpg", b"a")]
    with Station(store, settings_for({"WAYPOST_RESERVE_BYTES": str(10**15)})) as station:
        answer = station.wire(mission).post(*parts)
    assert (answer.status, answer.message.startswith(FULL)) == (507, True)
    assert int(answer.headers["retry-after"]) > 0
    assert (records(store), blobs(store)) == ({}, 0)
    with Station(store, settings_for({"WAYPOST_RESERVE_BYTES": "0"})) as station:
        assert station.wire(mission).post(*parts).status == 201


def test_the_ballast_is_there_to_be_given_up(tmp_path: Path) -> None:
    free = Space(tmp_path, 0).free_bytes()
    space = Space(tmp_path, reserve_bytes=free - 4 * MIB, ballast_bytes=2 * MIB)
    assert space.keep_ballast()
    assert space.ballast.stat().st_blocks * 512 >= 2 * MIB
    with pytest.raises(StorageFull):
        space.check(coming_bytes=free)
    space.drop_ballast()
    assert not space.ballast.exists()
    assert not Space(tmp_path, reserve_bytes=free, ballast_bytes=2 * MIB).keep_ballast()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a small disk needs the right to mount a tmpfs")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def post_of_unknown_length(tablet: Wire, body: bytes) -> int:
    """Chunked, so that no Content-Length warns the server: the disk itself has to say no."""
    link = http.client.HTTPConnection(tablet.host, tablet.port, timeout=30)
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    link.request("POST", tablet.path, iter([body]), kind, encode_chunked=True)
    status = link.getresponse().status
    link.close()
    return status


@pytest.mark.parametrize("photo_bytes", [0, 150_000])
def test_a_disk_that_fills_up_keeps_what_was_acknowledged(small_disk: Path, photo_bytes: int) -> None:
    store = initialise(small_disk / "data")
    mission = start_mission(store)
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * (os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize - 900_000))
    acknowledged = {}
    with Station(store) as station:
        tablet = station.wire(mission)
        for number in range(200):
            xml = filled(f"uuid:{number}").replace(b"<note>", b"<note>" + os.urandom(3000).hex().encode())
            files = [photo("a.jpg", os.urandom(photo_bytes))] if photo_bytes else []
            body = multipart([xml_part(xml), *files])
            status = post_of_unknown_length(tablet, body)
            if status != 201:
                break
            acknowledged[f"uuid:{number}"] = xml
        assert (status, len(acknowledged) > 1) == (507, True)
        held = records(store)
        assert {instance_id: h.bodies[0].xml for instance_id, h in held.items()} == acknowledged
        assert blobs(store) == (len(acknowledged) if photo_bytes else 0)
        filler.unlink()
        assert post_of_unknown_length(tablet, body) == 201  # by itself, once there is room
    assert len(records(store)) == len(acknowledged) + 1
    store.close()


def test_a_record_can_be_erased_on_a_full_disk(small_disk: Path) -> None:
    store = initialise(small_disk / "data")
    mission = start_mission(store)
    space = Space(store.data, reserve_bytes=0, ballast_bytes=1 * MIB)
    assert space.keep_ballast()
    with Station(store) as station:
        sent = filled("uuid:1").replace(b"<note>", b"<note>" + os.urandom(100_000).hex().encode())
        assert station.wire(mission).post(xml_part(sent)).status == 201
    with store.read() as session:
        uuid = str(session.scalar(select(submission.c.uuid)))
    wait_until(lambda: store.overwrite_deleted([]))  # nothing is left in the log to be written over
    filler = fill_up(small_disk)
    with pytest.raises(StorageFull):
        erase_submission(store, uuid, None, "request 12")
    assert erase_submission(store, uuid, None, "request 12", space=space).overwritten
    assert records(store) == {"uuid:1": Held([], [])}
    filler.unlink()
    with space.room_to_delete():
        pass
    assert space.ballast.exists()  # put back, now that there is room
    store.close()


def fill_up(disk: Path) -> Path:
    """A file that takes all the room there is."""
    with (disk / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    return disk / "filler"


def test_a_busy_database_is_waited_for_then_the_tablet_is_told_to_come_back(
    store: Store, database: str, data: Path, mission: Mission, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(engine._PRAGMAS, "busy_timeout", 300)
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 300)
    impatient = open_store(data, database)
    with Station(impatient) as station:
        tablet = station.wire(mission)
        assert tablet.post(xml_part(filled("uuid:1"))).status == 201
        with somebody_holds_the_database(store, database):
            started = time.monotonic()
            answer = tablet.post(xml_part(filled("uuid:2")), photo("a.jpg", b"a"))
            assert (answer.status, answer.message) == (503, "The database is busy. Send again in a minute.")
            assert int(answer.headers["retry-after"]) > 0
            assert 0.2 < time.monotonic() - started < 8
        assert set(records(impatient)) == {"uuid:1"}
        assert tablet.post(xml_part(filled("uuid:2")), photo("a.jpg", b"a")).status == 201
    assert set(records(impatient)) == {"uuid:1", "uuid:2"}
    assert orphans.sweep(impatient, older_than_s=0) == 1  # the photo of the refused request
    assert records(impatient)["uuid:2"].files == [("a.jpg", b"a")]
    impatient.close()


class somebody_holds_the_database:
    """Another process writes and does not come to an end."""

    def __init__(self, store: Store, database: str) -> None:
        self._store, self._database = store, database

    def __enter__(self) -> None:
        if self._store.dialect == "postgresql":
            self._other = psycopg.connect(self._database)
            self._other.execute("LOCK TABLE submission IN EXCLUSIVE MODE")
        else:
            self._held = self._store.engine.execution_options(writing=True).connect()
            self._held.begin()

    def __exit__(self, *_: object) -> None:
        if self._store.dialect == "postgresql":
            self._other.close()
        else:
            self._held.close()
