"""Lists made from a project's registers reach each tablet as its user's assignment has them."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from forms.generated_lists import GENERATED_LISTS
from sync.access import Grant, assign, create_app_user
from sync.listing import Listings, listings
from sync.places.releases import import_release
from sync.places.sites import import_sites
from sync.registry import publish_form
from sync.store import new_uuid, now
from sync.tables import corridor, key_informant, organisation, place, place_status, round_
from sync.tables.access import Role
from sync.tables.log import ChangeKind
from tests.places.sahelia import cod_ab, geojson
from tests.server.office import Office, Tablet

FORM = """
| survey |
| | type | name | label | choice_filter |
| | select_one_from_file admin1.csv | region | Region | |
| | select_one_from_file admin2.csv | district | District | adm1 = ${region} |
| | select_one_from_file fmp.csv | point | Point | adm2 = ${district} |
| settings |
| | form_id | form_title | version |
| | gate | At the gate | VERSION |
"""

SITES = '''\
place_id,name,kind,lon,lat,pcode
FMP-W,"Pont, ""ouest""",fmp,0.5,0.5,
FMP-E,Gare 'est'; quai,fmp,2.5,0.5,
FMP-X,Nowhere,fmp,,,
SITE-E,Camp,site,,,XS0203
'''

HEADER = "name,label,kind,adm1,adm2,adm3,corridor"
WEST = 'FMP-W,"Pont, ""ouest""",fmp,XS01,XS0101,,'
EAST = "FMP-E,Gare 'est'; quai,fmp,XS02,XS0201,,"
NOWHERE = "FMP-X,Nowhere,fmp,,,,"


@pytest.fixture
def country(office: Office, tmp_path: Path) -> Office:
    """The office with boundaries, places and a form that chooses from them."""
    files = [geojson(tmp_path / f"xsa_admin{level}.geojson", cod_ab(level)) for level in (0, 1, 2)]
    import_release(office.store, files, "v01", office.project_id)
    import_sites(office.store, office.project_id, SITES.encode())
    return office


def publishes(office: Office, version: str = "1", **media: bytes) -> list[str]:
    """Publish the form; what was warned of lists and files."""
    text = FORM.replace("VERSION", version)
    files = {f"{name}.csv": content for name, content in media.items()}
    published = publish_form(office.store, office.project_id, text.encode(), "gate.md", files)
    return [f"{p.code}: {p.detail}" for p in published.problems if "list" in p.code or "media" in p.code]


def assigned(office: Office, name: str, **narrowed: str) -> Tablet:
    """A tablet whose user has one grant, narrowed so."""
    made = office.store.write(lambda s: create_app_user(s, office.project_id, name, forms=["nothing"]))
    grant = Grant(Role.APP_USER, office.project_id, **narrowed)
    office.store.write(lambda s: assign(s, made.id, grant, now()))
    return Tablet(office.client, made, office.project_id)


def manifest(tablet: Tablet) -> dict[str, dict[str, str]]:
    (entry,) = tablet.lists()
    return {file["filename"]: file for file in tablet.reads_manifest(entry["manifestUrl"])}


def downloads(tablet: Tablet, name: str) -> str:
    """A list as the tablet stores it, whose md5 is the manifest's."""
    entry = manifest(tablet)[name]
    content = tablet.gets(entry["downloadUrl"]).content
    assert entry["hash"] == "md5:" + hashlib.md5(content).hexdigest()
    return content.decode()


def table(tablet: Tablet, name: str) -> list[str]:
    return downloads(tablet, name).splitlines()


def test_form_without_uploaded_files_gets_its_lists_from_the_registers(country: Office) -> None:
    assert publishes(country) == []
    tablet = country.sets_up_tablet()
    assert sorted(manifest(tablet)) == ["admin1.csv", "admin2.csv", "fmp.csv"]
    assert table(tablet, "fmp.csv") == [HEADER, EAST, NOWHERE, WEST]
    assert table(tablet, "admin1.csv") == ["name,label,adm0", "XS02,Estara,XSA", "XS01,Ouestra,XSA"]
    assert table(tablet, "admin2.csv")[:3] == [
        "name,label,adm0,adm1", "XS0101,District 101,XSA,XS01", "XS0102,District 102,XSA,XS01",
    ]  # fmt: skip


def test_tablet_gets_what_lies_where_it_is_assigned_and_the_areas_above(country: Office) -> None:
    publishes(country)
    east, west = assigned(country, "East", pcode="XS02"), assigned(country, "West", pcode="XS0101")
    assert table(east, "fmp.csv") == [HEADER, EAST]
    assert table(west, "fmp.csv") == [HEADER, WEST]
    assert [line[:6] for line in table(east, "admin2.csv")[1:]] == ["XS0201", "XS0202", "XS0203", "XS0204"]
    assert table(west, "admin1.csv") == ["name,label,adm0", "XS01,Ouestra,XSA"]
    assert table(west, "admin2.csv") == ["name,label,adm0,adm1", "XS0101,District 101,XSA,XS01"]
    point = assigned(country, "Point", place_id="FMP-E")
    assert table(point, "fmp.csv") == [HEADER, EAST]
    assert table(point, "admin2.csv") == ["name,label,adm0,adm1", "XS0201,District 201,XSA,XS02"]
    lost = assigned(country, "Lost", pcode="XS99")
    assert table(lost, "fmp.csv") == [HEADER]


def test_organisation_has_its_own_places_and_those_of_nobody(country: Office) -> None:
    publishes(country)
    country.store.write(
        lambda s: s.execute(
            update(place).where(place.c.code == "FMP-E").values(organisation="RC", updated_at=now())
        )
    )
    assert table(assigned(country, "RC", organisation="RC"), "fmp.csv") == [HEADER, EAST, NOWHERE, WEST]
    assert table(assigned(country, "MoI", organisation="MoI"), "fmp.csv") == [HEADER, NOWHERE, WEST]


def test_grant_for_another_form_gives_nothing_here(country: Office) -> None:
    publishes(country)
    tablet = assigned(country, "Both", pcode="XS02", xml_form_id="gate")
    other = Grant(Role.APP_USER, country.project_id, xml_form_id="other")
    country.store.write(lambda s: assign(s, tablet.id, other, now()))
    country.app.state.access.refresh()
    assert table(tablet, "fmp.csv") == [HEADER, EAST]


def test_tag_is_each_users_own_and_the_hash_that_of_the_bytes(country: Office) -> None:
    publishes(country)
    one, two = country.sets_up_tablet("One"), country.sets_up_tablet("Two")
    first, second = manifest(one)["fmp.csv"], manifest(two)["fmp.csv"]
    assert first["hash"] == second["hash"]
    tag = one.gets(first["downloadUrl"]).headers["etag"]
    assert one.gets(first["downloadUrl"], If_None_Match=tag).status_code == 304
    assert two.gets(second["downloadUrl"], If_None_Match=tag).status_code == 200
    assert one.gets(first["downloadUrl"]).headers["cache-control"] == "private, no-cache"


def test_new_place_is_a_new_hash_and_the_form_list_stays_as_it_is(country: Office) -> None:
    publishes(country)
    tablet = country.sets_up_tablet()
    listed, before = tablet.lists(), manifest(tablet)
    tag = tablet.gets(listed[0]["manifestUrl"]).headers["etag"]
    assert tablet.gets(listed[0]["manifestUrl"], If_None_Match=tag).status_code == 304
    import_sites(country.store, country.project_id, b"place_id,name,kind\nFMP-9,Halt,fmp\n")
    assert tablet.lists() == listed
    assert tablet.gets(listed[0]["manifestUrl"], If_None_Match=tag).status_code == 200
    after = manifest(tablet)
    assert [name for name in after if after[name]["hash"] != before[name]["hash"]] == ["fmp.csv"]
    assert "FMP-9,Halt,fmp,,,," in table(tablet, "fmp.csv")


def test_same_registers_give_the_same_bytes_in_every_process(country: Office) -> None:
    publishes(country)
    first = {name: file["hash"] for name, file in manifest(country.sets_up_tablet("One")).items()}
    fresh = Listings(country.store)
    with country.store.read() as session:
        again = {
            name: "md5:" + fresh.file(session, country.project_id, name, None).md5 for name in sorted(first)
        }
    assert again == first


def test_place_that_is_closed_or_over_leaves_the_list(country: Office) -> None:
    publishes(country)
    tablet, today = country.sets_up_tablet(), now().date()
    over = b"place_id,name,kind,valid_to\nFMP-X,Nowhere,fmp,%s\n"
    import_sites(country.store, country.project_id, over % str(today).encode())
    assert NOWHERE in table(tablet, "fmp.csv")
    import_sites(country.store, country.project_id, over % str(today - timedelta(days=1)).encode())
    assert table(tablet, "fmp.csv") == [HEADER, EAST, WEST]

    def status(code: str, kind: str) -> None:
        def work(session: Any) -> None:
            row = session.first(place.select().where(place.c.code == code))
            begins = {"uuid": new_uuid(), "place_id": row["id"], "status": kind, "valid_from": today}
            session.insert(place_status, [begins])
            session.execute(update(place).where(place.c.id == row["id"]).values(updated_at=now()))
            session.change(ChangeKind.PLACE, row["uuid"])

        country.store.write(work)

    status("FMP-W", "suspended")
    assert table(tablet, "fmp.csv") == [HEADER, EAST, WEST]
    status("FMP-E", "closed")
    assert table(tablet, "fmp.csv") == [HEADER, WEST]


def test_uploaded_file_goes_before_the_generated_one(country: Office) -> None:
    publishes(country, fmp=b"name,label\nOWN,Ours\n")
    tablet = country.sets_up_tablet()
    assert table(tablet, "fmp.csv") == ["name,label", "OWN,Ours"]
    assert len(table(tablet, "admin2.csv")) == 9


def test_empty_list_is_warned_of_and_still_there(office: Office) -> None:
    assert publishes(office) == [
        "empty-list: admin1.csv is made from the project's data, and no administrative areas of level 1 "
        "are registered.",
        "empty-list: admin2.csv is made from the project's data, and no administrative areas of level 2 "
        "are registered.",
        "empty-list: fmp.csv is made from the project's data, and no flow monitoring points are registered.",
    ]
    assert table(office.sets_up_tablet(), "fmp.csv") == [HEADER]


def test_registers_of_people_and_routes_say_no_more_than_a_form_needs(country: Office) -> None:
    """Pseudonyms without names, corridors without lines, open rounds only."""
    project_id, at = country.project_id, now()

    def work(session: Any) -> None:
        uuid = {"uuid": new_uuid(), "project_id": project_id}
        session.insert(
            key_informant,
            [
                {**uuid, "uuid": new_uuid(), "pseudonym": code, "role": "community_leader",
                 "area_pcode": area, "sealed": b"Mariama +227 90000000", "retired_at": retired}
                for code, area, retired in (
                    ("KI-1", "XS0203", None), ("KI-2", "XS0101", None), ("KI-3", "XS0101", at),
                )
            ],
        )  # fmt: skip
        for code, status in (("15", "published"), ("16", "cleaning"), ("17", "draft")):
            row = {
                "operation": "XSA",
                "assessment_type": "BA",
                "code": code,
                "status": status,
                "pcodes": [],
                "updated_at": at,
            }
            session.insert(round_, [{**uuid, "uuid": new_uuid(), **row}])
        session.insert(organisation, [{"uuid": new_uuid(), "code": "RC", "name": "Red Crescent"}])
        line = {"code": "C1", "name": "Grand est", "kind": "transhumance", "geometry": b"line"}
        session.insert(corridor, [{**uuid, **line, "pcodes": ["XS02", "XS0201"], "updated_at": at}])
        session.change(ChangeKind.INFORMANT, new_uuid())

    country.store.write(work)
    lists = listings(country.store)
    west = (Grant(Role.APP_USER, project_id, pcode="XS01"),)

    def rows(name: str, grants: Any = None) -> list[list[str]]:
        with country.store.read() as session:
            return list(csv.reader(io.StringIO(lists.content(session, project_id, name, grants).decode())))

    role = rows("informants.csv")[1][1].split(",")[0]
    assert rows("informants.csv") == [
        ["name", "label", "role", "area"],
        ["KI-1", f"{role}, District 203, KI-1", "community_leader", "XS0203"],
        ["KI-2", f"{role}, District 101, KI-2", "community_leader", "XS0101"],
    ]
    assert [row[0] for row in rows("informants.csv", west)] == ["name", "KI-2"]
    assert rows("rounds.csv")[1:] == [["16", "16", "XSA", "BA"], ["17", "17", "XSA", "BA"]]
    assert rows("organisations.csv") == [["name", "label"], ["RC", "Red Crescent"]]
    assert rows("corridors.csv") == [["name", "label", "kind"], ["C1", "Grand est", "transhumance"]]
    assert rows("corridors.csv", west) == [["name", "label", "kind"]]
    assert [row[0] for row in rows("places.csv")[1:]] == ["SITE-E", "FMP-E", "FMP-X", "FMP-W"]
    assert len(rows("areas.csv", west)) == 1 + 1 + 4
    assert len(rows("all_areas.csv", west)) == 1 + 2 + 8
    for name, each in GENERATED_LISTS.items():
        assert tuple(rows(name)[0]) == each.columns
