"""What the people of the demo fill in: answers in the forms' own words, and what they saw, for the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from server.demo.photo import jpeg
from server.demo.tablet import Filled, Tablet
from server.demo.world import World

PHOTO_BYTES = 65_000


@dataclass(frozen=True)
class Enumerator:
    """A person with a tablet at a point."""

    tablet: Tablet
    world: World
    point: str

    def counts_a_day(
        self,
        number: int,
        outcome: str = "movement",
        story: str | None = None,
        edits: Filled | None = None,
        **answers: Any,
    ) -> Filled:
        """The form `fmr` for day `number` (0 is Monday): the day itself, and each group that passed."""
        world, point = self.world, self.point
        groups = world.groups(point, number) if outcome == "movement" else []
        if edits is not None:  # two groups had been forgotten
            groups = world.groups(point, number, len(groups) + 2)
        self._it_is_evening(number)
        photo = f"{point}-{number}.jpg"
        observed = {} if outcome == "not_observed" else self._observed(number, photo)
        return self.tablet.fills(
            "fmr",
            point=point,
            obs_date=world.day(number),
            enumerator=self.tablet.name,
            outcome=outcome,
            groups=groups,
            **{**observed, **answers},
            photos={photo: jpeg(f"{point} {world.day(number)}", PHOTO_BYTES)} if observed else None,
            minutes=25,
            edits=edits,
            story=story,
            expects={
                "flow": [["FMR", point, str(world.day(number)), group["n_ind"]] for group in groups],
                "observation": [point, str(world.day(number)), outcome],
            },
        )

    def interviews(self, number: int) -> Filled:
        """The form `fms`: one traveller who agreed, all the way to the end."""
        random = self.world.random("interview", self.point, number)
        self._it_is_evening(number)
        return self.tablet.fills(
            "fms",
            point=self.point,
            interview_date=self.world.day(number),
            enumerator=self.tablet.name,
            language_ok="yes",
            already="no",
            age_group="adult",
            eligible="yes",
            consent_version="fms-2026-1",
            consent="yes",
            consent_time=self.tablet.clock,
            sex=random.choice("mf"),
            age_years=random.randint(18, 70),
            nationality=random.choice(("MLI", "NER", "SEN")),
            direction="outgoing",
            origin_country="MLI",
            final_country="CPV",
            transport="bus",
            reasons=["economic", "family"],
            needs_top=["food", "health"],
            needs=["health", "food"],
            intention="continue",
            consent_share="no",
            consent_photo="no",
            consent_recontact="yes",
            phone="+238 555 01 02",
            finished="yes",
            outcome="completed",
            minutes=17,
            expects={"profile": [self.point, str(self.world.day(number)), "completed"]},
        )

    def reports_the_border(
        self,
        number: int,
        status: str = "fully_operational",
        story: str | None = None,
        edits: Filled | None = None,
        flags: tuple[str, ...] = (),
        dated: bool = True,
    ) -> Filled:
        """The form `poe_status`. `dated=False` takes the date the tablet offers."""
        closed: dict[str, Any] = {} if status == "fully_operational" else {"closed_for": ["commercial"]}
        day = self.world.day(number)
        photo = f"sign-{number}.jpg"
        return self.tablet.fills(
            "poe_status",
            point=self.point,
            enumerator=self.tablet.name,
            method="seen",
            location=self.world.points[self.point].fix(self.world.random("fix", self.point, number)),
            operational_status=status,
            measures=["none"] if not closed else ["hours_limited"],
            health_measures=["routine_screening"],
            est_inflow=120,
            est_outflow=80,
            signboard=photo,
            **closed,
            status_date=day if dated else self.tablet.clock.date(),
            photos={photo: jpeg(f"{self.point} {day}", PHOTO_BYTES)},
            minutes=9,
            edits=edits,
            story=story,
            expects={
                "baseline": [["place_status", self.point, str(day) if dated else None, status]],
                "flags": list(flags),
            },
        )

    def sees_a_herd(
        self, number: int, cattle: int, at: time, told_by: str | None = None, story: str | None = None
    ) -> Filled:
        """The form `ttt_count`: seen at the point, or told on the phone by an informant."""
        day = self.world.day(number)
        self._it_is_evening(number)
        zone = ZoneInfo(self.world.points[self.point].timezone)
        passed = datetime.combine(day, at, zone)
        how: dict[str, Any] = {
            "report_mode": "direct",
            "location": self.world.points[self.point].fix(self.world.random("fix", self.point, number)),
            "estimate_method": "count",
            "info_source": "direct_observation",
        }
        if told_by is not None:
            how = {
                "report_mode": "phone",
                "informant": told_by,
                "report_time": passed + timedelta(hours=1),
                "estimate_method": "ki_estimate",
                "info_source": "herder_association",
            }
        return self.tablet.fills(
            "ttt_count",
            point=self.point,
            event_date=day,
            event_clock=at,
            event_time=f"{day}T{at:%H:%M}:00",
            enumerator=self.tablet.name,
            organisation="RBM",
            direction="in",
            transhumance_type="cross_border",
            origin_country="MLI",
            dest_country="OOO",
            reasons=["pasture", "water"],
            counted_elsewhere="no",
            herds=1,
            species_known="yes",
            cattle=cattle,
            animals_total=cattle,
            people_known="yes",
            n_ind=6,
            sadd_known="no",
            sadd_unknown=6,
            nat_known="no",
            **how,
            story=story,
            expects={"flow": [["TTT", self.point, str(day), 6]]},
        )

    def assesses_the_site(
        self, number: int, persons: int, story: str | None = None, again_as: Filled | None = None
    ) -> Filled:
        """The form `b2`: who lives at a site, by category."""
        point = self.world.points[self.point]
        day = self.world.day(number)
        self._it_is_evening(number)
        photo = "school-ground.jpg"
        return self.tablet.fills(
            "b2",
            round="1",
            assessment_date=day,
            enumerator=self.tablet.name,
            organisation="RDC",
            adm1=point.pcode[:4],
            adm2=point.pcode[:6],
            adm3=point.pcode,
            pcode=point.pcode,
            place_listed="yes",
            place=point.code,
            access="yes",
            location=point.fix(self.world.random("fix", self.point)),
            site_type="camp",
            place_photo=photo,
            ki_count=2,
            interview_type="inperson",
            informant="KI-07",
            ki_role="chief",
            ki_recontact="no",
            idp_present="yes",
            idp_ind_said=persons,
            idp_hh_said=persons // 5,
            idp_ind=persons,
            idp_hh=persons // 5,
            idp_method="registration",
            idp_sadd_known="no",
            returnee_idp_present="no",
            returnee_idp_ind=0,
            returnee_idp_hh=0,
            needs_top=["food", "drinking_water"],
            needs=["drinking_water", "food"],
            confidence=4,
            photos={photo: jpeg(f"{self.point} {day}", PHOTO_BYTES)},
            minutes=40,
            again_as=again_as,
            story=story,
            expects={"baseline": [["idp", self.point, str(day), persons]]},
        )

    def counts_the_market(self, number: int, story: str | None = None) -> Filled:
        """The form `market_count` with its three photos."""
        day = self.world.day(number)
        n_ind = self.world.random("market", number).randint(100, 400)
        self._it_is_evening(number)
        names = {side: f"market-{side}-{number}.jpg" for side in ("north", "stalls", "road")}
        return self.tablet.fills(
            "market_count",
            point=self.point,
            day=day,
            n_ind=n_ind,
            direction="incoming",
            photo_north=names["north"],
            photo_stalls=names["stalls"],
            photo_road=names["road"],
            photos={name: jpeg(f"{side} {day}", PHOTO_BYTES) for side, name in names.items()},
            story=story,
            expects={"flow": [["FMC", self.point, str(day), n_ind]]},
        )

    def counts_at_night(self, number: int, story: str | None = None) -> Filled:
        """The form `night_count`, which this tablet has and the server has not."""
        day = self.world.day(number)
        n_ind = self.world.random("night", number).randint(5, 30)
        self._it_is_evening(number)
        return self.tablet.fills(
            "night_count",
            point=self.point,
            night=day,
            n_ind=n_ind,
            story=story,
            expects={"flow": [["EET", self.point, str(day), n_ind]]},
        )

    def visits_a_school(self, number: int) -> Filled:
        """The form `school_visit` of another programme: it stays held."""
        self._it_is_evening(number)
        return self.tablet.fills(
            "school_visit",
            school="Twin hills",
            pupils=31,
            expects={"held": "unknown_form"},
            story="a form that is never published here",
        )

    def _observed(self, number: int, photo: str) -> dict[str, Any]:
        point = self.world.points[self.point]
        return {
            "obs_start": time.fromisoformat(point.opens),
            "obs_end": time.fromisoformat(point.closes),
            "location": point.fix(self.world.random("fix", self.point, number)),
            "point_photo": photo,
        }

    def _it_is_evening(self, number: int) -> None:
        self.tablet.clock = self.world.evening(self.point, number)
