"""Which submissions make one record: whatever order they arrive in, the same record comes out."""

from __future__ import annotations

import uuid
from itertools import permutations

import pytest
from sqlalchemy import select

from sync.lineage import FormState, Record, resolve
from sync.store import Store, WriteSession, now
from sync.tables import decision, submission, submission_version
from sync.tables.records import HoldReason, VersionState

PROJECT = "7b0c6a6e-0000-4000-8000-000000000001"
FORM = "fmr"

CHAIN = {"uuid:a": None, "uuid:b": "uuid:a", "uuid:c": "uuid:b", "uuid:d": "uuid:c"}
BRANCH = {"uuid:a": None, "uuid:b": "uuid:a", "uuid:c": "uuid:a", "uuid:d": "uuid:b"}


def always_open(project: str, form: str, version: str) -> str:
    return "open"


def name(instance_id: str) -> str:
    return str(uuid.uuid5(uuid.UUID(PROJECT), instance_id))


def arrives(
    store: Store, instance_id: str, deprecated_id: str | None, body: bytes = b"1", form_version: str = "1"
) -> int:
    """Put a submission into the tables as the receipt would. Returns its id."""

    def insert(session: WriteSession) -> int:
        row = {
            "uuid": name(instance_id),
            "project_uuid": PROJECT,
            "xml_form_id": FORM,
            "instance_id": instance_id,
            "deprecated_id": deprecated_id,
            "received_at": now(),
        }
        session.insert_once(submission, [row])
        key = session.scalar(select(submission.c.id).where(submission.c.uuid == row["uuid"]))
        session.insert(
            submission_version,
            [
                {
                    "id": session.take_seqs(1)[0],
                    "uuid": str(uuid.uuid4()),
                    "submission_id": key,
                    "body_hash": body,
                    "state": VersionState.CURRENT,
                    "hold_reason": None,
                    "form_version": form_version,
                    "size": 1,
                    "received_at": now(),
                }
            ],
        )
        return int(key)

    return store.write(insert)


def record_of(store: Store, submission_id: int, form_state: FormState = always_open) -> Record:
    with store.read() as session:
        (record,) = resolve(session, [submission_id], form_state)
    return record


def forget_everything(session: WriteSession) -> None:
    session.execute(submission_version.delete())
    session.execute(submission.delete())


def told(record: Record) -> tuple[str | None, str | None, list[tuple[str, str, str | None]]]:
    """Root, winner and states by instanceID: what must not depend on the order of arrival."""
    names = {node.id: node.instance_id for node in record.nodes}
    states = [
        (node.instance_id, *record.states[version.id]) for node in record.nodes for version in node.versions
    ]
    winner = names[record.winner.submission_id] if record.winner else None
    return record.root.instance_id if record.root else None, winner, sorted(states)


@pytest.mark.parametrize("family", [CHAIN, BRANCH], ids=["chain", "branch"])
def test_every_order_of_arrival_ends_in_the_same_record(store: Store, family: dict[str, str | None]) -> None:
    edits = [(instance_id, "edit", None) for instance_id in ("uuid:b", "uuid:c", "uuid:d")]
    leaf = "uuid:d" if family is CHAIN or name("uuid:b") > name("uuid:c") else "uuid:c"
    for order in permutations(family):
        store.write(forget_everything)
        for key in [arrives(store, instance_id, family[instance_id]) for instance_id in order]:
            assert told(record_of(store, key)) == ("uuid:a", leaf, [("uuid:a", "current", None), *edits])


def test_an_edit_waits_for_its_original(store: Store) -> None:
    edit = arrives(store, "uuid:b", "uuid:a")
    assert told(record_of(store, edit)) == (None, None, [("uuid:b", "held", HoldReason.ORIGINAL_MISSING)])
    arrives(store, "uuid:a", None)
    assert told(record_of(store, edit)) == (
        "uuid:a",
        "uuid:b",
        [("uuid:a", "current", None), ("uuid:b", "edit", None)],
    )


def test_a_coordinator_adopts_an_edit_whose_original_never_came(store: Store) -> None:
    edit = arrives(store, "uuid:b", "uuid:a")
    adoption = {
        "uuid": str(uuid.uuid4()),
        "project_uuid": PROJECT,
        "kind": "adopt",
        "subject_uuid": name("uuid:b"),
        "outcome": "adopt",
        "decided_at": now(),
    }
    store.write(lambda session: session.insert(decision, [adoption]))
    assert told(record_of(store, edit)) == ("uuid:b", "uuid:b", [("uuid:b", "current", None)])
    arrives(store, "uuid:a", None)  # it comes after all: one record, not two
    assert told(record_of(store, edit)) == (
        "uuid:a",
        "uuid:b",
        [("uuid:a", "current", None), ("uuid:b", "edit", None)],
    )


def test_another_body_under_the_same_instance_id_is_kept_and_does_not_count(store: Store) -> None:
    first = arrives(store, "uuid:a", None, body=b"1")
    arrives(store, "uuid:a", None, body=b"2")
    record = record_of(store, first)
    assert told(record) == ("uuid:a", "uuid:a", [("uuid:a", "conflict", None), ("uuid:a", "current", None)])
    assert record.winner is not None
    assert record.winner.id == min(version.id for version in record.nodes[0].versions)


def test_an_edit_made_with_an_unknown_form_version_leaves_the_original_counting(store: Store) -> None:
    original = arrives(store, "uuid:a", None)
    arrives(store, "uuid:b", "uuid:a", form_version="next year's")

    def known(project: str, form: str, version: str) -> str:
        return "open" if version == "1" else "unknown_version"

    assert told(record_of(store, original, known)) == (
        "uuid:a",
        "uuid:a",
        [("uuid:a", "current", None), ("uuid:b", "held", HoldReason.UNKNOWN_VERSION)],
    )


def test_closing_a_form_does_not_take_back_what_came_while_it_was_open(store: Store) -> None:
    original = arrives(store, "uuid:a", None)
    assert told(record_of(store, original, lambda *_: "closed"))[1] == "uuid:a"


def test_edits_in_a_circle_are_held_and_do_not_hang(store: Store) -> None:
    ids = [arrives(store, "uuid:a", "uuid:b"), arrives(store, "uuid:b", "uuid:a")]
    for key in ids:
        root, winner, states = told(record_of(store, key))
        assert (root, winner) == (None, None)
        assert [state for _, state, _ in states] == ["held", "held"]
