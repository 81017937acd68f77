"""One writer thread that groups commits.

Receipts wait in a queue; the writer takes whatever waits, at most MAX_BATCH, writes it in one transaction and
settles every future after the commit. One commit (one fsync) then carries many submissions; a lone tablet
waits for nobody. If a batch fails its items are tried one by one, so that one bad item cannot fail its
neighbours; a full disk or a busy database is nobody's fault and fails them together. Other work (`run`) has a
transaction of its own, in turn.

After a failed fsync nothing the kernel still holds can be trusted: the writer then takes nothing more
(`broken`), so that no acknowledgement follows, and `on_broken` lets the process end and start anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Generic, TypeVar

from sqlalchemy.exc import DBAPIError, OperationalError

from sync.problems import StorageFull, Unavailable

T = TypeVar("T")
Item = TypeVar("Item")
Result = TypeVar("Result")

log = logging.getLogger("waypost.writer")

MAX_BATCH = 256
_RETRIES = 5
_STOP = object()


class TryAgain(Exception):
    """Raised by work that was overtaken by another server: its transaction is run again from the start."""


class Group(Generic[Item, Result]):
    """A kind of work that is written many at a time: `write(session, items) -> one result per item`."""

    def __init__(self, write: Callable[[Any, Sequence[Item]], Sequence[Result]]) -> None:
        self.write = write


class _Batch:
    """Items of one group that were taken off the queue together."""

    def __init__(self, group: Group[Any, Any]) -> None:
        self.group = group
        self.items: list[Any] = []
        self.futures: list[_Future] = []


class Writer:
    """The thread. `transaction` opens one; its exit commits."""

    on_broken: Callable[[], None] | None = None
    """Called once, on the writer thread, when the disk failed to keep what was written."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[Any]]) -> None:
        self._transaction = transaction
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._closed = False
        self.broken = False

    def run(self, work: Callable[[Any], T]) -> T:
        """Run `work(session)` in a transaction of its own; returns after the commit."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("a write inside a write: pass the session on instead")
        future: Future[T] = Future()
        self._put((work, future))
        return future.result()

    def submit(self, group: Group[Item, Result], item: Item) -> Future[Result]:
        """Queue an item of a group; the future is settled after the commit that carries it."""
        future: Future[Result] = Future()
        self._put((group, item, future))
        return future

    def submit_async(self, group: Group[Item, Result], item: Item) -> asyncio.Future[Result]:
        """The same for a coroutine. All futures of a batch are settled in one wake-up of their loop."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._put((group, item, future))
        return future

    def close(self) -> None:
        """Write what waits, then stop."""
        self._closed = True
        if self._thread:
            self._queue.put(_STOP)
            self._thread.join()

    def _put(self, entry: tuple[Any, ...]) -> None:
        if self._closed:
            raise Unavailable("The server is stopping.", "Send again in a minute.")
        if self.broken:
            raise Unavailable(
                "The disk failed; the server takes nothing more.", "Look at the disk, then restart."
            )
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
                    self._thread.start()
        self._queue.put(entry)

    def _loop(self) -> None:
        left_over: Any = None
        while True:
            entry = left_over if left_over is not None else self._queue.get()
            left_over = None
            if entry is _STOP:
                return
            if isinstance(entry[0], Group):
                batch, left_over = self._gather(entry)
                self._write_batch(batch)
            else:
                work, future = entry
                _settle([future], partial(self._alone, work))

    def _gather(self, entry: tuple[Any, ...]) -> tuple[_Batch, Any]:
        """The items of this group that wait now, and the first entry that is something else."""
        batch = _Batch(entry[0])
        while True:
            batch.items.append(entry[1])
            batch.futures.append(entry[2])
            if len(batch.items) >= MAX_BATCH:
                return batch, None
            try:
                entry = self._queue.get_nowait()
            except queue.Empty:
                return batch, None
            if entry is _STOP or entry[0] is not batch.group:
                return batch, entry

    def _write_batch(self, batch: _Batch) -> None:
        together = partial(self._attempt, partial(_write_items, batch.group, batch.items))
        if len(batch.items) == 1:
            _settle(batch.futures, together)
            return
        try:
            results = together()
        except (StorageFull, Unavailable) as problem:
            _fail(batch.futures, problem)
        except Exception:
            for item, future in zip(batch.items, batch.futures, strict=True):
                _settle([future], partial(self._attempt, partial(_write_items, batch.group, [item])))
        else:
            _succeed(batch.futures, results)

    def _alone(self, work: Callable[[Any], T]) -> Sequence[T]:
        return [self._attempt(work)]

    def _attempt(self, work: Callable[[Any], T]) -> T:
        """One transaction; deadlocks and serialisation failures are tried again before any answer."""
        for attempt in range(_RETRIES):
            if self.broken:
                raise Unavailable("The disk failed.", "Look at the disk, then restart.")
            try:
                with self._transaction() as session:
                    return work(session)
            except TryAgain:
                if attempt == _RETRIES - 1:
                    raise Unavailable("The database is busy.", "Send again in a minute.") from None
            except DBAPIError as error:
                if _is_disk_failure(error):
                    self._break(error)
                if not _is_transient(error) or attempt == _RETRIES - 1:
                    raise as_problem(error) from error
            time.sleep(0.01 * 2**attempt)
        raise AssertionError("unreachable")

    def _break(self, error: DBAPIError) -> None:
        log.critical("The disk failed to keep what was written (%s). Nothing more is taken.", error.orig)
        self.broken = True
        if self.on_broken:
            self.on_broken()


