"""The office's app on a real socket, for clients that bring their own HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator

import uvicorn

from server.serve import server_config
from server.settings import Settings
from tests.server.office import Office


@contextlib.contextmanager
def served(office: Office) -> Iterator[str]:
    """The address of the office's app on a free port of loopback."""
    settings = Settings.from_env({"data": office.settings.data, "port": 0, "mode": "outside"}, {})
    config = server_config(settings, office.app)
    listening = config.bind_socket()
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
