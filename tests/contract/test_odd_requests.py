"""Requests that no client of ours sends: each is answered, none breaks the server."""

from __future__ import annotations

from base64 import b64encode

from tests.contract.people import Person, stranger
from tests.server.office import Office

_HUGE = "9" * 25
_TOKEN = "01" + b64encode(b'{"instanceId":"\\u0000"}').decode().replace("=", "%3D")


def test_what_no_client_sends_is_refused_in_words(office: Office, admin: Person) -> None:
    office.publishes("fmr")
    here = f"/projects/{office.project_id}"
    form = f"{here}/forms/fmr"
    refusals = {
        f"{here}/forms/a%00b": 404,
        f"{form}/versions/%00": 404,
        f"{form}/submissions/%00": 404,
        f"{here}/held?instanceId=%00": 200,
        f"{form}.svc/Submissions?$skiptoken={_TOKEN}": 400,
        f"{form}.svc/Submissions?$top={'1' * 5000}": 400,
        f"{form}.svc/Submissions?$filter=__id eq '%00'": 200,
        f"{form}/submissions.geojson?submitterId={'1' * 5000}": 400,
        f"/projects/{_HUGE}/figures/flow.json": 404,
        f"/projects/{_HUGE}/formList": 404,
        f"/test/{'a' * 64}/projects/{_HUGE}/forms/fmr/draft/formList": 404,
        "/audits?start=0001-01-01T00:00:00%2B14:00": 400,
        "/audits?end=9999-12-31T23:59:59-14:00": 400,
    }
    answers = {path: admin.asks("GET", path) for path in refusals}
    assert {path: answer.status_code for path, answer in answers.items()} == refusals
    for number in ("00000000001" + _HUGE, _HUGE, "0", "1" * 5000):
        assert admin.asks("GET", here, X_View_As=number).status_code == 400
    assert stranger(office).asks("GET", f"/projects/{_HUGE}/figures/flow.json").status_code == 401
    large = b'{"entities": ["' + b"x" * 300_000 + b'"]}'
    path = f"/v1{here}/datasets/people/entities"
    known = {"Authorization": f"Bearer {admin.token}"}
    unknown = {"Authorization": "Bearer " + "a" * 64}
    statuses = [
        office.client.post(path, content=large, headers=headers).status_code
        for headers in ({}, unknown, {"Cookie": "__Host-session=x"}, known)
    ]
    assert statuses == [401, 401, 400, 404], "nobody fills the memory"
