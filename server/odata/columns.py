"""The columns a filter or an order may name, by table: how they are written, and what they hold in SQL.

A column is known by its key: `answer:PATH` (of the row itself), `root:PATH` (of the submission, asked from a
repeat's table as `$root/Submissions/...`), `system:NAME`, `id`. What a reader may not see has no key at all;
what is shown in some records only is null in the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forms.model import AnswerType
from server.odata.expression import Bound, Kind
from sync.odata.tables import ROOT, Service, Table

KINDS: dict[AnswerType, Kind] = {
    "int": "number",
    "decimal": "number",
    "date": "date",
    "time": "time",
    "dateTime": "instant",
    "boolean": "boolean",
    "geopoint": "geo",
    "geotrace": "geo",
    "geoshape": "geo",
}
"""By answer type; all others are text: several choices are joined by blanks, as Central writes them."""

SYSTEM: dict[str, Kind] = {
    "submissionDate": "instant",
    "updatedAt": "instant",
    "submitterId": "text",
    "submitterName": "text",
    "attachmentsPresent": "number",
    "attachmentsExpected": "number",
    "status": "text",
    "reviewState": "text",
    "deviceId": "text",
    "edits": "number",
    "formVersion": "text",
    "deletedAt": "instant",
}
"""`__system` of a submission, in the order it is written."""

OF_STAFF = ("submitterId", "submitterName", "deviceId")
"""Who sent it, from which device: for those who see internal answers."""

_ONLY_SHOWN = ("attachmentsPresent", "attachmentsExpected", "status")
_ROOT_PREFIX = f"$root/{ROOT}/"


@dataclass(frozen=True, slots=True)
class AnswerColumn:
    """Where an answer is kept, and what it may be seen by."""

    path: str
    type: AnswerType
    sensitivity: str
    of_root: bool


@dataclass(frozen=True, slots=True)
class Askable:
    """What may be named of one table by one reader."""

    columns: Mapping[str, Bound]  # by the path as it is written
    answers: Mapping[str, AnswerColumn]  # by key


def askable(service: Service, table: Table, sees: frozenset[str]) -> Askable:
    """The columns of a table of a service that was cut to what the reader sees."""
    columns: dict[str, Bound] = {}
    answers: dict[str, AnswerColumn] = {}
    is_root = table.path == ""
    for name, question in table.questions():
        key = f"answer:{question.path}"
        columns[name] = Bound(key, KINDS.get(question.type, "text"))
        answers[key] = AnswerColumn(question.path, question.type, question.sensitivity, False)
    prefix = "" if is_root else _ROOT_PREFIX
    if not is_root:
        if not table.parents:
            columns[table.parent_key] = Bound("id", "text")
        for name, question in service.at("").questions():
            key = f"root:{question.path}"
            columns[prefix + name] = Bound(key, KINDS.get(question.type, "text"))
            answers[key] = AnswerColumn(question.path, question.type, question.sensitivity, True)
    columns[f"{prefix}__id"] = Bound("id", "text")
    for name, kind in SYSTEM.items():
        if name not in _ONLY_SHOWN and (name not in OF_STAFF or "internal" in sees):
            column = Bound(f"system:{name}", kind, is_number_too=name == "submitterId")
            columns[f"{prefix}__system/{name}"] = column
    if is_root:  # Central takes the prefix there too
        columns |= {_ROOT_PREFIX + name: column for name, column in list(columns.items())}
    return Askable(columns, answers)
