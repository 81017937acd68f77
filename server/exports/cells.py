"""Answers -> cells of a csv, as they were sent.

A row's typed answers go in, with the texts kept beside them where a value is not written as it came. Out come
the cells of its columns. Values and columns meet without a step of Python in between where they can: this is
the hottest loop of an export.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import orjson

from server.datasets.stream import OPENS_A_FORMULA
from server.exports.sheets import OWN_ID, Column

Cells = Callable[[Mapping[str, Any], Mapping[str, str] | None, str | None], list[Any]]
"""(answers, texts, own id) -> the cells of a row's columns."""

_BAD = '"expected":'


def cells_of(columns: Sequence[Column], empty: Collection[str] = ()) -> Cells:
    """What writes the cells of rows.

    empty  sensitivities whose answers are left empty in these rows
    """
    shown = [c for c in columns if c.question is None or c.question.sensitivity not in empty]
    visible = {id(column) for column in shown}
    paths: list[str | None] = []
    starts: dict[str, int] = {}
    special: list[tuple[int, Column]] = []
    zeros: list[int] = []
    own = -1
    for column in columns:
        start = len(paths)
        paths += [column.path if id(column) in visible else None, *[None] * (len(column.names) - 1)]
        zeros += [start + 1 + n for n in range(len(column.choices))]
        if column.path == OWN_ID:
            own = start
        elif id(column) in visible:
            starts[column.path] = start
            if column.question and column.question.type not in _AS_THEY_ARE:
                special.append((start, column))
    by_path = {column.path: column for column in shown}
    mixed = [(starts[c.path], c) for c in shown if c.question and c.question.mixed]
    special += [pair for pair in mixed if pair not in special]

    def write(answers: Mapping[str, Any], texts: Mapping[str, str] | None, own_id: str | None) -> list[Any]:
        row: list[Any] = list(map(answers.get, paths))  # type: ignore[arg-type]
        for start in zeros:
            row[start] = 0
        if own >= 0:
            row[own] = own_id
        for start, column in special:
            value = row[start]
            if value is not None:
                text = texts.get(column.path) if texts else None
                _put(row, start, column, text_of(value) if text is None else text)
        if texts:
            for path, text in texts.items():
                start = starts.get(path, -1)
                if start >= 0:
                    _put(row, start, by_path[path], text)
        return row

    return write


def read_answers(text: str) -> Mapping[str, Any]:
    """The answers of a row; what did not fit its question's type as the text it was."""
    answers: dict[str, Any] = orjson.loads(text)
    if _BAD in text:
        for path, value in answers.items():
            if type(value) is dict and "expected" in value:
                answers[path] = value["bad"]
    return answers


def text_of(value: Any) -> str:
    """An answer as kept at intake -> the text it was sent as (sync/steps/answer_types.py: WRITERS)."""
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is float:
        return str(int(value)) if value.is_integer() else repr(value)
    if kind is list:
        return " ".join(map(str, value))
    if kind is dict and value.get("type") == "Point":
        accuracy = value.get("properties", {}).get("accuracy")
        return _position(value["coordinates"], accuracy)
    if kind is dict and "coordinates" in value:
        return "; ".join(_position(one) for one in value["coordinates"])
    return str(value)


class CsvWriter:
    """Rows -> bytes of csv: comma, LF, quotes where they are needed, as Central writes it."""

    def __init__(self, *, defuse: bool = False) -> None:
        """defuse: a text that a spreadsheet would take for a formula gets a leading apostrophe."""
        self._text = io.StringIO(newline="")
        self._writer = csv.writer(self._text, lineterminator="\n")
        self._defuse = defuse

    def rows(self, rows: Iterable[Sequence[Any]]) -> bytes:
        self._writer.writerows(map(_defused, rows) if self._defuse else rows)
        written = self._text.getvalue().encode()
        self._text.seek(0)
        self._text.truncate()
        return written


def _defused(row: Sequence[Any]) -> list[Any]:
    return ["'" + cell if type(cell) is str and _is_risky(cell) else cell for cell in row]


def _is_risky(text: str) -> bool:
    return text[:1] in OPENS_A_FORMULA and not _is_number(text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _put(row: list[Any], start: int, column: Column, text: str) -> None:
    """An answer's text in its columns: four for a position, one for each choice after the choices."""
    if column.question is not None and column.question.type == "geopoint":
        parts = text.split()[:4]
        row[start : start + 4] = parts + [None] * (4 - len(parts))
        return
    row[start] = text
    if column.choices:
        made = set(text.split())
        for n, choice in enumerate(column.choices, start + 1):
            row[n] = 1 if choice in made else 0


def _position(coordinates: Sequence[float], accuracy: float | None = None) -> str:
    lon, lat, *altitude = coordinates
    parts = (lat, lon, *altitude, *(() if accuracy is None else (accuracy,)))
    return " ".join(repr(float(part)) for part in parts)


_AS_THEY_ARE = frozenset({"string", "int", "date", "time", "dateTime", "select1", "binary"})
"""Types whose kept value a csv writes as the text it was."""
