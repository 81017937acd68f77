"""Forms change while tablets are away: nothing filled in is ever refused for it."""

from __future__ import annotations

from forms.compile import compile_form
from forms.library_index import FORM_FILES
from server.demo.coordinator import Coordinator
from server.demo.filling import BlankForm
from server.demo.office import FILLED_FORMS, NEW_FMR, OLD_FMR, new_registry
from server.demo.own_forms import NIGHT_COUNT
from server.demo.tablet import Tablet
from tests.stories.field import Served


def test_a_form_the_server_does_not_know_is_held_and_counted_once_published(
    served: Served, tablet: Tablet, coordinator: Coordinator
) -> None:
    form = compile_form(NIGHT_COUNT.encode(), "night_count.md").form
    assert form is not None
    tablet.forms["night_count"] = BlankForm(form.xform)
    filled = tablet.fills("night_count", point="FMP-02", n_ind=17)
    assert tablet.syncs() == [202]
    assert (served.shows(filled.instance_id)["state"], coordinator.flows(tool="EET")) == ("held", [])
    assert served.publishes(NIGHT_COUNT).released == 1
    assert coordinator.flows(tool="EET") == [{"direction": "unknown", "n_ind": 17, "submissions": 1}]
    assert served.shows(filled.instance_id)["state"] == "processed"


def test_a_tablet_goes_on_with_an_old_form_version(
    served: Served, tablet: Tablet, coordinator: Coordinator
) -> None:
    tablet.downloads()
    served.publishes(new_registry(), "fmr.md")
    tablet.fills("fmr", point="FMP-01", outcome="movement", direction="incoming", men=3)
    updated = served.tablet("second tablet")
    updated.fills("fmr", point="FMP-02", outcome="movement", direction="incoming", men=4, weather="dust")
    assert (tablet.syncs(), updated.syncs()) == ([201], [201])
    rows = coordinator.rows("flow", tool="FMR")
    assert [(r["place_id"], r["form_version"], r["men"]) for r in rows] == [
        ("FMP-01", OLD_FMR, 3),
        ("FMP-02", NEW_FMR, 4),
    ]


def test_a_tablet_gets_every_listed_form_with_its_files(tablet: Tablet) -> None:
    files = {name: sorted(FORM_FILES[name]) for name in FILLED_FORMS} | {"market_count": ["fmp.csv"]}
    assert sorted(tablet.downloads()) == sorted(files)
    assert {name: sorted(form.media) for name, form in tablet.forms.items()} == files
