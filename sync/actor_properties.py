"""What a project tells its app users apart by: properties it names, and their values for each app user.

Names follow the rules of entity properties (an XML name, not `name`, `label` or `__...`), and `displayName`
is taken. A property is never deleted; a value is, by setting it to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sqlalchemy import delete, select

from sync.problems import Conflict, Invalid
from sync.store import ReadSession, WriteSession
from sync.tables import actor, actor_property, actor_property_value
from sync.tables.log import ChangeKind

_NAME = re.compile(r"[^\W\d][\w.-]*")
_TAKEN = {"name", "label", "displayname"}
_LONGEST = 10_000


class PropertyExists(Conflict):
    """The project has a property of this name, in this or another case."""


def is_property_name(name: object) -> bool:
    """Whether a property may be called so."""
    if not isinstance(name, str) or len(name) > 255 or not _NAME.fullmatch(name):
        return False
    return name.lower() not in _TAKEN and not name.startswith("__")


def create_property(
    session: WriteSession, project_id: int, project_uuid: str, name: str, by: str | None
) -> None:
    """Raises Invalid (name), PropertyExists."""
    if not is_property_name(name):
        raise Invalid("This is not a name of a property.", "Begin with a letter; then letters, digits, _ - .")
    row = {"project_id": project_id, "name": name, "name_key": name.casefold()}
    if not session.insert_once(actor_property, [row], [actor_property.c.id]):
        raise PropertyExists(f"There is a property {name} already.", "Use it, or take another name.")
    session.audit("actor_property.create", project_uuid, by, name=name)


def property_names(session: ReadSession, project_id: int) -> list[str]:
    """By name."""
    names = select(actor_property.c.name).where(actor_property.c.project_id == project_id)
    return sorted(row["name"] for row in session.all(names))


def property_values(session: ReadSession, project_id: int) -> dict[str, list[str]]:
    """Each property with the values that app users of the project have, sorted."""
    found: dict[str, set[str]] = {name: set() for name in property_names(session, project_id)}
    for row in session.all(_VALUES.where(actor_property.c.project_id == project_id)):
        found[row["name"]].add(row["value"])
    return {name: sorted(values) for name, values in found.items()}


def properties_of(session: ReadSession, actor_ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """The values of each actor that has any: {actor id: {name: value}}, by name."""
    found: dict[int, dict[str, str]] = {}
    mine = actor_property_value.c.actor_id.in_(set(actor_ids))
    for row in session.all(_VALUES.where(mine).order_by(actor_property.c.name)):
        found.setdefault(row["actor_id"], {})[row["name"]] = row["value"]
    return found


def set_properties(
    session: WriteSession,
    project_id: int,
    actor_id: int,
    actor_uuid: str,
    values: Mapping[str, str | None],
    by: str | None,
) -> None:
    """Set the values named; blank or None takes one away. Names are the project's (see `property_names`)."""
    known = actor_property.c.project_id == project_id, actor_property.c.name.in_(list(values))
    ids = {
        row["name"]: row["id"]
        for row in session.all(select(actor_property.c.id, actor_property.c.name).where(*known))
    }
    kept = {name: (value or "").strip()[:_LONGEST] for name, value in values.items()}
    gone = [ids[name] for name, value in kept.items() if not value]
    mine = actor_property_value.c.actor_id == actor_id
    session.execute(delete(actor_property_value).where(mine, actor_property_value.c.property_id.in_(gone)))
    rows = [
        {"actor_id": actor_id, "property_id": ids[name], "value": value}
        for name, value in kept.items()
        if value
    ]
    session.upsert(actor_property_value, rows, ("actor_id", "property_id"))
    if values:
        session.change(ChangeKind.ACTOR, actor_uuid)
        session.audit(
            "app-user.property.set", actor_uuid, by, properties={n: v or None for n, v in kept.items()}
        )


_VALUES = (
    select(actor_property_value.c.actor_id, actor_property.c.name, actor_property_value.c.value)
    .join(actor_property, actor_property.c.id == actor_property_value.c.property_id)
    .join(actor, actor.c.id == actor_property_value.c.actor_id)
    .where(actor.c.revoked_at.is_(None))
)
