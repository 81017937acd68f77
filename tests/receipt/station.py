"""A server that receives: the real application on real HTTP, in a thread or in a process that can be killed.

No worker runs inside, so that what receipt wrote stays as it was written.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from server.app import create_app
from server.serve import server_config
from server.settings import Settings
from sync.access import create_app_user
from sync.registry import create_project
from sync.store import Store, WriteSession, new_uuid, now, open_store
from sync.tables import form, form_version
from tests.receipt.tablet_wire import FORM, VERSION, Wire


@dataclass(frozen=True, slots=True)
class Mission:
    """A project with one tablet's token."""

    project_id: int
    project_uuid: str
    token: str

    @property
    def base(self) -> str:
        return f"/v1/key/{self.token}/projects/{self.project_id}"


def start_mission(store: Store, forms: Sequence[str] = ()) -> Mission:
    """A project with the form FORM published, and an app user who may submit `forms` (all if none named)."""

    def begin(session: WriteSession) -> Mission:
        project = create_project(session, "Lake Chad")
        publish(session, project["id"])
        user = create_app_user(session, project["id"], "tablet 7", forms=forms)
        return Mission(project["id"], project["uuid"], user.token)

    return store.write(begin)


def publish(
    session: WriteSession,
    project_id: int,
    xml_form_id: str = FORM,
    version: str = VERSION,
    state: str = "open",
) -> None:
    """A published form version as the registry keeps it; receipt asks for no more than its name."""
    form_id = session.insert_returning(
        form,
        {
            "uuid": new_uuid(),
            "project_id": project_id,
            "xml_form_id": xml_form_id,
            "state": state,
            "created_at": now(),
        },
    )
    row = {
        "uuid": new_uuid(), "form_id": form_id, "version": version, "title": xml_form_id, "hash": "0" * 32,
        "xform": b"<x/>", "source": b"", "source_name": "fmr.md", "vocabulary_version": "1",
        "is_mapped": False, "published_at": now(),
    }  # fmt: skip
    session.insert(form_version, [row])


def settings_for(environ: dict[str, str] | None = None) -> Settings:
    quiet = {"WAYPOST_RESERVE_BYTES": "0", "WAYPOST_WORKER": "outside", "WAYPOST_LOG_LEVEL": "error"}
    return Settings.from_env(environ={**quiet, **(environ or {})})


def server_on(store: Store, settings: Settings) -> uvicorn.Server:
    config = server_config(settings, create_app(settings, store))
    config.log_config = None  # pytest's own
    config.timeout_graceful_shutdown = 5
    return uvicorn.Server(config)


class Station:
    """The server in a thread of this process. A context manager."""

    def __init__(self, store: Store, settings: Settings | None = None) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._socket.getsockname()
        self._server = server_on(store, settings or settings_for())
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})

    def __enter__(self) -> Station:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def wire(self, mission: Mission) -> Wire:
        return Wire(self.host, self.port, mission.base)


def serve_until_killed(data: Path, database: str, listening: socket.socket, environ: dict[str, str]) -> None:
    """The server as the whole of a process; the socket is its parent's, so that its address outlives it."""
    server_on(open_store(data, database), settings_for(environ)).run(sockets=[listening])
