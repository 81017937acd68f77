"""Run ODK Validate on a form that is to be published: a Java program, in a child process that can be killed.

XForm bytes in, a `Validation` out. It has its own limits of memory and time, inherits no environment, and
stands beside the request path: whoever publishes waits for it, nobody else does. Where Java or ODK Validate
is not there it is skipped, and said.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from forms.problems import FormProblem
from sync.sandbox import SandboxFailure, run_once

MEMORY_MB = 512
SECONDS = 60.0
NONE = "none"
"""Setting WAYPOST_JAVA to this switches the validation off."""

_SAID = 256 * 1024  # bytes of its output that are read
_TOO_MUCH = "Make the form smaller: tablets have less than that. Or publish with --no-validate."


@dataclass(frozen=True, slots=True)
class Validation:
    """What came of it. `skipped` says why ODK Validate did not judge the form; "" when it did."""

    problems: tuple[FormProblem, ...] = ()
    skipped: str = ""


def validate(
    xform: bytes,
    data: bytes,
    name: str,
    java: str = "java",
    memory_mb: int = MEMORY_MB,
    seconds: float = SECONDS,
) -> Validation:
    """Have ODK Validate judge a form.

    xform       the form as it would be served
    data, name  the file it was made from, for the cells of its complaints
    java        the program: a path, or a name that is looked for on PATH; "none" skips
    Raises nothing: a form that takes too much is refused, a Java that does not work is a reason to skip.
    """
    program = shutil.which(java) if java != NONE else None
    if java == NONE:
        return Validation(skipped="ODK Validate is switched off (WAYPOST_JAVA=none).")
    if program is None:
        return Validation(skipped=f"ODK Validate was skipped: there is no Java ({java!r} is not found).")
    if not _jar().is_file():
        return Validation(skipped="ODK Validate was skipped: pyxform was installed without it.")
    with tempfile.TemporaryDirectory(prefix="waypost-validate-") as folder:
        path = Path(folder) / "form.xml"
        path.write_bytes(xform)
        status, said = _run(program, path, memory_mb, seconds)
    if status == 0:
        return Validation()
    if status is None or status == -signal.SIGXCPU:
        detail = f"ODK Validate did not come to an end with this form within {seconds:.0f} seconds."
        return Validation((FormProblem("odk-validate", detail, _TOO_MUCH),))
    if "OutOfMemoryError" in said or "StackOverflowError" in said:
        detail = f"ODK Validate wanted more than {memory_mb} MB of memory for this form."
        return Validation((FormProblem("odk-validate", detail, _TOO_MUCH),))
    if "Result: Invalid" not in said:
        return Validation(skipped=f"ODK Validate was skipped: {program} ended with status {status}.")
    return Validation(tuple(_complaints(said, data, name)))


def _jar() -> Path:
    from forms.odk_validate import jar

    return jar()


def _read_complaints(said: str, data: bytes, name: str) -> list[FormProblem]:
    """In the child: reading an author's sheets loads pyxform."""
    from forms.odk_validate import complaints

    return complaints(said, data, name)


def _complaints(said: str, data: bytes, name: str) -> list[FormProblem]:
    try:
        return run_once(_read_complaints, said, data, name, memory_mb=768, seconds=30.0)
    except SandboxFailure:  # the file was compiled before, so this is the machine's trouble
        return _read_complaints(said, b"", "form.xml")


def _run(program: str, path: Path, memory_mb: int, seconds: float) -> tuple[int | None, str]:
    """(exit status, what it said). The status is None when it had to be killed at the end of its time."""
    command = [
        program, f"-Xmx{memory_mb}m", "-Xss8m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
        "-Djava.awt.headless=true", "-jar", str(_jar()), str(path),
    ]  # fmt: skip
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=path.parent,
                env={"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": str(path.parent)},
                start_new_session=True,
            )
        except OSError as error:
            return 126, str(error)
        status: int | None = None
        try:
            _limit(process.pid, seconds)
            status = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            if status is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        output.seek(0)
        return status, output.read(_SAID).decode(errors="replace").replace(str(path), path.name)


def _limit(pid: int, seconds: float) -> None:
    """Processor time too, so that it ends by itself should this process be killed while it waits."""
    if sys.platform == "linux":
        most = int(seconds) + 1
        with contextlib.suppress(ProcessLookupError, PermissionError):
            resource.prlimit(pid, resource.RLIMIT_CPU, (most, most + 1))
            resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
