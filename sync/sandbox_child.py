"""The child's side of sync/sandbox.py: read a question, call the function, write the answer, until EOF.

Imports the standard library only; what a call needs is imported when its question is read. A question is
`(function, args, seconds)`, an answer `(True, value)` or `(False, (reason, detail, message))`, pickled, each
behind its length in 8 bytes. An empty frame before the answer says that the question is read and imported and
the call begins: the parent's clock of the call starts there.
"""

from __future__ import annotations

import faulthandler
import fcntl
import gc
import math
import os
import pickle
import resource
import sys
import time
import traceback
from pathlib import Path
from typing import Any, BinaryIO

_FRAME = 8
_BEGUN = bytes(_FRAME)  # an empty frame
_SPARE = 32 << 20  # memory kept back for saying that memory ran out


def main(question_fd: int, answer_fd: int, lifeline_fd: int, memory_mb: int) -> None:
    gc.set_threshold(50_000, 20, 100)  # answers are trees without cycles: see sync/collecting.py
    _die_with_parent(lifeline_fd)
    limit = memory_mb << 20
    kind = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
    resource.setrlimit(kind, (limit, limit + _SPARE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.enable(os.dup(2))
    os.dup2(1, 2)  # chatter of libraries goes where stdout goes: nowhere
    questions, answers = os.fdopen(question_fd, "rb"), os.fdopen(answer_fd, "wb")
    while (frame := _read(questions)) is not None:
        answer = _answer(frame, kind, answers)
        answers.write(len(answer).to_bytes(_FRAME, "little"))
        answers.write(answer)
        answers.flush()


def _die_with_parent(lifeline_fd: int) -> None:
    """Have the kernel send SIGIO, which ends a process, when the parent's end of the pipe closes.

    It works while C code holds the interpreter, and unlike PR_SET_PDEATHSIG it is about the parent process,
    not about the thread that happened to start us.
    """
    fcntl.fcntl(lifeline_fd, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(lifeline_fd, fcntl.F_GETFL)
    fcntl.fcntl(lifeline_fd, fcntl.F_SETFL, flags | os.O_ASYNC)


def _read(questions: BinaryIO) -> bytes | None:
    head = questions.read(_FRAME)
    if len(head) < _FRAME:
        return None
    return questions.read(int.from_bytes(head, "little"))


def _answer(frame: bytes, memory_limit: int, answers: BinaryIO) -> bytes:
    try:
        function, args, seconds = pickle.loads(frame)  # noqa: S301  from our parent
        answers.write(_BEGUN)
        answers.flush()
        _allow_processor_time(seconds)
        return pickle.dumps((True, function(*args)), protocol=5)
    except MemoryError as error:
        _release_spare(memory_limit)
        return _failure("out_of_memory", error)
    except Exception as error:
        reason = "out_of_memory" if "bad_alloc" in str(error) else "error"  # what GEOS and GDAL say
        return _failure(reason, error)


def _allow_processor_time(seconds: float) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time() + seconds) + 1, most))


def _release_spare(memory_limit: int) -> None:
    _, most = resource.getrlimit(memory_limit)
    resource.setrlimit(memory_limit, (most, most))


def _failure(reason: str, error: BaseException) -> bytes:
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {frames[-1].name} ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    body: tuple[bool, Any] = (False, (reason, f"{type(error).__name__}{where}", str(error)[:2000]))
    return pickle.dumps(body, protocol=5)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
