"""A mapping that was wrong is put right: what was received is read again, with its lineage.

The stories use the counting form of tests/test_worker.py: "in" was mapped to incoming, "out" to outgoing.
"""

from __future__ import annotations

import pytest
from sqlalchemy import select

from sync import queue
from sync.problems import Conflict, FormInvalid, Invalid, NotFound
from sync.rebuild import rebuild
from sync.registry import create_project, publish_form
from sync.remap import Remapping, list_mappings, read_mapping, read_revision
from sync.remap_apply import _store, apply_remapping
from sync.remap_preview import preview_remapping
from sync.store import Store
from sync.tables import audit, change, flow, flow_split, form_mapping, form_version
from sync.worker import Worker
from tests.test_worker import FORM, Desk, desk, filled

__all__ = ["desk"]

SWAPPED = FORM.replace("incoming", "@").replace("outgoing", "incoming").replace("@", "outgoing")
WITHOUT_SPLITS = (
    SWAPPED.replace("flow_split{dimension=nationality}", "")
    .replace("flow_split.code", "")
    .replace("flow_split.n ", "")
)


def mapping(desk: Desk, text: str, *versions: str, name: str = "counting.md") -> Remapping:
    return read_mapping(desk.store, desk.project_id, "counting", text.encode(), name, versions)


@pytest.fixture
def counted(desk: Desk) -> Desk:
    """Three groups in two submissions, processed."""
    desk.receives(filled("uuid:1", (21, "in"), (4, "out")))
    desk.receives(filled("uuid:2", (7, "in")))
    desk.worker.drain()
    return desk


def directions(desk: Desk) -> list[tuple[object, ...]]:
    return desk.rows(flow, "direction", "n_ind", "form_version", "mapping_version")


BEFORE = [("incoming", 7, "1", 1), ("incoming", 21, "1", 1), ("outgoing", 4, "1", 1)]
AFTER = [("incoming", 4, "1", 2), ("outgoing", 7, "1", 2), ("outgoing", 21, "1", 2)]


def test_a_preview_says_what_would_change_and_changes_nothing(counted: Desk) -> None:
    before = counted.hash()
    seen: list[tuple[int, int]] = []
    preview = preview_remapping(
        counted.store, mapping(counted, SWAPPED), lambda done, total: seen.append((done, total))
    )
    assert (preview.submissions, preview.unreadable, seen) == (2, 0, [(2, 2)])
    assert dict(preview.before.rows) == dict(preview.after.rows) == {"flow": 3, "flow_split": 3}
    assert {name: (t.added, t.removed, t.changed) for name, t in preview.tables.items()} == {
        "flow": (0, 0, 3),
        "flow_split": (0, 0, 0),
    }
    assert dict(preview.values) == {"flow.direction": 3}
    assert dict(preview.examples["flow.direction"]) == {
        ("incoming", "outgoing"): 2,
        ("outgoing", "incoming"): 1,
    }
    assert preview.before.sums == preview.after.sums == {("flow", "n_ind", (("flow_tool", "FMR"),)): 32}
    assert (counted.hash(), directions(counted), counted.rows(form_mapping, "id")) == (before, BEFORE, [])


def test_applied_it_is_read_again_with_its_lineage_and_rebuild_agrees(counted: Desk) -> None:
    applied = apply_remapping(
        counted.store, mapping(counted, SWAPPED), "in and out were exchanged", worker=counted.worker
    )
    assert (applied.numbers, applied.submissions, applied.parked) == ({"1": 2}, 2, 0)
    assert applied.before.sums == applied.after.sums == {("flow", "n_ind", (("flow_tool", "FMR"),)): 32}
    assert directions(counted) == AFTER
    assert rebuild(counted.store, counted.project_id, worker=counted.worker).unchanged
    assert counted.rows(form_mapping, "number", "note") == [(2, "in and out were exchanged")]
    assert ("mapping",) in counted.rows(change, "kind")
    assert ("form.remap",) in counted.rows(audit, "action")


def test_the_xform_tablets_get_and_its_hash_stay_as_they_are(counted: Desk) -> None:
    before = counted.rows(form_version, "version", "hash", "xform")
    apply_remapping(counted.store, mapping(counted, SWAPPED), "exchanged", worker=counted.worker)
    assert counted.rows(form_version, "version", "hash", "xform") == before


def test_what_comes_afterwards_is_read_by_the_newest_revision(counted: Desk) -> None:
    apply_remapping(counted.store, mapping(counted, SWAPPED), "exchanged", worker=counted.worker)
    counted.receives(filled("uuid:3", (2, "in")))
    counted.worker.drain()
    assert directions(counted) == sorted([*AFTER, ("outgoing", 2, "1", 2)])


