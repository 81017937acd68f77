"""Run a function in a child process that can be killed: values in, values out.

Three callers: the form compiler, the boundary import, and the pipeline's steps. A hung thread cannot be
stopped and a crash in C takes its process along, so whatever works on bytes from outside works here.

Limits hold for each call: memory (RLIMIT_DATA, so that mapped files such as the place index do not count),
processor time (RLIMIT_CPU) and wall time. The call begins when the child says so: that a fresh child starts
slowly on a busy machine is no fault of the record it is given first. A crash, a hang and a call that wants
too much memory come back as `SandboxFailure`; the caller never hangs and never dies with the child. The child
inherits no environment, no descriptors and no terminal, and the kernel ends it when its parent goes (see
sync/sandbox_child.py).
"""

from __future__ import annotations

import contextlib
import os
import pickle
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar

T = TypeVar("T")
R = TypeVar("R")

Reason = Literal["crashed", "timeout", "out_of_memory", "error"]

_FRAME = 8  # bytes of a frame's length
_START_S = 60.0  # what a child may take to start and to import what a call needs
_READ = 1 << 20
_STACK_LINE = re.compile(r'File "(.+)", line (\d+) in (\S+)')  # as faulthandler writes them, innermost first


class SandboxFailure(Exception):
    """A call that gave no value.

    reason   crashed | timeout | out_of_memory | error (the function raised)
    detail   what and where, without the exception's own text: safe to store
    message  the exception's own text, which may repeat what people answered: for the log of a form
             compiler or an import, never for the database
    """

    def __init__(self, reason: Reason, detail: str, message: str = "") -> None:
        super().__init__(reason, detail, message)
        self.reason: Reason = reason
        self.detail = detail
        self.message = message

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


def run_once(function: Callable[..., R], *args: Any, memory_mb: int, seconds: float) -> R:
    """`function(*args)` in a child of its own, started for this call and gone after it.

    function  picklable: a module-level function of an importable module
    Raises    SandboxFailure
    """
    with Sandbox(memory_mb=memory_mb, seconds=seconds) as sandbox:
        return sandbox.call(function, *args)


