"""Random filters on awkward answers: both databases give what the plain Python evaluator gives."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.datasets.scope import SEES, Part
from server.odata.binding import bind_filter, bind_order
from server.odata.columns import Askable, askable
from server.odata.evaluate import evaluate
from server.odata.expression import Expression, Values
from server.odata.query import FormRecords, TableQuery
from server.odata.record_scope import RecordScope
from sync.odata.tables import Group, Link, Question, Service, Step, Table
from sync.store import Store, WriteSession, new_uuid
from sync.tables import actor, answer_row, submission, submission_version
from sync.tables.access import Role

NOW = datetime(2026, 11, 20, 12, 0, 0, 500_000, tzinfo=UTC)

QUESTIONS = (
    Question("persons", "/data/persons", "int", "public"),
    Question("litres", "/data/litres", "decimal", "public"),
    Question("village", "/data/village", "string", "public"),
    Question("kind", "/data/kind", "select1", "public"),
    Question("needs", "/data/needs", "select", "public"),
    Question("day", "/data/day", "date", "public"),
    Question("woke", "/data/woke", "time", "public"),
    Question("started", "/data/started", "dateTime", "public"),
    Question("consent", "/data/consent", "boolean", "public"),
    Question("here", "/data/here", "geopoint", "public"),
)
TENT = (Question("age", "/data/camp/tent/age", "int", "public"),)
TENT += (Question("colour", "/data/camp/tent/colour", "string", "public"),)
ROOT = Table(
    "Submissions", "", (), (*QUESTIONS, Group("camp", "/data/camp", (Link("tent", "/data/camp/tent"),)))
)
TENTS = Table(
    "Submissions.camp.tent",
    "/data/camp/tent",
    (Step("camp", "camp", "/data/camp", False), Step("tent", "tent", "/data/camp/tent", True)),
    TENT,
)
SERVICE = Service("f", (ROOT, TENTS))

BAD = {"bad": "seven", "expected": "a whole number"}
POOL: dict[str, Sequence[Any]] = {
    "/data/persons": (0, 1, -3, 41, 2**53 + 1, 7.0, BAD, "7", [1], True),
    "/data/litres": (0.1, 12.5, -0.0, 1e300, 3, BAD, "x"),
    "/data/village": (
        "Guéra",
        "GUÉRA",
        "guera",
        "d'eau",
        "%_",
        "\\",
        "İz",
        "ß",
        "مدينة",
        "😀b",
        "",
        5,
        "a b",
    ),
    "/data/kind": ("water", "Water", "food", BAD),
    "/data/needs": (["water"], ["water", "food"], ["a'b"], "water", BAD, []),
    "/data/day": ("2026-11-02", "2026-02-28", "1999-12-31", BAD, "soon", 20261102),
    "/data/woke": ("05:30:00.000+01:00", "23:59:59.999Z", "06:15", "06:15+01:00", "0615", "late", BAD),
    "/data/started": (
        "2026-11-02T18:00:00.000+01:00",
        "2026-11-02T17:00:00.000Z",
        "2026-11-02T17:00:00.001Z",
        "2026-12-31T23:30:00.000-05:00",
        "2026-11-02T18:00:00+01",
        "2026-11-02T18:00:00",
        "2026-02-30T18:00:00Z",
        "yesterday",
        BAD,
    ),
    "/data/consent": (True, False, "true", 1, BAD),
    "/data/here": ({"type": "Point", "coordinates": [1.0, 2.0]}, BAD, "1 2"),
    "/data/camp/tent/age": (0, 7, 31, None, BAD),
    "/data/camp/tent/colour": ("blue", "Bleu", "مدينة", ""),
}


@dataclass
class Given:
    """What lies in the database, by table: the identity of each row and its values for the evaluator."""

    rows: dict[str, list[tuple[tuple[int, int], Values]]]
    records: FormRecords


def typed(question: Question, value: Any) -> Any:
    """An answer as the evaluator is given it: nothing, where it is none of its question's type."""
    if question.type in ("int", "decimal"):
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None
    if question.type == "boolean":
        return value if isinstance(value, bool) else None
    if question.type == "select":
        return " ".join(map(str, value)) if isinstance(value, list) and value else None
    if question.type == "geopoint":
        return value if isinstance(value, dict) and "coordinates" in value else None
    return value if isinstance(value, str) else None


def answered(chance: random.Random, questions: Sequence[Question]) -> dict[str, Any]:
    found = {q.path: chance.choice(POOL[q.path]) for q in questions if chance.random() < 0.8}
    return {path: value for path, value in found.items() if value is not None}


