"""The house rules: which folder may import what, and who alone may commit."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

ALLOWED: dict[str, tuple[str, ...]] = {
    # a package may be imported below these folders only
    "fastapi": ("server",),
    "starlette": ("server",),
    "uvicorn": ("server",),
    "typer": ("server/cli",),
    "pyxform": ("forms",),
    "sqlalchemy": ("sync", "server/datasets", "server/odata", "server/exports", "migrations"),
    "sqlmodel": ("sync", "server/datasets", "migrations"),
    "alembic": ("sync/migrate.py", "migrations"),
    "argon2": ("sync/passwords.py",),
    "cryptography": (
        "sync/seal.py",
        "sync/blobs.py",
        "sync/odk_cipher.py",  # opens what tablets encrypted, by ODK's rules and not by ours
    ),
    "httpx": ("server/demo", "server/webhooks"),  # the demo's tablets, and telling other servers
    "pyogrio": ("sync/places",),
}

NOT_BELOW: dict[str, tuple[str, ...]] = {
    # folders point one way: forms <- sync <- server
    "forms": ("sync", "server", "migrations", "tests"),
    "sync": ("server", "tests"),
    "migrations": ("server", "forms", "tests"),
    "server": ("tests",),
}

PURE = ("os", "socket", "http", "urllib.request", "time", "sqlite3", "subprocess", "threading")


def sources(folder: str = ".") -> Iterator[Path]:
    for name in ("forms", "sync", "server", "migrations"):
        if folder in (".", name):
            yield from sorted((ROOT / name).rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno


def is_below(path: Path, places: tuple[str, ...]) -> bool:
    name = path.relative_to(ROOT).as_posix()
    return any(name == place or name.startswith(place + "/") for place in places)


def is_module(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def test_each_library_has_its_folder() -> None:
    strays = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sources()
        for name, line in imported(path)
        for package, places in ALLOWED.items()
        if is_module(name, package) and not is_below(path, places)
    ]
    assert strays == []


def test_imports_point_one_way() -> None:
    strays = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for folder, forbidden in NOT_BELOW.items()
        for path in sources(folder)
        for name, line in imported(path)
        if any(is_module(name, package) for package in forbidden)
    ]
    assert strays == []


def test_forms_is_pure() -> None:
    strays = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sources("forms")
        for name, line in imported(path)
        if any(is_module(name, module) for module in PURE)
    ]
    assert strays == []


def test_steps_know_neither_each_other_nor_a_session() -> None:
    steps = sorted((ROOT / "sync" / "steps").glob("*.py"))
    forbidden = ("sync.store", "sync.tables", "sync.engine", "sqlalchemy", "sqlmodel")
    strays = [
        f"{path.name}:{line} imports {name}"
        for path in steps
        for name, line in imported(path)
        if any(is_module(name, module) for module in forbidden)
    ]
    assert strays == []


def test_nobody_commits_but_the_store() -> None:
    may = {"sync/store.py", "sync/migrate.py", "sync/engine.py"}
    strays = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        if path.relative_to(ROOT).as_posix() not in may
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]
    assert strays == []


def test_only_settings_read_the_environment() -> None:
    may = {"server/settings.py", "sync/sandbox.py"}  # the sandbox hands its child an almost empty one
    strays = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        if path.relative_to(ROOT).as_posix() not in may
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    ]
    assert strays == []


@pytest.mark.parametrize("vague", ["utils", "helpers", "common", "manager", "misc"])
def test_no_file_has_a_vague_name(vague: str) -> None:
    assert [str(path) for path in sources() if vague in path.stem] == []


def test_no_lock_file_carries_a_registry_address() -> None:
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    locks = [name for name in files if name.startswith("requirements/") or name.endswith("lock.json")]
    assert [name for name in locks if "://" in (ROOT / name).read_text()] == []


def test_a_process_that_compiles_nothing_does_not_load_the_compiler() -> None:
    """pyxform takes a second of processor time: every command, server and worker would pay it."""
    loaded = "import sys, server.app, server.cli.entry, sync.worker; print('pyxform' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"


def test_the_child_that_runs_the_steps_loads_no_database() -> None:
    """It is started by every worker and after every crash: a database costs it a second and its memory."""
    heavy = "{'sqlalchemy', 'sqlmodel', 'pydantic'}"
    loaded = f"import sys, sync.derivation; print(sorted({heavy} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
