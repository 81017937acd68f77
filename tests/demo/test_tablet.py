"""The simulated tablet writes what Collect writes: checked without a server."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from xml.etree import ElementTree

import pytest

from forms.compile import compile_form
from forms.library_index import library
from server.demo.chance import chance
from server.demo.filling import BlankForm, CannotFill, Circumstances, java_decimal, written
from server.demo.photo import jpeg
from server.demo.wire import submission_bodies

NOON = datetime(2026, 3, 2, 12, tzinfo=timezone(timedelta(hours=-1)))


@pytest.fixture(scope="module")
def fmr() -> BlankForm:
    form = compile_form(library()["fmr"], "fmr.md").form
    assert form is not None
    return BlankForm(form.xform, {"fmp.csv": b"name,label\nFMP-03,River crossing\n"})


def when(deprecated_id: str | None = None) -> Circumstances:
    return Circumstances("uuid:1", NOON, NOON + timedelta(minutes=9), "collect:ABCD", deprecated_id)


def values(xml: bytes, *paths: str) -> list[str | None]:
    root = ElementTree.fromstring(xml)
    return [root.findtext(path) for path in paths]


def test_answers_go_where_the_form_has_its_questions(fmr: BlankForm) -> None:
    xml = fmr.fill({"place_id": "FMP-03", "outcome": "movement", "obs_start": time(6)}, when())
    assert values(
        xml, "start", "deviceid", "day/place", "day/obs_date", "day/obs_start", "meta/instanceID"
    ) == [
        "2026-03-02T12:00:00.000-01:00",
        "collect:ABCD",
        "FMP-03",
        "2026-03-02",
        "06:00:00.000Z",
        "uuid:1",
    ]
    assert ElementTree.fromstring(xml).attrib == {"id": "fmr", "version": fmr.version}


def test_repeats_are_siblings_and_nest(fmr: BlankForm) -> None:
    groups = [
        {"men": 3, "nationalities": [{"nat_code": "MLI", "nat_n": 2}, {"nat_code": "NER", "nat_n": 1}]},
        {"men": 4},
    ]
    root = ElementTree.fromstring(fmr.fill({"groups": groups}, when()))
    found = [
        (group.findtext("sadd/men"), [n.findtext("nat_code") for n in group.findall("nationalities")])
        for group in root.findall("groups")
    ]
    assert found == [("3", ["MLI", "NER"]), ("4", [])]
    assert ElementTree.fromstring(fmr.fill({}, when())).findall("groups") == []


def test_an_edit_names_what_it_deprecates(fmr: BlankForm) -> None:
    assert values(fmr.fill({}, when("uuid:0")), "meta/deprecatedID", "meta/instanceID") == [
        "uuid:0",
        "uuid:1",
    ]
    assert values(fmr.fill({}, when()), "meta/deprecatedID") == [None]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"mne": 3}, "no question 'mne'"),
        ({"direction": "upwards"}, "no choice 'upwards'"),
        ({"place": "FMP-99"}, "no choice 'FMP-99'"),
    ],
)
def test_what_the_form_cannot_hold_is_refused(fmr: BlankForm, answers: dict[str, object], said: str) -> None:
    with pytest.raises(CannotFill, match=said):
        fmr.fill(answers, when())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (41, "41"),
        (date(2026, 3, 2), "2026-03-02"),
        (datetime(2026, 3, 2, 5, 7, 10, 813000, tzinfo=UTC), "2026-03-02T05:07:10.813+00:00"),
        (["food", "health"], "food health"),
        ((-25.5, 1e-05, 8.0), "1.0E-5 -25.5 0.0 8.0"),
    ],
)
def test_values_are_written_as_collect_writes_them(value: object, text: str) -> None:
    assert written(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (0.001, "0.001"),
        (9.5e6, "9500000.0"),
        (1e7, "1.0E7"),
        (1.23456789123e8, "1.23456789123E8"),
    ],
)
def test_decimals_are_javas(value: float, text: str) -> None:
    assert (java_decimal(value), java_decimal(-value)) == (text, f"-{text}")


def test_files_are_packed_until_the_limit_and_the_last_request_is_complete() -> None:
    files = [(name, bytes(40)) for name in ("a.jpg", "b.jpg", "c.jpg")]
    bodies = submission_bodies(b"<data/>", "Enquête تشاد.xml", files, chance(1), limit=100)
    assert [body.files for body in bodies] == [("a.jpg", "b.jpg"), ("c.jpg",)]
    assert [b'name="*isIncomplete*"\r\n\r\nyes' in body.content for body in bodies] == [True, False]
    assert all(body.content.endswith(f"--{body.boundary}--\r\n".encode()) for body in bodies)
    assert all('filename="Enquête تشاد.xml"'.encode() in body.content for body in bodies)
    assert [
        len(submission_bodies(b"<d/>", "x.xml", [("a", b"1")] * n, chance(1))) for n in (0, 101, 102)
    ] == [1, 1, 2]


def test_photos_are_jpegs_that_differ() -> None:
    one, other = jpeg("one"), jpeg("other", 70_000)
    assert (one[:2], one[-2:], one == other, len(other) > 70_000) == (b"\xff\xd8", b"\xff\xd9", False, True)
