"""An answer that breaks off is seen to: no client takes half a file for a whole one."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from sqlalchemy import text

from tests.datasets.readers import Readers
from tests.datasets.rows import Country
from tests.datasets.test_formats import many


@pytest.fixture
def address(readers: Readers) -> Iterator[str]:
    """The readers' app behind uvicorn."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(readers.app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_the_database_dies_in_the_middle_of_a_download(
    sahelia: Country, readers: Readers, address: str
) -> None:
    if sahelia.store.dialect != "postgresql":
        pytest.skip("SQLite is no server that could die")
    number = many(sahelia, 15)
    where = f"{address}/v1/projects/{sahelia.project_id}/figures/flow.csv"
    sent = {"Authorization": f"Bearer {readers.token('coordinator')}"}
    with httpx.stream("GET", where, headers=sent) as answer:
        pieces = answer.iter_raw()
        assert answer.status_code == 200
        assert "content-length" not in answer.headers
        assert answer.headers["X-Row-Count"] == str(number)
        next(pieces)
        with sahelia.store.engine.connect() as connection:
            mine = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            connection.execute(text(f"{mine} WHERE datname = current_database() AND pid <> pg_backend_pid()"))
        with pytest.raises(httpx.RemoteProtocolError):
            for _ in pieces:
                pass
    whole = httpx.get(where, headers=sent)  # and the server goes on
    assert whole.content.count(b"\r\n") == number + 1


def test_a_client_that_goes_away_leaves_no_read_open(
    sahelia: Country, readers: Readers, address: str
) -> None:
    number = many(sahelia, 14)
    where = f"{address}/v1/projects/{sahelia.project_id}/figures/flow.json"
    sent = {"Authorization": f"Bearer {readers.token('coordinator')}"}
    for _ in range(3):
        with httpx.stream("GET", where, headers=sent) as answer:
            next(answer.iter_raw())
    until = time.monotonic() + 20
    while (held := sahelia.store.engine.pool.checkedout()) and time.monotonic() < until:  # type: ignore[attr-defined]
        time.sleep(0.05)
    assert held == 0
    assert len(httpx.get(where, headers=sent).json()) == number
