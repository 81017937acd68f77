"""Key informants: a pseudonym for every figure, a name for nobody but who holds the grant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from sync.disclosure import disclose_informant
from sync.informant_file import import_informants
from sync.informants import (
    NewInformant,
    add_informant,
    erase_informant,
    find_informant,
    list_informants,
    retire_informant,
)
from sync.problems import Conflict, Forbidden, Invalid, NotFound
from sync.pseudonyms import ALPHABET, is_pseudonym, new_pseudonym, spelled, with_check
from sync.store import Store
from sync.tables import event, organisation
from tests.identifying import AMINA, Office, filled, found_in_files, found_in_tables

NAME, PHONE = "Oumar Kanari", "+235 66 12 34 56"
REASON = "to call back about the alert"
CANARIES = (NAME.encode(), b"66 12 34 56", b"66123456")


@pytest.fixture
def office(store: Store) -> Iterator[Office]:
    here = Office(store)
    yield here
    here.worker.stop()


@given(st.text(ALPHABET, min_size=3, max_size=5), st.data())
def test_a_slip_of_the_finger_makes_nobodys_pseudonym(characters: str, data: st.DataObject) -> None:
    pseudonym = with_check(characters)
    assert is_pseudonym(pseudonym)
    body = pseudonym.removeprefix("KI-")
    at = data.draw(st.integers(0, len(body) - 1))
    wrong = data.draw(st.sampled_from(ALPHABET.replace(body[at], "")))
    assert not is_pseudonym("KI-" + body[:at] + wrong + body[at + 1 :])
    if at and body[at] != body[at - 1]:
        assert not is_pseudonym("KI-" + body[: at - 1] + body[at] + body[at - 1] + body[at + 1 :])
    assert spelled(f" ki {body.lower()} ") == pseudonym


def test_pseudonyms_grow_when_they_become_scarce() -> None:
    assert len(new_pseudonym(lambda text: False)) == len("KI-7F3K")
    assert len(new_pseudonym(lambda text: len(text) == len("KI-7F3K"))) == len("KI-7F3KA")


def test_somebody_is_registered_listed_without_a_name_and_opened_with_a_grant(
    office: Office, data: Path
) -> None:
    store, project = office.store, office.project_id
    herders = {"uuid": "o", "code": "HA", "name": "Herders' association"}
    store.write(lambda session: session.insert(organisation, [herders]))
    given = NewInformant(NAME, PHONE, "herder_leader", "HA", "XS0101", "phone", "m")
    pseudonym = add_informant(store, project, given)
    with store.read() as session:
        [listed] = list_informants(session, project)
        shown = {
            name: listed[name] for name in ("pseudonym", "role", "organisation", "pcode", "channel", "sex")
        }
    assert shown == {
        "pseudonym": pseudonym, "role": "herder_leader", "organisation": "HA", "pcode": "XS0101",
        "channel": "phone", "sex": "m",
    }  # fmt: skip
    assert (found_in_tables(store, CANARIES), list(found_in_files(data, CANARIES))) == ([], [])
    with pytest.raises(Forbidden):
        disclose_informant(store, office.who, project, pseudonym, REASON)
    office.grants(organisations=["another"])
    office.grants(pcodes=["XS0102"])
    office.grants(forms=["alert"])
    with pytest.raises(Forbidden):
        disclose_informant(store, office.who, project, pseudonym, REASON)
    office.grants(organisations=["HA"], pcodes=["XS0101"])
    opened = disclose_informant(store, office.who, project, pseudonym.lower(), REASON)
    assert opened == {"pseudonym": pseudonym, "name": NAME, "phone": PHONE}
    entries = office.trail("informant")
    assert [e["action"] for e in reversed(entries)] == [
        "informant.add", "informant.disclose.refused", "informant.disclose.refused", "informant.disclose",
    ]  # fmt: skip
    assert entries[0]["detail"] == {"pseudonym": pseudonym, "reason": REASON, "login": None}


def test_one_phone_is_one_person_unless_it_is_said_to_be_shared(office: Office) -> None:
    store, project = office.store, office.project_id
    first = add_informant(store, project, NewInformant(NAME, PHONE))
    for same in ("0066123456", "66-12-34-56", "٦٦١٢٣٤٥٦"):
        with pytest.raises(Conflict, match=first):
            add_informant(store, project, NewInformant("Somebody", same))
    assert add_informant(store, project, NewInformant("His son", PHONE), same_phone=True) != first
    for wrong in (NewInformant(" "), NewInformant("A", "ask Hawa"), NewInformant("A", role="king"),
                  NewInformant("A", organisation="nobody")):  # fmt: skip
        with pytest.raises(Invalid) as caught:
            add_informant(store, project, wrong)
        assert "Hawa" not in caught.value.detail
    with pytest.raises(NotFound):
        add_informant(store, 99, NewInformant("A"))
    with pytest.raises(NotFound, match="mistyped"):
        retire_informant(store, project, "KI-2223")


def test_who_is_erased_leaves_the_pseudonym_and_the_figures(office: Office, data: Path) -> None:
    pseudonym = add_informant(office.store, office.project_id, NewInformant(NAME, PHONE, "trader"))
    office.receives(filled(AMINA, informant=pseudonym))
    office.processes()
    retire_informant(office.store, office.project_id, pseudonym)
    with office.store.read() as session:
        row = find_informant(session, office.project_id, pseudonym)
    erase_informant(office.store, row["uuid"], None, "request 13")
    erase_informant(office.store, row["uuid"], None, "request 13")
    with office.store.read() as session:
        [left] = list_informants(session, office.project_id)
        told = session.all(select(event.c.informant_id, event.c.entered_by, event.c.n_ind, event.c.status))
    assert (left["pseudonym"], left["role"], left["erased_at"] is not None) == (pseudonym, None, True)
    assert [tuple(dict(one).values()) for one in told] == [(pseudonym, "FP-02", 6, "valid")]
    assert add_informant(office.store, office.project_id, NewInformant(NAME, PHONE)) != pseudonym
    assert [e["detail"]["pseudonym"] for e in office.trail("informant.erase")] == [pseudonym]


def test_a_list_is_tried_imported_and_imported_again(office: Office) -> None:
    store, project = office.store, office.project_id
    known = add_informant(store, project, NewInformant("Before", "66 99 99 99"))
    listed = (
        "code;name;phone;role;pcode\n"
        f"7;{NAME};{PHONE};trader;XS0101\n8;Second;;volunteer;\n;;;;\n9;Third;0066123456;;\n10;Fourth;66999999;;\n"
    ).encode("utf-8-sig")
    tried = import_informants(store, project, listed, dry_run=True)
    assert tried.new == [
        {"line": 2, "code": "7", "pseudonym": None},
        {"line": 3, "code": "8", "pseudonym": None},
    ]
    assert tried.same_phone == [
        {"line": 5, "code": "9", "as_line": 2},
        {"line": 6, "code": "10", "pseudonym": known},
    ]
    with store.read() as session:
        assert len(list_informants(session, project)) == 1
    done = import_informants(store, project, listed, dry_run=False)
    given = {entry["code"]: entry["pseudonym"] for entry in done.new}
    again = import_informants(store, project, listed, dry_run=False, same_phone=True)
    assert {entry["code"]: entry["pseudonym"] for entry in again.known} == given
    assert [entry["code"] for entry in again.new] == ["9", "10"]
    for wrong in (b"phone\n1\n", b"name,age\nA,7\n", b"name\n\xff\n", b"name,role\nA,king\nB,queen\n"):
        with pytest.raises(Invalid) as caught:
            import_informants(store, project, wrong, dry_run=True)
    assert [error["line"] for error in caught.value.errors] == [2, 3]
    assert NAME not in str(office.trail("informant"))


def test_who_said_who_typed_and_three_times_stand_in_columns_of_their_own(office: Office) -> None:
    """An informant sees a theft at night, phones the focal point in the morning, who types it at once."""
    office.receives(filled(AMINA))
    office.processes()
    columns = (
        "informant_id",
        "entered_by",
        "event_time",
        "report_time",
        "entry_time",
        "reporting_date",
        "place_id",
    )
    with office.store.read() as session:
        [row] = session.all(select(*(event.c[name] for name in columns)))
    assert {name: str(value) for name, value in row.items()} == {
        "informant_id": "KI-7F3K",
        "entered_by": "FP-02",
        "event_time": "2026-11-02T23:30:00.000+01:00",
        "report_time": "2026-11-03T08:40:00.000+01:00",
        "entry_time": "2026-11-03T09:20:00.000+01:00",
        "reporting_date": "2026-11-02",
        "place_id": "WELL-2",
    }
