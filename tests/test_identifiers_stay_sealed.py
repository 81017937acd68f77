"""The canary scan: what identifies people is typed on tablets, and is then in clear nowhere at all."""

from __future__ import annotations

import io
import json
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from server.cli import main
from server.datasets.definitions import DATASETS
from server.datasets.export import FORMATS, export
from server.logging import log_config
from sync.access import create_app_user
from sync.disclosure import disclose
from sync.informants import NewInformant, add_informant
from sync.rebuild import rebuild
from sync.store import Store
from sync.tables import answer_row, event, receipt_event, submission_version
from tests.identifying import AMINA, BRAHIM, Office, Person, filled, found_in_files, found_in_tables
from tests.receipt.station import Mission, Station, settings_for
from tests.receipt.tablet_wire import photo, xml_part

CLEAR = Person("Sichtbar9955", "99555555", "1999-09-09", "12.5555555")
"""Typed where nothing is marked: shows that the scan does find."""

WORDS = (*AMINA.canaries, *BRAHIM.canaries, b"Gesicht6600", b"Stimme6611")
FILES = (photo("face.jpg", b"Gesicht6600" * 999), photo("voice.m4a", b"Stimme6611" * 999))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder of our own, for this process and its children, so that it can be searched."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything anybody logs, at debug level, as the server formats it."""
    written = io.StringIO()
    config = log_config("debug")
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter(config["formatters"]["line"]["format"]))
    names = ("", *config["loggers"], "sqlalchemy.engine", "sqlalchemy.pool", "asyncio")
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def office(temporary: Path, log: io.StringIO, store: Store) -> Iterator[Office]:
    here = Office(store)
    yield here
    here.worker.stop()


def tablets_send(office: Office) -> list[int]:
    """Everything that can become of a record, over real HTTP. Returns the answers' statuses."""
    user = office.store.write(lambda s: create_app_user(s, office.project_id, "Tablet 7"))
    mission = Mission(office.project_id, office.project_uuid, user.token)
    odd = f"<nickname>{AMINA.word}</nickname><born>{AMINA.word} was born</born><home>{AMINA.lat}</home>"
    bodies = {
        "whole": filled(AMINA, "uuid:1", extra=odd),
        "edit": filled(BRAHIM, "uuid:2", edits="uuid:1"),
        "conflict": filled(BRAHIM, "uuid:1"),
        "the same alert by somebody else": filled(BRAHIM, "uuid:3", informant="KI-9999"),
        "unknown form": filled(AMINA, "uuid:4", form="nobody_knows"),
        "unknown version": filled(AMINA, "uuid:5", version="77"),
        "without its original": filled(AMINA, "uuid:6", edits="uuid:none"),
        "not well-formed": filled(AMINA, "uuid:7")[:-120] + b"</wrong></data>",
        "another encoding": filled(AMINA, "uuid:8", encoding="UTF-16"),
        "answers that do not fit": filled(Person(AMINA.word, AMINA.phone, AMINA.word, AMINA.word), "uuid:9"),
    }
    with Station(office.store, settings_for({"WAYPOST_LOG_LEVEL": "debug"})) as station:
        wire = station.wire(mission)
        statuses = [wire.post(xml_part(xml), *FILES).status for xml in bodies.values()]
        statuses += [wire.post(xml_part(filled(AMINA, "uuid:1", extra=odd)), *FILES).status]
        reader = {"Authorization": f"Bearer {office.token}"}
        datasets = f"http://{station.host}:{station.port}/v1/projects/{office.project_id}/figures"
        office.processes()
        for name in DATASETS:
            for ending in ("csv", "json", "geojson"):
                got = httpx.get(f"{datasets}/{name}.{ending}", headers=reader)
                assert got.status_code in (200, 404, 400), got.text
                assert not [word for word in WORDS if word in got.content], (name, ending)
    return statuses


