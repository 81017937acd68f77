"""The week, day by day: who fills in what, and what goes wrong on the way.

Mon  everybody works; one tablet loses its answers, one link breaks in the middle of a photo
Tue  three photos in three requests in the wrong order; an edit goes out before its original; a form comes
     that nobody published
Wed  no network until the evening of Thursday; the office publishes a new version of the registry and a new
     boundary release; one tablet keeps the old version
Thu  everybody sends two days at once, and the server is killed in the middle of it
Fri  one herd, told by two informants; one instanceID with two bodies; the unpublished form is published
Sat  a day without movement, a day not observed
Sun  the last count; one point has been silent all week
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from functools import partial
from pathlib import Path
from typing import Any

from server.demo.filling import BlankForm
from server.demo.ledger import Ledger
from server.demo.people import Enumerator
from server.demo.tablet import Filled, Tablet
from server.demo.world import World

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

CREW: dict[str, str] = {
    "t01-north-gate": "FMP-01",
    "t02-bus-station": "FMP-02",
    "t03-river-crossing": "FMP-03",
    "t04-salt-road": "FMP-04",
    "t05-old-well": "FMP-05",
    "t06-ferry-landing": "FMP-06",
    "t07-airport": "POE-01",
    "t08-border-post": "POE-02",
    "t09-fishing-port": "POE-03",
    "t10-long-valley": "CP-01",
    "t11-long-valley-phone": "CP-01",
    "t12-school-ground": "SITE-01",
    "t13-night-watch": "FMP-02",
}
"""The tablets, and the point each works at. t05 has a schedule and is never heard of."""

FAULTS: dict[tuple[str, int], list[dict[str, Any]]] = {
    ("t02-bus-station", 0): [{"losing_the_answer": True}, {}],
    ("t01-north-gate", 0): [{"cut_at": 0.5}, {}],
    ("t03-river-crossing", 1): [
        {"limit": 80_000, "backwards": True, "cut_at": 0.4},
        {"limit": 80_000, "backwards": True},
    ],
    ("t04-salt-road", 1): [{"truncated_at": 0.99}, {"truncated_at": 0.3}, {}],
    ("t06-ferry-landing", 1): [{"losing_the_answer": True}, {"losing_the_answer": True}, {}],
    ("t12-school-ground", 4): [{"losing_the_answer": True}, {}],
    ("t01-north-gate", 5): [{"losing_the_answer": True}, {"cut_at": 0.9}, {"truncated_at": 0.6}, {}],
}
"""How a tablet's evening goes, try by try; where nothing is said, the first try works."""


@dataclass
class Office:
    """What the coordinator's side can be asked to do during the week; each returns when it is done."""

    publish_new_registry: Callable[[], None]
    activate_new_boundaries: Callable[[], None]
    publish_night_count: Callable[[], None]
    wait_until_processed: Callable[[], None]
    kill_the_server: Callable[[], None]
    start_the_server: Callable[[], None]