def test_going_back_is_a_further_revision(counted: Desk) -> None:
    apply_remapping(counted.store, mapping(counted, SWAPPED), "exchanged", worker=counted.worker)
    back = read_revision(counted.store, counted.project_id, "counting", "1", 1)
    applied = apply_remapping(counted.store, back, "it was right after all", worker=counted.worker)
    assert applied.numbers == {"1": 3}
    assert [row[:3] for row in directions(counted)] == [row[:3] for row in BEFORE]
    assert {row[3] for row in directions(counted)} == {3}
    with counted.store.read() as session:
        listed = list_mappings(session, counted.project_id, "counting")
    assert [(one["version"], one["mapping"], one["note"], one["in_use"]) for one in listed] == [
        ("1", 1, "as published", False),
        ("1", 2, "exchanged", False),
        ("1", 3, "it was right after all", True),
    ]
    assert listed[0]["hash"] == listed[2]["hash"] != listed[1]["hash"]
    with pytest.raises(NotFound, match="no mapping 4"):
        read_revision(counted.store, counted.project_id, "counting", "1", 4)


def test_rows_that_are_mapped_no_more_go(counted: Desk) -> None:
    remapping = mapping(counted, WITHOUT_SPLITS)
    preview = preview_remapping(counted.store, remapping)
    assert (preview.tables["flow_split"].removed, dict(preview.after.rows)) == (3, {"flow": 3})
    apply_remapping(counted.store, remapping, "nationalities were guesses", worker=counted.worker)
    assert counted.rows(flow_split, "n") == []


