"""Senders race: one record each, whoever wins, on one server and on two."""

from __future__ import annotations

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sync.blobs import StoredBlob
from sync.envelope import read_envelope
from sync.receipt import Arrival, ArrivedFile, Receipt, Reception, Sender, make_arrival
from sync.store import Store, new_uuid, now, open_store
from tests.receipt.ledger import blobs, change_numbers, records, waiting
from tests.receipt.tablet_wire import Wire, filled, multipart, photo, xml_part

SENDERS = 5


def race(stores: list[Store], xmls: list[bytes], photos: list[bytes]) -> list[Receipt]:
    """Every sender sends everything, in an order of its own, to one of the stores."""
    sender = Sender(new_uuid())

    def blob(store: Store, content: bytes) -> StoredBlob:
        writer = store.blobs.writer()
        writer.write(content)
        return writer.finish()

    async def send(number: int) -> list[Receipt]:
        store = stores[number % len(stores)]
        reception = Reception(store)
        mine = list(xmls)
        random.Random(number).shuffle(mine)
        arrivals = [
            make_arrival(
                store.keyring, sender, read_envelope(xml), xml, now(),
                [ArrivedFile("camp.jpg", "image/jpeg", blob(store, content)) for content in photos],
            )
            for xml in mine
        ]  # fmt: skip
        receipts = await asyncio.gather(*map(reception.accept_async, arrivals))
        for receipt in receipts:
            for name in receipt.spare_blobs:
                store.blobs.discard(name)
        return receipts

    with ThreadPoolExecutor(SENDERS) as pool:
        return [r for got in pool.map(lambda n: asyncio.run(send(n)), range(SENDERS)) for r in got]


def test_five_senders_race_with_a_thousand_ids_on_two_servers(
    store: Store, database: str, data: Path
) -> None:
    other = open_store(data, database)
    xmls = [filled(f"uuid:{n}", men=n) for n in range(1000)]
    receipts = race([store, other], xmls, [])
    other.close()
    assert {receipt.status for receipt in receipts} == {201}
    assert sum(receipt.kind == "new" for receipt in receipts) == 1000
    held = records(store)
    assert sorted(body.xml for h in held.values() for body in h.bodies) == sorted(xmls)
    assert (waiting(store), len(change_numbers(store))) == (1000, 1000)


def test_racing_photos_are_stored_once(store: Store, database: str, data: Path) -> None:
    other = open_store(data, database)
    xmls = [filled(f"uuid:{n}", men=n) for n in range(12)]
    race([store, other], xmls, [b"camp", b"camp from the other side"])
    other.close()
    files = [("camp.jpg", b"camp"), ("camp.jpg", b"camp from the other side")]
    assert [h.files for h in records(store).values()] == [files] * 12
    assert blobs(store) == 24


def test_racing_bodies_are_all_kept_and_one_is_current(store: Store, database: str, data: Path) -> None:
    other = open_store(data, database)
    xmls = [filled("uuid:1", men=n) for n in range(20)]
    receipts = race([store, other], xmls, [])
    other.close()
    (held,) = records(store).values()
    assert sorted(body.xml for body in held.bodies) == sorted(xmls)
    assert sorted(body.state for body in held.bodies) == ["conflict"] * 19 + ["current"]
    assert sum(receipt.status == 201 for receipt in receipts) == SENDERS


def test_five_tablets_post_one_submission_at_once(tablet: Wire, store: Store) -> None:
    body = multipart([xml_part(filled("uuid:1")), photo("camp.jpg", b"camp")])
    with ThreadPoolExecutor(SENDERS) as pool:
        answers = list(pool.map(tablet.post_body, [body] * 40))
    assert {answer.status for answer in answers} == {201}
    (held,) = records(store).values()
    assert (len(held.bodies), held.files, blobs(store)) == (1, [("camp.jpg", b"camp")], 1)


def test_what_was_stored_is_not_spare_when_the_same_arrival_comes_twice(store: Store) -> None:
    """As when the outcome of the first commit was unknown. Other copies of the same are spare."""

    def kept(content: bytes) -> StoredBlob:
        writer = store.blobs.writer()
        writer.write(content)
        return writer.finish()

    xml, sender = filled("uuid:1"), Sender(new_uuid())

    def arrives(body: bytes | StoredBlob) -> Arrival:
        files = [ArrivedFile("camp.jpg", "image/jpeg", kept(b"camp"))]
        return make_arrival(store.keyring, sender, read_envelope(xml), body, now(), files)

    reception = Reception(store)
    first, parked = arrives(xml), arrives(kept(xml))
    again, parked_again = arrives(xml), arrives(kept(xml))
    spare = [reception.accept(a).spare_blobs for a in (first, parked, first, parked, again, parked_again)]
    assert spare == [(), (), (), (), again.blobs, parked_again.blobs]
