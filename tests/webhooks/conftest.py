from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from server.webhooks.address import Policy
from server.webhooks.sender import Sender
from sync.catalogue import catalogue
from sync.envelope import read_envelope
from sync.receipt import Receipt, Reception, hold_reason, make_arrival
from sync.receipt import Sender as From
from sync.store import Store, now
from sync.webhooks.hooks import Hook, create_hook, get_hook
from tests.contract.conftest import admin, office, settings
from tests.receipt.tablet_wire import filled
from tests.server.office import Office
from tests.webhooks.receiver import Receiver

__all__ = ["admin", "office", "settings"]

BASE = "https://waypost.example.org"


@dataclass
class Outside:
    """The project whose records others are told of."""

    office: Office

    @property
    def store(self) -> Store:
        return self.office.store

    def receives(self, instance_id: str, **further: object) -> Receipt:
        """A record comes in."""
        xml = filled(instance_id, version="1", **further)  # type: ignore[arg-type]
        envelope, uuid = read_envelope(xml), self.office.project["uuid"]
        form_id = envelope.xml_form_id
        state = catalogue(self.store).state(uuid, str(form_id), "1")
        hold = hold_reason(envelope, state, may_submit=True)
        arrival = make_arrival(self.store.keyring, From(uuid), envelope, xml, now(), hold=hold)
        return Reception(self.store).accept(arrival)

    def tells(self, receiver: Receiver, *events: str, forms: list[str] | None = None) -> Hook:
        """A webhook to a receiver, which gets its secret."""
        project, keyring = self.office.project_id, self.store.keyring
        hook, receiver.secret = self.store.write(
            lambda s: create_hook(s, keyring, project, receiver.url, "", events, forms)
        )
        return hook

    def looks_at(self, hook: Hook) -> Hook:
        with self.store.read() as session:
            return get_hook(session, self.office.project_id, hook.id)

    def settles(self, hook: Hook, waiting: int = 0, parked: int = 0) -> None:
        """Wait until so much waits in a queue, and so much was given up."""
        until = time.monotonic() + 30
        while (found := self.looks_at(hook)) and (found.waiting, found.parked) != (waiting, parked):
            assert time.monotonic() < until, (found.waiting, found.parked)
            time.sleep(0.01)

    @contextmanager
    def sending(self, *allowed: str) -> Iterator[Sender]:
        sender = Sender(self.store, BASE, Policy.allowing(allowed or ("127.0.0.1",)), look_s=0.02)
        sender.start()
        try:
            yield sender
        finally:
            sender.stop()


@pytest.fixture
def outside(office: Office) -> Outside:
    office.publishes("fmr")
    return Outside(office)
