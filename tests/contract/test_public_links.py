"""Public links: whoever has one fills in one form, and gets nothing else."""

from __future__ import annotations

import re

import httpx

from sync.assignments import Place
from sync.registry import set_form_state
from sync.tables import submission_version
from tests.contract.people import Person, comes
from tests.server.office import Office
from tests.server.test_whole_app import submission_of


def sends(office: Office, address: str, form: str, instance_id: str, device: str = "web:1") -> httpx.Response:
    files = submission_of(form, "1", instance_id)
    return office.client.post(f"{address}/submission?deviceID={device}", files=files)


def holds(office: Office) -> list[str | None]:
    with office.store.read() as session:
        rows = session.all(submission_version.select().order_by(submission_version.c.id))
    return [row["hold_reason"] for row in rows]


def test_link_is_made_listed_changed_and_ended(office: Office, admin: Person) -> None:
    office.publishes("fmr")
    office.publishes("fms")
    here = f"/projects/{office.project_id}/forms/fmr/public-links"
    first = admin.does("POST", here, {"displayName": "Volunteers"})
    assert sorted(first) == sorted(
        ["id", "type", "displayName", "createdAt", "updatedAt", "deletedAt", "token", "once", "expiresAt",
         "maxSubmissions"]
    )  # fmt: skip
    assert (first["type"], first["once"], first["expiresAt"]) == ("public_link", None, None)
    assert re.fullmatch(r"[A-Za-z0-9!$]{64}", first["token"])
    given = {"displayName": "Once", "once": True, "expiresInDays": 7, "maxSubmissions": 40}
    second = admin.does("POST", here, given)
    assert (second["once"], second["maxSubmissions"]) == (True, 40)
    assert second["expiresAt"] is not None
    admin.does("DELETE", f"/sessions/{second['token']}")
    third = admin.does("POST", here, {"displayName": "Third"})
    assert admin.gets(here) == [third, first, {**second, "token": None}]
    extended = admin.gets(f"{here}?limit=1", extended=True)
    assert [(each["createdBy"]["displayName"], each["lastUsed"]) for each in extended] == [("Amina", None)]
    changed = admin.does("PATCH", f"{here}/{third['id']}", {"displayName": "3", "maxSubmissions": 5})
    assert (changed["displayName"], changed["maxSubmissions"]) == ("3", 5)
    assert admin.gets(f"{here}/{third['id']}") == changed
    elsewhere = here.replace("fmr", "fms")
    for method in ("GET", "PATCH", "DELETE"):
        assert admin.is_refused(method, f"{elsewhere}/{first['id']}", {}) == 404.1
    assert admin.does("DELETE", f"{here}/{first['id']}") == {"success": True}
    assert [each["id"] for each in admin.gets(here)] == [third["id"], second["id"]]
    assert admin.gets(elsewhere) == []
    for wrong, code in (({}, 400.2), ({"displayName": 7}, 400.11), ({"displayName": " "}, 400.8)):
        assert admin.is_refused("POST", here, wrong) == code
    for name, value, code in (
        ("once", "yes", 400.11),
        ("expiresInDays", 0, 400.8),
        ("maxSubmissions", "5", 400.11),
    ):
        assert admin.is_refused("POST", here, {"displayName": "x", name: value}) == code
    events = [event["action"] for event in admin.gets("/audits?action=public_link")]
    assert events == [
        "public_link.delete", "public_link.create", "public_link.assignment.create",
        "public_link.session.end", "public_link.create", "public_link.assignment.create",
        "public_link.create", "public_link.assignment.create",
    ]  # fmt: skip


