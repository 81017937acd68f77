"""The HTTP application: settings in, an ASGI app out.

Routes of tablets are plain Starlette routes (a submission must cost little, and ids in paths may hold
anything); FastAPI carries the datasets and whatever else is described in OpenAPI. What handlers need is in
`app.state`: settings, store, access, device_access, passwords, identify, form_state,
guesses.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager

from fastapi import FastAPI

from server import health, problems
from server.auth import Access, GuessLimit
from server.central import (
    actor_properties,
    analytics,
    app_users,
    assignments,
    audits,
    backups,
    config,
    entity_routes,
    form_definitions,
    form_drafts,
    forms,
    held,
    keys,
    ledger,
    preferences,
    projects,
    public_links,
    record_files,
    record_reviews,
    record_versions,
    returning,
    roles,
    sessions,
    settings_codes,
    submissions,
    users,
)
from server.central.callers import PasswordCheck, identify
from server.central.paths import WholeSegments
from server.chores import Chore, chores
from server.datasets import routes as datasets
from server.dictionary import router as data_dictionary
from server.disk_failure import end_process
from server.edge import Edge
from server.exports import geo_routes
from server.exports import routes as exports
from server.key_addresses import KeyAddresses
from server.odata import routes as odata
from server.openrosa.formlist import form_list
from server.openrosa.forms import draft_resource, form_resource
from server.openrosa.submission import draft_submission, own_submission, submission
from server.settings import Settings
from server.viewing import Viewing
from server.webhooks import routes as webhooks
from server.webhooks.sender import sending
from sync.catalogue import catalogue
from sync.entities.intake import force_overdue
from sync.migrate import check_schema
from sync.orphans import sweep
from sync.store import Store, open_store
from sync.worker import Worker

DEVICE = "/v1/key/{token}/projects/{project_id:int}"
OWN = "/v1/projects/{project_id:int}"
TEST = "/v1/test/{token}/projects/{project_id:int}/forms/{xml_form_id}"
REFRESH_S = 1.0
"""How often tokens and forms are looked at behind the requests; none then waits for the look."""

SWEEP_S = 3600.0


def create_app(settings: Settings, store: Store | None = None) -> FastAPI:
    """The application.

    store  an open store, for tests; else the app opens the one of the settings when it starts and closes it
           when it stops. Starting raises SchemaMismatch, NotDurable, KeyMissing.
    """
    documented = settings.http.api_docs
    app = FastAPI(
        title="Waypost",
        lifespan=_lifespan,
        docs_url="/docs" if documented else None,
        redoc_url=None,
        openapi_url="/openapi.json" if documented else None,
        redirect_slashes=False,  # behind a proxy the Location would be http://
    )
    app.state.settings = settings
    app.state.owns_store = store is None
    app.state.guesses = GuessLimit()
    app.state.identify = identify
    if store is not None:
        _attach(app, store)
    _add_tablet_routes(app)
    app.include_router(health.router)
    app.include_router(datasets.router)
    app.include_router(datasets.earlier)
    app.include_router(odata.router)
    app.include_router(exports.router)
    app.include_router(geo_routes.router)
    app.include_router(data_dictionary)
    app.include_router(webhooks.router)
    app.include_router(
        settings_codes.router
    )  # before app-users/{id}, which would take `sheets.html` for an id
    for resource in (
        sessions,
        users,
        roles,
        assignments,
        projects,
        app_users,
        keys,
        held,
        ledger,
        returning,
        public_links,
    ):
        app.include_router(resource.router)
    for resource in (forms, form_drafts, form_definitions):
        app.include_router(resource.router)
    for resource in (audits, config, preferences, actor_properties, analytics, backups):
        app.include_router(resource.router)
    for router in entity_routes.ROUTERS:
        app.include_router(router)
    for resource in (record_files, record_versions, record_reviews, submissions):
        app.include_router(resource.router)
    problems.install(app)
    app.add_middleware(WholeSegments)
    app.add_middleware(KeyAddresses)
    app.add_middleware(Viewing)
    app.add_middleware(Edge, https=settings.base_url.startswith("https://"))
    return app


def _add_tablet_routes(app: FastAPI) -> None:
    """What tablets ask for: by a key, by a draft's test address, or signed in."""
    reads, sends = ["GET", "HEAD"], ["GET", "HEAD", "POST"]
    app.add_route(f"{DEVICE}/submission", submission, methods=sends)
    app.add_route(f"{DEVICE}/formList", form_list, methods=reads)
    app.add_route(f"{DEVICE}/forms/{{resource:path}}", form_resource, methods=reads)
    app.add_route(f"{TEST}/draft/submission", draft_submission, methods=sends)
    for draft in (".xml", "/formList", "/manifest", "/attachments/{name}"):
        app.add_route(f"{TEST}/draft{draft}", draft_resource, methods=reads)
    app.add_route(f"{OWN}/submission", own_submission, methods=sends)
    app.add_route(f"{OWN}/formList", form_list, methods=reads)
    app.add_route(f"{OWN}/forms/{{xml_form_id}}/draft/submission", own_submission, methods=sends)


def _attach(app: FastAPI, store: Store) -> None:
    """Put the store, and what answers from it, where handlers find it."""
    access, forms = Access(store), catalogue(store)
    app.state.store = store
    app.state.access = access
    app.state.device_access = access.device
    app.state.passwords = PasswordCheck(store)
    app.state.catalogue = forms
    app.state.form_state = forms.state


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    if app.state.owns_store:
        opened = await asyncio.to_thread(
            open_store, settings.data, settings.database_url, settings.master_key
        )
        _attach(app, opened)
    store: Store = app.state.store
    store.writer.on_broken = end_process
    try:
        check_schema(store.engine)
        with _chores(app), _working(settings, store), sending(settings, store):
            yield
    finally:
        if app.state.owns_store:
            await asyncio.to_thread(store.close)


@contextmanager
def _working(settings: Settings, store: Store) -> Iterator[None]:
    """The pipeline's worker, where it runs inside the server."""
    if not settings.worker_inside(store.dialect):
        yield
        return
    worker = Worker(
        store, memory_mb=settings.worker.step_memory_mb, step_seconds=settings.worker.step_seconds
    )
    worker.start()
    try:
        yield
    finally:
        worker.stop()


def _chores(app: FastAPI) -> AbstractContextManager[None]:
    """What the server does beside its requests."""
    store: Store = app.state.store
    return chores(
        Chore("refresh tokens", REFRESH_S, app.state.access.refresh),
        Chore("refresh forms", REFRESH_S, app.state.catalogue.refresh),
        Chore("sweep dead uploads", SWEEP_S, lambda: sweep(store)),
        Chore("apply entity updates that waited long enough", SWEEP_S, lambda: force_overdue(store)),
    )
