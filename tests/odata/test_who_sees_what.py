"""Scope over OData: rows, columns, counts, filters, orders and errors tell nobody what they may not know."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from server.odata.options import LastRow
from sync.access import Grant, assign, create_token
from sync.store import WriteSession, now
from sync.tables import HARMONISED, assignment
from tests.datasets.rows import AREAS
from tests.odata.village import Village

flow = HARMONISED["flow"]


def placed(village: Village, **answers: Any) -> str:
    """A record whose row lies in a province, and is of an organisation."""
    area, owner = answers.pop("area", None), answers.pop("owner", None)
    sensitivity = answers.pop("sensitivity", "internal")
    instance_id = village.household(**{"day": "2026-11-02", "village": "P", **answers})
    values = {**AREAS.get(area, {}), "organisation": owner, "sensitivity": sensitivity}
    mine = flow.c.instance_id == instance_id
    village.store.write(lambda session: session.execute(update(flow).where(mine).values(**values)))
    return instance_id


def test_an_area_or_an_organisation_shows_its_records_only(village: Village) -> None:
    north = placed(village, area="NO01", owner="A", persons=1, camp={"tent": [{"colour": "n"}]})
    south = placed(village, area="SU02", owner="B", persons=2, camp={"tent": [{"colour": "s"}]})
    nowhere = placed(village, persons=3)
    without_rows = village.household(litres=1)
    everybody = [without_rows, nowhere, south, north]
    seen = {
        "coordinator": (village.token("coordinator"), everybody),
        "analyst": (village.token("analyst"), everybody),
        "north": (village.token("coordinator", pcodes=["NO01"]), [north]),
        "district": (village.token("supervisor", pcodes=["SU0201"]), [south]),
        "country": (village.token("supervisor", pcodes=["XS"]), []),
        "both": (village.token("analyst", pcodes=["NO01", "SU02"]), [south, north]),
        "owner": (village.token("analyst", organisations=["B"]), [south]),
        "unknown area": (village.token("analyst", pcodes=["ZZ"]), []),
    }
    for who, (token, expected) in seen.items():
        assert village.ids(token) == expected, who
        assert village.reads("/Submissions", token, count="true", top="0")["@odata.count"] == len(expected)
        tents = village.reads("/Submissions.camp.tent", token, count="true")
        assert tents["@odata.count"] == len(tents["value"]) == len({north, south} & set(expected)), who
        for hidden in set(everybody) - set(expected):
            assert village.refusal(f"/Submissions('{hidden}')", token) == (404, 404.1)
            assert village.ids(token, filter=f"__id eq '{hidden}'") == []


def test_a_record_with_a_row_out_of_scope_is_out_of_scope(village: Village) -> None:
    one = placed(village, area="NO01", persons=1)
    north, south = (village.token("coordinator", pcodes=[code]) for code in ("NO01", "SU02"))
    both = village.token("coordinator", pcodes=["NO01", "SU02"])
    assert village.ids(north) == [one]

    def add_a_row(session: WriteSession) -> None:
        row = dict(session.all(flow.select().where(flow.c.instance_id == one))[0])
        session.insert(flow, [{**row, "record_id": "second", **AREAS["SU02"]}])

    village.store.write(add_a_row)

    assert (village.ids(north), village.ids(south), village.ids(both)) == ([], [], [one])


def test_a_confidential_row_hides_its_record_from_those_who_may_not_see_it(village: Village) -> None:
    open_one = placed(village, persons=1)
    closed = placed(village, persons=2, sensitivity="confidential")

    assert village.ids(village.token("coordinator")) == [closed, open_one]
    for role in ("supervisor", "analyst", "viewer", "admin"):
        assert village.ids(village.token(role)) == [open_one], role


def test_a_herd_never_leaves_to_the_public_as_a_record(village: Village) -> None:
    people = placed(village, persons=1)
    herd = placed(village, persons=2)
    mine = flow.c.instance_id == herd
    village.store.write(lambda s: s.execute(update(flow).where(mine).values(assessment_type="TTT")))

    assert village.ids(village.token("viewer")) == [people]
    assert village.ids(village.token("analyst")) == [herd, people]


COLUMNS = {
    "viewer": {"day", "village", "persons", "meta"},
    "analyst": {"day", "village", "persons", "litres", "started", "woke", "needs", "well", "camp", "meta"},
}
COLUMNS["admin"] = COLUMNS["analyst"]
COLUMNS["supervisor"] = COLUMNS["analyst"] | {"here"}
COLUMNS["coordinator"] = COLUMNS["supervisor"] | {"abuse", "incident"}


def test_columns_are_those_of_the_role_everywhere(village: Village) -> None:
    one = placed(village, here="12.5 1.25 0 0", head="Adam", abuse="beaten", incident=[{"story": "burnt"}])
    for role, columns in COLUMNS.items():
        token = village.token(role)
        (row,) = village.reads("/Submissions", token)["value"]
        written = {name.partition("@")[0] for name in row if not name.startswith("__")}
        assert written == columns, role
        described = village.asks("/$metadata", token).text
        for hidden in {"here", "abuse", "incident", "litres", "head", "owner"} - columns:
            assert f'"{hidden}"' not in described, (role, hidden)
            for option in ("filter", "orderby", "select"):
                asked = f"{hidden} ne null" if option == "filter" else hidden
                unknown = "no_such ne null" if option == "filter" else "no_such"
                mine = village.refusal("/Submissions", token, **{option: asked})
                assert mine == village.refusal("/Submissions", token, **{option: unknown}), (role, hidden)
        tables = {table["name"] for table in village.reads("", token)["value"]}
        assert ("Submissions.incident" in tables) == ("incident" in columns), role
        if "incident" not in columns:
            address = f"/Submissions('{one}')/incident"
            assert village.refusal("/Submissions.incident", token) == (404, 404.1)
            assert village.refusal(address, token) == (404, 404.1)
    (row,) = village.reads("/Submissions", village.token("viewer"))["value"]
    staff = {name: row["__system"][name] for name in ("submitterId", "submitterName", "deviceId")}
    assert staff == {"submitterId": None, "submitterName": None, "deviceId": None}


def test_two_grants_show_a_column_where_they_are_and_nowhere_else(village: Village) -> None:
    north = placed(village, area="NO01", here="12.5 1.25 0 0", litres="3")
    south = placed(village, area="SU02", here="11.5 1.25 0 0", litres="4")
    project = village.country.project_id

    def make(session: WriteSession) -> str:
        made = create_token(session, project, "Mariam", "viewer")
        assign(session, made.id, Grant("supervisor", project, pcode="NO01"), now())
        return made.token

    token = village.store.write(make)
    rows = village.reads("/Submissions", token)["value"]

    shown = [(row["__id"], row["here"] is not None, row["litres"]) for row in rows]
    assert shown == [(south, False, None), (north, True, 3.0)]
    assert [row["__system"]["submitterName"] for row in rows] == [None, "Tablet 7"]
    assert village.ids(token, filter="litres gt 0") == [north]
    assert village.ids(token, filter="litres eq null") == [south]
    assert village.ids(token, filter="here ne null") == [north]
    assert village.ids(token, filter="__system/submitterName eq null") == [south]
    assert [row["__id"] for row in village.reads("/Submissions", token, orderby="litres desc")["value"]] == [
        north,
        south,
    ]


def test_identifying_answers_never_leave_whoever_asks(village: Village) -> None:
    secret = "Adam-Abakar-Oumar"
    tent = {"colour": "blue", "owner": secret, "bed": [{"age": 7}]}
    one = placed(village, head=secret, camp={"tent": [tent]})
    for role in COLUMNS:
        token = village.token(role)
        paths = ["", "/$metadata", "/Submissions?$expand=*", f"/Submissions('{one}')?$expand=*"]
        paths += ["/Submissions.camp.tent", f"/Submissions('{one}')/camp/tent"]
        told = [village.asks(path, token) for path in paths]
        assert not any(secret in answer.text or "owner" in answer.text for answer in told), role


def test_who_has_nothing_to_do_with_a_form_finds_nothing(village: Village) -> None:
    placed(village, persons=1)
    token = village.token("coordinator")
    absent = village.asks("", token, form="no_such_form")
    unknown = village.client.get(f"/v1/projects/{village.country.project_id}/forms/village.svc")

    def elsewhere(session: WriteSession) -> str:
        made = create_token(session, village.country.project_id, "Zara", "viewer")
        session.execute(_revoke(made.id))
        assign(session, made.id, Grant("coordinator", village.country.project_id, xml_form_id="other"), now())
        return made.token

    other = village.asks("", village.store.write(elsewhere))
    assert (absent.status_code, other.status_code, unknown.status_code) == (404, 404, 401)
    assert absent.json()["code"] == other.json()["code"] == 404.1
    assert absent.json() == other.json()
    assert village.asks("", village.tablet_token).status_code == 401


def _revoke(actor_id: int) -> Any:
    return update(assignment).where(assignment.c.actor_id == actor_id).values(revoked_at=now())


def test_a_page_token_made_up_shows_nothing_out_of_scope(village: Village) -> None:
    placed(village, area="SU02", persons=1)
    north = placed(village, area="NO01", persons=2)
    token = village.token("analyst", pcodes=["NO01"])
    later = placed(village, area="SU02", persons=3)

    assert village.ids(token, skiptoken=LastRow("uuid:guessed").token) == []
    assert village.ids(token, skiptoken=LastRow(later).token) == []
    whole = village.token("analyst")
    assert village.ids(whole, skiptoken=LastRow(later).token)[0] == north
