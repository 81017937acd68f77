"""Compile a form in a child process with limits of memory and time, once per content.

Uploaded bytes go in, a `Compilation` comes out, whatever the bytes do: a workbook that swells, hangs or
crashes the child is a problem of the form like any other. Results are kept on disk under the hash of the
bytes, the file name and the compiler's own source, so that a new version of the compiler compiles again.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import pickle
from importlib.metadata import version
from pathlib import Path

import forms
from forms.model import Compilation
from forms.problems import FormProblem
from sync.sandbox import SandboxFailure, run_once

MEMORY_MB = 768
SECONDS = 60.0

_FAILURES = {
    "timeout": ("hostile-file", f"Compiling did not end within {SECONDS:.0f} seconds."),
    "out_of_memory": ("hostile-file", f"Compiling wanted more than {MEMORY_MB} MB of memory."),
    "crashed": ("unreadable-file", "Compiling this file crashed the compiler."),
    "error": ("unreadable-file", "The compiler failed on this file."),
}
_HINT = "Save the form anew from a spreadsheet program. If it happens again, report it with the file."


def compile_in_sandbox(
    data: bytes, name: str, cache: Path | None = None, lenient: bool = False
) -> Compilation:
    """Compile an XLSForm or XForm.

    data     the file's bytes
    name     its name: the ending says what it is
    cache    folder of earlier results, `DATA/cache/compiled`; None compiles every time
    lenient  of a form without a mapping only what pyxform refuses is an error: our own rules are for ours
    Never raises for what is wrong with the bytes: every problem is in the result.
    """
    kept = cache / _key(data, name, lenient) if cache is not None else None
    if kept is not None and (found := _read(kept)) is not None:
        return found
    try:
        compilation = run_once(_compile, data, name, lenient, memory_mb=MEMORY_MB, seconds=SECONDS)
    except SandboxFailure as failure:  # not kept: it may be the machine's trouble, not the file's
        code, detail = _FAILURES[failure.reason]
        return Compilation(None, (FormProblem(code, f"{detail} ({failure.detail})", _HINT),))
    if kept is not None:
        _write(kept, compilation)
    return compilation


def _compile(data: bytes, name: str, lenient: bool) -> Compilation:
    """In the child: pyxform takes a second to load, and a process that compiles nothing must not pay it."""
    from forms.xform_upload import compile_xform_file

    if (read := compile_xform_file(data, name)) is not None:
        return read
    from forms.compile import compile_form

    return compile_form(data, name, lenient)


def _key(data: bytes, name: str, lenient: bool) -> str:
    digest = hashlib.sha256(_compiler() + bytes([lenient]))
    digest.update(len(name.encode()).to_bytes(8, "big") + name.encode())
    digest.update(data)
    return digest.hexdigest()


@functools.cache
def _compiler() -> bytes:
    """A digest of the compiler: its source, its tables and the version of pyxform."""
    digest = hashlib.sha256(version("pyxform").encode())
    root = Path(forms.__path__[0])
    for path in sorted(p for p in root.rglob("*") if p.suffix in (".py", ".csv")):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.digest()


def _read(path: Path) -> Compilation | None:
    """An earlier result; None when there is none, or it was cut by a crash."""
    try:
        found = pickle.loads(path.read_bytes())  # noqa: S301  our own file in our own data folder
    except (OSError, EOFError, ValueError, AttributeError, ImportError, pickle.UnpicklingError):
        return None
    return found if isinstance(found, Compilation) else None


def _write(path: Path, compilation: Compilation) -> None:
    """Keep a result. A cache that cannot be written (a full disk) is no reason to fail."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside.write_bytes(pickle.dumps(compilation, protocol=5))
        beside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink()
