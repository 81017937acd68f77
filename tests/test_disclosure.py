"""Identifying answers: redacted without a grant, opened with one, and never without an audit entry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from lxml import etree
from sqlalchemy import text, update

from forms.compile import compile_form
from forms.model import CompiledForm
from sync.disclosure import (
    Discloser,
    disclose,
    disclose_file,
    disclose_xml,
    identifying_questions,
    redacted_xml,
    sealed_answers,
    shown_file_names,
    shown_xml,
)
from sync.erase import erase_submission
from sync.identifier_grants import grant_identifiers, list_identifier_grants, revoke_identifier_grant
from sync.problems import Forbidden, Invalid, NotFound
from sync.registry import publish_form
from sync.safe_xml import XmlUnreadable
from sync.store import Store, now
from sync.tables import assignment
from sync.trail import verify_trail
from tests.identifying import AMINA, BRAHIM, FORM, SEALED, Office, filled

REASON = "asked for by the family, case 12"


def compiled(markdown: str) -> CompiledForm:
    form = compile_form(markdown.encode(), "form.md").form
    assert form is not None
    return form


@pytest.fixture(scope="module")
def alert() -> CompiledForm:
    return compiled(FORM)


@pytest.fixture
def office(store: Store) -> Iterator[Office]:
    here = Office(store)
    yield here
    here.worker.stop()


def texts(xml: bytes) -> dict[str, list[str]]:
    """What is left in a document, by path."""
    found: dict[str, list[str]] = {}
    root = etree.fromstring(xml)
    for element in root.iter():
        if element.text and element.text.strip():
            path = "/".join(
                etree.QName(one).localname for one in [*reversed([*element.iterancestors()]), element]
            )
            found.setdefault(path, []).append(element.text)
    return found


SHOWN = {
    "data/start": ["2026-11-03T09:05:00.000+01:00"],
    "data/end": ["2026-11-03T09:20:00.000+01:00"],
    "data/informant": ["KI-7F3K"],
    "data/typist": ["FP-02"],
    "data/reported": ["2026-11-03T08:40:00.000+01:00"],
    "data/happened": ["2026-11-02T23:30:00.000+01:00"],
    "data/kind": ["livestock_theft"],
    "data/place": ["WELL-2"],
    "data/n": ["6"],
    "data/scene": ["scene.jpg"],
    "data/member/age": ["7", "9"],
    "data/member/phone/network": ["card", "card"],
    "data/meta/instanceID": ["uuid:1"],
}


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16", "ISO-8859-1"])
def test_only_answers_that_do_not_identify_are_left_in_the_xml(alert: CompiledForm, encoding: str) -> None:
    unknown = (
        f"<nickname>{AMINA.word}</nickname><n>{AMINA.word}<deeper>{AMINA.word}</deeper></n>"
        f"<extra><deeper a='{AMINA.word}'>{AMINA.word}</deeper></extra>{AMINA.word}"
    )
    xml = filled(AMINA, encoding=encoding, extra=unknown)
    clean = redacted_xml(xml, alert)
    assert clean.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    assert [canary for canary in AMINA.canaries if canary in clean] == []
    assert texts(clean) == SHOWN
    names = [etree.QName(one).localname for one in etree.fromstring(clean).iter()]
    assert (names.count("member"), names.count("phone"), names.count("member_name")) == (2, 2, 2)
    assert identifying_questions(alert) == SEALED


def test_a_form_that_is_not_known_has_all_its_answers_withheld(alert: CompiledForm) -> None:
    edit = filled(AMINA, "uuid:2", edits="uuid:1")
    assert texts(redacted_xml(edit, None)) == {
        "data/meta/instanceID": ["uuid:2"],
        "data/meta/deprecatedID": ["uuid:1"],
    }
    with pytest.raises(XmlUnreadable):
        redacted_xml(edit[:-20], alert)


def test_a_form_without_identifiers_or_mapping_is_shown_whole_but_for_what_it_does_not_ask() -> None:
    plain = compiled(
        "| survey |\n| | type | name | label |\n| | text | note | Note |\n| settings |\n"
        "| | form_id | form_title | instance_name |\n| | plain | Plain | ${note} |\n"
    )
    meta = b"<meta><instanceName>n</instanceName></meta>"
    xml = b"<data id='plain'><note>wells are dry</note><more>x</more>" + meta + b"</data>"
    assert texts(redacted_xml(xml, plain)) == {
        "data/note": ["wells are dry"],
        "data/meta/instanceName": ["n"],
    }
    assert identifying_questions(plain) == frozenset()


def test_what_is_sealed_is_told_of_and_opened_with_a_grant_and_an_entry(office: Office) -> None:
    office.receives(filled(AMINA), {"face.jpg": b"her face", "scene.jpg": b"the well"})
    office.processes()
    uuid = office.uuid_of("uuid:1")
    with office.store.read() as session:
        sealed = sealed_answers(session, office.store, uuid)
        assert {answer.question for answer in sealed} == SEALED
        assert {answer.value for answer in sealed} == {None}
        assert [texts(v.xml or b"") for v in shown_xml(session, office.store, uuid)] == [SHOWN]
        assert shown_file_names(session, office.store, uuid) == {"scene.jpg"}
    with pytest.raises(Forbidden):
        disclose(office.store, office.who, uuid, REASON)
    office.grants()
    with pytest.raises(Invalid):
        disclose(office.store, office.who, uuid, "  why ")
    opened = disclose(office.store, office.who, uuid, REASON)
    said = [(a.question, a.ordinal, a.value) for a in opened]
    assert ("/data/informant_name", 0, f"Amína {AMINA.word}") in said
    assert ("/data/member/member_name", 1, f"{AMINA.word} two") in said
    assert ("/data/born", 0, AMINA.born) in said
    assert b"".join(disclose_file(office.store, office.who, uuid, "face.jpg", REASON)) == b"her face"
    assert [v.xml for v in disclose_xml(office.store, office.who, uuid, REASON)] == [filled(AMINA)]
    entries = office.trail("identifiers.disclose", "identifiers.disclose_file", "identifiers.disclose_xml")
    assert [(e["action"], e["actor"], e["object"]) for e in reversed(entries)] == [
        ("identifiers.disclose.refused", "Supervisor", uuid),
        ("identifiers.disclose", "Supervisor", uuid),
        ("identifiers.disclose_file", "Supervisor", uuid),
        ("identifiers.disclose_xml", "Supervisor", uuid),
    ]
    assert {e["detail"]["reason"] for e in entries} == {REASON}
    assert set(entries[2]["detail"]["questions"]) == SEALED
    assert AMINA.word not in str(entries)


def test_a_grant_is_narrowed_ends_and_is_taken_back(office: Office) -> None:
    office.receives(filled(AMINA))
    office.processes()
    uuid, store = office.uuid_of("uuid:1"), office.store
    office.grants(forms=["other"])
    office.grants(pcodes=["XS0101"])
    with pytest.raises(Forbidden):
        disclose(store, office.who, uuid, REASON)
    [grant] = office.grants(forms=["alert"], until=now() + timedelta(days=1))
    assert disclose(store, office.who, uuid, REASON)
    with pytest.raises(Forbidden):
        disclose(store, Discloser("somebody else"), uuid, REASON)
    past = update(assignment).where(assignment.c.id == grant)
    store.write(lambda session: session.execute(past.values(expires_at=now() - timedelta(seconds=1))))
    with pytest.raises(Forbidden):
        disclose(store, office.who, uuid, REASON)
    [grant] = office.grants()
    assert disclose(store, office.who, uuid, REASON)
    store.write(lambda session: revoke_identifier_grant(session, grant))
    with pytest.raises(Forbidden):
        disclose(store, office.who, uuid, REASON)
    with store.read() as session:
        assert [g["holds"] for g in list_identifier_grants(session, office.project_id)] == [
            True, True, False, False,
        ]  # fmt: skip
        assert verify_trail(session).broken is None
    with pytest.raises(Invalid):
        store.write(lambda s: grant_identifiers(s, office.actor_id, office.project_id, now()))
    with pytest.raises(NotFound):
        store.write(lambda s: grant_identifiers(s, 99, office.project_id))


def test_each_body_is_read_by_the_form_version_it_was_filled_in_with(office: Office) -> None:
    marked = FORM.replace("| text | typist | Who types? | event.entered_by | |",
                          "| text | typist | Who types? | | direct_identifier |")  # fmt: skip
    marked = marked.replace("| alert | Alert | 1 |", "| alert | Alert | 2 |")
    publish_form(office.store, office.project_id, marked.encode(), "alert.md")
    office.receives(filled(AMINA))
    office.receives(filled(BRAHIM, "uuid:2", edits="uuid:1", version="2"))
    office.receives(filled(BRAHIM, "uuid:3", version="99"))
    office.processes()
    with office.store.read() as session:

        def typist(instance: str) -> list[str] | None:
            [version] = shown_xml(session, office.store, office.uuid_of(instance))
            assert version.xml is not None
            return texts(version.xml).get("data/typist")

        assert [typist(name) for name in ("uuid:1", "uuid:2", "uuid:3")] == [["FP-02"], None, None]
        [held] = shown_xml(session, office.store, office.uuid_of("uuid:3"))
        assert (held.state, texts(held.xml or b"")) == ("held", {"data/meta/instanceID": ["uuid:3"]})
        assert held.withheld is not None
        # the edit counts: what it says is what is opened for the record, whichever of the two is named
        sealed = [{a.question for a in sealed_answers(session, office.store, office.uuid_of(name))}
                  for name in ("uuid:1", "uuid:2")]  # fmt: skip
        assert sealed == [SEALED | {"/data/typist"}] * 2
        assert shown_file_names(session, office.store, office.uuid_of("uuid:3")) == frozenset()


def test_an_erased_record_has_nothing_to_open(office: Office) -> None:
    office.receives(filled(AMINA))
    office.processes()
    uuid = office.uuid_of("uuid:1")
    office.grants()
    assert disclose(office.store, office.who, uuid, REASON)
    erase_submission(office.store, uuid, None, "request 12")
    for opens in (disclose, disclose_xml):
        with pytest.raises(NotFound):
            opens(office.store, office.who, uuid, REASON)


def test_the_audit_trail_shows_that_it_was_changed(office: Office) -> None:
    office.grants()
    with office.store.read() as session:
        whole = verify_trail(session)
    assert (whole.broken, whole.entries >= 3) == (None, True)
    off = "DROP TRIGGER {0}" if office.store.dialect == "sqlite" else "DROP TRIGGER {0} ON audit"
    with office.store.engine.connect() as connection:
        if office.store.dialect == "sqlite":
            names = connection.execute(
                text("SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='audit'")
            )
        else:
            names = connection.execute(
                text("SELECT tgname FROM pg_trigger WHERE tgrelid='audit'::regclass AND NOT tgisinternal")
            )
        triggers = [row[0] for row in names]
    assert triggers

    def tamper(session: object) -> None:
        for name in triggers:
            session.execute(text(off.format(name)))  # type: ignore[attr-defined]
        session.execute(text("UPDATE audit SET action = 'token.create' WHERE action = 'identifiers.grant'"))  # type: ignore[attr-defined]

    office.store.write(tamper)
    with office.store.read() as session:
        broken = verify_trail(session)
    assert (broken.reason, broken.entries) == ("it was changed after it was written", whole.entries - 1)
