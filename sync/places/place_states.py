"""Whether a place is at work: planned, active, suspended or closed, from when to when, and why.

A status begins on a day and goes on until its end, or until the next one begins. Of two that hold on a day
the one that began last counts; a place without any is taken as active. A closed place leaves the tablets'
lists, while what was and is still collected there is processed as before.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import RowMapping, or_, select, update

from sync.places.site_table import PlaceState
from sync.problems import Invalid, NotFound
from sync.store import ReadSession, WriteSession, new_uuid, now
from sync.tables.log import ChangeKind
from sync.tables.places import place, place_status


def set_status(
    session: WriteSession, project_id: int, code: str, state: PlaceState, by: str | None = None
) -> list[RowMapping]:
    """Note a place's status. Returns all its statuses by the day they begin (status, reason, valid_from,
    valid_to). Raises NotFound (place), Invalid (it ends before it begins)."""
    row = session.first(
        select(place.c.id, place.c.uuid).where(place.c.project_id == project_id, place.c.code == code)
    )
    if row is None:
        raise NotFound(
            f"Project {project_id} has no place {code!r}.", "`waypost sites import` registers places."
        )
    if state.ends is not None and state.ends < state.begins:
        raise Invalid(f"{state.ends} is before {state.begins}.", "Give the first and the last day of it.")
    if set_state(session, row["id"], row["uuid"], state):
        session.audit("sites.status", row["uuid"], by, status=state.status)
    return place_states(session, row["id"])


def place_states(session: ReadSession, place_id: int) -> list[RowMapping]:
    """A place's statuses by the day they begin."""
    s = place_status.c
    columns = (s.status, s.reason, s.valid_from, s.valid_to)
    return list(session.all(select(*columns).where(s.place_id == place_id).order_by(s.valid_from)))


def set_state(session: WriteSession, place_id: int, place_uuid: str, state: PlaceState) -> bool:
    """Write a status; one that was open until then ends the day before. False: it was noted already."""
    s = place_status.c
    mine = select(s.uuid, s.status, s.reason, s.valid_to).where(
        s.place_id == place_id, s.valid_from == state.begins
    )
    known = session.first(mine)
    values: dict[str, Any] = {"status": state.status, "reason": state.reason, "valid_to": state.ends}
    if known is not None and all(known[name] == value for name, value in values.items()):
        return False
    if state.ends is None:  # one of limited length interrupts what goes on after it
        until = update(place_status).where(
            s.place_id == place_id,
            s.valid_from < state.begins,
            or_(s.valid_to.is_(None), s.valid_to >= state.begins),
        )
        session.execute(until.values(valid_to=state.begins - timedelta(days=1)))
    session.upsert(
        place_status,
        [
            {
                **values,
                "uuid": known["uuid"] if known is not None else new_uuid(),
                "place_id": place_id,
                "valid_from": state.begins,
            }
        ],
        key=("place_id", "valid_from"),
    )
    session.execute(update(place).where(place.c.id == place_id).values(updated_at=now()))
    session.change(ChangeKind.PLACE, place_uuid)
    return True
