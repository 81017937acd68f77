"""The child's side of the pipeline: one record's bytes in, everything derived from it out.

The form, the places and the release are the same for most records of a batch. They lie in a file, one for
each `Context`, named in every `Work`; the child keeps the last ones it read. A child that was started anew
reads them again.
"""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from forms.model import CompiledForm
from sync.pipeline import StepFailed, run
from sync.steps.values import KnownPlace, Outcome, Registers, Task, Value


@dataclass(frozen=True, slots=True)
class Context:
    form: CompiledForm
    places: dict[str, KnownPlace] = field(default_factory=dict)
    release: str | None = None
    index_path: str | None = None
    registers: Registers = field(default_factory=Registers)

    def write(self, folder: Path) -> PackedContext:
        """Pack it into a file of the worker's private folder."""
        packed = pickle.dumps(self, protocol=5)
        digest = hashlib.sha256(packed).hexdigest()
        path = folder / digest
        if not path.exists():
            path.write_bytes(packed)
        return PackedContext(str(path), digest)


@dataclass(frozen=True, slots=True)
class PackedContext(Value):
    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Work(Value):
    """What the child is given for one record."""

    context: PackedContext
    root_id: int
    project_uuid: str
    root_instance_id: str
    body: bytes
    form_version: str
    received_at: datetime
    organisation: str | None = None


@dataclass(frozen=True, slots=True)
class Refused(Value):
    """A step that could not do its work, with its reason in words that repeat no answers."""

    step: str
    reason: str


@lru_cache(maxsize=64)
def _context(packed: PackedContext) -> Context:
    content = Path(packed.path).read_bytes()
    if hashlib.sha256(content).hexdigest() != packed.sha256:
        raise ValueError("a context file was changed")
    context: Context = pickle.loads(content)  # noqa: S301  written by our own parent process
    return context


def derive(work: Work) -> Outcome | Refused:
    """Run the steps on one record. Anything worse than a refusal is the sandbox's to report."""
    context = _context(work.context)
    task = Task(
        root_id=work.root_id,
        project_uuid=work.project_uuid,
        root_instance_id=work.root_instance_id,
        body=work.body,
        form=context.form,
        form_version=work.form_version,
        received_at=work.received_at,
        organisation=work.organisation,
        places=context.places,
        release=context.release,
        index_path=context.index_path,
        registers=context.registers,
    )
    try:
        return run(task)
    except StepFailed as failure:
        return Refused(failure.step, failure.reason)
