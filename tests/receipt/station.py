"""A server that receives: the real endpoint on real HTTP, in a thread or in a process that can be killed.

Run as `python -m tests.receipt.station DATA DATABASE TOKEN_FILE [FAULT]` it serves until it is killed; the
address stands in the token file's folder as `address`.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.openrosa.responses import openrosa_problem
from server.openrosa.submission import submission
from server.settings import Settings
from sync import problems
from sync.access import authenticate, create_app_user
from sync.catalogue import catalogue
from sync.registry import create_project
from sync.store import Store, WriteSession, new_uuid, now, open_store
from sync.tables import form, form_version
from tests.receipt.tablet_wire import FORM, VERSION, Wire

STATUS = {
    problems.Unauthorised: 401,
    problems.Forbidden: 403,
    problems.NotFound: 404,
    problems.Invalid: 400,
    problems.BodyCut: 400,
    problems.StorageFull: 507,
    problems.Unavailable: 503,
}


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
    session: WriteSession, project_id: int, xml_form_id: str = FORM, version: str = VERSION, state: str = "open"
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
        "xform": b"<x/>", "source": b"", "source_name": "fmr.md", "vocabulary_version": "1", "is_mapped": False,
        "published_at": now(),
    }  # fmt: skip
    session.insert(form_version, [row])


@dataclass(frozen=True, slots=True)
class _Device:
    actor_uuid: str
    project_uuid: str
    project_id: int
    forms: frozenset[str] | None

    def may_submit(self, xml_form_id: str) -> bool:
        return self.forms is None or xml_form_id in self.forms


class _Doorkeeper:
    """Tokens to devices, each looked up once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[str, int], _Device] = {}

    def __call__(self, token: str, project_id: int) -> _Device:
        device = self._known.get((token, project_id))
        return device or self._known.setdefault((token, project_id), self._look_up(token, project_id))

    def _look_up(self, token: str, project_id: int) -> _Device:
        from sqlalchemy import select

        from sync.tables import project

        with self._store.read() as session:
            actor = authenticate(session, token).actor
            grants = actor.on(project_id)
            if not grants:
                raise problems.NotFound("There is no such project.")
            forms = [grant.xml_form_id for grant in grants]
            uuid = session.scalar(select(project.c.uuid).where(project.c.id == project_id))
        some = None if None in forms else frozenset(form for form in forms if form)
        return _Device(actor.uuid, uuid, project_id, some)


def receiving_app(store: Store, settings: Settings) -> Starlette:
    app = Starlette(
        routes=[
            Route(
                "/v1/key/{token}/projects/{project_id:int}/submission", submission, methods=["HEAD", "POST"]
            )
        ],
        exception_handlers={problems.Problem: _answer_problem},
    )
    app.state.store = store
    app.state.settings = settings
    app.state.device_access = _Doorkeeper(store)
    app.state.form_state = catalogue(store).state
    return app


async def _answer_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, problems.Problem)
    return openrosa_problem(error, STATUS[type(error)])


def settings_for(environ: dict[str, str] | None = None) -> Settings:
    return Settings.from_env(environ={"WAYPOST_RESERVE_BYTES": "0", **(environ or {})})


class Station:
    """The server in a thread of this process. A context manager."""

    def __init__(self, store: Store, settings: Settings | None = None) -> None:
        self.store = store
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._socket.getsockname()
        self._server = uvicorn.Server(_config(receiving_app(store, settings or settings_for())))
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


def _config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=5)


def main(data: str, database: str, address_file: str, fault: str = "") -> None:
    store = open_store(Path(data), database)
    environ = {"WAYPOST_FAULT": fault, "WAYPOST_ALLOW_FAULTS": "1"} if fault else {}
    listening = socket.create_server(("127.0.0.1", 0))
    written = Path(f"{address_file}.new")
    written.write_text(f"{listening.getsockname()[1]}")
    written.rename(address_file)
    uvicorn.Server(_config(receiving_app(store, settings_for(environ)))).run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])