def command_line(office: Office, data: Path, database: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What every command says that tells of records, as text and as JSON."""
    said = []
    with office.store.read() as session:
        names = ["uuid:1", "uuid:2", "uuid:3", "uuid:5", "uuid:6", "uuid:8", "uuid:9"]
        known = session.all(select(submission_version.c.id))
    assert len(known) >= len(names)
    project = str(office.project_id)
    lines = [
        ["status"], ["audit", "list"], ["audit", "verify"], ["grant", "list"], ["erasures", "list"],
        ["duplicates", "list", "--project", project], ["informant", "list", "--project", project],
        ["app-user", "list", "--project", project], ["app-user", "create", "T8", "--project", project],
        *(["submission", "list", "--state", state] for state in ("held", "parked", "conflict")),
        *(["submission", command, name] for name in names for command in ("show", "xml")),
    ]  # fmt: skip
    for line in lines:
        for how in ([], ["--json"]):
            capsys.readouterr()
            status = ended([*line, *how, "--data", str(data), "--database", database])
            printed = capsys.readouterr()
            assert status == 0, (line, printed.err)
            said.append(printed.out + printed.err)
    return "\n".join(said)


def in_datasets(office: Office) -> list[str]:
    found = []
    for name in DATASETS:
        for format_ in FORMATS:
            out = io.BytesIO()
            export(office.store, None, office.project_id, name, format_, out)
            found += [f"{name}.{format_}" for word in WORDS if word in out.getvalue()]
    return found


def test_what_identifies_people_is_in_clear_nowhere(
    office: Office,
    data: Path,
    database: str,
    temporary: Path,
    log: io.StringIO,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = office.store
    add_informant(store, office.project_id, NewInformant(AMINA.word, AMINA.phone))
    statuses = tablets_send(office)
    assert set(statuses) <= {201, 202}, statuses
    assert rebuild(store, office.project_id, worker=office.worker).unchanged
    # the story did what it says: rows, held ones, a parked one, a pair, sealed answers
    pair = {("uuid:1", True), ("uuid:3", True)}
    with store.read() as session:
        states = {row["state"] for row in session.all(select(submission_version.c.state))}
        parked = session.all(select(receipt_event.c.reason).where(receipt_event.c.state == "parked"))
        sealed = session.all(select(answer_row.c.id).where(answer_row.c.sealed.is_not(None)))
        counted = session.all(select(event.c.instance_id, event.c.under_review))
    assert states == {"current", "edit", "held", "conflict"}
    assert {row["reason"] for row in parked} == {
        "The XML is not well-formed at line 1, column 1022 (tag name mismatch)."
    }
    assert len(sealed) >= 8
    assert {tuple(row.values()) for row in counted} >= pair

    said = command_line(office, data, database, capsys)
    assert "sealed" in said
    assert "livestock_theft" in said  # the XML is shown, and what the rows tell
    assert [word for word in WORDS if word.decode() in said] == []
    assert in_datasets(office) == []
    assert found_in_tables(store, WORDS) == []
    assert list(found_in_files(data, WORDS)) == []
    assert list(temporary.iterdir()) != []
    assert list(found_in_files(temporary, WORDS)) == []
    logged = log.getvalue()
    assert "INSERT INTO submission" in logged  # statements and their parameters are among it
    assert [word for word in WORDS if word.decode() in logged] == []


def test_the_scan_finds_what_is_not_marked(office: Office, data: Path, log: io.StringIO) -> None:
    open_answer = filled(AMINA).replace(b"<typist>FP-02", b"<typist>" + CLEAR.word.encode())
    assert office.receives(open_answer) == 201
    office.processes()
    tables = ["answer_row.answers", "answer_row.odata", "event.entered_by"]
    assert found_in_tables(office.store, CLEAR.canaries) == tables
    if office.store.dialect == "sqlite":
        assert "waypost.sqlite-wal" in list(found_in_files(data, CLEAR.canaries))
    assert CLEAR.word in log.getvalue()


def test_with_the_grant_they_are_shown_once_and_the_look_is_in_the_trail(
    office: Office, data: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert office.receives(filled(AMINA)) == 201
    office.processes()
    office.grants()
    store = ["--data", str(data), "--database", database, "--json"]
    reason = ["--identifiers", "--as", str(office.actor_id), "--reason", "asked for by the family, case 12"]
    capsys.readouterr()
    assert ended(["submission", "show", "uuid:1", *reason, *store]) == 0
    shown = json.loads(capsys.readouterr().out)["identifying"]
    assert {"question": "/data/informant_phone", "instance": 0, "answer": f"+235 {AMINA.phone}"} in shown
    [entry] = office.trail("identifiers.disclose")
    assert (entry["actor"], entry["object"]) == ("Supervisor", office.uuid_of("uuid:1"))
    assert entry["detail"]["reason"] == "asked for by the family, case 12"
    assert entry["detail"]["login"]
    assert found_in_tables(office.store, AMINA.canaries) == []
    assert list(found_in_files(data, AMINA.canaries)) == []
    again = disclose(office.store, office.who, entry["object"], "a second look")
    assert len(again) == len(shown)
    assert len(office.trail("identifiers.disclose")) == 2


def ended(words: list[str]) -> int:
    """Run a command line; its exit status."""
    try:
        main(words)
    except SystemExit as end:
        return int(end.code or 0)
    return 0
