"""Submission XML becomes typed answers: what tablets really send, and what they should never send."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.safe_xml import MAX_DEPTH, MAX_NODES, XmlUnreadable, read_xml
from sync.steps.parse import parse
from sync.steps.values import AnswerSet, BadAnswer, DeviceTime, GeoPoint, Parsed
from tests.steps.fieldwork import fill, form

EVERY_TYPE = form("""
| survey  |                       |            |            |                   |
|         | type                  | name       | label      | sensitivity       |
|         | start                 | start      |            |                   |
|         | end                   | end        |            |                   |
|         | audit                 | audit      |            |                   |
|         | text                  | comment    | Comment    |                   |
|         | integer               | n          | N          |                   |
|         | decimal               | weight     | Weight     |                   |
|         | date                  | day        | Day        |                   |
|         | time                  | clock      | Clock      |                   |
|         | dateTime              | moment     | Moment     |                   |
|         | geopoint              | spot       | Spot       |                   |
|         | geotrace              | way        | Way        |                   |
|         | geoshape              | field      | Field      |                   |
|         | select_one yn         | one        | One        |                   |
|         | select_multiple yn    | several    | Several    |                   |
|         | rank yn               | ranked     | Ranked     |                   |
|         | image                 | photo      | Photo      |                   |
|         | text                  | full_name  | Name       | direct_identifier |
|         | begin_group           | person     | Person     | direct_identifier |
|         | image                 | portrait   | Portrait   |                   |
|         | end_group             |            |            |                   |
|         | begin_repeat          | groups     | Group      |                   |
|         | integer               | size       | Size       |                   |
|         | begin_repeat          | members    | Member     |                   |
|         | integer               | age        | Age        |                   |
|         | end_repeat            |            |            |                   |
|         | end_repeat            |            |            |                   |
| choices |                       |            |            |                   |
|         | list_name             | name       | label      |                   |
|         | yn                    | yes        | Yes        |                   |
|         | yn                    | no         | No         |                   |
| settings |                      |            |            |                   |
|         | form_id               | version    |            |                   |
|         | every_type            | 1          |            |                   |
""")


def answers(**given: object) -> Parsed:
    return parse(fill(EVERY_TYPE, given), EVERY_TYPE)


def value(name: str, text: str) -> object:
    return answers(**{name: text}).answers[0].values.get(f"/data/{name}")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("n", "41", 41),
        ("n", "-3", -3),
        ("n", "3.0", 3),
        ("n", "1.2E7", 12_000_000),
        ("n", " 41\n", 41),
        ("weight", "1.0E-5", 0.00001),
        ("weight", "1.23456789123E8", 123456789.123),
        ("day", "2026-11-22", date(2026, 11, 22)),
        ("day", "2026-11-22T00:00:00.000+01:00", date(2026, 11, 22)),
        ("clock", "03:53:54.303+01:00", DeviceTime("03:53:54.303+01:00")),
        ("clock", "03:53:54.303Z", DeviceTime("03:53:54.303Z")),
        (
            "moment",
            "2026-11-22T00:07:10.813+01:00",
            DeviceTime(
                "2026-11-22T00:07:10.813+01:00", datetime(2026, 11, 21, 23, 7, 10, 813000, tzinfo=UTC)
            ),
        ),
        ("moment", "2026-11-22T00:07:10", DeviceTime("2026-11-22T00:07:10")),
        ("spot", "13.2 14.1 301.5 4.8", GeoPoint(14.1, 13.2, 301.5, 4.8)),
        ("spot", "1.0E-5 15.0 0.0 0.0", GeoPoint(15.0, 0.00001, 0.0, None)),
        ("spot", "13.2 14.1", GeoPoint(14.1, 13.2)),
        ("way", "13.2 14.1 0.0 5.0; 13.3 14.2 0.0 5.0",
         (GeoPoint(14.1, 13.2, 0.0, 5.0), GeoPoint(14.2, 13.3, 0.0, 5.0))),
        ("field", "1 2 0 0;1 3 0 0;1 2 0 0;", (GeoPoint(2, 1, 0), GeoPoint(3, 1, 0), GeoPoint(2, 1, 0))),
        ("one", "yes", "yes"),
        ("several", "yes  no", ("yes", "no")),
        ("ranked", "no yes", ("no", "yes")),
        ("comment", "two\nlines & 'quotes' 🐪", "two\nlines & 'quotes' 🐪"),
        ("photo", "cafe\u0301.jpg", "café.jpg"),
    ],
)  # fmt: skip
def test_each_type_arrives_as_its_value(name: str, text: str, expected: object) -> None:
    assert value(name, text) == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("n", "3.5", "a whole number"),
        ("n", "1_000", "a whole number"),
        ("n", "9" * 30, "a whole number"),
        ("n", "9" * 5000, "a whole number"),
        ("n", "many", "a whole number"),
        ("weight", "NaN", "a number"),
        ("weight", "Infinity", "a number"),
        ("day", "2026-W47-1", "a date YYYY-MM-DD"),
        ("day", "22/11/2026", "a date YYYY-MM-DD"),
        ("day", "2026-02-30", "a date YYYY-MM-DD"),
        ("clock", "25:00", "a time of day"),
        ("moment", "yesterday", "a date and time"),
        ("spot", "91 0 0 0", "a position: lat lon altitude accuracy"),
        ("spot", "13.2", "a position: lat lon altitude accuracy"),
        ("way", "13.2 14.1; x", "positions separated by ;"),
    ],
)
def test_what_does_not_fit_is_kept_as_text(name: str, text: str, expected: str) -> None:
    assert value(name, text) == BadAnswer(text, expected)


def test_empty_and_absent_answers_are_unknown() -> None:
    assert answers(n=None, comment="  \n ", several="").answers == (AnswerSet("", 0, None, None, {}),)


def test_repeats_keep_their_order_and_their_parents() -> None:
    parsed = answers(
        groups=[
            {"size": 2, "members": [{"age": 30}, {"age": 4}]},
            {"size": None},
            {"size": 1, "members": [{"age": 51}]},
        ]
    )
    groups, members = "/data/groups", "/data/groups/members"
    assert parsed.answers == (
        AnswerSet("", 0, None, None, {}),
        AnswerSet(groups, 0, "", 0, {f"{groups}/size": 2}),
        AnswerSet(members, 0, groups, 0, {f"{members}/age": 30}),
        AnswerSet(members, 1, groups, 0, {f"{members}/age": 4}),
        AnswerSet(groups, 1, "", 0, {}),
        AnswerSet(groups, 2, "", 0, {f"{groups}/size": 1}),
        AnswerSet(members, 2, groups, 2, {f"{members}/age": 51}),
    )


def test_identifying_answers_stand_apart() -> None:
    parsed = answers(full_name="Mariam", comment="fine", person={"portrait": "face.jpg"})
    assert parsed.answers == (
        AnswerSet(
            "", 0, None, None,
            values={"/data/comment": "fine"},
            identifying={"/data/full_name": "Mariam", "/data/person/portrait": "face.jpg"},
        ),
    )  # fmt: skip
    assert parsed.attachments == ("face.jpg",)


def test_attachments_are_named_once_and_meta_is_not_an_answer() -> None:
    body = (
        b'<data id="every_type" version="1" xmlns:orx="http://openrosa.org/xforms"><photo>1.jpg</photo>'
        b"<person><portrait>1.jpg</portrait></person>"
        b"<orx:meta><orx:instanceID>uuid:1</orx:instanceID><orx:instanceName>Mariam</orx:instanceName>"
        b"<orx:audit>audit.csv</orx:audit><entity><label>Mariam</label></entity></orx:meta></data>"
    )
    parsed = parse(body, EVERY_TYPE)
    assert parsed.attachments == ("1.jpg", "audit.csv")
    assert "Mariam" not in repr(parsed)
    assert parsed.unknown == ()


def test_start_and_end_are_the_interviews() -> None:
    parsed = answers(start="2026-11-03T08:00:00.000+01:00", end="2026-11-03T08:20:00.000+01:00")
    assert parsed.started == DeviceTime("2026-11-03T08:00:00.000+01:00", datetime(2026, 11, 3, 7, tzinfo=UTC))
    assert parsed.ended == DeviceTime(
        "2026-11-03T08:20:00.000+01:00", datetime(2026, 11, 3, 7, 20, tzinfo=UTC)
    )


def test_the_root_may_have_any_name_and_namespace() -> None:
    body = b'<survey id="every_type" xmlns="http://example.org/x"><n>41</n></survey>'
    assert parse(body, EVERY_TYPE).answers[0].values == {"/data/n": 41}


def test_nodes_the_form_does_not_have_are_noted() -> None:
    body = (
        b'<data id="every_type"><n>1</n><n>2</n><new>3</new>'
        b"<groups><old>4</old></groups><day><x>5</x></day></data>"
    )
    parsed = parse(body, EVERY_TYPE)
    assert parsed.answers[0].values == {"/data/n": 1}
    assert parsed.unknown == ("/data/n[2]", "/data/new", "/data/groups/old", "/data/day/x")


@pytest.mark.parametrize(
    "media",
    [
        b"<media><file>a.jpg.enc</file></media><media><file>b.jpg.enc</file></media>",
        b"<media><file>a.jpg.enc</file><file>b.jpg.enc</file></media>",
    ],
)
def test_an_encrypted_submission_names_its_files_and_answers_nothing(media: bytes) -> None:
    body = (
        b'<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="every_type" encrypted="yes">'
        b"<base64EncryptedKey>abc</base64EncryptedKey>" + media
        + b"<encryptedXmlFile>submission.xml.enc</encryptedXmlFile></data>"
    )  # fmt: skip
    parsed = parse(body, EVERY_TYPE)
    assert parsed.encrypted
    assert parsed.answers == (AnswerSet("", 0, None, None, {}),)
    assert parsed.attachments == ("a.jpg.enc", "b.jpg.enc", "submission.xml.enc")


BOMB = "<!DOCTYPE a [<!ENTITY x 'aaaaaaaaaa'>]>"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<data",
        b"<data><n>1</m></data>",
        b"<data>\x00</data>",
        b"<data>&nope;</data>",
        BOMB.encode() + b"<data>&x;</data>",
        b"<?xml version='1.0'?><!-- <data> -->" + BOMB.encode() + b"<data/>",
        f"<?xml version='1.0' encoding='UTF-16'?>{BOMB}<data/>".encode("utf-16"),
        b'<?xml version="1.0" encoding="klingon"?><data/>',
        b"<n>" * (MAX_DEPTH + 1) + b"</n>" * (MAX_DEPTH + 1),
        b"<data>" + b"<n/>" * MAX_NODES + b"</data>",
    ],
)
def test_xml_that_is_not_read_says_why_without_quoting_it(body: bytes) -> None:
    with pytest.raises(XmlUnreadable, match=r"^The XML .+\.$"):
        parse(body, EVERY_TYPE)


def test_a_doctype_in_an_answer_is_an_answer() -> None:
    assert value("comment", "<!DOCTYPE html>") == "<!DOCTYPE html>"
    assert read_xml(b"<n>" * MAX_DEPTH + b"</n>" * MAX_DEPTH).tag == "n"


VALID = fill(
    EVERY_TYPE,
    {
        "start": "2026-11-03T08:00:00.000+01:00",
        "n": 41,
        "weight": "1.0E-5",
        "day": "2026-11-03",
        "clock": "08:00:00.000+01:00",
        "spot": "13.2 14.1 0 5",
        "way": "13.2 14.1 0 5; 13.3 14.1 0 5",
        "several": "yes no",
        "photo": "1.jpg",
        "full_name": "Mariam",
        "groups": [{"size": 2, "members": [{"age": 30}]}],
    },
)


@given(st.data())
def test_no_mutation_of_a_submission_breaks_the_parser(data: st.DataObject) -> None:
    body = bytearray(VALID)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(body) - 1))
        length = data.draw(st.integers(0, 12))
        body[at : at + length] = data.draw(
            st.binary(max_size=12) | st.sampled_from([b"<n>", b"</n>", b"&lt;", b"9" * 40])
        )
        if not body:
            break
    try:
        parsed = parse(bytes(body), EVERY_TYPE)
    except XmlUnreadable:
        return
    assert parsed.answers[0].table_path == ""


@given(
    st.dictionaries(
        st.sampled_from([f.name for f in EVERY_TYPE.fields if f.repeat is None]),
        st.text(
            st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=40
        ),
    )
)
def test_no_answer_breaks_the_parser(given: dict[str, str]) -> None:
    assert parse(fill(EVERY_TYPE, given), EVERY_TYPE).answers[0].ordinal == 0
