"""A form lives on: what a new version may not change, and each submission read as it was filled in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import func, select

from forms.diff import diff_forms
from sync.form_change import data_under, published_form
from sync.problems import FormInvalid, NotFound
from sync.registry import list_forms, publish_form
from sync.store import Store
from sync.tables import audit, change, flow, form_media, form_version
from tests.test_worker import FORM, Desk, desk, filled

__all__ = ["desk"]

SECOND = FORM.replace("| 1              | flow{", "| 2              | flow{")
SWAPPED = SECOND.replace("incoming", "@").replace("outgoing", "incoming").replace("@", "outgoing")
RETYPED = SECOND.replace("| select_one place | point ", "| text             | point ")


def published(desk: Desk) -> Iterator[object]:
    with desk.store.read() as session:
        yield [(row["version"], row["title"]) for row in list_forms(session, desk.project_id)]
        for table in (form_version, form_media, change, audit):
            yield session.scalar(select(func.count()).select_from(table))


def test_a_type_change_is_refused_with_its_cell_and_leaves_nothing_behind(desk: Desk) -> None:
    before = list(published(desk))
    with pytest.raises(FormInvalid) as refused:
        publish_form(desk.store, desk.project_id, RETYPED.encode(), "counting.md", {"a.png": b"1"})
    assert [(e["code"], e["cell"], e["detail"]) for e in refused.value.errors] == [
        ("type-changed", "survey!A2", "'point' was select_one and is text now.")
    ]
    assert list(published(desk)) == before
    renamed = RETYPED.replace("| point    | Point ", "| point_2  | Point ")
    assert publish_form(desk.store, desk.project_id, renamed.encode(), "counting.md").is_new


def test_a_question_that_leaves_its_repeat_is_refused(desk: Desk) -> None:
    place = "|          | select_one place | point    | Point          | flow.place_id        |\n"
    begin = "|          | begin_repeat     | groups   | Groups         | flow                 |\n"
    assert SECOND.count(place) == SECOND.count(begin) == 1
    moved = SECOND.replace(place, "").replace(begin, begin + place)
    with pytest.raises(FormInvalid) as refused:
        publish_form(desk.store, desk.project_id, moved.encode(), "counting.md")
    assert [(e["code"], e["cell"]) for e in refused.value.errors] == [("repeat-changed", "survey!A4")]


def test_a_submission_is_read_with_the_version_it_was_filled_in(desk: Desk) -> None:
    """The pair of versions says "in" is incoming, then outgoing; the diff says so; each keeps its own."""
    publish_form(desk.store, desk.project_id, SWAPPED.encode(), "counting.md")
    with desk.store.read() as session:
        versions = [published_form(session, desk.project_id, "counting", v) for v in ("1", "2")]
    broken = [str(one) for one in diff_forms(*versions).variables if one.comparable == "no"]
    assert broken == [
        "flow.direction is comparable no more from this version on: code 'in' now means outgoing, and meant "
        "incoming; code 'out' now means incoming, and meant outgoing."
    ]
    desk.receives(filled("uuid:2", (7, "in"), version="2"))
    desk.receives(filled("uuid:1", (21, "in"), version="1"))  # a tablet that had not looked for forms
    desk.worker.drain()
    assert desk.rows(flow, "n_ind", "direction", "form_version") == [
        (7, "outgoing", "2"),
        (21, "incoming", "1"),
    ]
    desk.receives(filled("uuid:3", (22, "in"), edits="uuid:1", version="2"))  # and corrected on a newer one
    desk.worker.drain()
    assert desk.rows(flow, "n_ind", "direction", "form_version") == [
        (7, "outgoing", "2"),
        (22, "outgoing", "2"),
    ]


def test_the_data_under_the_old_version_are_told(desk: Desk) -> None:
    desk.receives(filled("uuid:1", (21, "in"), (4, "out")))
    desk.worker.drain()
    with desk.store.read() as session:
        under = data_under(session, desk.project_id, "counting", "1")
        none = data_under(session, desk.project_id, "counting", "9")
    day = date(2026, 11, 3)
    told = {"table": "flow", "rows": 2, "first": day, "last": day, "rounds": []}
    assert (under.submissions, under.rows) == (1, (told,))
    assert (none.submissions, none.rows) == (0, ())


def test_a_version_that_was_never_published_is_not_found(desk: Desk) -> None:
    with desk.store.read() as session, pytest.raises(NotFound, match="version '9'"):
        published_form(session, desk.project_id, "counting", "9")


def test_going_back_to_an_earlier_version_is_no_type_change(desk: Desk, store: Store) -> None:
    publish_form(store, desk.project_id, SECOND.encode(), "counting.md")
    assert not publish_form(store, desk.project_id, FORM.encode(), "counting.md").is_new
