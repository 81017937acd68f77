"""An office registers its places from a table."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from sync.places.place_states import set_status
from sync.places.releases import import_release
from sync.places.site_table import PlaceState
from sync.places.sites import import_sites, known_places
from sync.problems import Invalid, NotFound
from sync.steps.values import KnownPlace
from sync.store import Store, new_uuid, now
from sync.tables import change, expected_observation, place, place_status, project
from tests.places.sahelia import cod_ab, geojson

TABLE = """\
place_id,name,kind,lon,lat,pcode,timezone,route,weekdays,opens,closes,valid_from,valid_to
FMP-03,Pont de l'Est,fmp,1.99,0.5,,Africa/Ndjamena,R1,mon-fri,06:00,18:00,2026-01-01,
TTT-1,Marché,counting_point,,,XS0203,,,daily,6:30,00:00,,

POE-7,"Gare, quai 2",poe_land,3.5,1.25,XS0204,Africa/Bamako,,,,,,2027-12-31
"""


@pytest.fixture
def project_id(store: Store) -> int:
    row = {"uuid": new_uuid(), "name": "Sahelia", "created_at": now(), "settings": {}}
    return store.write(lambda session: session.insert_returning(project, row))


def expectations(store: Store) -> list[tuple[object, ...]]:
    e = expected_observation.c
    statement = select(place.c.code, e.weekdays, e.opens, e.closes, e.valid_from, e.valid_to)
    with store.read() as session:
        rows = session.all(
            statement.join(place, place.c.id == e.place_id).order_by(place.c.code, e.valid_from)
        )
    return [tuple(row.values()) for row in rows]


def test_table_of_places_is_registered(store: Store, project_id: int) -> None:
    report = import_sites(store, project_id, TABLE.encode())
    assert (report.new, report.changed, report.unchanged, report.warnings) == (
        ["FMP-03", "TTT-1", "POE-7"],
        [],
        [],
        [],
    )
    with store.read() as session:
        assert known_places(session, project_id) == {
            "FMP-03": KnownPlace("FMP-03", "fmp", "Pont de l'Est", 1.99, 0.5, None, "Africa/Ndjamena"),
            "POE-7": KnownPlace("POE-7", "poe_land", "Gare, quai 2", 3.5, 1.25, "XS0204", "Africa/Bamako"),
            "TTT-1": KnownPlace("TTT-1", "counting_point", "Marché", None, None, "XS0203", "UTC"),
        }
        assert known_places(session, project_id + 1) == {}
    assert expectations(store) == [
        ("FMP-03", "12345", "06:00", "18:00", date(2026, 1, 1), None),
        ("TTT-1", "1234567", "06:30", "00:00", date(2000, 1, 1), None),
    ]


def test_table_sent_again_changes_what_differs_and_keeps_the_rest(store: Store, project_id: int) -> None:
    import_sites(store, project_id, TABLE.encode())
    moved = TABLE.replace("1.99,0.5", "1.98,0.5").replace("mon-fri,06:00", "1-6,05:00").replace(",", ";")
    report = import_sites(
        store, project_id, b"\xef\xbb\xbf" + moved.replace("Gare; quai 2", "Gare, quai 2").encode()
    )
    assert (report.new, report.changed, report.unchanged) == ([], ["FMP-03"], ["TTT-1", "POE-7"])
    with store.read() as session:
        assert known_places(session, project_id)["FMP-03"].lon == 1.98
        kinds = [row["kind"] for row in session.all(select(change.c.kind).order_by(change.c.seq))]
    assert kinds == ["place"] * 4
    assert expectations(store)[0] == ("FMP-03", "123456", "05:00", "18:00", date(2026, 1, 1), None)


def test_all_problems_of_a_table_are_listed_and_nothing_is_written(store: Store, project_id: int) -> None:
    broken = """\
