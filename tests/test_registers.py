"""An office registers organisations, operations, rounds and enumerators; rows are kept whatever they say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from sync.access import Grant, assign, create_app_user
from sync.catalogue import catalogue
from sync.envelope import read_envelope
from sync.problems import Ambiguous, Conflict, Invalid, NotFound
from sync.rebuild import rebuild
from sync.receipt import Reception, Sender, hold_reason, make_arrival
from sync.registers.entries import Report
from sync.registers.enumerators import (
    add_enumerators,
    import_enumerators,
    list_enumerators,
    retire_enumerator,
)
from sync.registers.operations import (
    add_operation,
    import_operations,
    list_operations,
    set_operation_status,
)
from sync.registers.organisations import add_organisation, import_organisations, list_organisations
from sync.registers.rounds import add_round, import_rounds, list_rounds, set_round_status
from sync.registry import create_project, publish_form
from sync.store import Store, WriteSession, now
from sync.tables import (
    HARMONISED,
    assignment,
    audit,
    change,
    flag,
    receipt_event,
)
from sync.tables.access import Role
from sync.tables.log import ChangeKind
from sync.worker import Worker

baseline = HARMONISED["baseline"]

FORM = """
| survey   |         |           |              |                |
|          | type    | name      | label        | harmonise      |
|          | date    | day       | Day          | reporting_date |
|          | text    | operation | Operation    | operation      |
|          | text    | round     | Round        | round          |
|          | text    | owner     | Organisation | organisation   |
|          | text    | who       | Enumerator   | entered_by     |
|          | integer | n         | Persons      | ind            |
| settings |         |           |              |                |
|          | form_title | form_id | version | harmonise |
|          | Stock | stock | 1 | baseline{STOCK} |
""".replace("STOCK", "record_type=population, assessment_type=BA, population_category=idp, breakdown=total")

ABOUT_REGISTERS = [
    "operation_filled",
    "round_filled",
    "unknown_operation",
    "unknown_round",
    "unknown_organisation",
    "unknown_enumerator",
    "date_outside_round",
]


@dataclass
class Office:
    """A project with a form of stocks, what tablets send of it, and a worker."""

    store: Store
    project_id: int
    project_uuid: str
    worker: Worker
    sent: int = 0

    def receives(self, edits: int | None = None, sender: str | None = None, **answers: Any) -> int:
        """One submission, worked off. `edits` names the one it corrects. Gives its number."""
        self.sent += 1
        given = {"day": "2026-11-03", "n": 40} | answers
        filled = "".join(f"<{name}>{value}</{name}>" for name, value in given.items())
        deprecated = f"<deprecatedID>uuid:{edits}</deprecatedID>" if edits else ""
        meta = f"<meta><instanceID>uuid:{self.sent}</instanceID>{deprecated}</meta>"
        xml = f'<data id="stock" version="1">{filled}{meta}</data>'.encode()
        envelope = read_envelope(xml)
        state = catalogue(self.store).state(self.project_uuid, "stock", "1")
        hold = hold_reason(envelope, state, may_submit=True)
        arrival = make_arrival(
            self.store.keyring, Sender(self.project_uuid, sender), envelope, xml, now(), hold=hold
        )
        assert Reception(self.store).accept(arrival).status == 201
        self.worker.drain()
        return self.sent

    def rows(self, *names: str) -> list[tuple[Any, ...]]:
        """These columns of all rows, in the order the records came. What else is flagged is left out."""
        with self.store.read() as session:
            found = session.all(select(*(baseline.c[n] for n in names)).order_by(baseline.c.root_id))
        return [
            tuple(_about_registers(v) if n == "quality_flags" else v for n, v in r.items()) for r in found
        ]

    def flags(self) -> list[tuple[str, str]]:
        """(code, reason) of what is flagged about registers, in the order the records came."""
        f = flag.c
        mine = select(f.code, f.reason).where(f.code.in_(ABOUT_REGISTERS)).order_by(f.root_id, f.id)
        with self.store.read() as session:
            found = session.all(mine)
        return [(row["code"], row["reason"]) for row in found]

    def codes(self) -> list[str]:
        return [code for code, _ in self.flags()]

    def waiting(self) -> int:
        with self.store.read() as session:
            return int(session.scalar(select(func.count()).where(receipt_event.c.state == "waiting")))

    def logged(self, kind: ChangeKind) -> int:
        with self.store.read() as session:
            return int(session.scalar(select(func.count()).where(change.c.kind == kind)))

    def trail(self, action: str) -> list[dict[str, Any]]:
        with self.store.read() as session:
            rows = session.all(select(audit.c.detail).where(audit.c.action == action).order_by(audit.c.id))
        return [row["detail"] for row in rows]


def _about_registers(codes: str | None) -> str | None:
    return ";".join(code for code in (codes or "").split(";") if code in ABOUT_REGISTERS) or None


@pytest.fixture
def office(store: Store) -> Iterator[Office]:
    project = store.write(lambda session: create_project(session, "Stocks"))
    publish_form(store, project["id"], FORM.encode(), "stock.md")
    worker = Worker(store)
    yield Office(store, project["id"], project["uuid"], worker)
    worker.stop()


# --- rows that carry codes ---


def test_an_operation_that_nobody_registered_is_kept_and_flagged_until_it_is(office: Office) -> None:
    office.receives(operation="LAKE")
    assert office.codes() == []  # no register is kept yet, so nothing is judged
    add_operation(office.store, office.project_id, "NORTH", "North")
    office.worker.drain()
    assert office.rows("operation", "ind", "quality_flags") == [("LAKE", 40, "unknown_operation")]
    assert office.flags() == [("unknown_operation", "'LAKE' is not a registered operation.")]
    report = add_operation(office.store, office.project_id, "LAKE", "Lake Chad")
    assert (report.new, report.queued) == (["LAKE"], 1)
    office.worker.drain()
    assert office.rows("operation", "ind", "quality_flags") == [("LAKE", 40, None)]


def test_each_register_flags_what_it_does_not_hold(office: Office) -> None:
    pid, store = office.project_id, office.store
    add_organisation(store, "ONS", "Office of Statistics")
    add_operation(store, pid, "LAKE", "Lake")
    add_round(store, pid, "16", "BA", "2026-10-01", "2026-10-31")
    add_enumerators(store, pid, pseudonym="EN-4K7")
    office.receives(operation="LAKE", round="16", owner="ONS", who="EN-4K7", day="2026-10-05")
    assert office.codes() == []
    office.receives(operation="LAK", round="61", owner="OSN", who="Mariam", day="2026-10-05")
    office.receives(operation="LAKE", round="16", owner="ONS", who="EN-4K7", day="2026-11-05")
    assert office.flags() == [
        ("unknown_operation", "'LAK' is not a registered operation."),
        ("unknown_organisation", "'OSN' is not a registered organisation."),
        ("unknown_enumerator", "The pseudonym in entered_by is not registered."),
        ("unknown_round", "'61' is not a registered round of BA."),
        ("date_outside_round", "The row is of 2026-11-05; round 16 is from 2026-10-01 to 2026-10-31."),
    ]
    assert office.rows("operation", "round", "organisation", "entered_by", "ind") == [
        ("LAKE", "16", "ONS", "EN-4K7", 40),
        ("LAK", "61", "OSN", "Mariam", 40),
        ("LAKE", "16", "ONS", "EN-4K7", 40),
    ]


def test_registering_sends_only_the_records_it_concerns_through_the_pipeline(office: Office) -> None:
    pid, store = office.project_id, office.store
    add_organisation(store, "ONS", "Office of Statistics")
    for owner in ("ONS", "HERD", "HERD", "GUARD"):
        office.receives(owner=owner)
    assert office.codes() == ["unknown_organisation"] * 3
    assert add_organisation(store, "HERD", "Herders' association").queued == 2
    assert office.waiting() == 2
    office.worker.drain()
    assert [found for (found,) in office.rows("quality_flags")] == [None, None, None, "unknown_organisation"]
    assert add_organisation(store, "HERD", "Association of herders", update=True).queued == 0  # only its name
    assert add_round(store, pid, "16", "SA", "2026-11-01", "2026-11-30").queued == 0  # another assessment


def test_a_period_that_is_corrected_is_looked_at_again(office: Office) -> None:
    pid, store = office.project_id, office.store
    add_round(store, pid, "16", "BA", "2026-10-01", "2026-10-31")
    office.receives(round="16", day="2026-11-03")
    assert office.codes() == ["date_outside_round"]
    add_round(store, pid, "16", "BA", "2026-10-01", "2026-11-07", update=True)
    office.worker.drain()
    assert office.codes() == []


def test_an_enumerator_who_is_retired_typed_what_they_typed(office: Office) -> None:
    pid, store = office.project_id, office.store
    add_enumerators(store, pid, pseudonym="EN-4K7")
    tomorrow = now() + timedelta(days=1)
    office.receives(who="EN-4K7", day="2026-11-03")
    assert retire_enumerator(store, pid, "EN-4K7", now().replace(year=2026, month=11, day=5)).queued == 1
    office.worker.drain()
    assert office.codes() == []
    office.receives(who="EN-4K7", day="2026-11-06")
    assert office.flags() == [
        ("unknown_enumerator", "EN-4K7 was retired on 2026-11-05; the row is of 2026-11-06.")
    ]
    with pytest.raises(Conflict, match="was retired on"):
        retire_enumerator(store, pid, "EN-4K7", tomorrow)
    with pytest.raises(NotFound, match="EN-9ZZ"):
        retire_enumerator(store, pid, "EN-9ZZ")


# --- what the registers say and the form does not ---


def test_the_only_operation_and_the_round_of_the_day_are_filled_in_and_said(office: Office) -> None:
    pid, store = office.project_id, office.store
    office.receives(day="2026-10-05")
    assert office.rows("operation", "round") == [(None, None)]
    add_operation(store, pid, "LAKE", "Lake")
    add_round(store, pid, "15", "BA", "2026-09-01", "2026-09-30")
    add_round(store, pid, "16", "BA", "2026-10-01", "2026-10-31")
    add_round(store, pid, "3", "SA", "2026-10-01", "2026-10-31")
    office.worker.drain()
    assert office.rows("operation", "round") == [("LAKE", "16")]
    assert office.flags() == [
        ("operation_filled", "The form gives no operation; LAKE is the project's only one."),
        (
            "round_filled",
            "The form gives no round; 16 is the only one of BA whose period holds 2026-10-05.",
        ),
    ]
    assert rebuild(store, pid, worker=office.worker).unchanged


def test_with_a_second_operation_or_round_nothing_is_guessed(office: Office) -> None:
    pid, store = office.project_id, office.store
    add_operation(store, pid, "LAKE", "Lake")
    add_round(store, pid, "16", "BA", "2026-10-01", "2026-10-31")
    office.receives(day="2026-10-05")
    assert office.rows("operation", "round") == [("LAKE", "16")]
    add_operation(store, pid, "NORTH", "North")
    add_round(store, pid, "16b", "BA", "2026-10-01", "2026-10-31", "NORTH")
    office.worker.drain()
    assert office.rows("operation", "round") == [(None, None)]
    office.receives(day="2026-10-06", operation="NORTH", round="16b")
    assert office.rows("operation", "round") == [(None, None), ("NORTH", "16b")]


def test_a_round_registered_while_a_record_is_being_worked_on_is_not_missed(office: Office) -> None:
    """The registers change between reading them and writing the rows."""
    pid, store = office.project_id, office.store
    stream = office.worker._sandbox.stream

    def meanwhile(*arguments: Any) -> Any:
        outcomes = list(stream(*arguments))
        office.worker._sandbox.stream = stream  # type: ignore[method-assign]
        add_operation(store, pid, "NORTH", "North")
        yield from outcomes

    office.worker._sandbox.stream = meanwhile  # type: ignore[method-assign]
    office.receives(operation="LAKE")
    assert office.codes() == ["unknown_operation"]


# --- the organisation that owns a record ---


def tablet_of(office: Office, organisation: str | None) -> tuple[int, str]:
    """A tablet's user and its uuid, who works for an organisation."""

    def work(session: WriteSession) -> tuple[int, str]:
        made = create_app_user(session, office.project_id, "Tablet 7", organisation=organisation)
        return made.id, made.actor_uuid

    return office.store.write(work)


