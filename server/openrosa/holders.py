"""Who asks for forms and sends records: a key in the address, somebody signed in, a draft's test address.

A request goes in; who it comes from and what they may do in the project comes out, the same for all three, so
that one handler answers the tablet, the script and whoever tries a draft.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from starlette.requests import Request

from server.auth import Device
from server.central.callers import Caller, identify
from server.links import base_url, segment
from server.settings import Settings
from sync.access import Actor, Grant
from sync.drafts import draft_by_token
from sync.permissions import form_verbs
from sync.problems import NotFound, Unauthorised
from sync.registry import get_project
from sync.store import Store
from sync.tables.access import ActorKind

_READS = frozenset({"open_form.list", "open_form.read", "form.list", "form.read"})


class Holder(Protocol):
    """Who is asking."""

    @property
    def actor_uuid(self) -> str | None: ...
    @property
    def project_id(self) -> int: ...
    @property
    def project_uuid(self) -> str:
        """The space what is sent goes to: the project's, or a draft's."""

    @property
    def grants(self) -> tuple[Grant, ...]: ...
    @property
    def is_link(self) -> bool: ...
    @property
    def viewed_by(self) -> Actor | None:
        """Who looks as them (server/viewing.py)."""

    @property
    def scope(self) -> str:
        """Equal for those who see the same: part of a list's ETag."""

    def may_submit(self, xml_form_id: str) -> bool: ...
    def may_read(self, xml_form_id: str) -> bool: ...
    def reads_closed(self, xml_form_id: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody signed in, on a project they have to do with."""

    actor: Actor
    project_id: int
    project_uuid: str

    @property
    def actor_uuid(self) -> str:
        return self.actor.uuid

    @property
    def grants(self) -> tuple[Grant, ...]:
        return self.actor.on(self.project_id)

    @property
    def viewed_by(self) -> Actor | None:
        return self.actor.viewed_by

    @property
    def is_link(self) -> bool:
        return self.actor.kind == ActorKind.PUBLIC_LINK

    @property
    def scope(self) -> str:
        return repr((self.actor.uuid, self.grants, self.viewed_by))

    @property
    def submits_somewhere(self) -> bool:
        """Whether they fill in any form of the project."""
        forms = {grant.xml_form_id or "" for grant in self.grants}
        return any(self.may_submit(form) for form in forms)

    def may_submit(self, xml_form_id: str) -> bool:
        return "submission.create" in self._verbs(xml_form_id)

    def may_read(self, xml_form_id: str) -> bool:
        return not _READS.isdisjoint(self._verbs(xml_form_id))

    def reads_closed(self, xml_form_id: str) -> bool:
        return "form.read" in self._verbs(xml_form_id)

    def _verbs(self, xml_form_id: str) -> frozenset[str]:
        return form_verbs(self.actor, self.project_id, xml_form_id)


@dataclass(frozen=True, slots=True)
class Tester:
    """Whoever has a draft's test address: fills in the draft, and nothing else."""

    draft: Any  # its row, with xml_form_id and project_id
    grants: tuple[Grant, ...] = ()
    actor_uuid: str | None = None
    is_link: bool = False
    viewed_by: Actor | None = None

    @property
    def project_id(self) -> int:
        return int(self.draft["project_id"])

    @property
    def project_uuid(self) -> str:
        return str(self.draft["uuid"])

    @property
    def scope(self) -> str:
        return self.project_uuid

    def may_submit(self, xml_form_id: str) -> bool:
        return bool(xml_form_id == self.draft["xml_form_id"])

    def may_read(self, xml_form_id: str) -> bool:
        return self.may_submit(xml_form_id)

    def reads_closed(self, xml_form_id: str) -> bool:
        return True


def holder_of(request: Request) -> Device | SignedIn:
    """Who asks for something of a project. Raises what `Access.device` and `identify` raise, Unauthorised
    (nobody), NotFound (a project none of theirs)."""
    project_id = request.path_params["project_id"]
    token = request.path_params.get("token")
    if token is not None:
        device: Device = request.app.state.device_access(token, project_id)
        return device
    return signed_in(request, identify(request), project_id)


def signed_in(request: Request, caller: Caller | None, project_id: int) -> SignedIn:
    """Somebody known, on a project. Raises Unauthorised, NotFound."""
    if caller is None:
        raise Unauthorised(
            "This address asks for a password or a key.", "Check the server settings on the tablet."
        )
    absent = NotFound("There is nothing here, or nothing that you have to do with.", "Check the address.")
    if not caller.actor.on(project_id):
        raise absent
    store: Store = request.app.state.store
    with store.read() as session:
        try:
            uuid = get_project(session, project_id)["uuid"]
        except NotFound:
            raise absent from None
    return SignedIn(caller.actor, project_id, str(uuid))


def who_tests(request: Request, xml_form_id: str, also_ended: bool = False) -> Tester:
    """Whoever has the test address in the path. Raises NotFound: unknown, or the draft has ended."""
    store: Store = request.app.state.store
    token, project_id = request.path_params["token"], request.path_params["project_id"]
    with store.read() as session:
        draft = draft_by_token(session, project_id, xml_form_id, token, also_ended)
    if draft is None:
        raise NotFound(
            "There is no draft to test at this address, or not any more.",
            "When the form has been published, set the tablet up with an app user's code; when there is a "
            "new draft, with the draft's own.",
        )
    return Tester(draft)


def asks_for_password(request: Request) -> bool:
    """Whether a client is asked for its password: only where nobody on the way can read it, for Collect takes
    no other answer to the challenge."""
    settings: Settings = request.app.state.settings
    return request.url.scheme == "https" or settings.base_url.startswith("https://")


def address_of(request: Request) -> str:
    """The server URL whoever asks came in by, up to the project: links in an answer begin with it."""
    token, project_id = request.path_params.get("token"), request.path_params["project_id"]
    way = f"/key/{token}" if token is not None else ""
    if request.scope["path"].startswith("/v1/test/"):
        way = f"/test/{segment(str(token))}"
    return f"{base_url(request, request.app.state.settings.http)}/v1{way}/projects/{project_id}"
