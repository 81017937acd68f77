"""What lies on a tablet's card, as Collect writes it, and a form to go with it."""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

FORM = (
    b'<?xml version="1.0"?><h:html xmlns="http://www.w3.org/2002/xforms" '
    b'xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa"><h:head>'
    b"<h:title>Visit</h:title><model><instance><data id='visit' version='1'>"
    b"<start/><end/><deviceid/><men/><photo/><voice/><meta><instanceID/></meta></data></instance>"
    b'<bind nodeset="/data/men" type="int"/><bind nodeset="/data/photo" type="binary"/>'
    b'<bind nodeset="/data/voice" type="binary"/>'
    b'<bind nodeset="/data/meta/instanceID" type="string" jr:preload="uid"/></model></h:head>'
    b'<h:body><input ref="/data/men"><label>Men</label></input>'
    b'<upload ref="/data/photo" mediatype="image/*"><label>Photo</label></upload>'
    b'<upload ref="/data/voice" mediatype="audio/*"><label>Voice</label></upload></h:body></h:html>'
)

COLLECT = "Android/data/org.odk.collect.android/files/projects"


def filled(
    instance_id: str,
    *,
    form: str = "visit",
    men: int = 3,
    photo: str = "",
    voice: str = "",
    device: str = "collect:seven",
    edits: str = "",
    end: str = "2026-11-03T07:20:00.000+01:00",
) -> bytes:
    """A record as Collect writes it."""
    deprecated = f"<deprecatedID>{edits}</deprecatedID>" if edits else ""
    return (
        f'<?xml version=\'1.0\' ?><data id="{form}" version="1" xmlns:orx="http://openrosa.org/xforms">'
        f"<start>2026-11-03T07:15:00.000+01:00</start><end>{end}</end><deviceid>{device}</deviceid>"
        f"<men>{men}</men><photo>{photo}</photo><voice>{voice}</voice>"
        f"<orx:meta><orx:instanceID>{instance_id}</orx:instanceID>{deprecated}</orx:meta></data>"
    ).encode()


def put(instances: Path, name: str, xml: bytes, files: Mapping[str, bytes] | None = None) -> Path:
    """An instance folder below `instances`."""
    folder = instances / name
    folder.mkdir(parents=True)
    (folder / f"{name}.xml").write_bytes(xml)
    for file, content in (files or {}).items():
        (folder / file).write_bytes(content)
    return folder


def book(tree: Path, statuses: Mapping[str, str]) -> None:
    """Collect's `instances.db` beside `instances/`."""
    (tree / "metadata").mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(tree / "metadata" / "instances.db")) as database, database:
        database.execute("CREATE TABLE instances (_id integer, instanceFilePath text, status text)")
        rows = [(f"{name}/{name}.xml", status) for name, status in statuses.items()]
        database.executemany("INSERT INTO instances VALUES (1, ?, ?)", rows)


def zipped(folder: Path, to: Path, inside: str = "") -> Path:
    """A zip of everything in a folder."""
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, f"{inside}{file.relative_to(folder).as_posix()}")
    return to
