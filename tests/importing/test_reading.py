"""Files as partners happen to save them, and cells as they happen to be typed."""

from __future__ import annotations

import io
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from sync.importing.cells import Unreadable, day, position, whole
from sync.importing.table import read_table
from sync.problems import Invalid

TEXT = "Place,Persons\nAgadez – Tébé,12\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), "utf-8-sig"),
        (TEXT.encode("utf-8-sig"), "utf-8-sig"),
        (TEXT.encode("cp1252"), "cp1252"),
        (TEXT.encode("utf-16"), "utf-16"),
        (TEXT.replace(",", ";").encode("cp1252"), "cp1252"),
        (TEXT.replace(",", "\t").replace("\n", "\r\n").encode(), "utf-8-sig"),
    ],
)
def test_a_csv_says_the_same_in_whatever_encoding_and_separator(data: bytes, encoding: str) -> None:
    table = read_table(data, "sites.csv")
    assert table.encoding == encoding
    assert [(row.line, dict(row.cells)) for row in table.rows] == [
        (2, {"Place": "Agadez – Tébé", "Persons": "12"})
    ]


def test_a_row_knows_its_line_though_cells_hold_line_breaks_and_rows_are_empty() -> None:
    table = read_table(b'a,b\n"one\ntwo",1\n,\nx,2,3\n', "t.csv")
    assert [(row.line, row["a"], row["b"], row.too_many) for row in table.rows] == [
        (2, "one\ntwo", "1", False),
        (5, "x", "2", True),
    ]


def test_what_no_submission_can_hold_is_left_out_of_a_cell() -> None:
    (row,) = read_table("a,b\n\x00x\x0b\u00a0y\ufffe ,1\n".encode(), "t.csv").rows
    assert row["a"] == "x y"


def test_a_workbook_gives_numbers_and_days_as_people_would_type_them() -> None:
    book = Workbook()
    assert book.active is not None
    rows = (
        ("Site", "IDP", "Date"),
        ("#loc+name", "#affected+idps", "#date+reported"),
        ("Camp", 12.0, datetime(2026, 11, 5)),  # noqa: DTZ001  as a workbook holds it
        (None, None, None),
        ("Well", None, date(2026, 1, 2)),
    )
    for cells in rows:
        book.active.append(cells)
    out = io.BytesIO()
    book.save(out)
    table = read_table(out.getvalue(), "sites.xlsx")
    assert table.tags == {"Site": "#loc+name", "IDP": "#affected+idps", "Date": "#date+reported"}
    assert [(row.line, *row.cells.values()) for row in table.rows] == [
        (3, "Camp", "12", "2026-11-05"),
        (5, "Well", "", "2026-01-02"),
    ]


@pytest.mark.parametrize(
    ("data", "name", "what"),
    [
        (b"", "t.csv", "is empty"),
        (b"a,b\n", "t.csv", "no rows"),
        (b"a,a\n1,2\n", "t.csv", "two columns a"),
        (b"not a zip", "t.xlsx", "t.xlsx"),
        (b"x", "t.xls", "old kind"),
        (b"{", "t.json", "not JSON"),
        (b'{"a": 1}', "t.json", "not a list"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_is_wrong(data: bytes, name: str, what: str) -> None:
    with pytest.raises(Invalid, match=what):
        read_table(data, name)


@pytest.mark.parametrize(
    ("text", "number"), [("12", 12), ("1,022", 1022), ("12.0", 12), ("0", 0), ("", None), ("N/A", None)]
)
def test_a_count_is_a_whole_number_and_nothing_is_not_none_of_them(text: str, number: int | None) -> None:
    assert whole(text) == number


@pytest.mark.parametrize("text", ["-4", "1.5", "12 or 13", "1,02", "~5"])
def test_what_is_no_count_is_never_guessed(text: str) -> None:
    with pytest.raises(Unreadable):
        whole(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("14-Oct-19", date(2019, 10, 14)),
        ("14 October 2019", date(2019, 10, 14)),
        ("October 14, 2019", date(2019, 10, 14)),
        ("2017-09-30T00:00:00", date(2017, 9, 30)),
        ("14/10/2019", date(2019, 10, 14)),
        ("Mon, 01/06/2014 - 12:00", date(2014, 1, 6)),  # the first of June 2014 was a Sunday
        ("05/05/2019", date(2019, 5, 5)),
        ("Not available", None),
    ],
)
def test_a_day_is_read_in_each_way_such_files_write_it(text: str, found: date | None) -> None:
    assert day(text) == found


def test_a_day_that_may_be_two_is_settled_by_the_month_beside_it_or_not_at_all() -> None:
    assert day("03/04/2020", 2020, 4) == date(2020, 4, 3)
    with pytest.raises(Unreadable, match="may be 2020-03-04 or 2020-04-03"):
        day("03/04/2020")
    with pytest.raises(Unreadable, match="not a day"):
        day("31-Feb-20")


def test_a_position_is_latitude_first_and_nowhere_is_none() -> None:
    assert str(position("39.2, -26.5")) == "39.2 -26.5 0.0 0.0"
    assert position("") is None
