"""Whatever the grants and the rows: no way out gives more than the policy, written out in plain Python.

Records and readers are drawn by chance from a seed, which a failure names.
"""

from __future__ import annotations

from csv import DictReader
from dataclasses import dataclass
from io import BytesIO, StringIO
from random import Random
from typing import Any
from zipfile import ZipFile

import httpx
import pytest
from sqlalchemy import delete, select, update

from sync.access import Grant, assign, create_token
from sync.store import WriteSession, now
from sync.tables import HARMONISED, assignment
from tests.datasets.rows import AREAS
from tests.odata.village import Village

flow = HARMONISED["flow"]

SEES = {
    "viewer": {"public"},
    "analyst": {"public", "internal"},
    "supervisor": {"public", "internal", "restricted"},
    "coordinator": {"public", "internal", "restricted", "confidential"},
    "admin": {"public", "internal"},
}
WITHHELD = {"confidential", "direct_identifier"}
WITHIN = {None: {None}, "NO01": {"NO01"}, "NO0101": {"NO01"}, "SU02": {"SU02"}, "ZZ": set()}
"""The provinces that lie in an area; each has one district here."""

HERE = "12.5 1.25 0 5"
"""A position, which the form marks as restricted."""


@dataclass(frozen=True)
class Row:
    area: str | None
    owner: str | None
    sensitivity: str
    herd: bool


def shows(grant: Grant, row: Row) -> bool:
    """Whether a grant on this form shows a row: for whoever sees only what is public, no herd."""
    return (
        row.sensitivity not in WITHHELD - SEES[grant.role]
        and grant.organisation in (None, row.owner)
        and (grant.pcode is None or row.area in WITHIN[grant.pcode])
        and not (row.herd and grant.role == "viewer")
    )


def has(grants: list[Grant], rows: list[Row]) -> bool:
    """Whether grants on this form show a whole record."""
    wide = any(grant.pcode is None and grant.organisation is None for grant in grants)
    return (bool(rows) or wide) and all(any(shows(grant, row) for grant in grants) for row in rows)


@dataclass
class Country:
    """The village, what was told in it, and readers."""

    village: Village
    chance: Random

    def tells(self) -> tuple[str, list[Row]]:
        """A record with up to two rows of its own."""
        n = self.chance.choice((0, 1, 1, 1, 2))
        instance_id = self.village.household(day="2026-11-02", village="P", persons=3, litres=1, here=HERE)
        rows = [self._row() for _ in range(n)]
        self.village.store.write(lambda session: self._places(session, instance_id, rows))
        return instance_id, rows

    def _row(self) -> Row:
        draw = self.chance.choice
        kinds = ("internal", "internal", "public", "confidential")
        return Row(
            draw(["NO01", "SU02", None]), draw(["A", "B", None]), draw(kinds), draw([False, False, True])
        )

    def _places(self, session: WriteSession, instance_id: str, rows: list[Row]) -> None:
        mine = flow.c.instance_id == instance_id
        if not rows:
            session.execute(delete(flow).where(mine))
        for number, row in enumerate(rows):
            values = {
                **dict.fromkeys(("adm1_pcode", "adm1_name", "adm2_pcode", "adm2_name")),
                **AREAS.get(row.area or "", {}),
                "organisation": row.owner,
                "sensitivity": row.sensitivity,
                "assessment_type": "TTT" if row.herd else None,
            }
            if number == 0:
                session.execute(update(flow).where(mine).values(**values))
            else:
                first = dict(session.all(select(flow).where(mine))[0])
                session.insert(flow, [{**first, **values, "record_id": f"{instance_id}/{number}"}])

    def reader(self) -> tuple[str, list[Grant]]:
        """A token with one or two grants, on this form, another or all."""
        draw, project = self.chance.choice, self.village.country.project_id
        grants = [
            Grant(
                draw(list(SEES)),
                project,
                xml_form_id=draw([None, None, "village", "other"]),
                organisation=draw([None, None, "A"]),
                pcode=draw([None, None, *list(WITHIN)[1:]]),
            )
            for _ in range(draw((1, 1, 2)))
        ]

        def make(session: WriteSession) -> str:
            made = create_token(session, project, "Reader", "viewer")
            own = update(assignment).where(assignment.c.actor_id == made.id)
            session.execute(own.values(revoked_at=now()))
            for grant in grants:
                assign(session, made.id, grant, now())
            return made.token

        return self.village.store.write(make), grants

    def asks(self, path: str, token: str, method: str = "GET", **headers: str) -> httpx.Response:
        where = f"/v1/projects/{self.village.country.project_id}{path}"
        named = {"Authorization": f"Bearer {token}", **headers}
        return self.village.client.request(method, where, headers=named)


