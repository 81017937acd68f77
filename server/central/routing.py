"""Routes and who may use them, declared together: a route without a gate cannot be written here.

A gate asks who calls, finds what the path names, and lets the handler run or raises. What somebody has
nothing to do with is answered as if it were not there; what they know of and may not do is 403. The verb
and the level stand in the OpenAPI description too (`x-verb`, `x-level`), from which the authorisation matrix
of the tests is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from server.central.asking import Id, bulk_json_object, json_object
from server.central.callers import SESSION_COOKIE, Caller, identify
from server.central.paths import form_id
from server.central.problems import AuthenticationFailed
from sync.access import Actor
from sync.permissions import form_verbs, project_verbs, site_verbs
from sync.problems import Forbidden, NotFound
from sync.registry import get_form, get_project
from sync.store import ReadSession, Store

Row = Mapping[Any, Any]
"""A row of the store, by column."""

Handler = TypeVar("Handler", bound=Callable[..., Any])


class Level(StrEnum):
    ANYBODY = "anybody"  # without credentials too
    KNOWN = "known"  # whoever has signed in; the handler decides on the rest
    SITE = "site"
    PROJECT = "project"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a gate let through."""

    caller: Caller | None
    project: Row | None = None
    form: Row | None = None
    verbs: frozenset[str] = frozenset()  # at the route's level
    draft: Row | None = None  # the form's, on the paths of drafts

    @property
    def actor(self) -> Actor:
        assert self.caller is not None, "a gate that lets nobody through unknown"
        return self.caller.actor

    @property
    def project_id(self) -> int:
        assert self.project is not None
        return int(self.project["id"])


class Gate:
    """Who may use a route."""

    level = Level.KNOWN

    def __init__(self, verb: str | None = None) -> None:
        self.verb = verb

    def allows(self, verbs: frozenset[str]) -> bool:
        """Whether somebody with these verbs at the route's level may use it."""
        return self.verb is None or self.verb in verbs

    def check(self, verbs: frozenset[str]) -> None:
        if not self.allows(verbs):
            raise Forbidden(
                "Your role does not let you do this.",
                "Ask an administrator or the project's manager for the role.",
            )

    async def __call__(self, request: Request) -> None:
        request.state.asked = await run_in_threadpool(self._pass, request)

    def _pass(self, request: Request) -> Asked:
        caller = _known(request)
        return Asked(caller, verbs=site_verbs(caller.actor))


class AnybodyGate(Gate):
    level = Level.ANYBODY

    def _pass(self, request: Request) -> Asked:
        return Asked(None)


class SiteGate(Gate):
    level = Level.SITE

    def _pass(self, request: Request) -> Asked:
        caller = _known(request)
        verbs = site_verbs(caller.actor)
        self.check(verbs)
        return Asked(caller, verbs=verbs)


class ProjectGate(Gate):
    level = Level.PROJECT

    async def __call__(self, request: Request, project_id: Id) -> None:  # type: ignore[override]
        request.state.asked = await run_in_threadpool(self._enter, request, project_id)

    def _enter(self, request: Request, project_id: int) -> Asked:
        caller = _known(request)
        with _store(request).read() as session, _told_apart(caller):
            project = known_project(session, caller.actor, project_id)
        verbs = project_verbs(caller.actor, project_id)
        self.check(verbs)
        return Asked(caller, project, verbs=verbs)


class FormGate(Gate):
    level = Level.FORM

    async def __call__(self, request: Request, project_id: Id, xml_form_id: str) -> None:  # type: ignore[override]
        request.state.asked = await run_in_threadpool(self._enter, request, project_id, form_id(xml_form_id))

    def _enter(self, request: Request, project_id: int, xml_form_id: str) -> Asked:
        caller = _known(request)
        with _store(request).read() as session, _told_apart(caller):
            project = known_project(session, caller.actor, project_id)
            granted = [grant.xml_form_id for grant in caller.actor.on(project_id)]
            if None not in granted and xml_form_id not in granted:
                raise _absent()
            try:
                form = get_form(session, project_id, xml_form_id)
            except NotFound:
                raise _absent() from None
        verbs = form_verbs(caller.actor, project_id, xml_form_id)
        self.check(verbs)
        return Asked(caller, project, form, verbs)


def asked(request: Request) -> Asked:
    """What this request's gate let through."""
    found: Asked = request.state.asked
    return found


def fields(request: Request) -> dict[str, Any]:
    """The JSON body of a route that takes one."""
    found: dict[str, Any] = request.state.json_object
    return found


def known_project(session: ReadSession, actor: Actor, project_id: int) -> Row:
    """A project's row. Raises NotFound, in the same words, where it is absent or none of the actor's."""
    if not actor.on(project_id):
        raise _absent()
    try:
        return get_project(session, project_id)
    except NotFound:
        raise _absent() from None


def route(
    router: APIRouter,
    method: str,
    path: str,
    gate: Gate,
    takes: Mapping[str, str] | None = None,
    bulk: bool = False,
    of: str = "",
) -> Callable[[Handler], Handler]:
    """Serve a path. A GET is served for HEAD too, which the description leaves out.

    takes  the fields of the JSON body with their types, `any` for any JSON; None: the handler reads the body
           itself, if at all
    bulk   the body may hold a whole file
    of     tells routes of one handler apart in the description, where the gate's level does not
    """
    reads = _bulk_of_somebody if bulk else json_object
    needed = [*([] if takes is None else [Depends(reads)]), Depends(gate)]
    extra: dict[str, Any] = {"x-verb": gate.verb, "x-level": str(gate.level)}
    if takes:
        properties = {name: ({} if kind == "any" else {"type": kind}) for name, kind in takes.items()}
        schema = {"type": "object", "properties": properties}
        extra["requestBody"] = {"content": {"application/json": {"schema": schema}}}

    def add(handler: Handler) -> Handler:
        level = (
            f"_{of or gate.level}" if handler.__name__.startswith("_") else ""
        )  # one handler on several levels
        name = (
            f"{method.lower()}_{handler.__module__.rpartition('.')[2]}{level}_{handler.__name__.strip('_')}"
        )
        router.add_api_route(
            path, handler, methods=[method], dependencies=needed, openapi_extra=extra, operation_id=name
        )
        if method == "GET":
            router.add_api_route(
                path, handler, methods=["HEAD"], dependencies=needed, include_in_schema=False
            )
        return handler

    return add


async def _bulk_of_somebody(request: Request) -> dict[str, Any]:
    """A body that may be large: nobody fills the memory before it is known who they are. A page that proves
    itself by what stands in the body sends no more than elsewhere."""
    is_page = SESSION_COOKIE in request.cookies and "authorization" not in request.headers
    if is_page and "x-requested-with" not in request.headers:
        return await json_object(request)
    await run_in_threadpool(_known, request)
    return await bulk_json_object(request)


def _known(request: Request) -> Caller:
    caller = identify(request, getattr(request.state, "json_object", None))
    if caller is None:
        raise AuthenticationFailed()
    return caller


@contextmanager
def _told_apart(caller: Caller) -> Iterator[None]:
    """Whoever comes with a key knows where it is for: anything else is forbidden to it, there or not."""
    try:
        yield
    except NotFound:
        if caller.by != "key":
            raise
        raise Forbidden(
            "This key does not open what is asked for.", "Ask your coordinator for another one."
        ) from None


def _absent() -> NotFound:
    return NotFound("There is nothing here, or nothing that you have to do with.", "Check the address.")


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store
