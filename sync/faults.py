"""Faults that are switched on to show that the checks see them. Never in use otherwise.

`ack-before-commit` answers before the commit, and loses some, as a crash at that moment would: the one
unforgivable bug. The demo's verdict and tests/faults run with it and must fail.
"""

from __future__ import annotations

import logging
from itertools import count

from sync.problems import Invalid
from sync.receipt import Reception
from sync.receipt.answer import Receipt, ReceiptKind
from sync.receipt.arrival import Arrival
from sync.store import Store

log = logging.getLogger("waypost.faults")

ACK_BEFORE_COMMIT = "ack-before-commit"


def reception(store: Store, fault: str | None) -> Reception:
    """The reception of a store: the true one, or, loudly, one with a fault.

    Settings refuse a fault unless WAYPOST_ALLOW_FAULTS=1 allows it. Raises Invalid for an unknown one.
    """
    if fault is None:
        return Reception(store)
    if fault != ACK_BEFORE_COMMIT:
        raise Invalid(f"There is no fault {fault!r}.", f"The only one is {ACK_BEFORE_COMMIT}.")
    log.critical("FAULT %s IS ON: RECORDS THAT ARE ACKNOWLEDGED WILL BE LOST.", fault)
    return _AckBeforeCommit(store)


class _AckBeforeCommit(Reception):
    """Answers at once. Every fifth record is lost as if the process had died between answer and commit."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._number = count(1)

    async def accept_async(self, arrival: Arrival) -> Receipt:
        number = next(self._number)
        log.critical("FAULT: %s acknowledged before its commit.", arrival.uuid)
        if number % 5:
            self._submit(arrival)
        return Receipt(ReceiptKind.NEW, arrival.instance_id, len(arrival.files))

    def accept(self, arrival: Arrival) -> Receipt:
        raise Invalid("This fault is for the endpoint.")