@pytest.fixture
def given_rows(store: Store) -> Given:
    """Eighty records with up to three tents, of a seed."""
    chance = random.Random(20261122)
    project_uuid = new_uuid()
    rows: dict[str, list[tuple[tuple[int, int], Values]]] = {"": [], TENTS.path: []}

    def fill(session: WriteSession) -> None:
        tablet = {"uuid": new_uuid(), "kind": "app_user", "name": "Tablet É", "created_at": NOW}
        tablet_id = session.insert_returning(actor, tablet)
        for number in range(80):
            received_at = NOW - timedelta(days=chance.randrange(40), microseconds=chance.randrange(10**9))
            sent = {
                "uuid": new_uuid(),
                "project_uuid": project_uuid,
                "xml_form_id": "f",
                "instance_id": f"uuid:{number:02}",
                "received_at": received_at,
                "actor_uuid": chance.choice([tablet["uuid"], None]),
                "device_id": chance.choice(["collect:a", None]),
                "review_state": chance.choice(["approved", "hasIssues", "rejected", None]),
                "updated_at": chance.choice([NOW - timedelta(hours=1), None]),
                "deleted_at": chance.choice([NOW - timedelta(days=1), None, None, None]),
            }
            root_id = session.insert_returning(submission, sent)
            session.execute(submission.update().where(submission.c.id == root_id).values(root_id=root_id))
            edits = chance.randrange(3)
            for number_of in range(edits):
                again = {
                    "uuid": new_uuid(),
                    "instance_id": f"uuid:{number:02}.{number_of}",
                    "root_id": root_id,
                }
                session.insert(submission, [sent | again | {"deprecated_id": sent["instance_id"]}])
            version = {
                "id": 1000 + number,
                "uuid": new_uuid(),
                "submission_id": root_id,
                "body_hash": b"x",
                "state": "current",
                "form_version": chance.choice(["1", "2"]),
                "size": 1,
                "received_at": received_at,
            }
            session.insert(submission_version, [version])
            own = answered(chance, QUESTIONS)
            line = {"root_id": root_id, "version_id": 1000 + number, "table_path": "", "ordinal": 0}
            session.insert(answer_row, [{**line, "parent_ordinal": None, "answers": own}])
            values: Values = {f"answer:{q.path}": typed(q, own.get(q.path)) for q in QUESTIONS}
            values |= {
                "id": sent["instance_id"],
                "system:submissionDate": received_at,
                "system:updatedAt": sent["updated_at"],
                "system:deletedAt": sent["deleted_at"],
                "system:submitterId": str(tablet_id) if sent["actor_uuid"] else None,
                "system:submitterName": "Tablet É" if sent["actor_uuid"] else None,
                "system:deviceId": sent["device_id"],
                "system:reviewState": sent["review_state"],
                "system:edits": edits,
                "system:formVersion": version["form_version"],
            }
            rows[""].append(((root_id, 0), values))
            outer = {key.replace("answer:", "root:"): value for key, value in values.items()}
            for ordinal in range(chance.randrange(4)):
                tent = answered(chance, TENT)
                line |= {"table_path": TENTS.path, "ordinal": ordinal, "parent_ordinal": 0, "answers": tent}
                session.insert(answer_row, [line])
                inner = {f"answer:{q.path}": typed(q, tent.get(q.path)) for q in TENT}
                rows[TENTS.path].append(((root_id, ordinal), {**outer, **inner}))

    store.write(fill)
    scope = RecordScope((Part(SEES[Role.COORDINATOR]),))
    return Given(rows, FormRecords(project_uuid, "f", scope, store.dialect, NOW, any_withdrawn=False))


# -- filters ---------------------------------------------------------------------------------------------


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


TEXTS = [v for path in ("village", "kind") for v in POOL[f"/data/{path}"] if isinstance(v, str)]
texts = st.sampled_from(
    [quoted(t) for t in (*TEXTS, "é", "A", "o", "water food", "blue", "uuid:07", "collect:a")]
)
numbers = st.one_of(
    st.integers(-50, 50).map(str), st.sampled_from(["0.1", "12.5", "7", "-3", "1e300", "9007199254740993"])
)
dates = st.sampled_from(["2026-11-02", "2026-02-28", "1999-12-31", "2026-11-19"])
times = st.sampled_from(["05:30:00", "06:15", "23:59:59", "00:00:00"])
moments = st.sampled_from(
    [
        "2026-11-02T17:00:00Z",
        "2026-11-02T18:00:00.000+01:00",
        "2026-11-02T17:00:00.001Z",
        "2026-11-10T00:00:00Z",
        "now()",
    ]
)


def call(name: str, *arguments: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*arguments).map(lambda given: f"{name}({', '.join(given)})")


