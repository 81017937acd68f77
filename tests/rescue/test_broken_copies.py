"""Copies that were cut, torn, or made to harm: they are listed, and everything else goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from sqlalchemy import func, select

from sync.tables import submission
from tests.rescue.card import filled, put, zipped
from tests.rescue.conftest import Desk, became


def test_hostile_and_torn_records_are_listed_and_the_others_go_on(desk: Desk, tmp_path: Path) -> None:
    instances = tmp_path / "card" / "instances"
    good = filled("uuid:good")
    put(instances, "Bomb", b'<!DOCTYPE d [<!ENTITY a "aa">]><data id="visit"><men>&a;</men></data>')
    put(instances, "Cut", good[:200])
    put(instances, "Empty", b"")
    put(instances, "Garbage", b"\x00\x01\x02")
    put(instances, "Good", good)
    put(instances, "Huge", filled("uuid:huge", photo="x" * 6000))
    (instances / "Lost").mkdir()
    (instances / "Lost" / "photo.jpg").write_bytes(b"jpeg")
    (instances / "Good" / "link.jpg").symlink_to("/etc/hostname")
    (tmp_path / "card" / "torn.zip").write_bytes(zipped(instances, tmp_path / "t.zip").read_bytes()[:300])
    account = desk.imports(tmp_path / "card")
    assert became(account) == {
        "Bomb": "unreadable", "Cut": "unreadable", "Empty": "unreadable", "Garbage": "unreadable",
        "Good": "new", "Huge": "held", "Lost": "unreadable", "link.jpg": "unreadable",
        "torn.zip": "unreadable",
    }  # fmt: skip
    assert not account.is_clean
    assert all(line.notes for line in account.lines if line.outcome == "unreadable")
    assert [held[1] for held in desk.holds().held] == ["too_large"]
    assert desk.holds().files == []
    assert became(desk.imports(tmp_path / "card"))["Huge"] == "here"


def test_zips_that_explode_or_lead_out_are_refused(desk: Desk, tmp_path: Path) -> None:
    zips = tmp_path / "zips"
    zips.mkdir()
    with zipfile.ZipFile(zips / "out.zip", "w") as archive:
        archive.writestr("../../instances/A/A.xml", filled("uuid:a"))
        archive.writestr("/instances/B/B.xml", filled("uuid:b"))
        archive.writestr("c:\\instances\\C\\C.xml", filled("uuid:c"))
        archive.writestr("instances\\D\\D.xml", filled("uuid:d"))
        archive.writestr("instances/E/inner.zip", b"PK")
    with zipfile.ZipFile(zips / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("instances/F/F.xml", filled("uuid:f"))
        archive.writestr("instances/F/f.jpg", b"\0" * 30_000_000)
    damaged = zipped(put(tmp_path / "x", "G", filled("uuid:g"), {"g.jpg": os.urandom(500)}).parent,
                     zips / "damaged.zip")  # fmt: skip
    data = bytearray(damaged.read_bytes())
    at = data.index(b"g.jpg") + 100
    data[at] ^= 255
    damaged.write_bytes(data)
    account = desk.imports(zips)
    outcomes = became(account)
    assert (outcomes.pop("G"), outcomes.pop("D")) == ("new", "new")
    assert set(outcomes.values()) == {"unreadable"}
    assert len(outcomes) == 5
    (torn,) = [line for line in account.lines if line.instance_id == "uuid:g"]
    assert torn.notes == ["g.jpg cannot be read from the copy (BadZipFile)."]
    assert [instance for _, instance in desk.holds().identities] == ["uuid:d", "uuid:g"]
    (again,) = desk.imports(tmp_path / "x").lines  # a better copy brings the photo
    assert (str(again.outcome), again.files) == ("completed", 1)
    assert not (tmp_path / "instances").exists()


def test_power_goes_in_the_middle_and_it_is_run_again(desk: Desk, tmp_path: Path, database: str) -> None:
    card = tmp_path / "card" / "instances"
    for number in range(100):
        put(
            card, f"Visit_{number}", filled(f"uuid:{number}", photo="p.jpg"), {"p.jpg": b"%d" % number * 5000}
        )
    words = ["import", "instances", card, "--project", desk.mission.project_id]
    words += ["--data", desk.store.data, "--database", database]
    command = [sys.executable, "-m", "server.cli", *map(str, words)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    count = select(func.count()).select_from(submission)
    received = 0
    while running.poll() is None and not received:
        with desk.store.read() as session:
            received = session.scalar(count)
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    running.wait()
    with desk.store.read() as session:
        received = session.scalar(count)
    assert 0 < received < 100, "the kill came too late: nothing was tested"
    account = desk.imports(card)
    assert account.counts == {"here": received, "new": 100 - received}
    here = desk.holds()
    assert len(here.identities) == len(here.bodies) == len(here.files) == 100
