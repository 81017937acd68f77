"""Publishing: what is published once stays, and what waited for it goes on."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from sync.catalogue import Catalogue, catalogue, compiled_form, form_states
from sync.problems import Conflict, FormInvalid, Invalid, NotFound
from sync.registry import get_project, list_forms, publish_form, set_form_state
from sync.store import Store, WriteSession, new_uuid, now
from sync.tables import form_version, receipt_event, submission, submission_version
from tests.server.office import Office, xform

MARKDOWN = b"""
| survey   |         |       |            |
|          | type    | name  | label      |
|          | integer | men   | Men        |
| settings |         |       |            |
|          | form_id | version | form_title |
|          | counts  | 7       | Counts     |
"""


def test_same_form_again_changes_nothing(office: Office) -> None:
    first, again = office.publishes("fmr", "1"), office.publishes("fmr", "1")
    assert (first.is_new, again.is_new) == (True, False)
    assert (first.form_id, first.version, first.hash) == (again.form_id, again.version, again.hash)
    with office.store.read() as session:
        assert len(session.all(select(form_version.c.id))) == 1


def test_other_content_under_a_published_version_is_refused(office: Office) -> None:
    office.publishes("fmr", "1")
    with pytest.raises(Conflict, match="Raise the version"):
        office.publishes("fmr", "1", note=" women")
    with office.store.read() as session:
        assert session.scalar(select(form_version.c.xform)) == xform("fmr", "1")
    assert office.publishes("fmr", "2", note=" women").is_new


def test_xlsform_is_compiled_and_listed(office: Office) -> None:
    published = publish_form(office.store, office.project_id, MARKDOWN, "counts.md")
    with office.store.read() as session:
        (row,) = list_forms(session, office.project_id)
    assert (row["form_id"], row["version"], row["title"], row["state"], row["hash"]) == (
        "counts",
        "7",
        "Counts",
        "open",
        published.hash,
    )
    uuid = office.project["uuid"]
    compiled = compiled_form(office.store, uuid, "counts", "7")
    assert compiled is not None
    assert next(field.name for field in compiled.fields) == "men"
    assert compiled_form(office.store, uuid, "counts", "7") is compiled
    assert compiled_form(office.store, uuid, "counts", "8") is None


def test_broken_form_is_refused_with_every_cell(office: Office) -> None:
    broken = MARKDOWN.replace(b"| integer | men   |", b"| integre | m en  |")
    with pytest.raises(FormInvalid) as refused:
        publish_form(office.store, office.project_id, broken, "counts.md")
    assert {error["cell"] for error in refused.value.errors} >= {
        "survey!B3",
        "survey!C3",
    } or refused.value.errors
    with office.store.read() as session:
        assert list_forms(session, office.project_id) == []


def test_media_of_the_version_before_are_carried_over(office: Office) -> None:
    office.publishes("fmr", "1", media={"a.png": b"a", "b.png": b"b"}, names=("a.png", "b.png"))
    published = office.publishes("fmr", "2", media={"b.png": b"new b"}, names=("a.png", "b.png"))
    assert [p.code for p in published.problems if p.code == "missing-media"] == []
    tablet = office.sets_up_tablet()
    assert tablet.gets("/forms/fmr/versions/2/attachments/a.png").content == b"a"
    assert tablet.gets("/forms/fmr/versions/2/attachments/b.png").content == b"new b"
    assert tablet.gets("/forms/fmr/versions/1/attachments/b.png").content == b"b"


def test_media_name_that_is_a_path_is_refused(office: Office) -> None:
    office.publishes("fmr", media={"fine.png": b"1"})
    for name in ("../x.png", "a/b.png", "", "..", "a\nb", "a\\b"):
        with pytest.raises(Invalid):
            office.publishes("fms", media={name: b"1"})


def test_ids_that_no_address_can_hold_are_refused(office: Office) -> None:
    for form_id, version in (("..", "1"), (".", "1"), ("fmr", "..")):
        with pytest.raises(FormInvalid):
            office.publishes(form_id, version)
    assert office.publishes("...", "1").is_new


def test_unknown_project_is_said_before_anything_is_compiled(office: Office) -> None:
    with pytest.raises(NotFound):
        publish_form(office.store, 999, MARKDOWN, "counts.md")
    with office.store.read() as session, pytest.raises(NotFound):
        get_project(session, 999)


def hold(session: WriteSession, project_uuid: str, form_id: str, version: str, reason: str) -> int:
    """A submission that is held, its event worked off, as the receipt and the worker leave it."""
    row = {
        "uuid": new_uuid(),
        "project_uuid": project_uuid,
        "xml_form_id": form_id,
        "instance_id": new_uuid(),
        "received_at": now(),
    }
    number = session.insert_returning(submission, row)
    session.insert(
        submission_version,
        [
            {
                "id": session.take_seqs(1)[0],
                "uuid": new_uuid(),
                "submission_id": number,
                "body_hash": b"h",
                "state": "held",
                "hold_reason": reason,
                "form_version": version,
                "size": 1,
                "received_at": now(),
            }
        ],
    )
    return number


def waiting(store: Store) -> list[int]:
    with store.read() as session:
        return [
            row["submission_id"]
            for row in session.all(
                select(receipt_event.c.submission_id)
                .where(receipt_event.c.state == "waiting")
                .order_by(receipt_event.c.submission_id)
            )
        ]


def test_publishing_hands_over_what_waited_for_that_version(office: Office) -> None:
    uuid = office.project["uuid"]
    held = [
        office.store.write(lambda s, args=args: hold(s, *args))
        for args in (
            (uuid, "fmr", "1", "unknown_form"),
            (uuid, "fmr", "1", "unknown_version"),
            (uuid, "fmr", "2", "unknown_version"),
            (uuid, "fms", "1", "unknown_form"),
            (new_uuid(), "fmr", "1", "unknown_form"),
            (uuid, "fmr", "1", "too_large"),
        )
    ]
    assert waiting(office.store) == []
    assert office.publishes("fmr", "1").released == 2
    assert waiting(office.store) == held[:2]


def test_opening_a_form_hands_over_what_came_while_it_was_closed(office: Office) -> None:
    office.publishes("fmr", "1")
    uuid = office.project["uuid"]
    office.store.write(lambda s: set_form_state(s, office.project_id, "fmr", "closed"))
    held = office.store.write(lambda s: hold(s, uuid, "fmr", "1", "form_closed"))
    assert waiting(office.store) == []
    office.store.write(lambda s: set_form_state(s, office.project_id, "fmr", "open"))
    assert waiting(office.store) == [held]
    with pytest.raises(Invalid):
        office.store.write(lambda s: set_form_state(s, office.project_id, "fmr", "ajar"))
    with pytest.raises(NotFound):
        office.store.write(lambda s: set_form_state(s, office.project_id, "fms", "open"))


def test_state_of_a_form_is_known_at_once(office: Office) -> None:
    uuid, state = office.project["uuid"], catalogue(office.store).state
    assert state(uuid, "fmr", "1") == "unknown_form"
    office.publishes("fmr", "1")
    assert state(uuid, "fmr", "1") == "open"
    assert state(uuid, "fmr", "2") == "unknown_version"
    assert state(new_uuid(), "fmr", "1") == "unknown_form"


def test_nothing_is_held_because_the_memory_was_old(office: Office) -> None:
    """Another process publishes and opens; this one has not looked since, and must not hold what comes."""
    uuid, elsewhere = office.project["uuid"], Catalogue(office.store)
    office.publishes("fmr", "1")
    assert elsewhere.state(uuid, "fmr", "1") == "open"
    office.publishes("fmr", "2")
    assert elsewhere.state(uuid, "fmr", "2") == "open"
    office.store.write(lambda s: set_form_state(s, office.project_id, "fmr", "closed"))
    elsewhere.refresh()
    assert elsewhere.state(uuid, "fmr", "1") == "closed"
    office.store.write(lambda s: set_form_state(s, office.project_id, "fmr", "open"))
    assert elsewhere.state(uuid, "fmr", "1") == "open"


def test_a_snapshot_answers_for_itself(office: Office) -> None:
    office.publishes("fmr", "1")
    with office.store.read() as session:
        state = form_states(session)
        uuid = office.project["uuid"]
        assert [state(uuid, "fmr", "1"), state(uuid, "fmr", ""), state(uuid, "x", "1")] == [
            "open",
            "unknown_version",
            "unknown_form",
        ]


def test_version_published_is_never_rewritten(office: Office) -> None:
    """Even when a newer compiler would make other bytes of the same source."""
    office.publishes("fmr", "1")
    older = xform("fmr", "1").replace(b"How many", b"How  many")
    office.store.write(lambda s: s.execute(update(form_version).values(xform=older)))
    assert not office.publishes("fmr", "1").is_new
    with office.store.read() as session:
        assert session.scalar(select(form_version.c.xform)) == older
