"""Errors: their shape, their status, and what they never say."""

from __future__ import annotations

import inspect
import logging

import pytest
from starlette.testclient import TestClient

from server.problems import STATUS, status_of
from sync import problems
from sync.problems import Problem
from tests.server.office import Office, Tablet


def test_every_problem_has_its_status() -> None:
    kinds = {
        kind
        for _, kind in inspect.getmembers(problems, inspect.isclass)
        if issubclass(kind, Problem) and kind is not Problem
    }
    assert kinds == set(STATUS)

    class NarrowerThanNotFound(problems.NotFound):
        pass

    assert status_of(NarrowerThanNotFound("x")) == 404
    assert status_of(Problem("x")) == 500


def test_problem_is_told_with_what_to_do(office: Office) -> None:
    def asks() -> None:
        raise problems.Conflict("Two things.", "Do one.", [{"cell": "survey!B3"}])

    office.app.add_api_route("/conflict", asks)
    answer = office.client.get("/conflict")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json() == {
        "type": "conflict",
        "title": "This contradicts what is already here",
        "status": 409,
        "detail": "Two things.",
        "hint": "Do one.",
        "errors": [{"cell": "survey!B3"}],
    }


@pytest.mark.parametrize(("kind", "status"), [(problems.Unavailable, 503), (problems.StorageFull, 507)])
def test_what_passes_says_when_to_come_again(office: Office, kind: type[Problem], status: int) -> None:
    def asks() -> None:
        raise kind("Not now.")

    for path in ("/later", "/v1/later", "/v1/test/x/projects/1/later"):
        office.app.add_api_route(path, asks)
        answer = office.client.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (status, "60")


def test_unexpected_error_is_a_number_and_its_text_stays_in_the_log(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks() -> None:
        raise RuntimeError("Aminata Diallo is not a number")

    client = TestClient(office.app, base_url="http://127.0.0.1", raise_server_exceptions=True)
    office.app.add_api_route("/breaks", breaks)
    office.app.add_api_route("/v1/test/x/projects/1/breaks", breaks)
    with caplog.at_level(logging.ERROR):
        answer = client.get("/breaks")
    body = answer.json()
    assert (answer.status_code, body["type"], body["status"]) == (500, "unexpected", 500)
    assert len(body["id"]) == 12
    assert body["id"] in body["detail"]
    assert "Aminata" not in answer.text
    assert body["id"] in caplog.text
    assert "Aminata" in caplog.text
    tablets = client.get("/v1/test/x/projects/1/breaks")
    assert (tablets.status_code, tablets.headers["content-type"]) == (500, "text/xml; charset=utf-8")
    assert "Aminata" not in tablets.text


def test_framework_speaks_json_to_programs_and_xml_to_tablets(office: Office, tablet: Tablet) -> None:
    unknown = office.client.get("/v1/nothing")
    assert (unknown.status_code, unknown.json()["code"]) == (404, 404.1)
    for path, code in (("/projects", 404.2), ("/v2/projects", 404.3)):
        without = office.client.get(path)
        assert (without.status_code, without.json()["code"]) == (404, code)
    wrong = office.client.delete("/health/live")
    assert (wrong.status_code, wrong.json()["type"]) == (405, "method-not-allowed")
    assert "GET" in wrong.headers["allow"]
    for method, path, status in (
        ("PUT", "/submission", 405),
        ("POST", "/formList", 405),
        ("GET", "/nothing", 404),
    ):
        answer = tablet.gets(path, method=method)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/xml; charset=utf-8")
        assert answer.headers["x-openrosa-version"] == "1.0"
        assert "<message" in answer.text
        assert ("allow" in answer.headers) == (status == 405)
    assert tablet.client.get("/v1/key/x/projects/abc/formList").headers["content-type"].startswith("text/xml")
    assert tablet.client.get("/somewhere/formList").headers["content-type"].startswith("text/xml")


def test_wrong_parameter_is_named_and_not_repeated(office: Office) -> None:
    def counts(n: int) -> int:
        return n

    office.app.add_api_route("/counts", counts)
    assert office.client.get("/counts?n=3").json() == 3
    answer = office.client.get("/counts?n=Aminata")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "query.n"
    assert "Aminata" not in answer.text


def test_head_of_submission_is_what_collect_wants(tablet: Tablet) -> None:
    answer = tablet.gets("/submission", method="HEAD")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["x-openrosa-version"] == "1.0"
    assert int(answer.headers["x-openrosa-accept-content-length"]) == 10_000_000
    assert "location" not in answer.headers


def test_api_description_is_off_unless_asked_for(office: Office) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert office.client.get(path).status_code == 404
