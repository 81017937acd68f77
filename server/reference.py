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
from server.problems import status_of
from server.settings import Settings
from sync.problems import Problem

PREFACE = """# Reference: routes and problems

Made from the code by `make docs`; a test holds it."""

ERRORS = """## Problems

An error is `application/problem+json` with `type` (the code below), `title`, `status`, `detail` and, where
there is one, `hint`: what to do now. To a tablet it is an OpenRosaResponse in `text/xml` with the same words.
On the command line it ends with exit status 1 (`ambiguous`: 2). An error nobody foresaw is a 500 with an id
that stands in the log. An unknown key in a tablet's address is 403, for a 401 would make it ask for a
password."""

FINDINGS = """## Findings about forms

What `waypost form check` and `form publish` tell, each with its cell, what is wrong there, and what to do."""


def documentation() -> str:
    """The text of docs/REFERENCE.md."""
    parts = [
        PREFACE,
        "## Routes",
        _table(("method", "address", "who may", "what it is"), _routes()),
        ERRORS,
        _table(("code", "status", "title", "meaning"), _problems()),
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
    methods: dict[str, set[str]] = {}
    first: dict[str, Any] = {}
    for path, those, route in routes():
        methods.setdefault(path, set()).update(those)
        first.setdefault(path, route)
    for path, those in methods.items():
        said = (getdoc(first[path].endpoint) or "").split("\n\n")[0].replace("\n", " ")
        yield ", ".join(sorted(those)), f"`{written(path)}`", _who(path, first[path]), said


def _who(path: str, route: Any) -> str:
    if "{token}" in path:
        return "the app user whose key it is"
    needed = getattr(getattr(route, "dependant", None), "dependencies", ())
    return "a reader's token" if any(one.call is reader for one in needed) else "anybody"


def _problems() -> Iterator[tuple[str, ...]]:
    for kind in sorted(set(problem_types()), key=lambda kind: (status_of(kind("")), kind.code)):
        status = status_of(kind(""))
        meaning = (vars(kind).get("__doc__") or "").strip().split("\n")[0]
        yield f"`{kind.code}`", str(status), kind.title, meaning


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


if __name__ == "__main__":
    print(documentation(), end="")