def test_a_record_belongs_to_the_senders_organisation_unless_the_form_says_another(office: Office) -> None:
    _, herders = tablet_of(office, "HERD")
    _, nobody = tablet_of(office, None)
    office.receives(sender=herders)
    office.receives(sender=herders, owner="ONS")
    office.receives(sender=nobody)
    assert office.rows("organisation") == [("HERD",), ("ONS",), (None,)]


def test_a_record_stays_with_the_organisation_its_sender_worked_for_when_it_came(office: Office) -> None:
    user, herders = tablet_of(office, "HERD")
    office.receives(sender=herders)

    def moves(session: WriteSession) -> None:
        mine = update(assignment).where(assignment.c.actor_id == user)
        session.execute(mine.values(revoked_at=now()))
        assign(session, user, Grant(Role.APP_USER, office.project_id, organisation="ONS"), now())

    office.store.write(moves)
    office.receives(sender=herders)
    assert office.rows("organisation") == [("HERD",), ("ONS",)]
    rebuilt = rebuild(office.store, office.project_id, worker=office.worker)
    assert rebuilt.unchanged
    assert office.rows("organisation") == [("HERD",), ("ONS",)]


def test_whoever_corrects_a_record_does_not_take_it_over(office: Office) -> None:
    _, herders = tablet_of(office, "HERD")
    _, supervisor = tablet_of(office, "ONS")
    first = office.receives(sender=herders)
    office.receives(edits=first, sender=supervisor, n=41)
    assert office.rows("organisation", "ind") == [("HERD", 41)]


