"""What is sent to test a draft: processed as far as its answers, in no figure, kept when it ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import RowMapping, select, update

from sync.catalogue import catalogue, compiled_form
from sync.drafts import current_draft, draft_by_token, space_of_draft, space_of_form
from sync.form_drafting import publish_draft
from sync.problems import NotFound
from sync.promotion import Promotion, list_drafts
from sync.registry import create_project, get_form, publish_form
from sync.store import Store, now
from sync.tables import answer_row, flow, form, form_draft, form_version, submission_version
from sync.tokens import new_central_token
from sync.worker import Worker
from tests.test_worker import FORM, Desk, filled


@pytest.fixture
def desk(store: Store) -> Iterator[Desk]:
    project = store.write(lambda session: create_project(session, "Border"))
    publish_form(store, project["id"], FORM.encode(), "counting.md")
    worker = Worker(store, step_seconds=10)
    yield Desk(store, project["id"], project["uuid"], worker)
    worker.stop()


def test_what_tests_a_draft_has_answers_and_feeds_no_row(desk: Desk) -> None:
    draft = _drafted(desk, "2")
    testing = Desk(desk.store, desk.project_id, space_of_draft(draft), desk.worker)
    assert testing.receives(filled("uuid:1", (21, "in"), version="2")) == 201
    assert testing.receives(filled("uuid:2", (4, "in"), version="an older draft")) == 201
    assert testing.receives(filled("uuid:3", (5, "in"), edits="uuid:1", version="2")) == 201
    assert desk.worker.drain() == 3
    assert desk.rows(answer_row, "table_path", "ordinal") == [
        *[("", 0)] * 2, *[("/data/groups", 0)] * 2, *[("/data/groups/nats", 0)] * 2,
    ]  # fmt: skip
    assert desk.rows(flow, "n_ind") == []
    assert desk.rows(submission_version, "state", "hold_reason") == [
        ("current", None), ("current", None), ("edit", None),
    ]  # fmt: skip
    desk.store.write(lambda session: session.execute(update(form_draft).values(ended_at=now())))
    assert testing.receives(filled("uuid:4", (5, "in"), version="2")) == 201

    assert desk.receives(filled("uuid:1", (21, "in"))) == 201  # the form's own, under the same instanceID
    assert desk.receives(filled("uuid:2", (21, "in"), version="2")) == 202  # a draft is no version
    desk.worker.drain()
    assert desk.rows(flow, "n_ind", "instance_id") == [(21, "uuid:1")]


def test_what_tested_a_draft_is_sent_into_the_published_form(desk: Desk) -> None:
    draft = _drafted(desk, "2")
    testing = Desk(desk.store, desk.project_id, space_of_draft(draft), desk.worker)
    testing.receives(filled("uuid:1", (21, "in"), version="2"))
    testing.receives(filled("uuid:3", (5, "in"), edits="uuid:1", version="2"))
    desk.worker.drain()
    with desk.store.read() as session:
        row = get_form(session, desk.project_id, "counting")
    publish_draft(desk.store, row, "3")

    promotion = Promotion(desk.store, desk.project_id, "counting")
    assert promotion.run(dry_run=True).outcomes == {"new": 2}
    assert desk.rows(flow, "n_ind") == []
    assert promotion.run().outcomes == {"new": 1, "edit": 1}
    desk.worker.drain()
    assert desk.rows(flow, "n_ind", "instance_id", "form_version") == [(5, "uuid:1", "3")]
    again = Promotion(desk.store, desk.project_id, "counting", draft["uuid"])
    assert again.run(dry_run=True).outcomes == again.run().outcomes == {"same": 2}
    with desk.store.read() as session:
        (kept,) = list_drafts(session, desk.project_id)
    assert (kept.uuid, kept.became, kept.submissions) == (draft["uuid"], "3", 2)
    with pytest.raises(NotFound):
        Promotion(desk.store, desk.project_id, "counting", "none")


def test_draft_is_found_by_its_form_and_its_token(desk: Desk) -> None:
    draft = _drafted(desk, "2")
    with desk.store.read() as session:
        project = {"uuid": desk.project_uuid}
        found = current_draft(session, draft["form_id"])
        assert found is not None
        assert (found["uuid"], found["xml_form_id"]) == (draft["uuid"], "counting")
        assert space_of_form(project) == desk.project_uuid != space_of_draft(draft)
        token = draft["token"]
        assert draft_by_token(session, desk.project_id, "counting", token) is not None
        for project_id, form_id, told in ((9, "counting", token), (desk.project_id, "other", token)):
            assert draft_by_token(session, project_id, form_id, told) is None
        assert draft_by_token(session, desk.project_id, "counting", "a" * 64) is None
    tested = compiled_form(desk.store, draft["uuid"], "counting", "2")
    assert tested is not None
    assert (tested.bindings, tested.makers, bool(tested.fields)) == ((), (), True)
    assert compiled_form(desk.store, draft["uuid"], "other", "2") is None
    desk.store.write(lambda session: session.execute(update(form_draft).values(ended_at=now())))
    with desk.store.read() as session:
        assert current_draft(session, draft["form_id"]) is None
        assert draft_by_token(session, desk.project_id, "counting", token) is None
        assert draft_by_token(session, desk.project_id, "counting", token, also_ended=True) is not None


def test_what_comes_for_a_deleted_form_waits(desk: Desk) -> None:
    assert desk.receives(filled("uuid:1", (21, "in"))) == 201
    desk.store.write(lambda session: session.execute(update(form).values(deleted_at=now())))
    catalogue(desk.store).expire()
    assert desk.receives(filled("uuid:2", (4, "in"))) == 202
    desk.worker.drain()
    assert desk.rows(submission_version, "state", "hold_reason") == [
        ("current", None), ("held", "form_closed"),
    ]  # fmt: skip


def _drafted(desk: Desk, version: str) -> RowMapping:
    """The published version once more, as a draft."""

    def work(session) -> RowMapping:  # type: ignore[no-untyped-def]
        known = get_form(session, desk.project_id, "counting")
        published = session.first(select(form_version).where(form_version.c.form_id == known["id"]))
        shared = ("title", "hash", "xform", "source", "source_name", "vocabulary_version", "is_mapped")
        row = {name: published[name] for name in shared} | {
            "uuid": "6f6a2f3e-0000-4000-8000-000000000001", "form_id": known["id"], "version": version,
            "token": new_central_token("tst").text, "created_at": now(),
        }  # fmt: skip
        session.insert(form_draft, [row])
        found: RowMapping | None = session.first(select(form_draft))
        assert found is not None
        return found

    return desk.store.write(work)