place_id,name,kind,lon,lat,timezone,weekdays,opens,closes,valid_from,valid_to
FMP-01,,fmp,12,95,Africa/Nowhere,mon-fri,06:00,18:00,,
FMP-02,Gate,cinema,"12,5",3,,xyz,26:00,,2026-02-30,
FMP-01,Again,fmp,1,,UTC,,,,2026-02-01,2026-01-01
,Nameless,fmp,,,,,,,,
FMP 05,Blank,fmp,1,1,,12,18:00,06:00,,
FMP-06,Long,fmp,1,1,,,,,,,,extra
"""
    with pytest.raises(Invalid) as caught:
        import_sites(store, project_id, broken.encode())
    places = [(e["row"], e["column"]) for e in caught.value.errors]
    assert places == [
        (2, "name"), (2, "lat"), (2, "timezone"),
        (3, "kind"), (3, "lon"), (3, "weekdays"), (3, "opens"), (3, "closes"), (3, "valid_from"),
        (4, "lat"), (4, "valid_to"), (4, "place_id"),
        (5, "place_id"),
        (6, "place_id"), (6, "closes"),
        (7, ""),
    ]  # fmt: skip
    with store.read() as session:
        assert known_places(session, project_id) == {}
    sound = "place_id,name,kind\nFMP-01,Gate,fmp\n"
    report = import_sites(store, project_id, sound.encode())
    assert report.warnings == ["FMP-01 has neither position nor p-code: its records cannot be placed by it"]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (b"place_id,name\nA,B\n", "column kind is missing"),
        (b"place_id,name,kind,colour\nA,B,fmp,red\n", "unknown column colour"),
        (b"place_id,name,kind\n", "no place in the table"),
        (b"", "column place_id is missing"),
    ],
    ids=["no kind", "unknown", "no rows", "empty"],
)
def test_table_with_other_columns_says_which(store: Store, project_id: int, table: bytes, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        import_sites(store, project_id, table)
    assert said in str(caught.value.errors[0]["message"])


def test_table_in_another_encoding_and_unknown_project_are_refused(store: Store, project_id: int) -> None:
    with pytest.raises(Invalid, match="line 2"):
        import_sites(store, project_id, "place_id,name,kind\nA,Marché,fmp\n".encode("latin-1"))
    with pytest.raises(NotFound):
        import_sites(store, project_id + 1, TABLE.encode())


def states(store: Store, code: str) -> list[tuple[object, ...]]:
    s = place_status.c
    statement = select(s.status, s.reason, s.valid_from, s.valid_to).join(place, place.c.id == s.place_id)
    with store.read() as session:
        rows = session.all(statement.where(place.c.code == code).order_by(s.valid_from))
    return [tuple(row.values()) for row in rows]


REGISTER = """\
place_id,name,kind,ssid,official,iata,paired_code,corridor,organisation,status,status_from,status_to,status_reason
POE-1,Airport,poe_airport,S-17,yes,XSA,POE-9,C1,RC,active,2026-01-01,,
FMP-2,Ford,fmp,,no,,,,,suspended,2026-03-01,2026-03-31,flood
FMP-3,Gate,fmp,,,,,,,,,,
"""


def test_register_keeps_who_runs_a_place_and_since_when(store: Store, project_id: int) -> None:
    import_sites(store, project_id, REGISTER.encode())
    p = place.c
    columns = (p.code, p.ssid, p.official, p.iata, p.paired_code, p.corridor, p.organisation)
    with store.read() as session:
        rows = session.all(select(*columns).order_by(p.code))
    kept = [
        ("FMP-2", None, False, None, None, None, None),
        ("FMP-3", None, None, None, None, None, None),
        ("POE-1", "S-17", True, "XSA", "POE-9", "C1", "RC"),
    ]
    assert [tuple(row.values()) for row in rows] == kept
    assert states(store, "FMP-2") == [("suspended", "flood", date(2026, 3, 1), date(2026, 3, 31))]
    import_sites(store, project_id, b"place_id,name,kind\nPOE-1,Airport,poe_airport\n")
    with store.read() as session:
        assert [tuple(row.values()) for row in session.all(select(*columns).order_by(p.code))] == kept


def test_status_that_is_no_status_is_refused(store: Store, project_id: int) -> None:
    table = "place_id,name,kind,official,status,status_from,status_to\n" + (
        "A,A,fmp,perhaps,,,\nB,B,fmp,,shut,2026-01-01,\nC,C,fmp,,closed,,\nD,D,fmp,,,2026-01-01,\n"
        "E,E,fmp,,closed,2026-02-01,2026-01-01\n"
    )
    with pytest.raises(Invalid) as caught:
        import_sites(store, project_id, table.encode())
    assert [(e["row"], e["column"]) for e in caught.value.errors] == [
        (2, "official"), (3, "status"), (4, "status_from"), (5, "status_from"), (6, "status_to"),
    ]  # fmt: skip


def test_next_status_ends_the_one_before_and_a_short_one_interrupts_it(store: Store, project_id: int) -> None:
    import_sites(store, project_id, REGISTER.encode())
    flood = PlaceState("suspended", date(2026, 3, 1), date(2026, 3, 31), "flood")
    store.write(lambda session: set_status(session, project_id, "POE-1", flood))
    assert states(store, "POE-1") == [
        ("active", None, date(2026, 1, 1), None),
        ("suspended", "flood", date(2026, 3, 1), date(2026, 3, 31)),
    ]
    shut = PlaceState("closed", date(2026, 6, 1))
    store.write(lambda session: set_status(session, project_id, "POE-1", shut))
    assert states(store, "POE-1") == [
        ("active", None, date(2026, 1, 1), date(2026, 5, 31)),
        ("suspended", "flood", date(2026, 3, 1), date(2026, 3, 31)),
        ("closed", None, date(2026, 6, 1), None),
    ]
    with pytest.raises(NotFound):
        store.write(lambda session: set_status(session, project_id, "POE-X", shut))


def test_pcode_of_a_place_is_stored_as_the_release_writes_it(
    store: Store, project_id: int, tmp_path: Path
) -> None:
    rows = [dict(row, iso3="NER", adm0_pcode="NE") for level in (0, 1) for row in cod_ab(level)]
    for row in rows:
        if "adm1_pcode" in row:
            row["adm1_pcode"] = {"XS01": "NE001", "XS02": "NE002"}[row["adm1_pcode"]]
    files = [
        geojson(tmp_path / "ner_admin0.geojson", rows[:1]),
        geojson(tmp_path / "ner_admin1.geojson", rows[1:]),
    ]
    import_release(store, files, "v01", project_id)
    table = b"place_id,name,kind,pcode\nA,A,fmp,NE001\nB,B,fmp,NER2\nC,C,fmp,NE9\n"
    report = import_sites(store, project_id, table)
    with store.read() as session:
        assert {code: p.pcode for code, p in known_places(session, project_id).items()} == {
            "A": "NE001", "B": "NE002", "C": "NE9",
        }  # fmt: skip
    assert report.warnings == [
        "B: pcode NER2 was read as NE002 (prefix and width)", "C: pcode NE9 is not in the release v01",
    ]  # fmt: skip
