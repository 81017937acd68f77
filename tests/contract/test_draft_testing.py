"""A draft is tried at its test address, and forms are asked for and sent by people who are signed in."""

from __future__ import annotations

import base64
import re

import httpx
import pytest
from sqlalchemy import select

from sync.assignments import Place
from sync.catalogue import catalogue
from sync.registry import set_form_state
from sync.store import Store
from sync.tables import submission, submission_version
from tests.contract.central_forms import WITH_FILES
from tests.contract.people import PASSWORD, Person, comes, over_https, stranger
from tests.contract.test_forms import FORMS, sends
from tests.server.office import Office
from tests.server.test_whole_app import submission_of

XML = "text/xml; charset=utf-8"


def received(store: Store) -> list[tuple[str, str, str | None]]:
    """(space, instanceID, why it is held) of all that is stored, in order."""
    with store.read() as session:
        rows = session.all(
            select(submission.c.project_uuid, submission.c.instance_id, submission_version.c.hold_reason)
            .join(submission_version, submission_version.c.submission_id == submission.c.id)
            .order_by(submission_version.c.id)
        )
    return [tuple(row.values()) for row in rows]


def posts(client: httpx.Client, address: str, form: str, instance_id: str, **headers: str) -> httpx.Response:
    answer = client.post(
        f"{address}/submission?deviceID=x", files=submission_of(form, "", instance_id), headers=headers
    )
    assert answer.headers["content-type"] == XML
    assert answer.headers["x-openrosa-version"] == "1.0"
    return answer


def test_draft_is_tried_at_its_own_address(office: Office, admin: Person) -> None:
    sends(admin, FORMS, WITH_FILES)
    here = "/projects/1/forms/files"
    token = admin.gets(f"{here}/draft")["draftToken"]
    at = f"/v1/test/{token}{here}/draft"
    client = office.client
    listed = client.get(f"{at}/formList")
    assert (listed.status_code, listed.headers["content-type"]) == (200, XML)
    found = dict(re.findall(r"<(formID|hash|downloadUrl|manifestUrl)>(.*?)</", listed.text))
    assert (found["formID"], found["downloadUrl"]) == ("files", f"http://127.0.0.1:8080{at}.xml")
    document = client.get(found["downloadUrl"])
    assert (document.content, document.headers["content-type"]) == (WITH_FILES, XML)
    assert "<mediaFile>" not in client.get(found["manifestUrl"]).text
    sends(admin, f"{here}/draft/attachments/goodone.csv", b"test,csv\n1,2", "text/csv")
    (name, address) = re.findall(
        r"<filename>(.*?)</filename>.*<downloadUrl>(.*?)</downloadUrl>", client.get(found["manifestUrl"]).text
    )[0]
    assert (name, address) == ("goodone.csv", f"http://127.0.0.1:8080{at}/attachments/goodone.csv")
    assert client.get(address).content == b"test,csv\n1,2"
    assert client.head(f"{at}/submission").status_code == 204
    assert posts(client, at, "files", "uuid:1").status_code == 201
    assert posts(client, at, "another", "uuid:2").status_code == 400
    own = {"Authorization": f"Bearer {admin.token}"}
    assert posts(client, f"/v1{here}/draft", "files", "uuid:3", **own).status_code == 201

    wrong = at.replace(token, "a" * 64)
    elsewhere = at.replace("files", "other")
    for path in (
        f"{wrong}/formList",
        f"{wrong}/manifest",
        f"{wrong}.xml",
        f"{wrong}/attachments/goodone.csv",
        f"{elsewhere}/formList",
        f"{at}/attachments/none.csv",
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, XML), path
    assert posts(client, wrong, "files", "uuid:4").status_code == 404
    admin.does("POST", f"{here}/draft/publish")
    for path in (f"{at}/formList", f"{at}/manifest", f"{at}.xml", f"{at}/attachments/goodone.csv"):
        assert client.get(path).status_code == 404
    assert posts(client, at, "files", "uuid:5").status_code == 201  # it was filled in before
    spaces = received(office.store)
    assert [each[1:] for each in spaces] == [("uuid:1", None), ("uuid:3", None), ("uuid:5", None)]
    assert office.project["uuid"] not in {space for space, _, _ in spaces}


@pytest.mark.parametrize("role", ["admin", "manager", "formfill", "viewer", "formview"])
def test_people_ask_for_forms_and_send_them_signed_in(office: Office, role: str) -> None:
    office.publishes("fmr", "")
    office.publishes("closed", "")
    office.store.write(lambda s: set_form_state(s, office.project_id, "closed", "closed"))
    catalogue(office.store).expire()
    here, client = "/v1/projects/1", office.client
    who = comes(office, "Paul", role, Place() if role == "admin" else Place(office.project_id))
    own = {"Authorization": f"Bearer {who.token}"}
    listed = client.get(f"{here}/formList", headers=own)
    assert (listed.status_code, listed.headers["content-type"]) == (200, XML)
    (address,) = re.findall(r"<downloadUrl>(.*?)</downloadUrl>", listed.text)
    assert client.get(address, headers=own).status_code == 200
    assert client.head(f"{here}/submission", headers=own).status_code == 204
    fills = role in ("admin", "manager", "formfill")
    told = [
        posts(client, here, form, f"uuid:{form}", **own).status_code for form in ("fmr", "closed", "none")
    ]
    assert told == ([201, 202, 202] if fills else [401, 401, 401])
    kept = [(office.project["uuid"], f"uuid:{form}", why) for form, why in
            (("fmr", None), ("closed", "form_closed"), ("none", "unknown_form"))]  # fmt: skip
    assert received(office.store) == (kept if fills else [])


def test_who_has_nothing_to_do_with_a_project_sends_nothing_there(office: Office) -> None:
    office.publishes("fmr", "")
    office.publishes("fms", "")
    here, client = "/v1/projects/1", office.client
    own = {"Authorization": f"Bearer {comes(office, 'Ana', 'formfill', Place(1, 'fmr')).token}"}
    assert re.findall("<formID>(.*?)</", client.get(f"{here}/formList", headers=own).text) == ["fmr"]
    told = [posts(client, here, form, f"uuid:{form}", **own).status_code for form in ("fmr", "fms")]
    assert told == [201, 202]  # not given to her: held, as a tablet's
    nobody = {"Authorization": f"Bearer {comes(office, 'Nils').token}"}
    assert [posts(client, f"/v1/projects/{p}", "fmr", "uuid:x", **nobody).status_code for p in (1, 9)] == [
        404,
        404,
    ]
    assert client.get(f"{here}/formList", headers=nobody).status_code == 404
    assert stranger(office).asks("HEAD", "/projects/1/submission").status_code == 401
    unknown = posts(client, here, "fmr", "uuid:y")
    assert (unknown.status_code, unknown.headers.get("www-authenticate")) == (401, None)
    wrong = posts(client, here, "fmr", "uuid:y", Authorization="Bearer nothing")
    assert wrong.status_code == 401

    browser = over_https(office)  # Collect answers a challenge over TLS
    asked = browser.head(f"{here}/submission")
    assert (asked.status_code, asked.headers["www-authenticate"][:5]) == (401, "Basic")
    basic = base64.b64encode(f"ana@example.org:{PASSWORD}".encode()).decode()
    assert posts(browser, here, "fmr", "uuid:z", Authorization=f"Basic {basic}").status_code == 201
