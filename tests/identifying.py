"""A form that asks every kind of identifier, tablets that fill it, and a search for what they wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import func, select

from sync import trail
from sync.access import create_token
from sync.catalogue import catalogue
from sync.disclosure import Discloser
from sync.envelope import read_envelope
from sync.identifier_grants import grant_identifiers
from sync.receipt import Reception, Sender, hold_reason, make_arrival
from sync.receipt.arrival import ArrivedFile
from sync.registry import create_project, publish_form
from sync.store import Store, now
from sync.tables import metadata, submission
from sync.worker import Worker

FORM = """
| survey |
| | type | name | label | harmonise | sensitivity |
| | start | start | | | |
| | end | end | | | |
| | text | informant | Pseudonym of the informant | event.informant_id | |
| | text | informant_name | Name of the informant | | direct_identifier |
| | text | informant_phone | Phone of the informant | | direct_identifier |
| | text | typist | Who types? | event.entered_by | |
| | dateTime | reported | When were you told? | event.report_time | |
| | dateTime | happened | When did it happen? | event.event_time | |
| | select_one kinds | kind | What happened? | event.event_type | |
| | text | place | Place | event.place_id | |
| | integer | n | Persons concerned | event.n_ind | |
| | image | scene | Photo of the place | | internal |
| | date | born | Date of birth | | direct_identifier |
| | geopoint | home | Position of the home | | direct_identifier |
| | image | face | Photo of the person | | direct_identifier |
| | audio | voice | What the person says | | direct_identifier |
| | select_one papers | paper | Which paper? | | direct_identifier |
| | text | paper_other | Which other paper? | | direct_identifier |
| | begin_group | guardian | Guardian | | direct_identifier |
| | text | called | Name | | |
| | end_group | | | | |
| | begin_repeat | member | Member | | |
| | text | member_name | Name | | direct_identifier |
| | integer | age | Age | | internal |
| | begin_repeat | phone | Phone | | |
| | text | number | Number | | direct_identifier |
| | select_one papers | network | Whose phone? | | internal |
| | end_repeat | | | | |
| | end_repeat | | | | |
| choices |
| | list_name | name | label | |
| | kinds | livestock_theft | Theft | |
| | papers | card | Card | |
| | papers | other | Other | |
| settings |
| | form_id | form_title | version | harmonise | instance_name |
| | alert | Alert | 1 | event{event_tool=TTT, event_stage=report, alert_kind=event} | ${informant_name} |
"""

SEALED = {
    "/data/informant_name", "/data/informant_phone", "/data/born", "/data/home", "/data/face", "/data/voice",
    "/data/paper", "/data/paper_other", "/data/guardian/called", "/data/member/member_name",
    "/data/member/phone/number",
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """What a tablet types about somebody: every value is found nowhere else."""

    word: str  # part of each text
    phone: str
    born: str
    lat: str

    @property
    def canaries(self) -> tuple[bytes, ...]:
        return tuple(text.encode() for text in (self.word, self.phone, self.born, self.lat))


AMINA = Person("Kanari7391", "66739100", "1957-03-19", "14.9876543")
BRAHIM = Person("Zeisig4482", "77448200", "1961-08-23", "13.1234567")


def filled(
    of: Person,
    instance_id: str = "uuid:1",
    edits: str = "",
    version: str = "1",
    form: str = "alert",
    encoding: str = "UTF-8",
    extra: str = "",
    informant: str = "KI-7F3K",
) -> bytes:
    deprecated = f"<deprecatedID>{edits}</deprecatedID>" if edits else ""
    phones = f"<phone><number>{of.phone}</number><network>card</network></phone>"
    text = (
        f"<?xml version='1.0' encoding='{encoding}'?><!-- {of.word} -->"
        f'<data id="{form}" version="{version}" xmlns:orx="http://openrosa.org/xforms">'
        "<start>2026-11-03T09:05:00.000+01:00</start><end>2026-11-03T09:20:00.000+01:00</end>"
        f"<informant>{informant}</informant><informant_name>Amína {of.word}</informant_name>"
        f"<orx:informant_phone>+235 {of.phone}</orx:informant_phone><typist>FP-02</typist>"
        "<reported>2026-11-03T08:40:00.000+01:00</reported><happened>2026-11-02T23:30:00.000+01:00</happened>"
        "<kind>livestock_theft</kind><place>WELL-2</place><n>6</n><scene>scene.jpg</scene>"
        f"<born>{of.born}</born><home>{of.lat} 15.1 300 4.5</home><face>face.jpg</face>"
        "<voice>voice.m4a</voice>"
        f"<paper>other</paper><paper_other>{of.word} paper</paper_other>"
        f"<guardian><called>{of.word} senior</called></guardian>"
        f"<member><member_name>{of.word} one</member_name><age>7</age>{phones}{phones}</member>"
        f"<member><member_name>{of.word} two</member_name><age>9</age></member>{extra}"
        f"<orx:meta><orx:instanceID>{instance_id}</orx:instanceID><instanceName>{of.word}</instanceName>"
        f"{deprecated}</orx:meta></data>"
    )
    return text.encode(encoding)


class Office:
    """A project with the alert form, its worker, and a supervisor who may be given the grant."""

    def __init__(self, store: Store) -> None:
        self.store = store
        project = store.write(lambda session: create_project(session, "Alerts"))
        self.project_id: int = project["id"]
        self.project_uuid: str = project["uuid"]
        publish_form(store, self.project_id, FORM.encode(), "alert.md")
        self.worker = Worker(store, step_seconds=10)
        made = store.write(lambda s: create_token(s, self.project_id, "Supervisor", "supervisor"))
        self.actor_id, self.who = made.id, Discloser(made.actor_uuid)
        self.token = made.token

    def receives(self, xml: bytes, files: Mapping[str, bytes] | None = None) -> int:
        """As receipt takes it. Returns the answer's status."""
        envelope = read_envelope(xml)
        state = catalogue(self.store).state(self.project_uuid, envelope.xml_form_id or "", envelope.version)
        arrived = []
        for name, content in (files or {}).items():
            writer = self.store.blobs.writer()
            writer.write(content)
            arrived.append(ArrivedFile(name, "image/jpeg", writer.finish()))
        arrival = make_arrival(
            self.store.keyring, Sender(self.project_uuid), envelope, xml, now(), arrived,
            hold=hold_reason(envelope, state, may_submit=True),
        )  # fmt: skip
        return Reception(self.store).accept(arrival).status

    def processes(self) -> None:
        self.worker.drain()

    def grants(self, **narrowed: Any) -> list[int]:
        return self.store.write(
            lambda session: grant_identifiers(session, self.actor_id, self.project_id, **narrowed)
        )

    def uuid_of(self, instance_id: str) -> str:
        with self.store.read() as session:
            found = select(submission.c.uuid).where(submission.c.instance_id == instance_id)
            return str(session.scalar(found))

    def trail(self, *actions: str) -> list[dict[str, Any]]:
        with self.store.read() as session:
            return trail.read_trail(session, actions)

    def count(self, table: Any) -> int:
        with self.store.read() as session:
            return int(session.scalar(select(func.count()).select_from(table)))


def found_in_tables(store: Store, canaries: tuple[bytes, ...]) -> list[str]:
    """table.column of every cell, text, JSON or bytes, that holds one of the canaries."""
    found = []
    with store.read() as session:
        for table in metadata.sorted_tables:
            for row in session.all(select(table)):
                for name, value in row.items():
                    if any(canary in _bytes(value) for canary in canaries):
                        found.append(f"{table.name}.{name}")
    return sorted(set(found))


def found_in_files(folder: Path, canaries: tuple[bytes, ...]) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file() and any(canary in path.read_bytes() for canary in canaries):
            yield str(path.relative_to(folder))


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    return orjson.dumps(value, default=str)
