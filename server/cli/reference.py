"""docs/CLI.md: every command as its own `--help` tells it.

Made by `python -m server.cli.reference > docs/CLI.md` (`make docs`); tests/test_docs.py holds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer.main

from server.cli.entry import app

WIDTH = 100

PREFACE = """# The command line

Made from the commands themselves by `make docs`; a test holds it. `waypost COMMAND --help` says the same.

Exit status: 0 done, 1 problems found or the command failed, 2 the line cannot be understood or what it
names is ambiguous. Results go to stdout, everything else to stderr; with `--json` the result is one JSON
value."""


def commands() -> Iterator[tuple[tuple[str, ...], str]]:
    """Every command and group as the words that name it, with its help."""
    root: Any = typer.main.get_command(app)
    yield from _told(root, ("waypost",))


def documentation() -> str:
    """The text of docs/CLI.md."""
    parts = [PREFACE]
    for words, text in commands():
        level = "##" if len(words) <= 2 else "###"
        parts.append(f"{level} {' '.join(words)}\n\n```\n{text}\n```")
    return "\n\n".join(parts) + "\n"


def _told(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    context = command.context_class(
        command, info_name=" ".join(words), terminal_width=WIDTH, max_content_width=WIDTH
    )
    yield words, "\n".join(line.rstrip() for line in command.get_help(context).strip().splitlines())
    for name, below in getattr(command, "commands", {}).items():
        yield from _told(below, (*words, name))


if __name__ == "__main__":
    print(documentation(), end="")
