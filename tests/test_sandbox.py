"""The sandbox: whatever happens in the child, the parent gets a value or a reason, in time."""

from __future__ import annotations

import ctypes
import importlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sync.sandbox import Sandbox, SandboxFailure, run_once

ROOM = {"memory_mb": 256, "seconds": 20.0}


def double(n: int) -> int:
    return 2 * n


def chatter(n: int) -> int:
    print("noise" * 100_000)
    os.write(2, b"more noise" * 10_000)
    return n


def environment(_: int) -> dict[str, str]:
    return dict(os.environ)


def process_id(_: int) -> int:
    return os.getpid()


def swell(megabytes: int) -> int:
    return len(bytearray(megabytes << 20))


def echo(payload: bytes) -> bytes:
    return payload


def unpicklable(_: int) -> object:
    return lambda: None


def misbehave(what: str | int) -> str | int:
    """What a poison submission could do."""
    if what == "abort":
        os.abort()
    if what == "segfault":
        ctypes.string_at(0)
    if what == "hog":
        return len(b"x" * (1 << 31))
    if what == "hang":
        time.sleep(600)
    if what == "spin":
        while True:
            pass
    if what == "raise":
        raise ValueError("Aminata Diallo is not a number")
    if what == "exit":
        os._exit(3)
    if what == "grow":
        grown.append(bytearray(60 << 20))
    return what


grown: list[bytearray] = []


def test_value_comes_back() -> None:
    assert run_once(double, 21, **ROOM) == 42


@pytest.mark.parametrize(
    ("what", "reason", "detail"),
    [
        ("abort", "crashed", "SIGABRT"),
        ("segfault", "crashed", "SIGSEGV"),
        ("exit", "crashed", "status 3"),
        ("hog", "out_of_memory", "MemoryError"),
        ("raise", "error", "ValueError in misbehave (test_sandbox.py:"),
    ],
)
def test_failure_comes_back_with_its_reason(what: str, reason: str, detail: str) -> None:
    with pytest.raises(SandboxFailure) as caught:
        run_once(misbehave, what, **ROOM)
    assert caught.value.reason == reason
    assert detail in caught.value.detail


def test_crash_names_the_function_it_happened_in() -> None:
    with pytest.raises(SandboxFailure) as caught:
        run_once(misbehave, "segfault", **ROOM)
    assert "in string_at (__init__.py:" in caught.value.detail
    assert ", called by misbehave (test_sandbox.py:" in caught.value.detail


@pytest.mark.parametrize("what", ["hang", "spin"])
def test_hang_ends_at_the_time_limit(what: str) -> None:
    begun = time.monotonic()
    with pytest.raises(SandboxFailure) as caught:
        run_once(misbehave, what, memory_mb=256, seconds=1.0)
    assert caught.value.reason == "timeout"
    assert time.monotonic() - begun < 5


def test_answers_of_people_stay_out_of_the_detail() -> None:
    with pytest.raises(SandboxFailure) as caught:
        run_once(misbehave, "raise", **ROOM)
    assert "Aminata" not in str(caught.value)
    assert caught.value.message == "Aminata Diallo is not a number"


def test_memory_limit_lets_what_fits_pass() -> None:
    assert run_once(swell, 128, **ROOM) == 128 << 20
    with pytest.raises(SandboxFailure) as caught:
        run_once(swell, 300, **ROOM)
    assert caught.value.reason == "out_of_memory"


def test_chatter_does_not_disturb_the_answers() -> None:
    with Sandbox(**ROOM) as sandbox:
        assert [sandbox.call(chatter, n) for n in range(3)] == [0, 1, 2]


def test_large_values_travel_both_ways_without_a_deadlock() -> None:
    payloads = [bytes([n]) * (3 << 20) for n in range(12)]
    with Sandbox(**ROOM) as sandbox:
        assert [answer for _, answer in sandbox.stream(echo, payloads)] == payloads


def test_child_gets_no_secret_of_the_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYPOST_MASTER_KEY", "secret")
    assert "secret" not in run_once(environment, 0, **ROOM).values()


