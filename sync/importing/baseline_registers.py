"""What is registered here, for the texts of a baseline sheet: areas, sites, operations, rounds, reasons.

Flows in: texts as partners write them. Flows out: our codes, and how each was found where that is worth
saying. What is not found is never guessed; the account lists it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from forms import vocabulary
from forms.crosswalks import Crosswalk, Unmapped
from sync.places.areas import slug
from sync.places.gazetteer import Gazetteer
from sync.places.matching import Match, match_area
from sync.places.release_gazetteer import gazetteer_of
from sync.places.releases import active_release
from sync.problems import NotFound
from sync.registers.crosswalks import project_crosswalk
from sync.registers.known import known_registers
from sync.steps.values import KnownRound
from sync.store import ReadSession
from sync.tables import operation, place

CROSSWALK = "dtm_api"


@dataclass(frozen=True, slots=True)
class Known:
    """The registers of one project, as an import asks them."""

    gazetteer: Gazetteer | None  # None: the project has no boundaries
    sites: Mapping[str, str]  # code or ssid -> code
    operations: Mapping[str, str]  # folded code or name -> code
    rounds: tuple[KnownRound, ...]
    crosswalk: Crosswalk
    _areas: dict[tuple[str, int | None, str | None, bool], Match] = field(default_factory=dict)

    def area(self, text: str, level: int | None, parent: str | None, *, names: bool) -> Match:
        """An area by code, or by name within its parent."""
        key = (text, level, parent, names)
        if self.gazetteer is None:
            return Match(None, note="the project has no boundaries")
        if key not in self._areas:
            self._areas[key] = match_area(text, level, parent, self.gazetteer, names=names)
        return self._areas[key]

    def operation(self, text: str) -> str | None:
        return self.operations.get(slug(text))

    def round(self, text: str, of: str, assessment: str) -> str | None:
        """The code of a registered round: as it is, or the same number with other zeros (3 for 03)."""
        codes = {
            one.code for one in self.rounds if one.assessment_type == assessment and one.operation in ("", of)
        }
        alike = [code for code in codes if code.isdigit() and text.isdigit() and int(code) == int(text)]
        return text if text in codes else alike[0] if len(alike) == 1 else None

    def reasons(self, text: str) -> tuple[str, ...] | None:
        """Codes of displacement_reason; () where the text says that nothing is known, None: not matched."""
        try:
            found = self.crosswalk.ours("displacement_reason", text)
        except Unmapped:
            own = [part.strip() for part in text.replace(",", ";").split(";") if part.strip()]
            return tuple(own) if all(c in vocabulary.codes("displacement_reason") for c in own) else None
        return (found,) if isinstance(found, str) else found or ()


def known_in(session: ReadSession, project_id: int, project_uuid: str, source: str = CROSSWALK) -> Known:
    """Everything a project has registered that a baseline sheet may name.

    source  of the crosswalk for reasons: what is shipped, or the office's own
    Raises  NotFound (the crosswalk)
    """
    crosswalk = project_crosswalk(session, project_uuid, source)
    if not crosswalk.crossings:
        raise NotFound(f"There is no crosswalk {source}.", "`waypost crosswalk list` shows those there are.")
    release = active_release(session, project_id)
    sites: dict[str, str] = {}
    for row in session.all(select(place.c.code, place.c.ssid).where(place.c.project_id == project_id)):
        sites |= {name: row["code"] for name in (row["ssid"], row["code"]) if name}
    operations: dict[str, str] = {}
    mine = select(operation.c.code, operation.c.name).where(operation.c.project_id == project_id)
    for row in session.all(mine):
        operations |= {slug(row["name"]): row["code"], slug(row["code"]): row["code"]}
    return Known(
        gazetteer_of(session, release.id) if release is not None else None,
        sites,
        operations,
        known_registers(session, project_uuid).rounds,
        crosswalk,
    )
