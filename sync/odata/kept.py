"""The JSON of a row's answers, written once when the record is processed: `answer_row.odata`.

In: a form version, a row's answers as kept, the repeats with rows inside it. Out: a text that a reader puts
into an OData row as it is, which costs a sixth of reading the answers and writing them again.

The text begins with the key of the table it was shaped for: names, order, groups, types. A reader takes it
only where the table has that key in the reader's own service; another version of the form, a question that is
not shown to the reader, or one that has had two types, make another key, and the answers are read as before.
What is not known when a record is processed has a mark that stands in no JSON.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import orjson

from forms.model import CompiledForm
from sync.odata.shape import Shape, Surroundings, shape, without_bad_answers
from sync.odata.tables import CLOSED, Group, InstanceId, Link, Node, Question, Table, service_of

KEY_LENGTH = 16
AT, OWN = "\x1f", "\x1e"
"""Stand for the address of the row, which links begin with, and for `meta/instanceID`."""

_FORMAT = "1"
"""Part of every key: another number, and what was kept before is no longer taken."""
_ESCAPED_AT, _ESCAPED_OWN = "\\u001f", "\\u001e"
_FORMS_KEPT = 64
_SHOWN = frozenset(CLOSED) - {"direct_identifier"}
"""Identifying answers are not among a row's, and no service shows their questions."""


def key_of(table: Table) -> str:
    """The key of what a table's rows look like, without what they may be seen by."""
    plan = orjson.dumps([_FORMAT, *_plan(table.members)])
    return hashlib.sha256(plan).hexdigest()[:KEY_LENGTH]


def _plan(members: Sequence[Node]) -> Iterator[Any]:
    for node in members:
        if isinstance(node, Group):
            yield ["group", node.name, list(_plan(node.members))]
        elif isinstance(node, Question):
            yield ["question", node.name, node.path, node.type, node.mixed]
        elif isinstance(node, Link):
            yield ["link", node.name, node.path]
        else:
            yield ["id", node.name]


class KeptRows:
    """What writes the rows of one form version."""

    def __init__(self, form: CompiledForm) -> None:
        self._tables: dict[str, tuple[str, Shape, frozenset[str], int]] = {}
        for table in service_of(form).seen_by(_SHOWN).tables:
            if any(node.name.startswith("__") for node in table.members):
                continue  # it may be named as what stands before the answers
            ids = sum(isinstance(node, InstanceId) for node in table.leaves())
            self._tables[table.path] = (key_of(table), shape(table.members), frozenset(table.links), ids)

    def text(self, table_path: str, answers: Mapping[str, Any], inside: Collection[str]) -> str | None:
        """What is kept of one row: the key, then `,"name":value` for each property.

        answers  as `answer_row.answers` has them
        inside   the repeats that have rows in this one
        None where it cannot be written this way: readers then go by the answers.
        """
        found = self._tables.get(table_path)
        if found is None:
            return None
        key, write, links, ids = found
        row = write(_as_stored(without_bad_answers(answers)), Surroundings(AT, OWN, inside))
        try:
            text = orjson.dumps(row).decode()[1:-1]
        except TypeError:  # a number beyond 64 bits
            return None
        is_plain = text.count(_ESCAPED_AT) == len(links & set(inside)) and text.count(_ESCAPED_OWN) == ids
        if not is_plain:  # an answer reads like a mark
            return None
        text = text.replace(_ESCAPED_AT, AT).replace(_ESCAPED_OWN, OWN)
        return f"{key},{text}" if text else key


def _as_stored(answers: Mapping[str, Any]) -> Mapping[str, Any]:
    """Positions in the order that SQLite's JSON has: a row reads the same whichever way it is made."""
    return {p: dict(sorted(v.items())) if type(v) is dict else v for p, v in answers.items()}


_known: OrderedDict[tuple[str, str], KeptRows] = OrderedDict()


def kept_rows(form: CompiledForm) -> KeptRows:
    """What writes the rows of a form version; the last few are kept."""
    key = (form.hash, form.root_path)
    found = _known.get(key)
    if found is None:
        found = _known[key] = KeptRows(form)
        if len(_known) > _FORMS_KEPT:
            _known.popitem(last=False)
    return found