def test_child_is_kept_between_calls_and_replaced_after_a_crash() -> None:
    with Sandbox(**ROOM) as sandbox:
        first = sandbox.call(process_id, 0)
        with pytest.raises(SandboxFailure):
            sandbox.call(misbehave, "raise")
        assert sandbox.call(process_id, 0) == first
        with pytest.raises(SandboxFailure):
            sandbox.call(misbehave, "abort")
        assert sandbox.call(process_id, 0) != first


def test_poison_fails_alone_in_a_stream() -> None:
    tasks: list[str | int] = list(range(40))
    poison = {3: "abort", 11: "hog", 12: "raise", 20: "segfault", 27: "hang", 39: "exit"}
    for position, what in poison.items():
        tasks[position] = what
    with Sandbox(memory_mb=256, seconds=1.5) as sandbox:
        outcomes = list(sandbox.stream(misbehave, tasks))
    assert [task for task, _ in outcomes] == tasks
    assert [o for _, o in outcomes if not isinstance(o, SandboxFailure)] == [
        t for t in tasks if isinstance(t, int)
    ]
    assert {t: o.reason for t, o in outcomes if isinstance(o, SandboxFailure)} == {
        "abort": "crashed",
        "hog": "out_of_memory",
        "raise": "error",
        "segfault": "crashed",
        "hang": "timeout",
        "exit": "crashed",
    }


def test_task_is_not_blamed_for_memory_earlier_ones_kept() -> None:
    with Sandbox(**ROOM) as sandbox:
        assert [o for _, o in sandbox.stream(misbehave, ["grow"] * 9)] == ["grow"] * 9


def test_reader_who_leaves_early_does_not_leave_answers_behind() -> None:
    with Sandbox(**ROOM) as sandbox:
        stream = sandbox.stream(double, range(10))
        assert next(stream) == (0, 0)
        stream.close()
        assert sandbox.call(double, 50) == 100


def test_value_that_cannot_travel_is_an_error_not_a_hang() -> None:
    with pytest.raises(SandboxFailure) as caught:
        run_once(unpicklable, 0, **ROOM)
    assert caught.value.reason == "error"


def test_child_goes_with_its_parent_even_while_busy_in_c() -> None:
    """The parent is killed while the child computes one huge integer and never returns to the interpreter."""
    root = Path(__file__).resolve().parent.parent
    script = (
        "import os; from operator import pow as power; from sync.sandbox import Sandbox\n"
        "s = Sandbox(memory_mb=900, seconds=500); print(s.call(os.getpid), flush=True)\n"
        "s.call(power, 7, 300_000_000)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=root, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(0.3)
    os.kill(child, 0)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and Path(f"/proc/{child}").exists() and not _is_zombie(child):
        time.sleep(0.05)
    assert not Path(f"/proc/{child}").exists() or _is_zombie(child)


def _is_zombie(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] == "Z"
    except FileNotFoundError:
        return True


def test_thread_that_started_the_child_may_end() -> None:
    sandbox = Sandbox(**ROOM)
    starter = threading.Thread(target=sandbox.call, args=(double, 1))
    starter.start()
    starter.join()
    with sandbox:
        assert sandbox.call(double, 2) == 4


def test_a_slow_start_of_the_child_is_no_fault_of_its_first_task(tmp_path: Path) -> None:
    (tmp_path / "slow_to_import.py").write_text(
        "import time\n"
        "time.sleep(2)\n"
        "def double(n):\n"
        "    return 2 * n if isinstance(n, int) else time.sleep(600)\n"
    )
    sys.path.insert(0, str(tmp_path))
    try:
        module = importlib.import_module("slow_to_import")
        with Sandbox(memory_mb=256, seconds=1.0) as sandbox:
            answered = list(sandbox.stream(module.double, [1, "hang", 2, 3]))
    finally:
        sys.path.remove(str(tmp_path))
        sys.modules.pop("slow_to_import", None)
    assert [(n, getattr(found, "reason", found)) for n, found in answered] == [
        (1, 2),
        ("hang", "timeout"),
        (2, 4),  # the first of a fresh child, which imports everything again
        (3, 6),
    ]
