"""Which rows of a project's lists a tablet is given, by what its user is assigned to.

Grants add up; within one grant place, area and organisation hold together. An area that the active release
does not know gives nothing: as everywhere, scope fails closed. An organisation narrows to what it runs and
to what nobody is named for: a register that names no organisation is common to all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sync.access import Grant
from sync.listing_rows import Key, Registered, RegisteredArea, RegisteredPlace, Registers

Narrowed = tuple[str | None, str | None, str | None]
"""(place, area, organisation) of a grant; None does not narrow."""

EVERYTHING: frozenset[Narrowed] = frozenset({(None, None, None)})


def narrowed_by(grants: Iterable[Grant], xml_form_id: str) -> frozenset[Narrowed]:
    """What of a form's lists somebody with these grants works on; the same value for the same scope."""
    found = frozenset(
        (grant.place_id, grant.pcode, grant.organisation)
        for grant in grants
        if grant.xml_form_id in (None, xml_form_id)
    )
    return EVERYTHING if (None, None, None) in found else found


@dataclass(frozen=True, slots=True)
class _Reach:
    """One grant, resolved. `areas` and `codes` None: everywhere."""

    place: str | None
    organisation: str | None
    areas: frozenset[Key] | None  # the areas assigned, and all below
    above: frozenset[Key]  # those above, without which no cascade leads down to them
    codes: frozenset[str] | None  # codes of `areas` and `above`

    def owns(self, organisation: str | None) -> bool:
        return self.organisation is None or organisation in (None, self.organisation)


class ListingScope:
    """The rows of one project's registers that these grants show."""

    def __init__(self, registers: Registers, narrowed: frozenset[Narrowed]) -> None:
        self._registers = registers
        self._reaches = () if narrowed >= EVERYTHING else tuple(_resolved(registers, narrowed))
        self._everything = narrowed >= EVERYTHING

    def places(self) -> Iterator[RegisteredPlace]:
        """The places a user may be at."""
        for place in self._registers.places:
            if self._everything or any(_at(reach, place) for reach in self._reaches):
                yield place

    def areas(self) -> Iterator[RegisteredArea]:
        """The areas a user may choose, with those above them."""
        for key, area in self._registers.areas.items():
            if self._everything or any(r.areas is None or key in r.areas | r.above for r in self._reaches):
                yield area

    def further(self, rows: Iterable[Registered]) -> Iterator[Registered]:
        """Corridors, rounds and informants: by area where they name one, by organisation where they do."""
        for row in rows:
            if self._everything or any(_about(reach, row) for reach in self._reaches):
                yield row


def _at(reach: _Reach, place: RegisteredPlace) -> bool:
    if reach.place is not None:
        return reach.place == place.listed.code and reach.owns(place.organisation)
    inside = reach.areas is None or not reach.areas.isdisjoint(place.areas)
    return inside and reach.owns(place.organisation)


def _about(reach: _Reach, row: Registered) -> bool:
    inside = not row.areas or reach.codes is None or not reach.codes.isdisjoint(row.areas)
    return inside and reach.owns(row.organisation)


def _resolved(registers: Registers, narrowed: frozenset[Narrowed]) -> Iterator[_Reach]:
    below: dict[Key, list[Key]] = defaultdict(list)
    for area in registers.areas.values():
        if area.parent is not None:
            below[area.parent].append(area.key)
    homes = {place.listed.code: place.areas for place in registers.places}
    for place, pcode, organisation in sorted(narrowed, key=repr):
        roots: set[Key] | None = None
        if pcode is not None:
            roots = _named(registers, pcode)
        elif place is not None:
            home = homes.get(place, frozenset())
            roots = {max(home)} if home else set()
        if roots is None:
            yield _Reach(place, organisation, None, frozenset(), None)
            continue
        areas, above = frozenset(_down(roots, below)), frozenset(_up(roots, registers.areas))
        codes = frozenset(code for _, code in areas | above)
        yield _Reach(place, organisation, areas, above, codes)


def _named(registers: Registers, pcode: str) -> set[Key]:
    """The areas a p-code, an older name of it, or a country's ISO code means, at whatever level."""
    keys = {key for key in registers.areas if key[1] == pcode}
    keys |= {key for key, area in registers.areas.items() if key[0] == 0 and area.iso3 == pcode}
    return keys | {key for key in registers.aliases.get(pcode, ()) if key in registers.areas}


def _down(roots: set[Key], below: dict[Key, list[Key]]) -> Iterator[Key]:
    waiting = sorted(roots)
    while waiting:
        key = waiting.pop()
        yield key
        waiting += below.get(key, ())


def _up(roots: set[Key], areas: dict[Key, RegisteredArea]) -> Iterator[Key]:
    for root in roots:
        area = areas.get(root)
        while area is not None and area.parent is not None:
            yield area.parent
            area = areas.get(area.parent)
