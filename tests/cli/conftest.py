"""A shell for the stories of the command line: words in, exit status and what was printed out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from server.cli import main


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """stdout as the one JSON value it must be."""
        return json.loads(self.out)


Shell = Callable[..., Said]


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    """Run `waypost` with words as they are."""

    def run(*words: object) -> Said:
        capsys.readouterr()
        try:
            main([str(word) for word in words])
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        printed = capsys.readouterr()
        return Said(status, printed.out, printed.err)

    return run


@pytest.fixture
def waypost(shell: Shell, data: Path, database: str) -> Shell:
    """Run `waypost` with --json on an initialised data folder, once on each engine."""

    def run(*words: object) -> Said:
        return shell(*words, "--data", data, "--database", database, "--json")

    assert run("init").status == 0
    return run