# --- the registers themselves ---


def test_registers_are_listed_as_they_were_given(office: Office) -> None:
    pid, store = office.project_id, office.store
    add_organisation(store, "ONS", "Office of Statistics")
    add_operation(store, pid, "LAKE", "Lake Chad", countries=["tcd", "NER"])
    add_round(store, pid, "16", "BA", "2026-10-01", "2026-10-31", "LAKE", pcodes=["TD07", "TD17"])
    add_enumerators(store, pid, pseudonym="EN-4K7", organisation_code="ONS", sex="f", team="North")
    with store.read() as session:
        assert [(o["code"], o["name"]) for o in list_organisations(session)] == [
            ("ONS", "Office of Statistics")
        ]
        assert list_operations(session, pid) == [
            {"code": "LAKE", "name": "Lake Chad", "status": "active", "countries": ["TCD", "NER"]}
        ]
        assert list_rounds(session, pid) == [
            {
                "operation": "LAKE",
                "assessment_type": "BA",
                "code": "16",
                "period_start": date(2026, 10, 1),
                "period_end": date(2026, 10, 31),
                "status": "draft",
                "pcodes": ["TD07", "TD17"],
            }
        ]
        (enumerator,) = list_enumerators(session, pid)
        assert {k: v for k, v in enumerator.items() if k != "created_at"} == {
            "pseudonym": "EN-4K7",
            "organisation": "ONS",
            "sex": "f",
            "team": "North",
            "retired_at": None,
        }
        with pytest.raises(NotFound):
            list_operations(session, pid + 1)


