"""An office registers its places from a table."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from sync.places.sites import import_sites, known_places
from sync.problems import Invalid, NotFound
from sync.steps.values import KnownPlace
from sync.store import Store, new_uuid, now
from sync.tables import change, expected_observation, place, project

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
