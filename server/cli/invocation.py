"""What one command line was asked to do, and how its result is said.

Commands get the store from here and hand their result to `show`: a value for machines and a text for people.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from server.settings import Settings
    from sync.access import Actor
    from sync.disclosure import Discloser
    from sync.problems import Problem
    from sync.store import Store


@dataclass(frozen=True)
class Invocation:
    """The global options as given; None means the setting or its default."""

    data: Path | None = None
    database: str | None = None
    json: bool = False


current: ContextVar[Invocation] = ContextVar("invocation", default=Invocation())  # noqa: B039 - frozen


def settings(**further: Any) -> Settings:
    """The settings of this invocation: its options over the environment over the defaults."""
    from server.settings import Settings

    given = current.get()
    overrides = {"data": given.data, "database": given.database, **further}
    return Settings.from_env({name: value for name, value in overrides.items() if value is not None})


@contextmanager
def opened_store(forward: bool = True) -> Iterator[Store]:
    """The store, its schema checked, closed at the end.

    forward  erase again what the erasure ledger lists and a restored database does not know, before anything
             is shown, and say so
    """
    from sync.bring_forward import bring_forward
    from sync.migrate import check_schema
    from sync.setup import check_key
    from sync.store import open_store

    chosen = settings()
    store = open_store(chosen.data, chosen.database_url, chosen.master_key)
    try:
        check_schema(store.engine)
        check_key(store)
        if forward and (told := str(bring_forward(store, chosen.space()))):
            say(told)
        yield store
    finally:
        store.close()


def discloser(store: Store, actor_id: int | None) -> Discloser:
    """Who has identifying answers opened: the actor that is named, and the login at this machine.

    Raises Invalid when nobody is named, NotFound for an actor that is unknown or revoked.
    """
    import getpass

    from sync.access import find_actor
    from sync.disclosure import Discloser
    from sync.problems import Invalid

    if actor_id is None:
        raise Invalid(
            "It is not said who looks at the identifying answers.",
            "Give --as ACTOR and --reason TEXT; `waypost grant list` shows who may.",
        )
    with store.read() as session:
        found = find_actor(session, actor_id)
    try:
        login: str | None = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        login = None
    return Discloser(found.uuid, login)


def not_an_original(instance_id: str) -> Problem:
    """What is said where a record is asked for by the instanceID of an edit, or waits to become one."""
    from sync.problems import NotFound

    return NotFound(
        f"{instance_id} is no record by itself: it is an edit, was deleted, or waits.",
        "`waypost submission show` says what became of it.",
    )


ViewAs = Annotated[
    int | None,
    typer.Option("--as", metavar="ACTOR", help="As this user, token or app user sees it: its number."),
]


def viewing(store: Store, actor_id: int | None, project_id: int, what: str) -> Actor | None:
    """Whom rows are read as: nobody named is the command line itself. Each look is in the audit trail.

    Raises NotFound for an actor that is absent or has nothing to do with the project.
    """
    from sync.policy.viewing import found

    if actor_id is None:
        return None
    with store.read() as session:
        seen = found(session, actor_id, project_id)
    told = {"project": project_id, "what": what}
    store.write(lambda session: session.audit("policy.view_as", seen.uuid, None, **told))
    return seen


def show(value: Any, text: str | Callable[[], str]) -> None:
    """Print the result: with --json the value as one JSON document, else the text."""
    if current.get().json:
        sys.stdout.buffer.write(as_json(value) + b"\n")
        sys.stdout.buffer.flush()
    else:
        print(text() if callable(text) else text)


def say(text: str) -> None:
    """Something beside the result, on stderr."""
    print(text, file=sys.stderr, flush=True)


def step(text: str) -> None:
    """How far long work is, on stderr, on a terminal only."""
    if sys.stderr.isatty():
        say(text)


def as_json(value: Any) -> bytes:
    import orjson

    return orjson.dumps(value, default=_plain, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    if hasattr(value, "_mapping") or hasattr(value, "keys"):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def report(problem: Problem, as_json: bool) -> None:
    """A problem on stderr: where and what, then what to do now, then further places."""
    if as_json:
        sys.stderr.buffer.write(globals()["as_json"](problem_value(problem)) + b"\n")
        sys.stderr.flush()
        return
    say(f"{problem.title}: {problem.detail}")
    for error in problem.errors:
        say("  " + _one_line(error))
    if problem.hint:
        say(problem.hint)


def problem_value(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "title": problem.title,
        "detail": problem.detail,
        "hint": problem.hint,
        "errors": problem.errors,
    }


def exit_status(problem: Problem) -> int:
    """2 where the command line has to be said more exactly, else 1."""
    from sync.problems import Ambiguous

    return 2 if isinstance(problem, Ambiguous) else 1


def _one_line(error: dict[str, object]) -> str:
    if "cell" in error and "detail" in error:
        where = f"{error['cell']}: " if error["cell"] else ""
        return f"{where}{error['detail']} {error.get('hint') or ''}".rstrip()
    return ", ".join(f"{name}: {value}" for name, value in error.items() if value is not None)


def table(rows: Sequence[Sequence[Any]], headings: Sequence[str], empty: str) -> str:
    """Rows as aligned columns; numbers to the right. `empty` stands for no rows."""
    if not rows:
        return empty
    cells = [list(headings), *[["" if v is None else str(v) for v in row] for row in rows]]
    widths = [max(len(row[n]) for row in cells) for n in range(len(headings))]
    right = [
        all(isinstance(row[n], int | float) or row[n] is None for row in rows) for n in range(len(headings))
    ]
    lines = [
        "  ".join(
            cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    ]
    return "\n".join(lines)


class Progress:
    """A counter on stderr that rewrites its own line on a terminal and is silent elsewhere."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._visible = sys.stderr.isatty()
        self._shown = ""

    def __call__(self, done: int, total: int) -> None:
        if not self._visible:
            return
        text = f"{self.what}: {done:,} of {total:,}"
        if text != self._shown:
            sys.stderr.write(f"\r{text.ljust(len(self._shown))}")
            sys.stderr.flush()
            self._shown = text

    def end(self) -> None:
        if self._visible and self._shown:
            sys.stderr.write("\n")
            self._shown = ""