def test_states_follow_the_code_lists_and_keep_everything_else(office: Office) -> None:
    pid, store = office.project_id, office.store
    add_operation(store, pid, "LAKE", "Lake Chad", countries=["TCD"])
    add_round(store, pid, "16", "BA", "2026-10-01", "2026-10-31", pcodes=["TD07"])
    add_round(store, pid, "16", "SA")
    set_operation_status(store, pid, "LAKE", "inactive")
    set_round_status(store, pid, "16", "published", "BA")
    with store.read() as session:
        assert [(o["status"], o["countries"]) for o in list_operations(session, pid)] == [
            ("inactive", ["TCD"])
        ]
        assert [(r["assessment_type"], r["status"], r["pcodes"]) for r in list_rounds(session, pid)] == [
            ("BA", "published", ["TD07"]),
            ("SA", "draft", []),
        ]
    with pytest.raises(Invalid, match="not in the list round_status"):
        set_round_status(store, pid, "16", "finished", "BA")
    with pytest.raises(Ambiguous, match="2 rounds are called 16"):
        set_round_status(store, pid, "16", "published")
    with pytest.raises(NotFound):
        set_round_status(store, pid, "17", "published")
    # the same round again, with its state unsaid: it stays published
    assert add_round(store, pid, "16", "BA", "2026-10-01", "2026-10-31", pcodes=["TD07"]) == Report(
        unchanged=["LAKE BA 16"]
    )


