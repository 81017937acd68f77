"""The harmonised tables, made from the vocabulary: one column per variable.

`root_id` is the only column that is not a variable: the submission a row was derived from, so that it can
be replaced when the submission is processed again. It is local to this database and in no dataset and no
hash. Codes are text, several codes are text joined by ";" in the order given, times are the local literal.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Date, Float, Index, Integer, Table, Text, UniqueConstraint

from forms import vocabulary
from sync.tables.base import BigId, metadata

_COLUMN_TYPES: dict[str, Any] = {
    "int": Integer,
    "decimal": Float,
    "text": Text,
    "bool": Boolean,
    "date": Date,
    "time": Text,
    "datetime": Text,
    "code": Text,
    "codes": Text,
}

NEVER_NULL = frozenset(
    {"record_id", "project_uuid", "instance_id", "form_id", "form_version", "vocabulary_version"}
    | {"geotag_method", "geotag_flag", "status", "under_review", "sensitivity"}
)
"""Common variables that every row has. Counts and codes may be null even where a form must feed them:
a record with a hole is kept and flagged, not refused."""


def _harmonised(name: str) -> Table:
    columns = [
        Column(
            v.name,
            _COLUMN_TYPES[v.type],
            primary_key=v.name == "record_id",
            nullable=v.name not in NEVER_NULL,
        )
        for v in vocabulary.variables(name).values()
        if v.is_column
    ]
    return Table(
        name,
        metadata,
        *columns,
        Column("root_id", BigId, nullable=False),
        Index(None, "root_id"),
        Index(None, "project_uuid", "reporting_date", "place_id"),
    )


observation = _harmonised("observation")
flow = _harmonised("flow")
baseline = _harmonised("baseline")
profile = _harmonised("profile")
event = _harmonised("event")

flow_split = Table(
    "flow_split",
    metadata,
    Column("record_id", Text, nullable=False),  # flow.record_id
    Column("dimension", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("n", Integer, nullable=True),
    Column("root_id", BigId, nullable=False),
    UniqueConstraint("record_id", "dimension", "code"),
    Index(None, "root_id"),
)

HARMONISED: dict[str, Table] = {t.name: t for t in (observation, flow, baseline, profile, event, flow_split)}