@dataclass
class Week:
    """The tablets and the people who carry them, through seven days."""

    world: World
    urls: Mapping[str, str]  # key URL by tablet
    ledgers: Path
    unpublished: Mapping[str, bytes]  # XForms a tablet has from elsewhere, by form id
    office: Office
    say: Callable[[str], None]
    people: dict[str, Enumerator] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, point in CREW.items():
            ledger = Ledger(self.ledgers / f"{name}.jsonl")
            tablet = Tablet(self.urls[name], name, ledger, seed=self.world.seed)
            self.people[name] = Enumerator(tablet, self.world, point)

    def happens(self) -> None:
        """Live through the week. Raises nothing for what the tablets suffer: their ledgers have it."""
        self._together(lambda person: person.tablet.downloads())
        for form_id, xform in self.unpublished.items():
            self._tablet("t13-night-watch").forms[form_id] = BlankForm(xform)
        for number, name in enumerate(DAYS):
            self._works(number)
            if number == 2:
                self.say(f"{name}: no network. The office publishes a new form version and new boundaries.")
                self._new_releases()
                continue
            if number == 3:
                self._is_killed_while_sending(number)
            sent = self._together(partial(self._evening, number=number))
            self.say(f"{name}: {sum(sent)} forms sent.")
            if number == 0:
                self.office.wait_until_processed()
            if number == 4:
                self.office.publish_night_count()

    # -- days ----------------------------------------------------------------------------------------------

    def _works(self, number: int) -> None:
        """What is filled in on a day."""
        who = self.people
        for name in ("t01-north-gate", "t02-bus-station", "t03-river-crossing", "t06-ferry-landing"):
            if name != "t06-ferry-landing" or number < 5:
                old = name == "t06-ferry-landing" and number > 2
                who[name].counts_a_day(number, story="an old form version" if old else None)
        self._salt_road(who["t04-salt-road"], number)
        self._borders(number)
        if number in (0, 4):
            who["t01-north-gate"].interviews(number)
        if number == 1:
            who["t03-river-crossing"].counts_the_market(
                number, "photos in three requests, in the wrong order"
            )
            who["t13-night-watch"].counts_at_night(number, "a form that is published later")
            who["t13-night-watch"].visits_a_school(number)
        if number < 6:
            herds = (90, 130, 60, 310, 240, 170)
            herd = "one herd, two informants" if number == 4 else None
            who["t10-long-valley"].sees_a_herd(number, herds[number], clock(9, 10), story=herd)
        if number == 4:
            who["t11-long-valley-phone"].sees_a_herd(number, 250, clock(9, 40), "RBM-KI-12", story=herd)
            first = who["t12-school-ground"].assesses_the_site(number, 1_250)
            who["t12-school-ground"].assesses_the_site(
                number, 1_520, "the same instanceID with another body", again_as=first
            )

    def _salt_road(self, person: Enumerator, number: int) -> None:
        if number == 4:  # Thursday's form was sent; two groups had been forgotten
            person.counts_a_day(3, edits=_last(person.tablet.sent), story="an edit that is applied")
        if number == 5:
            person.counts_a_day(number, "no_movement", story="a day without movement")
        elif number == 6:
            person.counts_a_day(
                number, "not_observed", not_observed_reason="insecurity", story="a day not observed"
            )
        else:
            person.counts_a_day(number)

    def _borders(self, number: int) -> None:
        airport, post, port = (self.people[n] for n in ("t07-airport", "t08-border-post", "t09-fishing-port"))
        if number == 1:
            airport.tablet.clock = self.world.evening("POE-01", number)
            original = airport.reports_the_border(number)
            airport.reports_the_border(
                number, "partially_operational", "an edit before its original", edits=original
            )
        if number in (0, 4):
            post.tablet.clock = datetime(1970, 1, 1 + number, 3, 12, tzinfo=UTC)
            post.reports_the_border(number, story="a clock at 1970", flags=("clock_unset",))
        if number == 3:
            port.tablet.clock = datetime.now(UTC).replace(microsecond=0) + timedelta(days=730)
            port.reports_the_border(
                number, story="a clock two years ahead", flags=("clock_ahead", "no_date"), dated=False
            )

    def _evening(self, person: Enumerator, number: int) -> int:
        """A tablet sends what it has. Returns how many forms it sees as sent afterwards."""
        tablet = person.tablet
        before = len(tablet.sent)
        if tablet.name == "t07-airport" and number == 1:
            tablet.syncs(only=[f for f in tablet.outbox if b"deprecatedID" in f.xml])
        else:
            for attempt in FAULTS.get((tablet.name, number), [{}]):
                tablet.syncs(**attempt)
        return len(tablet.sent) - before

    def _new_releases(self) -> None:
        self.office.wait_until_processed()
        self.office.publish_new_registry()
        self.office.activate_new_boundaries()
        for name, person in self.people.items():
            if name != "t06-ferry-landing":
                person.tablet.downloads()

    def _is_killed_while_sending(self, number: int) -> None:
        """Kill the server as soon as a few answers were heard, while all tablets are sending."""
        before = sum(len(p.tablet.sent) for p in self.people.values())
        with ThreadPoolExecutor(len(self.people)) as pool:
            sending = [pool.submit(self._evening, person, number) for person in self.people.values()]
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline and not all(f.done() for f in sending):
                if sum(len(p.tablet.sent) for p in self.people.values()) >= before + 4:
                    break
                time.sleep(0.001)
            self.office.kill_the_server()
            for future in sending:
                future.result()
        kept = sum(len(p.tablet.outbox) for p in self.people.values())
        self.say(f"{DAYS[number]}: the server was killed while they sent; {kept} forms stay on the tablets.")
        self.office.start_the_server()

    def _together(self, act: Callable[[Enumerator], Any]) -> list[Any]:
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(act, self.people.values()))

    def _tablet(self, name: str) -> Tablet:
        return self.people[name].tablet


def _last(sent: Iterable[Filled]) -> Filled:
    return list(sent)[-1]