def test_two_rounds_do_not_share_a_day_unless_somebody_says_so(office: Office) -> None:
    pid, store = office.project_id, office.store
    add_round(store, pid, "16", "BA", "2026-10-01", "2026-10-31")
    add_round(store, pid, "3", "SA", "2026-10-15", "2026-11-15")  # another assessment
    add_round(store, pid, "17", "BA", "2026-11-01", "2026-11-30")
    with pytest.raises(Invalid, match=r"2026-10-31 to 2026-11-02 shares days with round 16 .*, 17 "):
        add_round(store, pid, "16b", "BA", "2026-10-31", "2026-11-02")
    with pytest.raises(Invalid, match=r"2026-10-05 to \.\.\. shares days"):
        add_round(store, pid, "16b", "BA", "2026-10-05")
    assert add_round(store, pid, "16b", "BA", "2026-10-31", "2026-11-02", overlapping=True).new == ["BA 16b"]
    assert add_round(store, pid, "0", "BA").new == ["BA 0"]  # without a period it holds no day


def test_pseudonyms_are_generated_and_no_name_passes_for_one(office: Office) -> None:
    pid, store = office.project_id, office.store
    made = add_enumerators(store, pid, 50, team="North").new
    assert len(set(made)) == 50
    assert all(len(one) == 6 and one.startswith("EN-") and one[3].isdigit() for one in made)
    for name in ("Mariam Saleh", "Mariam", "EN 4K7", "é7", "7", "EN-4K7;EN-5K7"):
        with pytest.raises(Invalid, match="could be a name"):
            add_enumerators(store, pid, pseudonym=name)
    with pytest.raises(Invalid, match="not between 1 and 1000"):
        add_enumerators(store, pid, 0)
    assert add_enumerators(store, pid, pseudonym="EN-4K1").new == ["EN-4K1"]
    with pytest.raises(Invalid, match="registered as EN-4K1"):
        add_enumerators(store, pid, pseudonym="en-4k1")


def test_a_retired_pseudonym_is_never_given_again(office: Office) -> None:
    pid, store = office.project_id, office.store
    add_enumerators(store, pid, pseudonym="EN-4K1", team="North")
    assert add_enumerators(store, pid, pseudonym="EN-4K1", team="North").unchanged == ["EN-4K1"]
    retire_enumerator(store, pid, "EN-4K1")
    with pytest.raises(Invalid, match="EN-4K1 was retired on"):
        add_enumerators(store, pid, pseudonym="EN-4K1", team="North")
    with pytest.raises(Invalid) as refused:
        import_enumerators(store, pid, b"pseudonym,team\nEN-5K2,North\nen-4k1,North\n")
    assert [(e["row"], e["column"]) for e in refused.value.errors] == [(3, "pseudonym")]


def test_a_code_that_is_there_is_changed_only_on_purpose(office: Office) -> None:
    pid, store = office.project_id, office.store
    add_operation(store, pid, "LAKE", "Lake Chad")
    with pytest.raises(Conflict, match="LAKE is registered already"):
        add_operation(store, pid, "LAKE", "Lac Tchad")
    assert add_operation(store, pid, "LAKE", "Lac Tchad", update=True).changed == ["LAKE"]
    assert office.logged(ChangeKind.OPERATION) == 2
    assert office.trail("operation.register") == [
        {"new": ["LAKE"], "changed": []},
        {"new": [], "changed": ["LAKE"]},
    ]


# --- tables ---

