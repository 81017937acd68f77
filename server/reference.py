"""docs/REFERENCE.md: every route, every problem, every finding about a form.

Made by `python -m server.reference > docs/REFERENCE.md` (`make docs`); tests/test_docs.py holds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from inspect import getdoc
from typing import Any

from fastapi import APIRouter

from forms.problems import PROBLEM_TITLES
from server.app import create_app
from server.auth import reader
from server.central.routing import Gate, Level
from server.problems import central_code_of, status_of
from server.settings import Settings
from sync.problems import Problem

PREFACE = """# Reference: routes and problems

Made from the code by `make docs`; a test holds it."""

ERRORS = """## Problems

An error is `application/problem+json` with `type` (the code below), `title`, `status`, `detail` and, where
there is one, `hint`: what to do now. To a tablet it is an OpenRosaResponse in `text/xml` with the same words.
On the command line it ends with exit status 1 (`ambiguous`: 2). An error nobody foresaw is a 500 with an id
that stands in the log. An unknown key in a tablet's address is 403, for a 401 would make it ask for a
password. On the paths of ODK Central's API an error is `{"message", "code", "details"}` with the number
below, or a nearer one: 400.1 no JSON, 400.2 and 400.3 something missing, 400.11 another type, 400.21 a
password too short, 400.22 a number too large, 400.44 a password too weak, 401.3 HTTPS only, 404.2 no version
in the address, 501.2 not the forms of the project."""

FINDINGS = """## Findings about forms

What `waypost form check` and `form publish` tell, each with its cell, what is wrong there, and what to do."""


def documentation() -> str:
    """The text of docs/REFERENCE.md."""
    parts = [
        PREFACE,
        "## Routes",
        _table(("method", "address", "who may", "what it is"), _routes()),
        ERRORS,
        _table(("code", "status", "Central", "title", "meaning"), _problems()),
        FINDINGS,
        _table(("code", "title"), ((f"`{code}`", title) for code, title in PROBLEM_TITLES.items())),
    ]
    return "\n\n".join(parts) + "\n"


def routes() -> list[tuple[str, set[str], Any]]:
    """(address, methods, route) of everything the server answers, in the order it is looked up."""
    return list(_below(create_app(Settings.from_env({}, {})).router, ""))


def written(path: str) -> str:
    """An address without what only the router needs: `{project_id:int}` is `{project_id}`."""
    return re.sub(r"\{(\w+?)_?(:\w+)?\}", r"{\1}", path)


def problem_types(kind: type[Problem] = Problem) -> Iterator[type[Problem]]:
    """Every type of problem with a code of its own."""
    for below in kind.__subclasses__():
        if "code" in vars(below):
            yield below
        yield from problem_types(below)


def _below(router: Any, prefix: str) -> Iterator[tuple[str, set[str], Any]]:
    for route in router.routes:
        if isinstance(getattr(route, "original_router", None), APIRouter):
            yield from _below(route.original_router, prefix)
        else:
            yield prefix + route.path, set(route.methods or ()), route


def _routes() -> Iterator[tuple[str, ...]]:
    """A row for each address and handler: what GET gives and DELETE ends may be for different people."""
    methods: dict[tuple[str, Any], set[str]] = {}
    first: dict[tuple[str, Any], Any] = {}
    for path, those, route in routes():
        methods.setdefault((path, route.endpoint), set()).update(those)
        first.setdefault((path, route.endpoint), route)
    for (path, endpoint), those in methods.items():
        said = (getdoc(endpoint) or "").split("\n\n")[0].replace("\n", " ")
        yield ", ".join(sorted(those)), f"`{written(path)}`", _who(path, first[path, endpoint]), said


def _who(path: str, route: Any) -> str:
    if path.startswith("/v1/key/"):
        return "the app user whose key it is"
    needed = getattr(getattr(route, "dependant", None), "dependencies", ())
    for one in needed:
        if isinstance(one.call, Gate):
            return _let_through(one.call)
    return "a reader" if any(one.call is reader for one in needed) else "anybody"


def _let_through(gate: Gate) -> str:
    if gate.verb is None:
        return "anybody" if gate.level is Level.ANYBODY else "whoever has signed in"
    return f"`{gate.verb}` on the {gate.level}"


def _problems() -> Iterator[tuple[str, ...]]:
    for kind in sorted(set(problem_types()), key=lambda kind: (status_of(kind("")), kind.code)):
        status = status_of(kind(""))
        meaning = (vars(kind).get("__doc__") or "").strip().split("\n")[0]
        yield f"`{kind.code}`", str(status), str(central_code_of(kind(""))), kind.title, meaning


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


if __name__ == "__main__":
    print(documentation(), end="")
