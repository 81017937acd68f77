"""Looking as somebody else: a coordinator sees what another sees before handing them the address.

In: who looks, and the actor to look as. Out: that actor, whose verbs, rows and columns are then cut to what
the one who looks has too (sync/permissions.py, `Scope.within`): nobody comes to see more by it. Each look is
in the audit trail.
"""

from __future__ import annotations

from dataclasses import replace

from sync.access import Actor, find_actor, no_actor
from sync.permissions import project_verbs, site_verbs
from sync.problems import Forbidden
from sync.store import ReadSession, Store

ASSIGNING = "assignment.create"


def view_as(store: Store, viewer: Actor, actor_id: int, project_id: int | None, what: str) -> Actor:
    """The actor to go on as; the look is entered in the audit trail first.

    what  what is looked at, in words that tell no answer: an address without its query, a command
    Raises Forbidden for who may not assign roles there, NotFound for an actor that is absent or has nothing
    to do with the project: the two look the same.
    """
    verbs = site_verbs(viewer) if project_id is None else project_verbs(viewer, project_id)
    if ASSIGNING not in verbs:
        raise Forbidden(
            "Looking as somebody else is for those who may assign roles here.",
            "Ask the project's manager to look, or for the role.",
        )
    with store.read() as session:
        seen = found(session, actor_id, project_id)
    told = {"project": project_id, "what": what}
    store.write(lambda session: session.audit("policy.view_as", seen.uuid, viewer.uuid, **told))
    return replace(seen, viewed_by=viewer)


def found(session: ReadSession, actor_id: int, project_id: int | None) -> Actor:
    """Somebody who has to do with the project (None: anybody). Raises NotFound."""
    seen = find_actor(session, actor_id)
    if project_id is not None and not seen.on(project_id):
        raise no_actor(actor_id)
    return seen
