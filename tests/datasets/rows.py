"""Harmonised rows by hand: what the pipeline would have written, for stories that begin after it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from shapely import box
from sqlalchemy import select

from forms import vocabulary
from sync.access import Actor, Grant
from sync.steps.record_ids import record_id
from sync.store import Store, WriteSession, new_uuid, now
from sync.tables import (
    HARMONISED,
    admin_area,
    boundary_release,
    duplicate_pair,
    expected_observation,
    flow_split,
    place,
    project,
    receipt_event,
    release_activation,
    submission,
)

MONDAY = date(2026, 11, 2)
TUESDAY = date(2026, 11, 3)
WEDNESDAY = date(2026, 11, 4)

AREAS = {
    "NO01": {
        "adm1_pcode": "NO01",
        "adm1_name": "Nord, Région du",
        "adm2_pcode": "NO0101",
        "adm2_name": "N'Guélé",
    },
    "SU02": {"adm1_pcode": "SU02", "adm1_name": "Sud", "adm2_pcode": "SU0201", "adm2_name": "Bâ-Côté"},
}
"""Two provinces with a district each, as rows carry them."""

FMP_01 = {
    "place_id": "FMP-01",
    "place_name": "Pont de l'Éléphant, rive gauche",
    "place_type": "fmp",
    **AREAS["NO01"],
}
FMP_02 = {"place_id": "FMP-02", "place_name": "Gare", "place_type": "fmp", **AREAS["SU02"]}


_NORTH, _SOUTH = (0.0, 12.0, 4.0, 14.0), (0.0, 10.0, 4.0, 12.0)  # west, south, east, north
_BOXES = {
    "XS": (0.0, 10.0, 4.0, 14.0),
    "NO01": _NORTH,
    "NO0101": _NORTH,
    "SU02": _SOUTH,
    "SU0201": _SOUTH,
}


def person(role: str, project_id: int, **narrowed: Any) -> Actor:
    """Somebody with one grant on a project."""
    return Actor(new_uuid(), "reader", "Mariam", (Grant(role, project_id, **narrowed),))


@dataclass
class Country:
    """A project with two provinces and a few points, and what came from them."""

    store: Store
    project_id: int
    project_uuid: str
    release_id: int

    def submission(
        self, instance_id: str | None = None, form_id: str = "fmr", **values: Any
    ) -> dict[str, Any]:
        """One original. Gives its columns, id included."""
        row = {
            "uuid": new_uuid(),
            "project_uuid": self.project_uuid,
            "xml_form_id": form_id,
            "instance_id": instance_id or f"uuid:{uuid.uuid4()}",
            "received_at": now(),
            **values,
        }

        def work(session: WriteSession) -> dict[str, Any]:
            key = session.insert_returning(submission, row)
            root_id = values.get("root_id", key)
            session.execute(submission.update().where(submission.c.id == key).values(root_id=root_id))
            done = {
                "submission_id": key,
                "state": "done",
                "attempts": 1,
                "created_at": now(),
                "done_at": now(),
            }
            session.insert(receipt_event, [done])
            return {**row, "id": key, "root_id": root_id}

        return self.store.write(work)

    def add(self, table: str, of: Mapping[str, Any] | None = None, **values: Any) -> str:
        """One row of a harmonised table, of a submission of its own unless one is given. Gives its id."""
        return self.add_all(table, [values], of)[0]

    def add_all(
        self, table: str, several: list[dict[str, Any]], of: Mapping[str, Any] | None = None
    ) -> list[str]:
        form_id = (several[0] if several else {}).get("form_id", "fmr")
        origin = of or self.submission(form_id=form_id)
        rows = [self._row(table, origin, number, values) for number, values in enumerate(several)]
        self.store.write(lambda session: session.insert(HARMONISED[table], rows))
        return [row["record_id"] for row in rows]

    def flow(self, day: date | None, at: Mapping[str, Any], n_ind: int | None, **values: Any) -> str:
        return self.add("flow", **{"reporting_date": day, "n_ind": n_ind, "flow_tool": "FMR", **at, **values})

    def day_form(self, day: date, at: Mapping[str, Any], outcome: str, **values: Any) -> str:
        return self.add(
            "observation", **{"reporting_date": day, "obs_date": day, "outcome": outcome, **at, **values}
        )

    def pair(self, a: str, b: str, table: str = "flow") -> str:
        """Two rows suspected to be the same. Gives the pair's uuid."""
        record_a, record_b = sorted((a, b))
        key = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{record_a} {record_b}"))
        root = {
            row["record_id"]: row["root_id"]
            for row in self._all(HARMONISED[table].select().where(HARMONISED[table].c.record_id.in_([a, b])))
        }
        row = {
            "uuid": key,
            "project_uuid": self.project_uuid,
            "table_name": table,
            "record_a": record_a,
            "record_b": record_b,
            "root_a": root[record_a],
            "root_b": root[record_b],
            "score": 0.9,
            "reasons": ["same day", "same size"],
        }
        self.store.write(lambda session: session.insert(duplicate_pair, [row]))
        return key

    def split(self, record: str, dimension: str, code: str, n: int | None, root_id: int) -> None:
        row = {"record_id": record, "dimension": dimension, "code": code, "n": n, "root_id": root_id}
        self.store.write(lambda session: session.insert(flow_split, [row]))

    def point(
        self, at: Mapping[str, Any], weekdays: str | None = None, since: date = MONDAY, **values: Any
    ) -> None:
        """Register a place; with weekdays, it is expected to be observed on them."""
        row = {
            "uuid": new_uuid(),
            "project_id": self.project_id,
            "code": at["place_id"],
            "kind": at["place_type"],
            "name": at["place_name"],
            "pcode": at.get("adm2_pcode"),
            **values,
        }

        def work(session: WriteSession) -> None:
            key = session.insert_returning(place, row)
            if weekdays:
                shift = {
                    "uuid": new_uuid(),
                    "place_id": key,
                    "weekdays": weekdays,
                    "opens": "06:00",
                    "closes": "18:00",
                    "valid_from": since,
                }
                session.insert(expected_observation, [shift])

        self.store.write(work)

    def village(self, code: str, name: str, within: str) -> None:
        """One area of the third level in the active release, inside a district."""

        def work(session: WriteSession) -> None:
            district = admin_area.c.release_id == self.release_id, admin_area.c.code == within
            parent = session.scalar(select(admin_area.c.id).where(*district))
            row = _area(self.release_id, 3, code, name, parent)
            session.insert(admin_area, [row])

        self.store.write(work)

    def changes_point(self, code: str, **values: Any) -> None:
        mine = place.update().where(place.c.project_id == self.project_id, place.c.code == code)
        self.store.write(lambda session: session.execute(mine.values(**values)))

    def _row(
        self, table: str, origin: Mapping[str, Any], number: int, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        row: dict[str, Any] = dict.fromkeys(
            v.name for v in vocabulary.variables(table).values() if v.is_column
        )
        row |= {
            "record_id": record_id(
                self.project_uuid,
                origin["xml_form_id"],
                origin["instance_id"],
                table,
                f"/data/g[{number + 1}]",
                (),
            ),
            "project_uuid": self.project_uuid,
            "instance_id": origin["instance_id"],
            "form_id": origin["xml_form_id"],
            "form_version": "1",
            "vocabulary_version": vocabulary.VERSION,
            "geotag_method": "place",
            "geotag_flag": "ok",
            "status": "valid",
            "under_review": False,
            "sensitivity": "restricted",
            "root_id": origin["id"],
        }
        return row | dict(values)

    def _all(self, statement: Any) -> Any:
        with self.store.read() as session:
            return session.all(statement)


def country(store: Store, name: str = "Sahelia") -> Country:
    """A new project with an active boundary release of two provinces and a district in each."""

    def work(session: WriteSession) -> Country:
        project_uuid = new_uuid()
        project_id = session.insert_returning(
            project, {"uuid": project_uuid, "name": name, "created_at": now(), "settings": {}}
        )
        release_id = session.insert_returning(
            boundary_release,
            {
                "uuid": new_uuid(),
                "name": f"{name} v01",
                "content_hash": new_uuid(),
                "imported_at": now(),
                "report": {},
            },
        )
        top = session.insert_returning(admin_area, _area(release_id, 0, "XS", "Sahelia", None))
        for area in AREAS.values():
            upper = session.insert_returning(
                admin_area, _area(release_id, 1, area["adm1_pcode"], area["adm1_name"], top)
            )
            session.insert(admin_area, [_area(release_id, 2, area["adm2_pcode"], area["adm2_name"], upper)])
        session.insert(
            release_activation,
            [
                {
                    "uuid": new_uuid(),
                    "project_id": project_id,
                    "release_id": release_id,
                    "activated_at": now(),
                    "retagged_at": now(),
                }
            ],
        )
        return Country(store, project_id, project_uuid, release_id)

    return store.write(work)


def _area(release_id: int, level: int, code: str, name: str, parent_id: int | None) -> dict[str, Any]:
    return {
        "release_id": release_id,
        "level": level,
        "code": code,
        "code_official": True,
        "name": name,
        "names": {},
        "parent_id": parent_id,
        "parent_derived": False,
        "iso3": "XSA",
        "center_lon": 0.0,
        "center_lat": 0.0,
        "geometry": box(*_BOXES.get(code, _NORTH)).wkb,
    }
