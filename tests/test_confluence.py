"""Any order of arrival, any batch size, rebuilt or not: the same figures and the same things to look at."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from sync import worker as worker_module
from sync.canonical import harmonised_hash, review_hash
from sync.decisions import KEEP_BOTH, adopt, decide_duplicate, reject, withdraw
from sync.places.releases import Release, activate
from sync.rebuild import rebuild
from sync.store import Store, WriteSession, new_uuid, now
from sync.tables import (
    HARMONISED,
    answer_row,
    boundary_release,
    decision,
    duplicate_pair,
    flag,
    receipt_event,
    release_activation,
    submission,
    tag,
)
from sync.worker import Worker
from tests.poison import poisoned_derive
from tests.test_worker import Desk, desk, filled

__all__ = ["desk"]

_DERIVED = (*HARMONISED.values(), answer_row, flag, duplicate_pair, tag)
"""What a rebuild makes again."""


@dataclass(frozen=True)
class Sent:
    """One body: number `of` names the record, `edits` the submission it deprecates."""

    name: str
    edits: str
    sizes: tuple[int, ...]
    is_poison: bool = False

    @property
    def xml(self) -> bytes:
        body = filled(self.name, *((size, "in") for size in self.sizes), edits=self.edits)
        return body + b"<!--poison:bug-->" if self.is_poison else body


_BRANCHED = [
    Sent("uuid:0", "", (480,)),
    Sent("uuid:1", "uuid:0", (481,)),
    Sent("uuid:2", "uuid:0", (2000,)),
]

_POISONED = [
    Sent("uuid:0", "", (480,)),
    Sent("uuid:1", "uuid:0", (481,)),
    Sent("uuid:2", "uuid:1", (2000,), is_poison=True),
    Sent("uuid:3", "uuid:2", (3,), is_poison=True),
]


@st.composite
def bodies(draw: st.DrawFn) -> list[Sent]:
    """Originals, edits of them and of edits, some whose original never comes, second bodies of one name."""
    sent: list[Sent] = []
    for number in range(draw(st.integers(3, 7))):
        named = draw(st.sampled_from([one.name for one in sent] + ["uuid:lost"])) if number else ""
        kind = draw(st.sampled_from(["original", "original", "edit", "conflict"]))
        sizes = draw(st.lists(st.sampled_from([3, 480, 481, 2000]), min_size=0, max_size=2))
        if kind == "conflict" and number and named != "uuid:lost":
            twin = next(one for one in sent if one.name == named)
            sent.append(Sent(twin.name, twin.edits, (*sizes, 50 + number)))
        else:
            is_poison = kind == "edit" and draw(st.booleans())
            sent.append(Sent(f"uuid:{number}", named if kind == "edit" else "", tuple(sizes), is_poison))
    return sent


def in_another_order(sent: Sequence[Sent], shuffle: random.Random) -> list[Sent]:
    """Shuffled; of several bodies of one name the first one stays the first: that it counts is the rule."""
    mixed = list(sent)
    shuffle.shuffle(mixed)
    turns = {one.name: iter([other for other in sent if other.name == one.name]) for one in sent}
    return [next(turns[one.name]) for one in mixed]


def empty(session: WriteSession) -> None:
    """As on the first day, but for the project and its form."""
    from sync.tables import attachment, duplicate_candidate, duplicate_key, raw_body, record_key
    from sync.tables import submission_version as version

    for table in (*_DERIVED, duplicate_candidate, duplicate_key, receipt_event, decision, release_activation):
        session.execute(delete(table))
    for table in (attachment, raw_body, version, record_key, submission):
        session.execute(delete(table))


def lose_what_was_derived(session: WriteSession) -> None:
    for table in _DERIVED:
        session.execute(delete(table))


def release_of_nothing(store: Store) -> Release:
    """A boundary release without an area: rows stay unplaced, and are re-tagged all the same."""
    row = {
        "uuid": new_uuid(),
        "name": "v01",
        "content_hash": "00" * 32,
        "imported_at": now(),
        "report": {"lines": []},
    }
    key = store.write(lambda session: session.insert_returning(boundary_release, row))
    return Release(key, str(row["uuid"]), "v01", "00" * 32)


def hashes(desk: Desk) -> tuple[str, str]:
    with desk.store.read() as session:
        return harmonised_hash(session, desk.project_uuid), review_hash(session, desk.project_uuid)


def decide_all(desk: Desk, choices: Sequence[int], withdrawn: str, adopted: str) -> None:
    """The same decisions whatever the order was: pairs by their uuid, which follow from the rows."""
    with desk.store.read() as session:
        pairs = session.all(
            select(duplicate_pair).order_by(duplicate_pair.c.record_a, duplicate_pair.c.record_b)
        )
    for pair, choice in zip(pairs, choices, strict=False):
        outcome = (None, KEEP_BOTH, reject(pair["record_a"]), reject(pair["record_b"]))[choice]
        if outcome:
            decide_duplicate(desk.store, pair["uuid"], outcome)
    decide_on(desk, withdrawn, withdraw)
    decide_on(desk, adopted, adopt)


def decide_on(desk: Desk, name: str, what: Any) -> None:
    from sync.problems import Conflict

    with desk.store.read() as session:
        uuid = session.scalar(select(submission.c.uuid).where(submission.c.instance_id == name))
    if uuid:
        try:
            what(desk.store, uuid)
        except Conflict:
            return  # it does not wait for its original


@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    sent=bodies(),
    seed=st.integers(0, 1000),
    batch=st.sampled_from([1, 2, 64]),
    choices=st.lists(st.integers(0, 3), max_size=3),
    withdrawn=st.sampled_from(["uuid:0", "uuid:1", "uuid:2", ""]),
    activated=st.sampled_from(["before", "between", "never"]),
)
@example(sent=_BRANCHED, seed=4, batch=1, choices=[], withdrawn="", activated="never")  # the other way round
@example(sent=_POISONED, seed=4, batch=1, choices=[], withdrawn="", activated="between")
@example(sent=_POISONED, seed=7, batch=2, choices=[], withdrawn="uuid:2", activated="before")
def test_every_order_ends_in_the_same_tables(
    desk: Desk,
    release: Release,
    poisoned: Worker,
    sent: list[Sent],
    seed: int,
    batch: int,
    choices: list[int],
    withdrawn: str,
    activated: str,
) -> None:
    shuffle = random.Random(seed)
    desk.worker = poisoned
    found: list[tuple[str, str]] = []
    for order in (sent, in_another_order(sent, shuffle)):
        desk.store.write(empty)
        if activated == "before":
            activate(desk.store, release, desk.project_id)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(worker_module, "BATCH", batch if found else 64)
            for one in order:
                desk.receives(one.xml)
                if found and shuffle.random() < 0.4:
                    desk.worker.drain()
            desk.worker.drain()
            adopted = next((one.name for one in sent if one.edits == "uuid:lost"), "")
            decide_all(desk, choices, withdrawn, adopted)
            if activated == "between":
                activate(desk.store, release, desk.project_id)
            desk.worker.drain()
        found.append(hashes(desk))
        desk.store.write(lose_what_was_derived)
        rebuild(desk.store, desk.project_id, worker=desk.worker)
        found.append(hashes(desk))
    assert found == [found[0]] * 4


@pytest.fixture
def release(desk: Desk) -> Release:
    return release_of_nothing(desk.store)


@pytest.fixture
def poisoned(desk: Desk) -> Iterator[Worker]:
    """A worker whose steps fail on some bodies."""
    worker = Worker(desk.store, step_seconds=10, derive=poisoned_derive)
    yield worker
    worker.stop()
