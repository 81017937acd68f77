"""The sender: fills the queues from the change log and works each off on its own.

One thread with an event loop. A webhook whose receiver is slow or dead waits in a task of its own; the
others, receipt and the pipeline do not notice. Of several processes on PostgreSQL the one that holds a
webhook's lease sends there.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import TypeVar

from server.settings import Settings
from server.webhooks.address import Policy
from server.webhooks.attempt import attempt
from sync.problems import Problem
from sync.store import Store, WriteSession, new_uuid
from sync.tables.webhooks import DeliveryState
from sync.webhooks import queue

log = logging.getLogger("waypost.webhooks")

T = TypeVar("T")

LOOK_S = 1.0
FORGET_S = 3600.0
_STRETCHES = 20  # of the change log, before what is due is looked for
_IN_A_ROW = 100  # deliveries of one webhook before others due are looked for


class Sender:
    """Sends until it is stopped."""

    def __init__(
        self,
        store: Store,
        base_url: str,
        policy: Policy,
        give_up_after: timedelta = timedelta(hours=24),
        look_s: float = LOOK_S,
    ) -> None:
        self._store = store
        self._base_url = base_url
        self._policy = policy
        self._give_up_after = give_up_after
        self._look_s = look_s
        self._owner = new_uuid()
        self._running = threading.Event()
        self._stopping = asyncio.Event()  # of the thread's loop
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Send in a thread of its own. On SQLite there is one process, and no other's lease holds."""
        if self._store.dialect == "sqlite":
            self._store.write(queue.release_leases)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="webhooks", daemon=True)
        self._thread.start()
        self._running.wait()

    def stop(self) -> None:
        """Stop at once: an attempt under way is given up, and made again at the next start."""
        if self._thread and self._loop:
            with contextlib.suppress(RuntimeError):  # it ended by itself
                self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._running.set()
        failed, forget_at = False, time.monotonic() + FORGET_S
        while not self._stopping.is_set():
            try:
                await self._look()
                if time.monotonic() > forget_at:
                    await self._write(queue.forget_old)
                    forget_at = time.monotonic() + FORGET_S
                failed = False
            except Exception:
                if not failed:
                    log.exception("Could not look for what webhooks are to be told; trying again.")
                failed = True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self._look_s)
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        with contextlib.suppress(Problem, OSError):  # it ends by itself within a minute
            await self._write(lambda session: queue.release_leases(session, self._owner))

    async def _look(self) -> None:
        """Fill the queues, and set a task to work on each that has something due."""
        for _ in range(_STRETCHES):
            if not await asyncio.to_thread(queue.fill, self._store, self._base_url):
                break
        for hook_id in await asyncio.to_thread(self._due):
            if hook_id not in self._tasks:
                task = self._tasks[hook_id] = asyncio.create_task(self._work_off(hook_id))
                task.add_done_callback(partial(self._done, hook_id))

    def _done(self, hook_id: int, _task: asyncio.Task[None]) -> None:
        self._tasks.pop(hook_id, None)

    def _due(self) -> list[int]:
        with self._store.read() as session:
            return queue.due(session)

    async def _work_off(self, hook_id: int) -> None:
        """Send what is due for one webhook, one after the other."""
        for _ in range(_IN_A_ROW):
            if self._stopping.is_set() or not await self._send_one(hook_id):
                return

    async def _send_one(self, hook_id: int) -> bool:
        try:
            outgoing = await self._write(
                lambda session: queue.claim(session, self._store.keyring, hook_id, self._owner)
            )
            if outgoing is None:
                return False
            made = await attempt(outgoing, self._policy)
            state = await self._write(
                lambda session: queue.settle(session, outgoing, made, self._give_up_after)
            )
        except Exception:
            log.exception("Webhook %s could not be worked off; trying again.", hook_id)
            return False
        if not made.is_good:
            log.info("Webhook %s: delivery %s is %s (%s).", hook_id, outgoing.uuid, state, made.status)
        return state != DeliveryState.WAITING

    async def _write(self, work: Callable[[WriteSession], T]) -> T:
        return await asyncio.to_thread(self._store.write, work)


@contextmanager
def sending(settings: Settings, store: Store) -> Iterator[None]:
    """The sender of one server process, if it is to send at all."""
    wanted = settings.webhooks
    if not wanted.sending:
        yield
        return
    sender = Sender(
        store, settings.base_url, Policy.allowing(wanted.private), timedelta(hours=wanted.retry_hours)
    )
    sender.start()
    try:
        yield
    finally:
        sender.stop()
