"""From the tablet to the figures, over a network that fails."""

from __future__ import annotations

from server.demo.coordinator import Coordinator
from server.demo.photo import jpeg
from server.demo.tablet import Tablet
from tests.stories.field import Served

GROUP = {
    "direction": "outgoing",
    "n_ind": 41,
    "sadd_known": "yes",
    "men": 21,
    "women": 20,
    "boys": 0,
    "girls": 0,
}
PHOTO = 65_000


def test_tablet_resends_after_a_lost_answer(tablet: Tablet, coordinator: Coordinator) -> None:
    tablet.fills("fmr", point="FMP-03", outcome="movement", **GROUP)
    assert tablet.syncs(losing_the_answer=True) == [0]
    assert coordinator.flows(point="FMP-03") == [{"direction": "outgoing", "n_ind": 41, "submissions": 1}]
    assert tablet.syncs() == [201]
    assert coordinator.flows(point="FMP-03") == [{"direction": "outgoing", "n_ind": 41, "submissions": 1}]


def test_a_cut_upload_leaves_nothing_and_is_sent_again(
    served: Served, tablet: Tablet, coordinator: Coordinator
) -> None:
    photo = {"point.jpg": jpeg("point", PHOTO)}
    filled = tablet.fills(
        "fmr", point="FMP-03", outcome="movement", point_photo="point.jpg", photos=photo, **GROUP
    )
    for share in (0.02, 0.5, 0.98):
        assert tablet.syncs(cut_at=share) == [0]
        assert tablet.syncs(truncated_at=share) == [400]
    assert coordinator.flows(point="FMP-03") == []
    assert tablet.syncs() == [201]
    assert served.shows(filled.instance_id) == {
        "state": "processed",
        "attachments": (1, 1),
        "versions": ["current"],
        "rows": {"flow": 1, "observation": 1},
        "flags": [],
    }


def test_photos_arrive_in_three_requests_in_the_wrong_order(served: Served, tablet: Tablet) -> None:
    sides = ("north", "stalls", "road")
    filled = tablet.fills(
        "market_count",
        point="FMP-03",
        n_ind=120,
        direction="incoming",
        photos={f"{side}.jpg": jpeg(side, PHOTO) for side in sides},
        **{f"photo_{side}": f"{side}.jpg" for side in sides},
    )
    assert tablet.syncs(limit=80_000, backwards=True, cut_at=0.5) == [0]
    assert served.shows(filled.instance_id)["attachments"] == (2, 3)
    assert tablet.syncs(limit=80_000, backwards=True) == [201]
    assert served.shows(filled.instance_id) == {
        "state": "processed",
        "attachments": (3, 3),
        "versions": ["current"],
        "rows": {"flow": 1},
        "flags": [],
    }


def test_an_edit_arrives_before_its_original(tablet: Tablet, coordinator: Coordinator) -> None:
    original = tablet.fills("fmr", point="FMP-03", outcome="movement", **GROUP)
    edit = tablet.fills(
        "fmr", point="FMP-03", outcome="movement", edits=original, **{**GROUP, "n_ind": 51, "men": 31}
    )
    assert tablet.syncs(only=[edit]) == [202]
    assert coordinator.flows(point="FMP-03") == []
    assert tablet.syncs(only=[original]) == [201]
    assert coordinator.flows(point="FMP-03") == [{"direction": "outgoing", "n_ind": 51, "submissions": 1}]


def test_an_edit_arrives_after_its_original(tablet: Tablet, coordinator: Coordinator) -> None:
    original = tablet.fills("fmr", point="FMP-03", outcome="movement", **GROUP)
    assert tablet.syncs() == [201]
    tablet.fills(
        "fmr", point="FMP-03", outcome="movement", edits=original, **{**GROUP, "n_ind": 51, "men": 31}
    )
    assert tablet.syncs() == [201]
    assert coordinator.flows(point="FMP-03") == [{"direction": "outgoing", "n_ind": 51, "submissions": 1}]


def test_one_instance_id_comes_with_two_bodies(
    served: Served, tablet: Tablet, coordinator: Coordinator
) -> None:
    first = tablet.fills("fmr", point="FMP-03", outcome="movement", **GROUP)
    tablet.fills(
        "fmr", point="FMP-03", outcome="movement", again_as=first, **{**GROUP, "n_ind": 51, "men": 31}
    )
    assert tablet.syncs() == [201, 202]
    assert coordinator.flows(point="FMP-03") == [{"direction": "outgoing", "n_ind": 41, "submissions": 1}]
    shown = served.shows(first.instance_id)
    assert (shown["versions"], shown["flags"]) == (["current", "conflict"], ["conflicting_versions"])