class Sandbox:
    """A child process kept for many calls. Started at the first call, and again after a failure.

    memory_mb  private memory the child may hold
    seconds    wall and processor time one call may take
    Belongs to one thread at a time.
    """

    def __init__(self, *, memory_mb: int, seconds: float) -> None:
        self.memory_mb = memory_mb
        self.seconds = seconds
        self._child: _Child | None = None

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The child's process id while there is one."""
        return self._child.process_id if self._child is not None else None

    def close(self) -> None:
        """End the child, whatever it is doing."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def call(self, function: Callable[..., R], *args: Any) -> R:
        """`function(*args)` in the child. Raises SandboxFailure."""
        self._send(self._frame(function, args))
        value: R = self._receive()
        return value

    def stream(
        self, function: Callable[[T], R], tasks: Iterable[T], *, ahead: int = 16
    ) -> Iterator[tuple[T, R | SandboxFailure]]:
        """`function(task)` for each task, in order, each with its value or its failure.

        The child is kept `ahead` tasks in front, so that it never waits for the reader. It answers one by
        one, so a crash or hang belongs to the first unanswered task: that one fails alone and those behind
        it are sent again. A crash or a want of memory may be the legacy of earlier calls, so its task gets
        a second try in a fresh child before it is blamed.
        """
        source = iter(tasks)
        under_way: deque[tuple[T, bytes]] = deque()
        retried = False
        try:
            while True:
                while len(under_way) < ahead and (task := next(source, _NONE)) is not _NONE:
                    under_way.append((task, self._frame(function, (task,))))
                    self._send(under_way[-1][1])
                if not under_way:
                    return
                outcome: R | SandboxFailure
                try:
                    outcome = self._receive()
                except SandboxFailure as failure:
                    outcome = failure
                lost_the_child = self._child is None
                if lost_the_child and not retried and _may_be_innocent(outcome):
                    retried = True
                else:
                    retried = False
                    yield under_way.popleft()[0], outcome
                if lost_the_child:
                    for _, frame in under_way:
                        self._send(frame)
        finally:
            if under_way:  # the reader left early: answers nobody waits for must not meet the next call
                self.close()

    def _frame(self, function: Callable[..., Any], args: tuple[Any, ...]) -> bytes:
        if function.__module__ == "__main__":
            raise TypeError(f"{function.__qualname__} is defined in __main__; the child cannot import it")
        body = pickle.dumps((function, args, self.seconds), protocol=5)
        return len(body).to_bytes(_FRAME, "little") + body

    def _send(self, frame: bytes) -> None:
        if self._child is None:
            self._child = _Child(self.memory_mb)
        self._child.queue(frame)

    def _receive(self) -> Any:
        """The next answer. A failure that costs the child leaves `self._child` None."""
        assert self._child is not None
        try:
            body = self._child.answer(time.monotonic() + max(_START_S, self.seconds))
            if not body:  # the call has begun
                body = self._child.answer(time.monotonic() + self.seconds)
        except SandboxFailure:
            self.close()
            raise
        except BaseException:  # an interrupt between question and answer
            self.close()
            raise
        done, value = pickle.loads(body)  # noqa: S301  written by our own code in the child
        if done:
            return value
        reason, detail, message = value
        if reason == "out_of_memory":
            self.close()
        raise SandboxFailure(reason, detail, message)


_NONE: Any = object()


def _may_be_innocent(outcome: object) -> bool:
    return isinstance(outcome, SandboxFailure) and outcome.reason in ("crashed", "out_of_memory")


class _Child:
    """One process and its three pipes: questions, answers, and the lifeline whose end it must not outlive."""

    def __init__(self, memory_mb: int) -> None:
        question_r, self._questions = os.pipe()
        self._answers, answer_w = os.pipe()
        lifeline_r, self._lifeline = os.pipe()
        self._last_words = tempfile.TemporaryFile()  # noqa: SIM115  closed in end()
        theirs = (question_r, answer_w, lifeline_r)
        command = [sys.executable, "-P", "-m", "sync.sandbox_child", *map(str, theirs), str(memory_mb)]
        try:
            self._process = subprocess.Popen(
                command,
                pass_fds=theirs,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._last_words,
                cwd="/",
                env=_environment(),
                start_new_session=True,  # Ctrl-C is for the parent, which then ends the child
            )
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        os.set_blocking(self._questions, False)
        os.set_blocking(self._answers, False)
        self._outgoing: deque[memoryview] = deque()
        self._incoming = bytearray()

    @property
    def process_id(self) -> int:
        return self._process.pid

    def queue(self, frame: bytes) -> None:
        self._outgoing.append(memoryview(frame))
        self._write()

    def answer(self, deadline: float) -> bytes:
        """The next frame, empty where a call begins, else an answer's body; waiting questions are written
        meanwhile. Raises SandboxFailure."""
        while (body := self._take()) is None:
            poll = select.poll()
            poll.register(self._answers, select.POLLIN)
            if self._outgoing:
                poll.register(self._questions, select.POLLOUT)
            ready = dict(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))
            if not ready:
                raise SandboxFailure("timeout", "no answer within the time limit")
            if self._questions in ready:
                self._write()
            if self._answers in ready and not self._read():
                raise self._post_mortem()
        return body

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for descriptor in (self._questions, self._answers, self._lifeline):
            os.close(descriptor)
        self._last_words.close()

    def _take(self) -> bytes | None:
        size = int.from_bytes(self._incoming[:_FRAME], "little")
        if len(self._incoming) < _FRAME or len(self._incoming) < _FRAME + size:
            return None
        body = bytes(memoryview(self._incoming)[_FRAME : _FRAME + size])
        del self._incoming[: _FRAME + size]
        return body

    def _read(self) -> bool:
        chunk = os.read(self._answers, _READ)
        self._incoming += chunk
        return bool(chunk)

    def _write(self) -> None:
        try:
            while self._outgoing:
                sent = os.write(self._questions, self._outgoing[0])
                if sent == len(self._outgoing[0]):
                    self._outgoing.popleft()
                else:
                    self._outgoing[0] = self._outgoing[0][sent:]
        except BlockingIOError:
            pass
        except BrokenPipeError:  # it is dead: the missing answer says so
            self._outgoing.clear()

    def _post_mortem(self) -> SandboxFailure:
        """Why the child closed its end. Only frames are read from its last words, which carry no values."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1)
        code = self._process.poll()
        if code is None:
            return SandboxFailure("crashed", "the child closed its pipe")
        if code == -signal.SIGXCPU:
            return SandboxFailure("timeout", "the limit of processor time was reached")
        self._last_words.seek(0)
        words = self._last_words.read(8192).decode(errors="replace")
        frames = [f"{name} ({Path(file).name}:{line})" for file, line, name in _STACK_LINE.findall(words)[:3]]
        where = " in " + ", called by ".join(frames) if frames else ""
        if code >= 0:
            return SandboxFailure("crashed", f"ended with status {code}{where}", words)
        name = signal.Signals(-code).name
        hint = ", which the kernel also sends when memory runs out" if code == -signal.SIGKILL else ""
        return SandboxFailure("crashed", f"{name}{hint}{where}")


def _environment() -> dict[str, str]:
    """Nothing of ours: the environment of a server holds its master key and database address."""
    return {
        "PYTHONPATH": os.pathsep.join(str(Path(entry or ".").resolve()) for entry in sys.path),
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "TMPDIR": tempfile.gettempdir(),
        "OPENBLAS_NUM_THREADS": "1",  # each thread would take its share of the memory limit
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }
