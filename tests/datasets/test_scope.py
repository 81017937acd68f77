"""Who sees which rows and columns, in every format and every count."""

from __future__ import annotations

import pytest

from server.datasets.definitions import DATASETS
from server.datasets.filters import Filters
from server.datasets.rows import read_rows
from server.datasets.scope import scope
from sync.access import Actor, Grant
from sync.problems import Forbidden, NotFound
from sync.store import new_uuid
from sync.tables import admin_alias
from tests.datasets.readers import Readers
from tests.datasets.rows import FMP_01, FMP_02, MONDAY, Country, country, person

NORTH_SECRET = "CANARY-NORTH"
SOUTH_SECRET = "CANARY-SOUTH"


WAYS_OUT = (
    *("", "/flow", "/flow_daily", "/flow.csv?removed=true", "/baseline.csv"),
    *(f"/{name}.{format_}" for name in ("flow", "flow_daily") for format_ in ("csv", "json", "geojson")),
)


def flows(of: Country, actor: Actor) -> list[dict[str, object]]:
    """The flow rows an actor sees, by column; the count has to agree."""
    with of.store.read() as session:
        rows = read_rows(session, DATASETS["flow"], scope(session, actor, of.project_id), Filters(), MONDAY)
        found = [
            dict(zip([c.name for c in rows.columns], row, strict=True)) for b in rows.batches for row in b
        ]
        assert rows.count() == len(found)
    return found


def both_provinces(of: Country) -> None:
    of.point(FMP_01, weekdays="1")
    of.point(FMP_02, weekdays="1")
    of.flow(MONDAY, FMP_01, 12, lat=13.5, lon=2.1, origin_place=NORTH_SECRET, organisation="IOM")
    of.flow(
        MONDAY, FMP_02, 30, lat=11.0, lon=2.3, origin_place=SOUTH_SECRET, organisation="RBM", form_id="ttt"
    )


def test_a_province_is_seen_by_its_own_people_only_in_every_format_and_count(
    sahelia: Country, readers: Readers
) -> None:
    both_provinces(sahelia)
    token = readers.token("coordinator", pcodes=["NO01"])
    for path in WAYS_OUT:
        answer = readers.asks(path, token)
        assert answer.status_code == 200, path
        for told in ("FMP-02", "SU02", SOUTH_SECRET, "Gare"):
            assert told not in answer.text, (path, told)
    assert readers.asks("/flow.json", token).json()[0]["origin_place"] == NORTH_SECRET
    assert readers.asks("/flow.csv", token, "HEAD").headers["X-Row-Count"] == "1"
    assert readers.asks("/flow", token).json()["n_rows"] == 1
    everywhere = readers.token("coordinator")
    assert readers.asks("/flow.csv", everywhere, "HEAD").headers["X-Row-Count"] == "2"
    assert SOUTH_SECRET in readers.asks("/flow.csv", everywhere).text


def test_place_form_organisation_and_area_narrow_alike(sahelia: Country) -> None:
    both_provinces(sahelia)
    expected: list[tuple[dict[str, str], list[int]]] = [
        ({}, [12, 30]),
        ({"place_id": "FMP-01"}, [12]),
        ({"xml_form_id": "ttt"}, [30]),
        ({"organisation": "IOM"}, [12]),
        ({"pcode": "SU0201"}, [30]),
        ({"pcode": "XS"}, []),  # rows of this country carry no ISO code here: fail closed
        ({"pcode": "ZZ99"}, []),
        ({"pcode": "NO01", "organisation": "RBM"}, []),
    ]
    for narrowed, seen in expected:
        actor = person("coordinator", sahelia.project_id, **narrowed)
        assert [row["n_ind"] for row in flows(sahelia, actor)] == seen, narrowed


def test_an_older_name_of_an_area_still_names_it(sahelia: Country) -> None:
    both_provinces(sahelia)
    alias = {"release_id": sahelia.release_id, "level": 1, "alias": "SU99", "code": "SU02"}
    actor = person("viewer", sahelia.project_id, pcode="SU99")
    assert flows(sahelia, actor) == []
    sahelia.store.write(lambda session: session.insert(admin_alias, [alias]))
    assert [row["n_ind"] for row in flows(sahelia, actor)] == [30]


def test_each_role_sees_its_columns(sahelia: Country) -> None:
    both_provinces(sahelia)
    for role, position, said in (
        ("viewer", False, False),
        ("analyst", False, True),
        ("supervisor", True, True),
        ("coordinator", True, True),
        ("admin", False, True),
    ):
        row = flows(sahelia, person(role, sahelia.project_id))[0]
        assert ("lat" in row, "origin_place" in row) == (position, said), role
        assert row["n_ind"] == 12


def test_a_viewer_who_supervises_one_province_sees_coordinates_there_only(sahelia: Country) -> None:
    both_provinces(sahelia)
    actor = Actor(
        new_uuid(),
        "reader",
        "Idriss",
        (Grant("viewer", sahelia.project_id), Grant("supervisor", sahelia.project_id, pcode="SU02")),
    )
    rows = flows(sahelia, actor)
    assert [(row["n_ind"], row["lat"], row["origin_place"]) for row in rows] == [
        (12, None, None),
        (30, 11.0, SOUTH_SECRET),
    ]


def test_a_confidential_row_is_withheld_as_a_whole(sahelia: Country) -> None:
    sahelia.flow(MONDAY, FMP_01, 12, sensitivity="confidential")
    sahelia.flow(MONDAY, FMP_01, 13, sensitivity="restricted")
    seen = {
        role: [row["n_ind"] for row in flows(sahelia, person(role, sahelia.project_id))]
        for role in ("viewer", "supervisor", "coordinator")
    }
    assert {role: sorted(map(str, rows)) for role, rows in seen.items()} == {
        "viewer": ["13"],
        "supervisor": ["13"],
        "coordinator": ["12", "13"],
    }


def test_age_leaves_as_a_band_and_years_go_to_named_roles_only(sahelia: Country, readers: Readers) -> None:
    person_ = {"reporting_date": MONDAY, "design": "convenience", "outcome": "completed", **FMP_01}
    for years, band in (
        (3, None),
        (17, None),
        (18, None),
        (59, None),
        (60, None),
        (None, None),
        (40, "18_plus"),
    ):
        sahelia.add("profile", age_years=years, age_band=band, **person_)
    rows = readers.csv("/profile.csv", readers.token("analyst"))
    assert "age_years" not in rows[0]
    assert sorted(row["age_band"] for row in rows) == [
        "",
        "0_4",
        "12_17",
        "18_59",
        "18_59",
        "18_plus",
        "60_plus",
    ]
    years = {row["age_years"] for row in readers.csv("/profile.csv", readers.token("supervisor"))}
    assert years == {"", "3", "17", "18", "40", "59", "60"}


def test_no_token_is_401_a_tablets_403_and_anothers_project_404(sahelia: Country, readers: Readers) -> None:
    other = country(sahelia.store, "Elsewhere")
    token = readers.token("viewer")
    for path in ("", "/flow", "/flow.csv", "/flow_daily.geojson"):
        assert readers.asks(path, token).status_code == 200
        assert readers.asks(path, None).status_code == 401
        assert readers.asks(path, "wp_api_00000000_nonsense").status_code == 401
        assert readers.asks(path, readers.tablet_token()).status_code == 403
        theirs = readers.asks(path, token, project=other.project_id)
        absent = readers.asks(path, token, project=9999)
        assert (theirs.status_code, absent.status_code) == (404, 404)
        assert theirs.text.replace(str(other.project_id), "N") == absent.text.replace("9999", "N")


def test_the_scope_itself_refuses_tablets_and_strangers(sahelia: Country) -> None:
    with sahelia.store.read() as session:
        assert scope(session, person("viewer", sahelia.project_id), sahelia.project_id).parts
        with pytest.raises(Forbidden):
            scope(session, person("app-user", sahelia.project_id), sahelia.project_id)
        with pytest.raises(NotFound):
            scope(session, person("viewer", sahelia.project_id + 1), sahelia.project_id)
        with pytest.raises(NotFound):
            scope(session, None, 9999)