_Future = Future[Any] | asyncio.Future[Any]


def _settle(futures: Sequence[_Future], results: Callable[[], Sequence[Any]]) -> None:
    try:
        values = results()
    except BaseException as error:
        _fail(futures, error)
    else:
        _succeed(futures, values)


def _succeed(futures: Sequence[_Future], values: Sequence[Any]) -> None:
    _deliver([(future, value, None) for future, value in zip(futures, values, strict=True)])


def _fail(futures: Sequence[_Future], error: BaseException) -> None:
    _deliver([(future, None, error) for future in futures])


_Outcome = tuple[_Future, Any, BaseException | None]


def _deliver(outcomes: Sequence[_Outcome]) -> None:
    """Settle futures: those of threads here, those of an event loop there, all in one wake-up."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Outcome]] = {}
    for outcome in outcomes:
        if isinstance(outcome[0], asyncio.Future):
            by_loop.setdefault(outcome[0].get_loop(), []).append(outcome)
        else:
            _set([outcome])
    for loop, theirs in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_set, theirs)


def _set(outcomes: Sequence[_Outcome]) -> None:
    for future, value, error in outcomes:
        # The one who waited may have gone; the record is stored all the same.
        with contextlib.suppress(asyncio.InvalidStateError, InvalidStateError):
            if error is None:
                future.set_result(value)
            else:
                future.set_exception(error)


def _write_items(group: Group[Any, Any], items: Sequence[Any], session: Any) -> Sequence[Any]:
    return group.write(session, items)


def _is_transient(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) in {"40001", "40P01"}


def _is_disk_failure(error: DBAPIError) -> bool:
    """SQLite says so for a write or fsync that failed for another reason than a full disk."""
    return "disk i/o error" in str(error.orig).lower()


def as_problem(error: DBAPIError) -> Exception:
    """A database error that a person can act on, or the error itself."""
    text = str(error.orig).lower()
    if "disk is full" in text or "no space left" in text or getattr(error.orig, "sqlstate", "") == "53100":
        return StorageFull("The disk is full: nothing of this was stored.", "Free space, then send again.")
    is_locked = "locked" in text or "busy" in text or getattr(error.orig, "sqlstate", "") == "55P03"
    if isinstance(error, OperationalError) and is_locked:
        return Unavailable("The database is busy.", "Send again in a minute.")
    if _is_disk_failure(error):
        return Unavailable("The disk failed.", "Look at the disk, then restart.")
    if isinstance(error, OperationalError) and error.connection_invalidated:
        return Unavailable("The database cannot be reached.", "Send again in a minute.")
    return error