def told(answer: httpx.Response, instance_id: str) -> tuple[int, str, dict[str, str]]:
    headers = {k: v for k, v in answer.headers.items() if k not in ("content-length", "etag")}
    return answer.status_code, answer.text.replace(instance_id, "ID"), headers


@pytest.mark.parametrize("seed", [1])
def test_no_way_out_gives_more_than_the_policy_allows(village: Village, seed: int) -> None:
    here = Country(village, Random(seed))
    records = dict(here.tells() for _ in range(9))
    absent, of = "uuid:00000000-0000-0000-0000-000000000000", "/forms/village"
    for _ in range(8):
        token, grants = here.reader()
        ours = [grant for grant in grants if grant.xml_form_id in (None, "village")]
        mine = [name for name, rows in records.items() if ours and has(ours, rows)]
        seen = [row for rows in records.values() for row in rows if any(shows(g, row) for g in ours)]

        rows = here.asks("/figures/flow.json", token)
        assert (rows.status_code, len(rows.json())) == (200, len(seen)), grants
        assert here.asks("/figures/flow.csv", token, "HEAD").headers["X-Row-Count"] == str(len(seen)), grants
        listed = here.asks(f"{of}/submissions", token)
        svc = here.asks(f"{of}.svc/Submissions?%24count=true", token)
        if not ours:
            assert (listed.status_code, svc.status_code) == (404, 404), grants
            continue
        assert [one["instanceId"] for one in listed.json()] == mine[::-1], grants
        assert [one["__id"] for one in svc.json()["value"]] == mine[::-1], grants
        assert svc.json()["@odata.count"] == len(mine), grants
        sheet = here.asks(f"{of}/submissions.csv", token).text
        zipped = ZipFile(BytesIO(here.asks(f"{of}/submissions.csv.zip", token).content)).read("village.csv")
        for text in (sheet, zipped.decode()):
            assert [row["KEY"] for row in DictReader(StringIO(text))] == mine[::-1], grants
        close = [grant for grant in ours if "restricted" in SEES[grant.role]]
        located = [name for name in mine if close and has(close, records[name])]
        points = here.asks(f"{of}/submissions.geojson", token).json()["features"]
        assert sorted(point["id"] for point in points) == sorted(located), grants
        form = here.asks(of, token, **{"X-Extended-Metadata": "true"}).json()
        assert form["submissions"] == len(mine), grants
        newest = listed.json()[0]["createdAt"] if mine else None
        assert form["lastSubmission"] == newest, grants
        hidden = [name for name in records if name not in mine]
        for path in (f"{of}/submissions/%s{ending}" for ending in ("", ".xml", ".geojson", "/comments")):
            for name in hidden[:2]:
                nothing = told(here.asks(path % absent, token), absent)
                assert told(here.asks(path % name, token), name) == nothing, (grants, path)
                assert nothing[0] == 404
            for name in mine[:1]:
                assert here.asks(path % name, token).status_code == 200, (grants, path)
        for name in hidden[:2]:
            asked: dict[str, Any] = {"$filter": f"__id eq '{name}'", "$count": "true"}
            found = village.asks("/Submissions", token, asked).json()
            assert (found["value"], found["@odata.count"]) == ([], 0), grants
            single = told(village.asks(f"/Submissions('{name}')", token), name)
            assert single == told(village.asks(f"/Submissions('{absent}')", token), absent), grants