def test_link_opens_its_form_and_nothing_else(office: Office, admin: Person) -> None:
    office.publishes("fmr", media={"map.png": b"map"}, names=("map.png",))
    office.publishes("fms")
    here = f"/projects/{office.project_id}"
    link = admin.does("POST", f"{here}/forms/fmr/public-links", {"displayName": "Volunteers"})
    address = f"/v1/key/{link['token']}{here}"

    def gets(path: str) -> tuple[int, str]:
        answer = office.client.get(f"{address}{path}")
        return answer.status_code, answer.headers["content-type"].partition(";")[0]

    listed = office.client.get(f"/v1{here}/formList?st={link['token']}")
    assert re.findall("<formID>(.*?)</formID>", listed.text) == ["fmr"]
    assert f"{address}/forms/fmr/versions/1.xml" in listed.text
    for path in ("/forms/fmr.xml", "/forms/fmr/manifest"):
        assert gets(path) == (200, "text/xml")
    assert gets("/forms/fmr/attachments/map.png") == (200, "image/png")
    assert office.client.get(f"/v1{here}/forms/fmr.xml?st={link['token']}").status_code == 200
    for path in ("/forms/fms.xml", "/forms/none.xml", "/forms/fms/manifest"):
        assert gets(path) == (403, "text/xml")
    for path in ("", "/app-users", "/forms/fmr/public-links", "/forms/fms/public-links", "/figures/flow.csv",
                 "/forms/fmr.svc/Submissions"):  # fmt: skip
        answer = office.client.get(f"{address}{path}")
        assert answer.status_code in (403, 404), path
        assert "xml" not in answer.headers["content-type"]
    assert [sends(office, address, form, f"uuid:{form}").status_code for form in ("fmr", "fms")] == [201, 403]
    for form, status in (("fmr", 200), ("fms", 403), ("none", 403)):  # as a script would
        by_path, by_query = f"{address}/forms/{form}/submissions", f"/v1{here}/forms/{form}/submissions"
        for number, where in enumerate((by_path, f"{by_query}?st={link['token']}")):
            body = submission_of(form, "1", f"uuid:{form}-{number}")["xml_submission_file"][1]
            answer = office.client.post(where, content=body, headers={"Content-Type": "text/xml"})
            assert (answer.status_code, answer.json().get("code", 403.1)) == (status, 403.1), answer.text
    assert office.client.get(f"{address}/forms/fmr/submissions").status_code == 403
    session = {"Authorization": f"Bearer {admin.token}"}  # the key counts first
    assert office.client.get(f"{address}/app-users", headers=session).status_code == 403

    office.store.write(lambda s: set_form_state(s, office.project_id, "fmr", "closed"))
    office.app.state.catalogue.expire()
    for path in ("/forms/fmr.xml", "/forms/fmr/manifest", "/forms/fmr/attachments/map.png"):
        assert gets(path) == (403, "text/xml")
    for path in ("/forms", "/forms/fmr", "/forms/fmr.xls", "/forms/fmr/versions", "/forms/fmr/fields",
                 "/forms/fmr/attachments"):  # fmt: skip
        assert gets(path) == (403, "application/json")
    assert sends(office, address, "fmr", "uuid:late").status_code == 202
    admin.does("DELETE", f"{here}/forms/fmr/public-links/{link['id']}")
    assert gets("/forms/fmr.xml") == (403, "text/xml")


def test_what_a_used_up_link_brings_is_held(office: Office, admin: Person) -> None:
    office.publishes("fmr")
    here = f"/projects/{office.project_id}"
    made = {"displayName": "Two of all", "maxSubmissions": 2}
    few = admin.does("POST", f"{here}/forms/fmr/public-links", made)["token"]
    once = admin.does("POST", f"{here}/forms/fmr/public-links", {"displayName": "1", "once": True})["token"]
    address = f"/v1/key/{few}{here}"
    told = [sends(office, address, "fmr", f"uuid:{n}", f"web:{n}").status_code for n in (1, 2, 3, 1)]
    assert told == [201, 201, 202, 201]
    address = f"/v1/key/{once}{here}"
    told = [sends(office, address, "fmr", f"uuid:x{n}", f"web:{n % 2}").status_code for n in (1, 2, 3)]
    assert told == [201, 201, 202]  # the third is a second one from the first one's device
    assert holds(office) == [None, None, "link_used_up", None, None, "link_used_up"]


def test_bad_keys_are_told_apart_and_answered_as_they_are_asked(office: Office, admin: Person) -> None:
    here = f"/projects/{office.project_id}"
    unknown, session = "a" * 64, str(admin.token)
    for key, status in (("short", 401), (unknown, 403), (session, 403)):
        for path in (f"{here}/formList", f"{here}/submission", f"{here}/forms/fmr.xml"):
            for address in (f"/v1/key/{key}{path}", f"/v1{path}?st={key}"):
                answer = office.client.get(address)
                if path.endswith("submission"):
                    answer = office.client.post(address, files=submission_of("fmr", "1", "uuid:1"))
                assert (answer.status_code, answer.headers["content-type"]) == (
                    status,
                    "text/xml; charset=utf-8",
                )
                assert "OpenRosaResponse" in answer.text
        for path in ("/users/current", f"{here}/forms/fmr/public-links", here):
            answer = office.client.get(f"/v1/key/{key}{path}")
            assert answer.json()["code"] == {401: 401.2, 403: 403.1}[status]


def test_app_users_key_opens_what_the_session_of_one_would(office: Office, admin: Person) -> None:
    office.publishes("fmr")
    here = f"/projects/{office.project_id}"
    made = admin.does("POST", f"{here}/app-users", {"displayName": "Gate"})
    address = f"/v1/key/{made['token']}"
    assert office.client.get(f"{address}/users/current").status_code == 404
    assert office.client.get(f"{address}/projects").json() == []
    assert office.client.get(f"{address}{here}/app-users").status_code == 403
    assert office.client.get(f"{address}/users").json() == []
    admin.does("POST", f"{here}/forms/fmr/assignments/app-user/{made['id']}")
    assert office.client.get(f"{address}{here}/assignments").status_code == 403
    assert office.client.get(f"{address}{here}/figures/flow.csv").status_code == 403
    viewer = comes(office, "Vera", "viewer", Place(office.project_id))
    assert viewer.is_refused("POST", f"{here}/forms/fmr/public-links", {"displayName": "x"}) == 403.1