def test_a_remap_killed_in_the_middle_is_completed_by_the_worker(counted: Desk) -> None:
    for number in range(3, 80):
        counted.receives(filled(f"uuid:{number}", (1, "in")))
    counted.worker.drain()

    class Killed(BaseException):
        pass

    def progress(done: int, total: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        apply_remapping(counted.store, mapping(counted, SWAPPED), "exchanged", None, progress, counted.worker)
    numbers = [row[3] for row in directions(counted)]
    assert (1 in numbers, 2 in numbers) == (True, True), "it was not killed in the middle"
    other = Worker(counted.store)
    try:
        other.drain()
    finally:
        other.stop()
    assert {row[3] for row in directions(counted)} == {2}
    assert rebuild(counted.store, counted.project_id, worker=counted.worker).unchanged
    again = apply_remapping(counted.store, mapping(counted, SWAPPED), "once more", worker=counted.worker)
    assert again.numbers == {"1": 2}, "what is in use already makes no further revision"


def test_a_batch_derived_by_the_old_mapping_is_not_written(counted: Desk) -> None:
    """The mapping is revised between deriving and writing: the worker must look again."""
    counted.receives(filled("uuid:3", (2, "in")))
    worker, write = counted.worker, counted.worker._write

    claimed = counted.store.write(lambda session: queue.claim(session, 10))
    with counted.store.read() as session:
        jobs = list(worker._jobs(session, claimed))
    outcomes = [(job, worker._derive(job.work)) for job in jobs if job.work]
    other = Worker(counted.store)
    apply = mapping(counted, SWAPPED)
    counted.store.write(lambda session: _store(session, apply, "exchanged", None))
    counted.store.write(lambda session: write(session, outcomes, []))
    assert ("incoming", 2, "1", 1) not in directions(counted)
    other.drain()
    other.stop()
    assert directions(counted) == sorted([*AFTER, ("outgoing", 2, "1", 2)])


def test_two_projects_read_one_form_each_in_its_own_way(counted: Desk) -> None:
    """One worker serves both: what it remembers of a form must not leak from one to the other."""
    project = counted.store.write(lambda session: create_project(session, "Elsewhere"))
    publish_form(counted.store, project["id"], FORM.encode(), "counting.md")
    here = Desk(counted.store, project["id"], project["uuid"], counted.worker)
    here.receives(filled("uuid:9", (5, "in")))
    counted.worker.drain()
    apply_remapping(counted.store, mapping(counted, SWAPPED), "exchanged", worker=counted.worker)
    here.receives(filled("uuid:10", (6, "in")))
    counted.worker.drain()
    with counted.store.read() as session:
        rows = session.all(
            select(flow.c.direction, flow.c.n_ind, flow.c.mapping_version)
            .where(flow.c.project_uuid == project["uuid"])
            .order_by(flow.c.n_ind)
        )
    assert [tuple(row.values()) for row in rows] == [("incoming", 5, 1), ("incoming", 6, 1)]


@pytest.mark.parametrize(
    ("old", "new", "cell", "told"),
    [
        (
            "| Persons        | flow.n_ind ",
            "| People         | flow.n_ind ",
            "survey!C5",
            "The label of 'n' is",
        ),
        ("| select_one place | point ", "| text             | point ", "survey!A2", "'string'"),
        (
            "| way              | in       | In ",
            "| way              | inn      | In ",
            "choices!B3",
            "no choice",
        ),
        (
            "| way              | out      | Out  ",
            "| way              | out      | Away ",
            "choices!C4",
            "label",
        ),
        ("| Counting         |", "| Counted          |", None, "form_title"),
    ],
)
def test_anything_but_the_mapping_that_differs_is_refused_with_its_cell(
    desk: Desk, old: str, new: str, cell: str | None, told: str
) -> None:
    assert SWAPPED.count(old) == 1
    assert mapping(desk, SWAPPED).annotations["/data/groups/way"] == [
        "flow.direction",
        "in=outgoing out=incoming",
    ]
    with pytest.raises(FormInvalid) as refused:
        mapping(desk, SWAPPED.replace(old, new))
    assert all(error["code"] == "not-only-mapping" for error in refused.value.errors)
    assert any(error["cell"] == cell and told in str(error["detail"]) for error in refused.value.errors), (
        refused.value.errors
    )


def test_a_mapping_that_is_itself_wrong_is_refused_like_any_form(desk: Desk) -> None:
    with pytest.raises(FormInvalid) as refused:
        mapping(desk, SWAPPED.replace("flow.n_ind", "flow.n_men"))
    found = [(error["code"], error["cell"]) for error in refused.value.errors]
    assert ("unknown-variable", "survey!D5") in found, found


def test_version_form_and_reason_have_to_be_right(desk: Desk) -> None:
    with pytest.raises(NotFound, match="version '7'"):
        mapping(desk, SWAPPED, "7")
    with pytest.raises(NotFound, match="no form 'other'"):
        read_mapping(desk.store, desk.project_id, "other", SWAPPED.encode(), "counting.md")
    with pytest.raises(Invalid, match="why"):
        apply_remapping(desk.store, mapping(desk, SWAPPED), "  ", worker=desk.worker)


def test_two_who_revise_at_once_do_not_overwrite_each_other(counted: Desk) -> None:
    mine, theirs = mapping(counted, SWAPPED), mapping(counted, WITHOUT_SPLITS)
    apply_remapping(counted.store, theirs, "theirs", worker=counted.worker)
    with pytest.raises(Conflict, match="revised meanwhile"):
        apply_remapping(counted.store, mine, "mine", worker=counted.worker)
    assert counted.rows(form_mapping, "number", "note") == [(2, "theirs")]


def test_only_submissions_of_the_versions_named_are_read_again(counted: Desk) -> None:
    second = FORM.replace("| 1              | flow{", "| 2              | flow{")
    publish_form(counted.store, counted.project_id, second.encode(), "counting.md")
    counted.receives(filled("uuid:3", (2, "in"), version="2"))
    counted.worker.drain()
    apply_remapping(counted.store, mapping(counted, SWAPPED), "exchanged", worker=counted.worker)
    assert directions(counted) == sorted([*AFTER, ("incoming", 2, "2", 1)])
    both = mapping(counted, SWAPPED, "1", "2")
    applied = apply_remapping(counted.store, both, "exchanged there too", worker=counted.worker)
    assert applied.numbers == {"1": 2, "2": 2}
    assert directions(counted) == sorted([*AFTER, ("outgoing", 2, "2", 2)])


def test_restricted_values_are_counted_and_not_shown(store: Store) -> None:
    project = store.write(lambda session: create_project(session, "Border"))
    text = FORM.replace("| date             | day ", "| text             | day ")
    text = text.replace("| flow.reporting_date  |", "| flow.origin_place    |")
    text = text.replace("| harmonise            |", "| harmonise            | sensitivity |", 1)
    text = text.replace("| flow.origin_place    |", "| flow.origin_place    | restricted |")
    publish_form(store, project["id"], text.encode(), "counting.md")
    worker = Worker(store)
    here = Desk(store, project["id"], project["uuid"], worker)
    here.receives(filled("uuid:1", (21, "in")))
    worker.drain()
    other = text.replace("flow.origin_place ", "flow.final_place  ")
    preview = preview_remapping(
        store, read_mapping(store, project["id"], "counting", other.encode(), "counting.md")
    )
    worker.stop()
    assert {name: preview.values[name] for name in ("flow.origin_place", "flow.final_place")} == {
        "flow.origin_place": 1,
        "flow.final_place": 1,
    }
    assert {"flow.origin_place", "flow.final_place"} & set(preview.examples) == set()
    assert "2026-11-03" not in repr(preview)
