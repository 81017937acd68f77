"""Where records lie, as GeoJSON features: one a record, with the geometries of the questions asked for.

Positions, lines and areas that GeoJSON has no room for (a line of one point, an area that is not closed) are
left out. Answers in repeats are one multi-geometry of all instances; of several questions a collection.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Text, cast, select

from server.exports.records import Records
from server.odata.columns import askable
from server.odata.expression import Expression
from server.odata.query import TableQuery, Wanted
from server.odata.reading import fetched
from sync.odata.tables import Question, Service
from sync.store import ReadSession
from sync.tables import answer_row

ALL = "all"
_TYPES = {"geopoint": "Point", "geotrace": "LineString", "geoshape": "Polygon"}

Answers = Mapping[str, Any]
Row = tuple[str, Answers]
"""(table, answers) of one row of a record."""


@dataclass(frozen=True, slots=True)
class Field:
    """A question about a place, by the path Central names it with."""

    fieldpath: str
    table: str
    question: Question


@dataclass(frozen=True, slots=True)
class Places:
    """What is asked of the records' places: the questions, and whether a feature says which it answers."""

    fields: tuple[Field, ...]
    tells_field: bool

    def feature(self, instance_id: str, rows: Iterable[Row], hidden: Collection[str] = ()) -> Any:
        """The feature of a record; None where it has no geometry."""
        answered: dict[str, list[Any]] = defaultdict(list)
        for table, answers in rows:
            for field in self.fields:
                if field.table == table and field.question.sensitivity not in hidden:
                    found = _coordinates(answers.get(field.question.path), field.question.type)
                    if found is not None:
                        answered[field.fieldpath].append(found)
        told = [field for field in self.fields if field.fieldpath in answered]
        geometries = [_geometry(field, answered[field.fieldpath]) for field in told]
        if not geometries:
            return None
        many = {"type": "GeometryCollection", "geometries": geometries}
        properties = {"fieldpath": self.fields[0].fieldpath} if self.tells_field else None
        geometry = geometries[0] if len(geometries) == 1 else many
        return {"type": "Feature", "id": instance_id, "geometry": geometry, "properties": properties}


def places(service: Service, asked: Sequence[str]) -> Places:
    """The questions asked for by their paths, or "all"; without any the first that is in no repeat."""
    root = _root(service)
    fields = [
        Field(question.path.removeprefix(root), table.path, question)
        for table in service.tables
        for _, question in table.questions()
        if question.type in _TYPES
    ]
    if not asked:
        return Places(tuple(field for field in fields if not field.table)[:1], tells_field=True)
    wanted = [field for field in fields if ALL in asked or field.fieldpath in asked]
    return Places(tuple(wanted), tells_field=False)


def collection(
    records: Records, asked: Places, condition: Expression | None, limit: int | None
) -> Iterator[bytes]:
    """The features of the records that meet a condition, the newest first."""
    yield b'{"type":"FeatureCollection","features":['
    separator = b""
    root = records.service.at("")
    may_ask = askable(records.service, root, records.records.scope.sees)
    wanted = Wanted(system=True, own_id=True)
    query = TableQuery(records.records, root, may_ask, condition, wanted=wanted)
    at, inner = query.layout.at, sorted({field.table for field in asked.fields if field.table})
    for batch in fetched(records.session, query, limit=limit) if asked.fields else ():
        below = _below(records.session, [row[3] for row in batch], inner)
        features = []
        for row in batch:
            flags = zip(query.shown, row[at["shown"]], strict=True)
            hidden = {name for name, is_shown in flags if not is_shown}
            rows = [("", orjson.loads(row[5])), *below.get(row[3], ())]
            feature = asked.feature(row[at["own_id"]][0], rows, hidden)
            if feature is not None:
                features.append(feature)
        if features:
            yield separator + orjson.dumps(features)[1:-1]
            separator = b","
    yield b"]}"


def _below(session: ReadSession, versions: Sequence[int], tables: Sequence[str]) -> dict[int, list[Row]]:
    """The rows of repeats by version, in document order."""
    found: dict[int, list[Row]] = defaultdict(list)
    if versions and tables:
        statement = (
            select(answer_row.c.version_id, answer_row.c.table_path, cast(answer_row.c.answers, Text))
            .where(answer_row.c.version_id.in_(sorted(versions)), answer_row.c.table_path.in_(tables))
            .order_by(answer_row.c.version_id, answer_row.c.table_path, answer_row.c.ordinal)
        )
        for batch in session.stream(statement):
            for version, path, text in batch:
                found[version].append((path, orjson.loads(text)))
    return found


def _coordinates(value: Any, type_: str) -> Any:
    """The coordinates of an answer, as its question's geometry has them; None where they make none."""
    if type(value) is not dict or "coordinates" not in value:
        return None
    coordinates = value["coordinates"]
    if type_ == "geopoint":
        return coordinates if value["type"] == "Point" else None
    if value["type"] != "LineString" or len(coordinates) < 2:
        return None
    if type_ == "geotrace":
        return coordinates
    return [coordinates] if len(coordinates) > 3 and coordinates[0] == coordinates[-1] else None


def _geometry(field: Field, found: list[Any]) -> dict[str, Any]:
    kind = _TYPES[field.question.type]
    if not field.table:
        return {"type": kind, "coordinates": found[0]}
    return {"type": f"Multi{kind}", "coordinates": found}


def _root(service: Service) -> str:
    """The path of a form's root: what every question's path begins with."""
    paths = [question.path for table in service.tables for _, question in table.questions()]
    return "/" + paths[0].split("/")[1] if paths else ""
