"""The columns of each table's csv, named and ordered as Central's: what every script of an office relies on.

Groups are joined by "-" ahead of a question's name, positions have four columns, and with
`splitSelectMultiples` each choice that was ever made has a column of its own after its question's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sync.odata.tables import Group, InstanceId, Node, Question, Service, Table

GEOPOINT_PARTS = ("Latitude", "Longitude", "Altitude", "Accuracy")
OWN_ID = "own id"
"""Stands for a path where the column holds the instanceID of the edit that counts."""

OF_SERVER = (
    "KEY", "SubmitterID", "SubmitterName", "AttachmentsPresent", "AttachmentsExpected", "Status",
    "ReviewState", "DeviceID", "Edits", "FormVersion",
)  # fmt: skip
"""What stands after the answers of a submission."""

OF_REPEAT = ("PARENT_KEY", "KEY")

Choices = Mapping[str, Sequence[str]]
"""By question, the choices that have a column."""


@dataclass(frozen=True, slots=True)
class Column:
    """One question's columns."""

    path: str
    question: Question | None  # None: OWN_ID
    names: tuple[str, ...]
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One csv: a table with its columns."""

    table: Table
    file_name: str
    columns: tuple[Column, ...]

    @property
    def header(self) -> list[str]:
        names = [name for column in self.columns for name in column.names]
        return [*names, *OF_REPEAT] if self.table.path else ["SubmissionDate", *names, *OF_SERVER]


def sheets(
    service: Service, *, group_paths: bool = True, choices: Choices | None = None, root_only: bool = False
) -> list[Sheet]:
    """The csv files of a form, the submissions first, then its repeats in document order.

    group_paths  whether groups stand ahead of a question's name
    choices      of questions for several choices, those that get a column each
    """
    tables = service.tables[:1] if root_only else service.tables
    repeated = Counter(_raw(table.path) for table in tables if table.path)
    number: Counter[str] = Counter()
    found = []
    for table in tables:
        name, base = _raw(table.path), service.xml_form_id
        if table.path:
            number[name] += 1
            base += f"-{name}" + (f"~{number[name]}" if repeated[name] > 1 else "")
        columns = tuple(_columns(table.members, (), group_paths, choices or {}))
        found.append(Sheet(table, safe_name(f"{base}.csv"), columns))
    return found


def safe_name(name: str) -> str:
    """A file name that any system takes: separators, reserved and control characters are left out."""
    plain = re.sub(r'[/?<>\\:*|"\x00-\x1f\x80-\x9f]', "", name)
    plain = re.sub(r"^\.+$|[. ]+$", "", plain)
    if re.fullmatch(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", plain, re.IGNORECASE):
        return ""
    return plain.encode()[:255].decode(errors="ignore")


def _columns(
    members: Sequence[Node], way: tuple[str, ...], group_paths: bool, choices: Choices
) -> Iterator[Column]:
    for node in members:
        if isinstance(node, Group):
            yield from _columns(node.members, (*way, _raw(node.path)), group_paths, choices)
        elif isinstance(node, InstanceId):
            yield Column(OWN_ID, None, ("-".join([*way, "instanceID"]) if group_paths else "instanceID",))
        elif isinstance(node, Question):
            name = "-".join([*way, _raw(node.path)]) if group_paths else _raw(node.path)
            if node.type == "geopoint":
                yield Column(node.path, node, tuple(f"{name}-{part}" for part in GEOPOINT_PARTS))
            else:
                known = tuple(choices.get(node.path, ())) if node.type == "select" else ()
                yield Column(node.path, node, (name, *(f"{name}/{one}" for one in known)), known)


def _raw(path: str) -> str:
    """The last step of a path as the form writes it, without a prefix."""
    return path.rpartition("/")[2].rpartition(":")[2]
