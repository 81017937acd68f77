"""The store: one writer, grouped commits, nothing half done."""

from __future__ import annotations

from concurrent.futures import wait
from typing import Any

import pytest
from sqlalchemy import func, select

from sync.store import Store, WriteSession, new_uuid, now
from sync.tables import audit, change, organisation, origin
from sync.tables.log import ChangeKind
from sync.writer import Group


def test_changes_are_numbered_without_a_gap_and_in_commit_order(store: Store) -> None:
    def two_changes(session: WriteSession) -> list[int]:
        return [session.change(ChangeKind.PLACE, new_uuid()) for _ in range(2)]

    assert store.write(two_changes) == [1, 2]
    with pytest.raises(ZeroDivisionError):
        store.write(lambda session: session.change(ChangeKind.PLACE, new_uuid()) / 0)
    assert store.write(two_changes) == [3, 4]
    with store.read() as session:
        assert [row["seq"] for row in session.all(select(change.c.seq).order_by(change.c.seq))] == [
            1,
            2,
            3,
            4,
        ]


def test_one_bad_item_does_not_fail_its_neighbours(store: Store) -> None:
    sizes: list[int] = []

    def write(session: WriteSession, items: Any) -> list[str]:
        sizes.append(len(items))
        session.insert(organisation, [{"uuid": new_uuid(), "code": code, "name": code} for code in items])
        return [f"stored {code}" for code in items]

    group: Group[str, str] = Group(write)
    codes = ["IOM", "CRT", "IOM", "RBM"]  # the second IOM breaks the unique constraint
    futures = [store.writer.submit(group, code) for code in codes]
    wait(futures)
    told = [str(f.result()) if not f.exception() else type(f.exception()).__name__ for f in futures]
    assert told == ["stored IOM", "stored CRT", "IntegrityError", "stored RBM"]
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(organisation)) == 3


def test_the_audit_trail_refuses_to_be_changed(store: Store) -> None:
    store.write(lambda session: session.audit("form.publish", new_uuid(), version="1"))
    for statement in (audit.delete(), audit.update().values(action="nothing happened")):
        with pytest.raises(Exception, match="append-only"):
            store.write(lambda session, statement=statement: session.execute(statement))
    with store.read() as session:
        assert session.scalar(select(audit.c.action)) == "form.publish"


def test_an_instant_without_an_offset_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match="naive datetime"):
        store.write(lambda s: s.execute(origin.update().values(created_at=now().replace(tzinfo=None))))
    with store.read() as session:
        assert session.scalar(select(origin.c.created_at)).tzinfo is not None
