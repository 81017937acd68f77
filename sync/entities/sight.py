"""What a reader sees of a list's entities, property by property: the policy of answers, applied to entities.

A property is as closed as the most closed mark of the questions that feed it; one that no form feeds counts
as internal, as answers do. The label counts as internal too, and as a direct identifier where any property
is one, for labels repeat names.
"""

from __future__ import annotations

from dataclasses import dataclass

from sync.access import Actor
from sync.entities.datasets import property_names
from sync.entities.publishing import sensitivities
from sync.policy.grants import SEES
from sync.store import ReadSession


@dataclass(frozen=True, slots=True)
class Sight:
    properties: tuple[str, ...]  # of the list, in order
    closed: frozenset[str]  # those whose values the reader does not see
    shows_label: bool
    shows_staff: bool  # who made entities, and with what


def sight_of(session: ReadSession, actor: Actor, project_id: int, dataset_id: int) -> Sight:
    """What an actor sees by its grants on the whole project: an entity lies in nobody's part of it. Looked at
    as somebody else: what both see."""
    sees: set[str] = set()
    for grant in actor.on(project_id):
        if not (grant.xml_form_id or grant.place_id or grant.organisation or grant.pcode):
            sees |= SEES.get(grant.role, frozenset())
    marks = sensitivities(session, dataset_id)
    names = tuple(property_names(session, dataset_id))
    closed = frozenset(name for name in {*names, *marks} if marks.get(name, "internal") not in sees)
    shows_label = "internal" in sees and "direct_identifier" not in marks.values()
    if actor.viewed_by is not None:
        looks = sight_of(session, actor.viewed_by, project_id, dataset_id)
        shows_staff = "internal" in sees and looks.shows_staff
        return Sight(names, closed | looks.closed, shows_label and looks.shows_label, shows_staff)
    return Sight(names, closed, shows_label, "internal" in sees)
