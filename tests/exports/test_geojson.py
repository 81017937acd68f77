"""Where records lie, as Central's maps and scripts ask for it."""

from __future__ import annotations

from typing import Any

from sync.registry import publish_form
from tests.odata.village import Village, submission_xml

PLACES = """
| survey |
| | type | name | label | sensitivity |
| | begin_group | one | One | |
| | geopoint | here | Here | |
| | geotrace | way | Way | |
| | geoshape | field | Field | |
| | geopoint | shelter | Shelter | confidential |
| | end_group | | | |
| | begin_repeat | stop | Stop | |
| | geopoint | at | At | |
| | end_repeat | | | |
| settings |
| | form_id | form_title | version |
| | places | Places | 1 |
"""

ANSWERS: dict[str, Any] = {
    "one": {
        "here": "50 0 7 4",
        "way": "51 1 1 0; 52 2 2 0",
        "field": "53 3; 54 4; 55 5; 53 3",
        "shelter": "1 2",
    },
    "stop": [{"at": "60 0"}, {"at": "70 0"}],
}
OPEN = [
    {"type": "Point", "coordinates": [0.0, 50.0, 7.0]},
    {"type": "LineString", "coordinates": [[1.0, 51.0, 1.0], [2.0, 52.0, 2.0]]},
    {"type": "Polygon", "coordinates": [[[3.0, 53.0], [4.0, 54.0], [5.0, 55.0], [3.0, 53.0]]]},
    {"type": "MultiPoint", "coordinates": [[0.0, 60.0], [0.0, 70.0]]},
]


def sends(village: Village, instance_id: str, answers: dict[str, Any], deprecated: str | None = None) -> None:
    village.sends(submission_xml(instance_id, answers, deprecated, "places"))


def asks(village: Village, token: str, path: str = "submissions.geojson") -> Any:
    where = f"/v1/projects/{village.country.project_id}/forms/places/{path}"
    return village.client.get(where, headers={"Authorization": f"Bearer {token}"})


def features(village: Village, token: str, path: str = "submissions.geojson") -> Any:
    answer = asks(village, token, path)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (set(body), body["type"]) == ({"type", "features"}, "FeatureCollection")
    return body["features"]


def point(instance_id: str, lon: float, lat: float) -> dict[str, Any]:
    geometry = {"type": "Point", "coordinates": [lon, lat]}
    return {
        "type": "Feature",
        "id": instance_id,
        "geometry": geometry,
        "properties": {"fieldpath": "/one/here"},
    }


def test_places_of_records_are_features_of_one_field_or_of_all(village: Village) -> None:
    publish_form(village.store, village.country.project_id, PLACES.encode(), "places.md")
    sends(village, "uuid:one", ANSWERS)
    sends(village, "uuid:two", {"one": {"here": "9 8", "way": "1 2", "field": "1 2; 3 4; 5 6"}})
    sends(village, "uuid:none", {"one": {"here": "nowhere"}})
    sends(village, "uuid:edit", {"one": {"here": "7 6"}}, "uuid:two")
    token = village.token("supervisor")

    first, whole = features(village, token), features(village, token, "submissions.geojson?fieldpath=all")

    assert first[0] == point("uuid:edit", 6.0, 7.0)
    assert [one["id"] for one in first] == ["uuid:edit", "uuid:one"]
    assert whole[1] == {
        "type": "Feature",
        "id": "uuid:one",
        "geometry": {"type": "GeometryCollection", "geometries": OPEN},
        "properties": None,
    }
    named = features(village, token, "submissions.geojson?fieldpath=/stop/at&fieldpath=/no/such")
    assert [one["geometry"] for one in named] == [OPEN[3]]
    assert features(village, token, "submissions.geojson?fieldpath=/one/shelter") == []
    for query, expected in {
        "submissionID=uuid%3Aone": ["uuid:one"],
        "submissionID=uuid%3Aone&submissionID=uuid%3Atwo": ["uuid:edit", "uuid:one"],
        f"submitterId={village.tablet.id}": ["uuid:edit", "uuid:one"],
        "submitterId=999": [],
        "reviewState=approved": [],
        "reviewState=null&reviewState=approved": ["uuid:one"],
        "reviewState=null&reviewState=edited": ["uuid:edit", "uuid:one"],
        "deleted=true": [],
        "limit=2": ["uuid:edit"],
        "start__gt=2100-01-01T00:00:00Z": [],
        "start__gte=2000-01-01T00:00:00Z&end__lte=2100-01-01T00:00:00Z": ["uuid:edit", "uuid:one"],
    }.items():
        found = features(village, token, f"submissions.geojson?{query}")
        assert [one["id"] for one in found] == expected, query
    for query in ("reviewState=lost", "submitterId=x", "start__gt=yesterday"):
        assert asks(village, token, f"submissions.geojson?{query}").json()["code"] == 400.8, query
    assert features(village, token, "submissions/uuid:two.geojson") == [point("uuid:edit", 6.0, 7.0)]
    assert features(village, token, "submissions/uuid:two/versions/uuid:two.geojson") == [
        point("uuid:two", 8.0, 9.0)
    ]
    assert asks(village, token, "submissions/uuid:nobody.geojson").json()["code"] == 404.1
    assert asks(village, token, "submissions/uuid:two/versions/uuid:one.geojson").json()["code"] == 404.1
    closed = features(village, token, "submissions/uuid:one.geojson?fieldpath=all")
    assert closed[0]["geometry"]["geometries"] == OPEN