OPERATIONS = """code;name;status;countries
LAKE;Lake Chad;active;TCD NER
NORTH;North;;
"""


def test_a_table_is_imported_whole_and_again_without_effect(office: Office) -> None:
    pid, store = office.project_id, office.store
    dry = import_operations(store, pid, OPERATIONS.encode(), dry_run=True)
    assert dry == Report(new=["LAKE", "NORTH"], dry_run=True)
    with store.read() as session:
        assert list_operations(session, pid) == []
    assert office.logged(ChangeKind.OPERATION) == 0
    assert import_operations(store, pid, OPERATIONS.encode()) == Report(new=["LAKE", "NORTH"])
    assert import_operations(store, pid, OPERATIONS.encode()) == Report(unchanged=["LAKE", "NORTH"])
    changed = OPERATIONS.replace("North", "Far north").encode("utf-8-sig")
    assert import_operations(store, pid, changed, dry_run=True).changed == ["NORTH"]
    assert import_operations(store, pid, changed) == Report(changed=["NORTH"], unchanged=["LAKE"])
    assert office.logged(ChangeKind.OPERATION) == 3
    assert len(office.trail("operation.register")) == 2


def test_every_problem_of_a_table_is_told_and_nothing_is_written(office: Office) -> None:
    pid, store = office.project_id, office.store
    add_operation(store, pid, "LAKE", "Lake")
    add_round(store, pid, "16", "BA", "2026-10-01", "2026-10-31")
    table = (
        "operation,assessment_type,code,period_start,period_end,status\n"
        "LAKE,BA,17,2026-11-01,2026-11-30,draft\n"
        "LAC,XX,1 8,2026-13-01,,done\n"
        "\n"
        "LAKE,BA,17,,,\n"
        ",BA,19,2026-10-15,2026-10-10,\n"
        "LAKE,BA,20,2026-12-30,2026-12-31,,more\n"
        "LAKE,BA,21,2026-11-30,2026-12-15,\n"
    )
    with pytest.raises(Invalid) as refused:
        import_rounds(store, pid, table.encode())
    assert refused.value.detail == "The table of rounds has 9 problems."
    assert [(e["row"], e["column"]) for e in refused.value.errors] == [
        (3, "period_start"),
        (3, "assessment_type"),
        (3, "code"),
        (3, "status"),
        (3, "operation"),
        (5, None),
        (6, "period_end"),
        (7, None),
        (8, "period_start"),
    ]
    assert all(e["message"] and e["hint"] for e in refused.value.errors)
    with store.read() as session:
        assert [r["code"] for r in list_rounds(session, pid)] == ["16"]


def test_a_table_that_cannot_be_read_is_refused(office: Office) -> None:
    store, pid = office.store, office.project_id
    for data, told in (
        ("code;name\nOrganisé;x\n".encode("latin-1"), "not UTF-8: line 2"),
        (b"code,title\nONS,Office\n", "has 2 problems"),
        (b"code,name,name\nONS,Office,Office\n", "has 1 problem"),
        (b"code,name\n,\n", "has 1 problem"),
    ):
        with pytest.raises(Invalid, match=told):
            import_organisations(store, data)
    assert import_organisations(store, b"code,name\nONS,Office\n").new == ["ONS"]
    with pytest.raises(Invalid, match="has 1 problem"):
        import_enumerators(store, pid, b"pseudonym,organisation\nEN-4K7,ONE\n")
    assert import_enumerators(store, pid, b"pseudonym,organisation\nEN-4K7,ONS\n").new == ["EN-4K7"]
    with pytest.raises(NotFound, match="no project"):
        import_operations(store, pid + 1, OPERATIONS.encode())


def test_a_dry_run_says_how_many_records_are_processed_again(office: Office) -> None:
    store, pid = office.store, office.project_id
    import_operations(store, pid, OPERATIONS.encode())
    for operation in ("EAST", "EAST", "LAKE"):
        office.receives(operation=operation)
    table = b"code,name\nEAST,East\n"
    assert import_operations(store, pid, table, dry_run=True).queued == 2
    assert office.waiting() == 0
    assert import_operations(store, pid, table).queued == 2
    assert office.waiting() == 2
