"""pyodk reads tables as its manual has it; and an export that breaks off is recognised as broken."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import httpx
import pytest
from pyodk.errors import PyODKError

from sync.assignments import Place
from sync.envelope import read_envelope
from sync.receipt import Reception, Sender, make_arrival
from sync.registry import publish_form
from sync.store import now
from sync.worker import Worker
from tests.contract.people import Person, comes
from tests.contract.serving import served
from tests.contract.test_pyodk import client_of
from tests.exports.test_csv import FIRST, SURVEY, xml
from tests.server.office import Office


def test_script_reads_tables_with_every_parameter_pyodk_has(office: Office, tmp_path: Path) -> None:
    office.publishes("fmr")
    worker, reception = Worker(office.store), Reception(office.store)
    sender = Sender(office.project["uuid"], None, "script")
    for number in range(5):
        meta = f"<meta><instanceID>uuid:{number}</instanceID></meta>"
        body = f'<data id="fmr" version="1"><n>{number}</n>{meta}</data>'.encode()
        arrival = make_arrival(office.store.keyring, sender, read_envelope(body), body, now())
        asyncio.run(reception.accept_async(arrival))
    worker.drain()
    worker.stop()
    paul = comes(office, "Paul", "manager", Place(office.project_id))
    with served(office) as address, client_of(paul, address, tmp_path) as client:
        tables = client.submissions
        whole = tables.get_table(form_id="fmr")
        some = tables.get_table(
            form_id="fmr",
            table_name="Submissions",
            skip=1,
            top=2,
            count=True,
            wkt=True,
            filter="year(__system/submissionDate) ge 2020",
            expand="*",
        )
        chosen = tables.get_table(form_id="fmr", select="__id,n", top=1)

        assert [row["n"] for row in whole["value"]] == [4, 3, 2, 1, 0]
        assert ([row["n"] for row in some["value"]], some["@odata.count"]) == ([3, 2], 5)
        assert chosen["value"] == [{"__id": "uuid:4", "n": 4}]
        with pytest.raises(PyODKError, match=r"501\.5"):
            tables.get_table(form_id="fmr", filter="nothing eq 1")


def test_an_export_that_breaks_off_is_no_short_file(office: Office) -> None:
    """A photo is not in the blob folder any more: the zip has no directory, and the client is told."""
    publish_form(office.store, office.project_id, SURVEY.encode(), "survey.md")
    tablet = office.sets_up_tablet()
    for instance_id in ("uuid:one", "uuid:two"):
        for folder in office.store.blobs.folder.glob("??"):  # those of the first, before the second comes
            shutil.rmtree(folder)
        parts = [
            ("xml_submission_file", ("data.xml", xml(instance_id, FIRST), "text/xml")),
            ("well.jpg", ("well.jpg", b"x" * 900_000)),
        ]
        assert office.client.post(f"{tablet.base}/submission", files=parts).status_code == 201
    worker = Worker(office.store)
    worker.drain()
    worker.stop()
    paul = comes(office, "Paul", "manager", Place(office.project_id))

    taken = bytearray()
    with served(office) as address, pytest.raises(httpx.RemoteProtocolError):
        _takes(f"{address}/v1/projects/{office.project_id}/forms/survey/submissions.csv.zip", paul, taken)

    assert len(taken) > 900_000
    assert b"PK\x05\x06" not in taken


def _takes(address: str, who: Person, taken: bytearray) -> None:
    """Take an answer as it comes."""
    headers = {"Authorization": f"Bearer {who.token}"}
    with httpx.stream("GET", address, headers=headers, timeout=20) as answer:
        assert (answer.status_code, "content-length" in answer.headers) == (200, False)
        for piece in answer.iter_raw():
            taken += piece