class Grammar:
    """Filters on one table, by type, from its columns' names."""

    def __init__(self, text: list[str], number: list[str], rest: dict[str, list[str]]) -> None:
        column = {kind: st.sampled_from(names) for kind, names in rest.items()}
        some_text = st.sampled_from(text)
        any_text = st.one_of(
            some_text,
            texts,
            call("tolower", some_text),
            call("toupper", some_text),
            call("concat", some_text, texts),
            st.just("null"),
        )
        day = st.one_of(column["date"], dates, call("date", column["instant"]), st.just("null"))
        instant = st.one_of(column["instant"], moments, dates, st.just("null"))
        clock = st.one_of(column["time"], times)
        any_number = st.one_of(
            st.sampled_from(number),
            numbers,
            call("length", any_text),
            *(call(name, st.one_of(column["date"], column["instant"])) for name in ("year", "month", "day")),
            *(
                call(name, st.one_of(column["time"], column["instant"]))
                for name in ("hour", "minute", "second")
            ),
            st.just("null"),
        )
        operator = st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"])
        same = [any_text, any_number, st.one_of(column["date"], dates, st.just("null")), clock, day]
        compared = [st.tuples(one, operator, one).map(" ".join) for one in same]
        compared += [st.tuples(column["instant"], operator, instant).map(" ".join)]
        among = [st.tuples(one, st.lists(one, min_size=1, max_size=3)) for one in (any_text, any_number)]
        listed = [one.map(lambda pair: f"{pair[0]} in ({','.join(pair[1])})") for one in among]
        searched = [call(n, any_text, any_text) for n in ("contains", "startswith", "endswith")]
        flags = [
            column["boolean"],
            st.just("true"),
            st.just("null"),
            st.tuples(column["boolean"], st.sampled_from([" eq true", " ne false", " eq null"])).map("".join),
        ]
        places = [st.tuples(column["geo"], st.sampled_from([" eq null", " ne null"])).map("".join)]
        atom = st.one_of(*compared, *compared, *listed, *searched, *flags, *places)
        self.filters = st.recursive(
            atom,
            lambda inner: st.one_of(
                st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({' '.join(t)})"),
                inner.map(lambda one: f"not ({one})"),
                inner.map(lambda one: f"({one}) eq false"),
            ),
            max_leaves=6,
        )


ON_ROOT = Grammar(
    [
        "village",
        "kind",
        "needs",
        "__id",
        "__system/submitterName",
        "__system/deviceId",
        "__system/formVersion",
        "__system/reviewState",
    ],
    ["persons", "litres", "__system/edits"],
    {
        "date": ["day"],
        "time": ["woke"],
        "instant": ["started", "__system/submissionDate", "__system/updatedAt", "__system/deletedAt"],
        "boolean": ["consent"],
        "geo": ["here"],
    },
).filters
ON_TENTS = Grammar(
    [
        "colour",
        "$root/Submissions/village",
        "$root/Submissions/needs",
        "__Submissions-id",
        "$root/Submissions/__id",
        "$root/Submissions/__system/reviewState",
    ],
    ["age", "$root/Submissions/persons"],
    {
        "date": ["$root/Submissions/day"],
        "time": ["$root/Submissions/woke"],
        "instant": ["$root/Submissions/started", "$root/Submissions/__system/submissionDate"],
        "boolean": ["$root/Submissions/consent"],
        "geo": ["$root/Submissions/here"],
    },
).filters


def is_deleted(row: Values) -> bool:
    """Whether a record is hidden, unless a filter asks about it."""
    return row["system:deletedAt"] is not None


def found(
    store: Store, of: Given, table: Table, may_ask: Askable, tree: Expression | None, order: Any = ()
) -> Any:
    query = TableQuery(of.records, table, may_ask, tree, order)
    with store.read() as session:
        rows = [(row[0], row[4]) for batch in session.stream(query.statement(None, None, 0)) for row in batch]
        assert session.scalar(query.count()) == len(rows)
    return rows


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck), derandomize=False)
@given(data=st.data())
def test_a_filter_gives_what_the_evaluator_gives(
    store: Store, given_rows: Given, data: st.DataObject
) -> None:
    table = data.draw(st.sampled_from([ROOT, ROOT, TENTS]))
    text = data.draw(ON_ROOT if table is ROOT else ON_TENTS)
    may_ask = askable(SERVICE, table, given_rows.records.scope.sees)
    tree = bind_filter(text, may_ask.columns)

    shown = [pair for pair in given_rows.rows[table.path] if "deletedAt" in text or not is_deleted(pair[1])]
    expected = {key for key, row in shown if evaluate(tree, row, NOW) is True}

    assert set(found(store, given_rows, table, may_ask, tree)) == expected, text


@pytest.mark.parametrize(
    "column", ["village", "persons", "day", "started", "needs", "consent", "tolower(village)"]
)
def test_an_order_is_the_same_on_both_engines(store: Store, given_rows: Given, column: str) -> None:
    may_ask = askable(SERVICE, ROOT, given_rows.records.scope.sees)
    tree = bind_filter(f"{column} eq {column}", may_ask.columns)
    values = {key: _worth_of(tree, row) for key, row in given_rows.rows[""] if not is_deleted(row)}
    for direction in ("asc", "desc"):
        order = bind_order(f"{column} {direction}", may_ask.columns)
        sequence = [values[key] for key in found(store, given_rows, ROOT, may_ask, None, order)]
        nothing = [value for value in sequence if value is None]
        some = [value for value in sequence if value is not None]
        assert some == sorted(some, reverse=direction == "desc")
        assert sequence == (nothing + some if direction == "asc" else some + nothing)


def _worth_of(tree: Any, row: Values) -> Any:
    from server.odata.evaluate import _worth

    return _worth(tree.left, row, NOW)
