"""What Central's clients rely on: documents, rows, keys, pages, single records."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import quote

from lxml import etree

from sync.decisions import withdraw
from sync.erase import erase_submission
from tests.odata.village import Village

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"

FULL: dict[str, Any] = {
    "day": "2026-11-02",
    "village": "FMP-01",
    "here": "12.5 1.25 310 4.9",
    "persons": 41,
    "litres": "12.50",
    "started": "2026-11-02T18:00:00.000+01",
    "woke": "05:30:00.000+01:00",
    "needs": "water food",
    "head": "Adam Oumar",
    "abuse": "beaten",
    "well": "well.jpg",
    "camp": {
        "block-no": "B2",
        "tent": [
            {"colour": "blue", "owner": "Hawa", "bed": [{"age": 7}, {"age": 31}]},
            {"colour": "white", "bed": [{"age": 50}]},
        ],
    },
    "incident": [{"story": "burnt"}],
}


def key(instance_id: str, *way: str) -> str:
    return hashlib.sha1("%%".join([f"Submissions#{instance_id}", *way]).encode()).hexdigest()


def test_a_record_is_written_as_central_writes_it(village: Village) -> None:
    one = village.household(**FULL)
    token = village.token("coordinator")

    answer = village.reads("/Submissions", token)

    link = f"Submissions('{quote(one, safe='')}')"
    row = answer["value"][0]
    system = row.pop("__system")
    service = f"http://127.0.0.1:8080/v1/projects/{village.country.project_id}/forms/village.svc"
    assert answer == {
        "@odata.context": f"{service}/$metadata#Submissions",
        "value": [
            {
                "__id": one,
                "day": "2026-11-02",
                "village": "FMP-01",
                "here": {
                    "type": "Point",
                    "coordinates": [1.25, 12.5, 310.0],
                    "properties": {"accuracy": 4.9},
                },
                "persons": 41,
                "litres": 12.5,
                "started": "2026-11-02T18:00:00.000+01:00",
                "woke": "05:30:00.000+01:00",
                "needs": "water food",
                "abuse": "beaten",
                "well": "well.jpg",
                "camp": {"block_no": "B2", "tent@odata.navigationLink": f"{link}/camp/tent"},
                "incident@odata.navigationLink": f"{link}/incident",
                "meta": {"instanceID": one},
            }
        ],
    }
    assert system.pop("submissionDate").endswith("Z")
    assert system == {
        "updatedAt": None,
        "submitterId": str(village.tablet.id),
        "submitterName": "Tablet 7",
        "attachmentsPresent": 0,
        "attachmentsExpected": 1,
        "status": None,
        "reviewState": None,
        "deviceId": "collect:7",
        "edits": 0,
        "formVersion": "1",
        "deletedAt": None,
    }


def test_what_was_not_answered_is_null(village: Village) -> None:
    village.household(persons="many", litres="")

    (row,) = village.reads("/Submissions", village.token("coordinator"))["value"]

    assert {name: row[name] for name in ("day", "here", "persons", "litres", "needs")} == dict.fromkeys(
        ("day", "here", "persons", "litres", "needs")
    )
    assert row["camp"]["block_no"] is None


def test_rows_of_repeats_have_the_keys_central_gives_them(village: Village) -> None:
    one = village.household(**FULL)
    token = village.token("coordinator")

    tents = village.reads("/Submissions.camp.tent", token)["value"]
    beds = village.reads("/Submissions.camp.tent.bed", token)["value"]

    link = f"Submissions('{quote(one, safe='')}')/camp"
    blue, white = (key(one, "camp#", f"tent#{i}") for i in (0, 1))
    assert tents == [
        {
            "__id": blue,
            "__Submissions-id": one,
            "colour": "blue",
            "bed@odata.navigationLink": f"{link}/tent('{blue}')/bed",
        },
        {
            "__id": white,
            "__Submissions-id": one,
            "colour": "white",
            "bed@odata.navigationLink": f"{link}/tent('{white}')/bed",
        },
    ]
    assert beds == [
        {"__id": key(one, "camp#", "tent#0", "bed#0"), "__Submissions-camp-tent-id": blue, "age": 7},
        {"__id": key(one, "camp#", "tent#0", "bed#1"), "__Submissions-camp-tent-id": blue, "age": 31},
        {"__id": key(one, "camp#", "tent#1", "bed#0"), "__Submissions-camp-tent-id": white, "age": 50},
    ]


def test_every_link_of_a_record_leads_to_its_rows(village: Village) -> None:
    village.household(**FULL)
    other = village.household(camp={"tent": [{"colour": "green", "bed": [{"age": 3}]}]})
    token = village.token("coordinator")
    single = village.reads(f"/Submissions('{other}')", token)["value"]
    tents = village.reads("/" + single[0]["camp"]["tent@odata.navigationLink"], token)["value"]
    beds = village.reads("/" + tents[0]["bed@odata.navigationLink"], token, count="true")

    assert [row["__id"] for row in single] == [other]
    assert [row["colour"] for row in tents] == ["green"]
    assert ([row["age"] for row in beds["value"]], beds["@odata.count"]) == ([3], 1)
    assert village.refusal("/Submissions('uuid:nobody')", token) == (404, 404.1)
    assert village.refusal("/Submissions('uuid:nobody')/camp/tent", token) == (404, 404.1)
    assert village.refusal(f"/Submissions('{other}')/camp", token) == (404, 404.1)
    assert village.refusal("/Submissions.nothing", token) == (404, 404.1)


def test_expanding_writes_the_rows_of_repeats_inside(village: Village) -> None:
    one = village.household(**FULL)
    token = village.token("coordinator")

    (row,) = village.reads("/Submissions", token, expand="*")["value"]

    tents = row["camp"]["tent"]
    assert [(tent["colour"], [bed["age"] for bed in tent["bed"]]) for tent in tents] == [
        ("blue", [7, 31]),
        ("white", [50]),
    ]
    assert tents[1]["bed"][0]["__id"] == key(one, "camp#", "tent#1", "bed#0")
    assert [one["story"] for one in row["incident"]] == ["burnt"]
    assert village.refusal("/Submissions", token, expand="camp") == (501, 501.11)
    assert village.refusal("/Submissions", token, expand="*", select="day") == (501, 501.11)


def test_properties_can_be_chosen(village: Village) -> None:
    one = village.household(**FULL)
    token = village.token("coordinator")

    rows = village.reads("/Submissions", token, select="__id,day, camp/block_no,__system/edits")["value"]
    tents = village.reads("/Submissions.camp.tent", token, select="colour", top="1")["value"]
    beds = village.reads("/Submissions.camp.tent.bed", token, select="__Submissions-camp-tent-id", top="1")

    assert rows == [{"__id": one, "__system": {"edits": 0}, "day": "2026-11-02", "camp": {"block_no": "B2"}}]
    assert tents == [{"colour": "blue"}]
    assert beds["value"] == [{"__Submissions-camp-tent-id": key(one, "camp#", "tent#0")}]
    where = f"/v1/projects/{village.country.project_id}/forms/village.svc/Submissions"
    head = village.client.head(where, headers={"Authorization": f"Bearer {token}"})
    assert (head.status_code, head.content, head.headers["odata-version"]) == (200, b"", "4.0")
    assert village.refusal("/Submissions", token, select="nothing") == (400, 400.23)
    assert village.refusal("/Submissions", token, select="head") == (400, 400.23)


def test_positions_as_text(village: Village) -> None:
    village.household(here="12.5 1.25 0 0")

    (row,) = village.reads("/Submissions", village.token("coordinator"), wkt="true")["value"]

    assert row["here"] == "POINT (1.25 12.5 0)"


def test_pages_hold_every_row_once_while_new_ones_come(village: Village) -> None:
    sent = [village.household(persons=n, camp={"tent": [{"colour": "a"}, {"colour": "b"}]}) for n in range(5)]
    token = village.token("coordinator")
    for table, size, expected in (("/Submissions", "2", sent[::-1]), ("/Submissions.camp.tent", "3", None)):
        first = village.reads(table, token, top=size, count="true", select="__id")
        found, page = [row["__id"] for row in first["value"]], first
        late = village.household(persons=99, camp={"tent": [{"colour": "c"}]})
        while "@odata.nextLink" in page:
            page = village.asks(page["@odata.nextLink"], token).json()
            found += [row["__id"] for row in page["value"]]
        whole = village.ids(token, table, filter=f"$root/Submissions/__id ne '{late}'")
        assert found == whole
        assert len(found) == len(set(found)) == first["@odata.count"]
        assert expected is None or found == expected


def test_pyodk_pages_by_number_and_writes_true_with_a_capital(village: Village) -> None:
    sent = [village.household(persons=n) for n in range(4)]
    token = village.token("coordinator")
    where = "/Submissions?%24top=2&%24skip=1&%24count=True&%24wkt=False"

    answer = village.asks(where, token).json()

    assert [row["__id"] for row in answer["value"]] == [sent[2], sent[1]]
    assert answer["@odata.count"] == 4


def test_an_order_of_ones_own_is_paged_by_number(village: Village) -> None:
    for persons in (3, 1, None, 2):
        village.household(**({} if persons is None else {"persons": persons}))
    token = village.token("coordinator")

    page = village.reads("/Submissions", token, orderby="persons desc", top="3")
    rest = village.asks(page["@odata.nextLink"], token).json()

    assert [row["persons"] for row in page["value"] + rest["value"]] == [3, 2, 1, None]
    assert "@odata.nextLink" not in rest


REFUSED = (
    ("skiptoken", "01nonsense", 400.35),
    ("skiptoken", "02e30=", 400.35),
    ("top", "-1", 400.8),
    ("top", "many", 400.8),
    ("filter", "persons gt", 400.18),
    ("filter", "persons eq 'x'", 400.18),
    ("filter", "nothing eq 1", 501.5),
    ("filter", "head eq 'Adam'", 501.5),
    ("select", "nothing", 400.23),
    ("filter", "persons add 1 eq 2", 501.4),
    ("orderby", "here", 501.4),
    ("search", "x", 501.4),
    ("format", "atom", 501.4),
)


def test_what_is_wrong_with_a_request_is_told_by_number(village: Village) -> None:
    token = village.token("coordinator")

    told = [village.refusal("/Submissions", token, **{option: value}) for option, value, _ in REFUSED]

    assert told == [(int(number), number) for _, _, number in REFUSED]


def test_metadata_tells_tables_types_and_keys(village: Village) -> None:
    token = village.token("coordinator")

    answer = village.asks("/$metadata", token)
    service = village.reads("", token)

    assert answer.headers["odata-version"] == "4.0"
    document = etree.fromstring(answer.content)
    entities = {
        entity.get("Name"): {one.get("Name"): one.get("Type") for one in entity if one.get("Name")}
        for entity in document.iter(f"{EDM}EntityType")
    }
    base = "org.opendatakit.user.village"
    assert entities == {
        "Submissions": {
            "__id": "Edm.String",
            "__system": "org.opendatakit.submission.metadata",
            "day": "Edm.Date",
            "village": "Edm.String",
            "here": "Edm.GeographyPoint",
            "persons": "Edm.Int64",
            "litres": "Edm.Decimal",
            "started": "Edm.DateTimeOffset",
            "woke": "Edm.String",
            "needs": "Edm.String",
            "abuse": "Edm.String",
            "well": "Edm.String",
            "camp": f"{base}.camp",
            "incident": f"Collection({base}.Submissions.incident)",
            "meta": f"{base}.meta",
        },
        "Submissions.camp.tent": {
            "__id": "Edm.String",
            "__Submissions-id": "Edm.String",
            "colour": "Edm.String",
            "bed": f"Collection({base}.Submissions.camp.tent.bed)",
        },
        "Submissions.camp.tent.bed": {
            "__id": "Edm.String",
            "__Submissions-camp-tent-id": "Edm.String",
            "age": "Edm.Int64",
        },
        "Submissions.incident": {
            "__id": "Edm.String",
            "__Submissions-id": "Edm.String",
            "story": "Edm.String",
        },
    }
    assert [table["name"] for table in service["value"]] == list(entities)
    groups = [one.get("Name") for one in document.iter(f"{EDM}ComplexType")]
    assert groups == ["metadata", "camp", "meta"]


def test_an_edit_takes_the_place_of_what_it_corrects(village: Village) -> None:
    one = village.household(persons=1, camp={"tent": [{"colour": "red"}]})
    other = village.household(persons=5)
    before = village.ids(village.token("coordinator"), "/Submissions.camp.tent")
    edit = village.household(
        deprecated=one, persons=2, camp={"tent": [{"colour": "red"}, {"colour": "blue"}]}
    )
    village.household(deprecated="uuid:not-here", persons=7)  # held: its original is missing
    token = village.token("coordinator")

    rows = village.reads("/Submissions", token)["value"]

    assert [(row["__id"], row["persons"], row["__system"]["edits"]) for row in rows] == [
        (other, 5, 0),
        (one, 2, 1),
    ]
    assert rows[1]["meta"] == {"instanceID": edit}
    assert village.reads("/Submissions", token, select="meta", filter="persons eq 2")["value"] == [
        {"meta": {"instanceID": edit}}
    ]
    assert rows[1]["__system"]["updatedAt"] is not None
    assert village.ids(token, filter="__system/updatedAt ne null") == [one]
    assert village.ids(token, filter="__system/edits gt 0") == [one]
    assert village.ids(token, "/Submissions.camp.tent")[:1] == before


def test_a_withdrawn_record_is_hidden_unless_asked_for_and_an_erased_one_is_gone(village: Village) -> None:
    kept, withdrawn, erased = (village.household(persons=n, village="FMP-01") for n in (1, 2, 3))
    token = village.token("coordinator")
    uuids = village.uuids()
    withdraw(village.store, uuids[withdrawn], None, "sent for training")
    erase_submission(village.store, uuids[erased], None, "asked for by the person")

    assert village.ids(token) == [kept]
    assert village.reads("/Submissions", token, top="0", count="true")["@odata.count"] == 1
    assert village.ids(token, filter="__system/deletedAt ne null") == [withdrawn]
    assert village.ids(token, filter="__system/deletedAt eq null or persons gt 0") == [withdrawn, kept]
