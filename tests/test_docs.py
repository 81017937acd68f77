"""The documentation says what the software does: generated pages are current, examples work, files exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from forms.compile import compile_form
from forms.problems import PROBLEM_TITLES
from server import reference
from server.cli import reference as cli
from server.datasets import reference as datasets
from server.problems import STATUS
from sync.erase import TOUCHED

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
FORMS = re.findall(r"```xlsform\n(.*?)```", (DOCS / "FORMS.md").read_text(encoding="utf-8"), re.DOTALL)
ROWS = [  # (table, repeat) that each of these forms makes rows of
    [("flow", None)],
    [("flow", "/data/group"), ("flow_split", "/data/group/nationality"), ("observation", None)],
    [("baseline", None), ("baseline", None)],
    [("flow", None)],
]
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])


@pytest.mark.parametrize(
    ("page", "made"),
    [
        ("CLI.md", cli.documentation),
        ("REFERENCE.md", reference.documentation),
        ("DATASETS.md", datasets.documentation),
    ],
)
def test_a_generated_page_is_current(page: str, made: Callable[[], str]) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == made(), "run `make docs`"


def test_every_command_has_its_heading() -> None:
    text = (DOCS / "CLI.md").read_text(encoding="utf-8")
    named = [" ".join(words) for words, _ in cli.commands()]
    assert {"waypost", "waypost serve", "waypost submission", "waypost submission adopt"} <= set(named)
    assert [name for name in named if f"# {name}\n" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_a_page_shows_are_as_they_are(page: Path) -> None:
    told = dict(cli.commands())
    for line in _shown(page):
        words = shlex.split(line, comments=True)
        named = tuple(words[: max(n for n in range(1, 5) if tuple(words[:n]) in told)])
        assert named != ("waypost",), line
        assert "Commands:" not in told[named] or named == tuple(words), f"{line}: there is no such command"
        options = [word.split("=")[0] for word in words if word.startswith("-")]
        known = told[named] + told["waypost",]
        assert [name for name in options if f" {name} " not in known] == [], line


def _shown(page: Path) -> list[str]:
    """The lines a page shows as code that start with `waypost` and a command."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    blocks = "\n".join(re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)).splitlines()
    outside = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    lines = [line.strip() for line in (*blocks, *outside)]
    return [line for line in lines if re.match(r"waypost [a-z-]", line)]


def test_the_page_on_erasure_names_every_table_it_touches() -> None:
    text = (DOCS / "OPERATIONS.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"VACUUM FULL (\w+)'", text)) == sorted(TOUCHED)


def test_every_route_and_problem_has_its_line() -> None:
    text = (DOCS / "REFERENCE.md").read_text(encoding="utf-8")
    addresses = [reference.written(path) for path, _, _ in reference.routes()]
    assert "/v1/key/{token}/projects/{project_id}/submission" in addresses
    assert "/v1/projects/{project_id}/figures/{name}.{format}" in addresses
    codes = {kind.code for kind in STATUS} | set(PROBLEM_TITLES)
    assert [name for name in (*addresses, *codes) if f"| `{name}` |" not in text] == []


def test_every_problem_has_a_status_of_its_own_choosing() -> None:
    assert {kind for kind in reference.problem_types() if kind.__module__ == "sync.problems"} == set(STATUS)


@pytest.mark.parametrize(
    ("form", "rows"),
    list(zip(FORMS, ROWS, strict=True)),
    ids=["simple_count", "registry", "stock", "numbered"],
)
def test_a_form_of_the_page_for_authors_compiles(form: str, rows: list[tuple[str, str | None]]) -> None:
    compiled = compile_form(form.encode(), "form.md")
    assert (compiled.problems, compiled.warnings) == ((), ())
    assert compiled.form is not None
    assert [(maker.table, maker.repeat) for maker in compiled.form.makers] == rows


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_files_a_page_names_exist(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    named = re.findall(r"`((?:forms|sync|server|migrations|docs|tests|bench|requirements)/[\w./-]*)`", text)
    named += [name for name in re.findall(r"\]\(([\w./-]+)\)", text) if not name.startswith("http")]
    homes = (ROOT, page.parent)
    assert [name for name in named if not any((home / name).exists() for home in homes)] == []


def test_reading_order_is_twelve_files() -> None:
    order = (DOCS / "ARCHITECTURE.md").read_text(encoding="utf-8").split("## Reading order")[1]
    assert len(re.findall(r"`[\w/]+\.py`", order)) == 12


def test_decisions_are_numbered_and_short() -> None:
    files = sorted((DOCS / "decisions").glob("*.md"))
    assert [int(file.name[:4]) for file in files] == list(range(1, len(files) + 1))
    for file in files:
        lines = file.read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith(f"# {file.name[:4]} "), file.name
        assert len(lines) <= 40, file.name
        assert any(line.startswith("**Decision.** *") for line in lines), file.name
