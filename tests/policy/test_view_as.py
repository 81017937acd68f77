"""Looking as somebody else: exactly what they see, never more than one sees oneself, and on the record."""

from __future__ import annotations

from sqlalchemy import update

from sync.access import create_app_user, create_token
from sync.accounts import create_user
from sync.assignments import Place, give_role
from sync.permissions import find_role
from sync.sessions import begin_session
from sync.store import WriteSession
from sync.tables import HARMONISED
from sync.trail import read_trail
from tests.contract.people import Person, password_hash
from tests.datasets.rows import AREAS
from tests.odata.village import Village

flow = HARMONISED["flow"]


def signs_in(village: Village, name: str, role: str | None, project: int | None = None) -> Person:
    def work(session: WriteSession) -> tuple[int, str]:
        made = create_user(session, f"{name}@example.org", name, password_hash())
        found = find_role(role or "")
        if found is not None:
            give_role(session, Place(project), found, made)
        return made, begin_session(session, made).token

    made, token = village.store.write(work)
    return Person(village.client, made, f"{name}@example.org", token)


def test_who_assigns_roles_sees_what_another_sees_and_no_more(village: Village) -> None:
    key = village.country.project_id
    north, south = (village.household(persons=n, abuse="told", litres=n) for n in (1, 2))
    for instance_id, area in ((north, "NO01"), (south, "SU02")):
        values = {**AREAS[area], "sensitivity": "internal"}
        mine = flow.c.instance_id == instance_id
        village.store.write(lambda s, m=mine, v=values: s.execute(update(flow).where(m).values(**v)))
    seen = village.store.write(lambda s: create_token(s, key, "North", "coordinator", pcodes=["NO01"]))
    tablet = village.store.write(lambda s: create_app_user(s, key, "Gate"))
    other = village.store.write(lambda s: create_token(s, village.country.project_id, "x", "analyst"))
    manager, admin = signs_in(village, "mira", "manager", key), signs_in(village, "adam", "admin")
    analyst = signs_in(village, "ana", "analyst", key)
    idle = signs_in(village, "idle", None)
    rows = f"/projects/{key}/forms/village.svc/Submissions"

    own = village.asks("/Submissions", seen.token).json()
    looked = manager.asks("GET", rows, X_View_As=str(seen.id))
    assert looked.json() == own
    assert [row["__id"] for row in own["value"]] == [north]
    assert own["value"][0]["abuse"] == "told"
    assert looked.headers["X-Viewed-As"] == str(seen.id)
    assert "X-View-As" in looked.headers["Vary"]
    figures = f"/projects/{key}/figures/flow.csv"
    mine = village.client.get(f"/v1{figures}", headers={"Authorization": f"Bearer {seen.token}"})
    theirs = manager.asks("GET", figures, X_View_As=str(seen.id))
    assert (theirs.text, theirs.text.count(north), south in theirs.text) == (mine.text, 1, False)
    assert theirs.headers["ETag"] != mine.headers["ETag"]

    cut = admin.asks("GET", rows, X_View_As=str(seen.id)).json()["value"]
    assert [row["__id"] for row in cut] == [north]
    assert "abuse" not in cut[0], "an administrator sees no confidential answers, as whomever"
    assert cut[0]["litres"] == 1.0

    assert manager.asks("GET", rows).json()["value"][0]["__id"] == south, "without the header as ever"
    refused = {
        "a writing request": manager.asks("PATCH", f"/projects/{key}", {"name": "x"}, X_View_As=str(seen.id)),
        "who assigns nothing": analyst.asks("GET", rows, X_View_As=str(seen.id)),
        "a tablet": manager.asks("GET", rows, X_View_As=str(tablet.id)),
    }
    assert {who: answer.status_code for who, answer in refused.items()} == dict.fromkeys(refused, 403)
    absent = [manager.asks("GET", rows, X_View_As=number) for number in (str(idle.id), "999999")]
    assert {answer.status_code for answer in absent} == {404}
    assert manager.asks("GET", rows, X_View_As="north").status_code == 400
    outsider = idle.asks("GET", rows, X_View_As=str(other.id))
    assert (outsider.status_code, outsider.text) == (404, idle.asks("GET", rows).text)
    assert (
        manager.gets(f"/projects/{key}", X_View_As=str(analyst.id), extended=True)["verbs"]
        == (analyst.gets(f"/projects/{key}", extended=True)["verbs"])
    )
    with village.store.read() as session:
        trail = read_trail(session, actions=["policy.view_as"])
    export = f"/projects/{key}/forms/village/submissions.csv"
    assert manager.asks("GET", export, X_View_As=str(seen.id)).status_code == 200
    with village.store.read() as session:
        (taken,) = read_trail(session, actions=["form.submission.export"])
    assert taken["actor"] == "mira", "whoever took the file, not whom they looked as"
    looks = [(entry["actor"], entry["detail"]["what"].removeprefix("GET /v1")) for entry in reversed(trail)]
    assert looks == [
        ("mira", rows), ("mira", figures), ("adam", rows), ("mira", rows), ("mira", f"/projects/{key}")
    ]  # fmt: skip
