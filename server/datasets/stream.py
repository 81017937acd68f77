"""Rows to bytes: csv, GeoJSON, JSON, piece by piece, with flat memory.

In: columns and batches of tuples. Out: chunks of bytes. A reader can tell a whole answer from a cut one: JSON
and GeoJSON end with their closing bracket, GeoJSON says `numberReturned` there, and a csv's rows can be held
against `X-Row-Count`.

csv is RFC 4180 in UTF-8: comma, CRLF, quotes doubled; an empty cell is unknown. A text cell that a
spreadsheet would take for a formula gets a leading apostrophe, numbers never; `raw` leaves it out for
programs that read the file back.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import orjson

from server.datasets.columns import Column
from server.datasets.dataset import Dataset
from server.datasets.filters import Switches

Batches = Iterable[Sequence[Sequence[Any]]]

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
    "json": "application/json",
}

_BOM = b"\xef\xbb\xbf"
OPENS_A_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
_BOOLEANS = {None: None, True: "true", False: "false"}


def write_rows(
    dataset: Dataset, format_: str, columns: Sequence[Column], batches: Batches, switches: Switches
) -> Iterator[bytes]:
    """The dataset in one of MEDIA_TYPES, as chunks. KeyError for another format."""
    return {
        "csv": lambda: _csv(columns, batches, switches),
        "geojson": lambda: _geojson(dataset, columns, batches),
        "json": lambda: _json(columns, batches),
    }[format_]()


def _csv(columns: Sequence[Column], batches: Batches, switches: Switches) -> Iterator[bytes]:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    if switches.hxl:
        writer.writerow([column.hxl for column in columns])
    convert = _cells(columns, defuse=not switches.raw)
    yield (_BOM if switches.bom else b"") + _taken(text)
    for batch in batches:
        writer.writerows(convert(batch))
        yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    written = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return written


def _cells(
    columns: Sequence[Column], *, defuse: bool
) -> Callable[[Sequence[Sequence[Any]]], Iterable[Sequence[Any]]]:
    """What turns a batch of rows into cells: booleans in lower case, formulas made harmless.

    Worked column by column, and for text by its different values, of which a batch of codes and names has
    few: several times faster than looking at each cell.
    """
    flags = [i for i, column in enumerate(columns) if column.type == "bool"]
    texts = [i for i, column in enumerate(columns) if column.is_text] if defuse else []

    def convert(batch: Sequence[Sequence[Any]]) -> Iterable[Sequence[Any]]:
        if not batch:
            return ()
        by_column: list[Sequence[Any]] = list(zip(*batch, strict=True))
        for i in flags:
            by_column[i] = [_BOOLEANS[value] for value in by_column[i]]
        for i in texts:
            risky = {text: "'" + text for text in set(by_column[i]) if text and text[0] in OPENS_A_FORMULA}
            if risky:
                by_column[i] = [risky.get(text, text) for text in by_column[i]]
        return zip(*by_column, strict=True)

    return convert


def _json(columns: Sequence[Column], batches: Batches) -> Iterator[bytes]:
    names = [column.name for column in columns]
    separator = b"["
    for batch in batches:
        if batch:
            objects = [dict(zip(names, row, strict=True)) for row in batch]
            yield separator + orjson.dumps(objects)[1:-1]
            separator = b",\n"
    yield b"[]" if separator == b"[" else b"]"


def _geojson(dataset: Dataset, columns: Sequence[Column], batches: Batches) -> Iterator[bytes]:
    """A FeatureCollection. A feature's geometry is its point where the reader may see it, else null."""
    names = [column.name for column in columns]
    at: dict[str, int] = {n: names.index(n) for n in ("lon", "lat", "record_id") if n in names}
    head = {"type": "FeatureCollection", "title": dataset.title, "limits": dataset.limits}
    yield orjson.dumps(head)[:-1] + b',"features":['
    separator, count = b"", 0
    for batch in batches:
        if batch:
            yield separator + orjson.dumps([_feature(names, at, row) for row in batch])[1:-1]
            separator = b",\n"
            count += len(batch)
    yield b'],"numberReturned":%d}' % count


def _feature(names: Sequence[str], at: dict[str, int], row: Sequence[Any]) -> dict[str, Any]:
    lon, lat = (row[at[name]] if name in at else None for name in ("lon", "lat"))
    feature: dict[str, Any] = {"type": "Feature"}
    if "record_id" in at:
        feature["id"] = row[at["record_id"]]
    feature["geometry"] = None if lon is None or lat is None else {"type": "Point", "coordinates": [lon, lat]}
    properties = dict(zip(names, row, strict=True))
    properties.pop("lon", None)
    properties.pop("lat", None)
    feature["properties"] = properties
    return feature
