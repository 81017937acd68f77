"""Receipt: from what a device sent to the committed record, and only then an answer.

`make_arrival` (arrival.py) names and seals outside the writer; `Reception.accept` hands the arrival to the
writer, where many share one commit (batch.py); the `Receipt` (answer.py) is what the device is told. Nothing
of the answers is looked at here: receipt comes before understanding (PROMISES 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial

from sync.receipt.answer import Receipt, ReceiptKind
from sync.receipt.arrival import Arrival, ArrivedFile, Sender, clean_file_name, hold_reason, make_arrival
from sync.receipt.batch import write_batch
from sync.store import Store
from sync.writer import Group

__all__ = [
    "Arrival",
    "ArrivedFile",
    "Receipt",
    "ReceiptKind",
    "Reception",
    "Sender",
    "clean_file_name",
    "hold_reason",
    "make_arrival",
]


class Reception:
    """The way into a store. One for each process and store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._group: Group[Arrival, Receipt] = Group(partial(write_batch, store.keyring))

    async def accept_async(self, arrival: Arrival) -> Receipt:
        """Store an arrival; returns after the commit that carries it.

        Raises StorageFull, Unavailable: then nothing is promised, and the sender must send again. Its blobs
        stay where they are, for a commit whose outcome is unknown may refer to them (sync/orphans.py).
        """
        return await self.store.writer.submit_async(self._group, arrival)

    def accept(self, arrival: Arrival) -> Receipt:
        """The same for a thread."""
        return self._submit(arrival).result()

    def accept_many(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        """Store arrivals, together in as few commits as the writer makes of them; returns after the last.

        Raises as `accept` does; those of commits before stay stored.
        """
        return [future.result() for future in [self._submit(arrival) for arrival in arrivals]]

    def _submit(self, arrival: Arrival) -> Future[Receipt]:
        return self.store.writer.submit(self._group, arrival)
