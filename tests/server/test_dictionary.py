"""Whoever gets a dataset can look up what its columns mean."""

from __future__ import annotations

import pytest

from tests.server.office import Office


@pytest.mark.parametrize(
    ("kind", "begins"), [("html", b"<!DOCTYPE html>"), ("xlsx", b"PK"), ("md", b"# Data dictionary")]
)
def test_a_statistician_reads_the_data_dictionary_without_an_account(
    office: Office, kind: str, begins: bytes
) -> None:
    answer = office.client.get(f"/data-dictionary.{kind}")
    assert (answer.status_code, answer.content[: len(begins)]) == (200, begins)
    (policy,) = answer.headers.get_list("content-security-policy")  # a browser applies all there are
    assert "style-src 'unsafe-inline'" in policy
    assert "frame-ancestors 'none'" in policy


def test_another_format_is_answered_with_those_there_are(office: Office) -> None:
    answer = office.client.get("/data-dictionary.pdf")
    assert (answer.status_code, answer.json()["hint"]) == (404, "There are html, xlsx, md.")
