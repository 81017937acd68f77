"""Tokens: what they look like, who they let in, how they end."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from fastapi import Request
from sqlalchemy import select, update

from server.auth import GUESSES_A_MINUTE, Device, GuessLimit, reader
from sync.access import Actor, Grant, authenticate, create_app_user, create_token, list_actors, revoke
from sync.freshness import MAX_AGE_S
from sync.problems import Forbidden, Invalid, NotFound, Unauthorised
from sync.registry import create_project
from sync.store import Store, now
from sync.tables import assignment, audit, change, token
from sync.tokens import new_token, read_token
from tests.server.office import Office, Tablet


def test_token_survives_a_url_and_shows_when_it_was_cut() -> None:
    for _ in range(50):
        made = new_token("app")
        assert re.fullmatch(r"wp_app_[0-9A-Za-z]{8}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}", made.text)
        assert unquote(made.text) == made.text
        assert read_token(made.text) == made
        assert read_token(made.text[:-1]) is None
        flipped = made.text[:20] + ("A" if made.text[20] != "A" else "B") + made.text[21:]
        assert read_token(flipped) is None


def test_database_keeps_no_secret(office: Office, tablet: Tablet) -> None:
    secret = tablet.token.split("_")[3]
    with office.store.read() as session:
        rows = [
            *session.all(select(token)),
            *session.all(select(audit.c.detail)),
            *session.all(select(change)),
        ]
    assert len(rows) > 3
    assert secret not in repr([dict(row) for row in rows])
    assert secret not in repr(list_actors_of(office))


def list_actors_of(office: Office) -> list[dict[str, Any]]:
    with office.store.read() as session:
        return list_actors(session, office.project_id)


def test_device_token_is_good_for_four_hundred_days(office: Office, tablet: Tablet) -> None:
    (listed,) = list_actors_of(office)
    assert timedelta(days=399) < listed["expires_at"] - now() <= timedelta(days=400)
    assert listed["grants"] == [
        {
            "role": "app-user",
            "project_id": office.project_id,
            "xml_form_id": None,
            "place_id": None,
            "organisation": None,
            "pcode": None,
        }
    ]


def test_narrowed_user_gets_a_grant_for_each_form_and_place(office: Office) -> None:
    made = office.store.write(
        lambda s: create_app_user(
            s, office.project_id, "Gate", forms=("fmr", "fms"), places=("FMP-03",), pcodes=("XSA01",)
        )
    )
    with office.store.read() as session:
        actor = authenticate(session, made.token).actor
    here = ("app-user", office.project_id)
    assert actor.assignments == (
        Grant(*here, xml_form_id="fmr", place_id="FMP-03"),
        Grant(*here, xml_form_id="fmr", pcode="XSA01"),
        Grant(*here, xml_form_id="fms", place_id="FMP-03"),
        Grant(*here, xml_form_id="fms", pcode="XSA01"),
    )
    assert actor.project_ids == {office.project_id}


def test_wrong_secret_with_a_known_id_is_refused(office: Office, tablet: Tablet) -> None:
    stranger = new_token("app")
    mine = read_token(tablet.token)
    assert mine is not None
    office.store.write(
        lambda s: s.execute(
            update(token).where(token.c.public_id == mine.public_id).values(public_id=stranger.public_id)
        )
    )
    assert tablet.gets("/formList").status_code == 403  # right secret, other id
    with office.store.read() as session, pytest.raises(Unauthorised):
        authenticate(session, stranger.text)


@pytest.mark.parametrize("ending", ["expired", "revoked"])
def test_ended_token_looks_like_an_unknown_one(office: Office, tablet: Tablet, ending: str) -> None:
    assert tablet.gets("/formList").status_code == 200
    if ending == "expired":
        office.store.write(lambda s: s.execute(update(token).values(expires_at=now() - timedelta(seconds=1))))
    else:
        office.store.write(lambda s: revoke(s, tablet.id))
    with office.store.read() as session, pytest.raises(Unauthorised) as refused:
        authenticate(session, tablet.token)
    with office.store.read() as session, pytest.raises(Unauthorised) as unknown:
        authenticate(session, new_token("app").text)
    assert str(refused.value) == str(unknown.value)


def test_expiry_bites_although_the_token_was_verified_before(office: Office, tablet: Tablet) -> None:
    device = office.app.state.device_access(tablet.token, office.project_id)
    assert isinstance(device, Device)
    soon = now() + timedelta(milliseconds=300)
    office.store.write(lambda s: s.execute(update(token).values(expires_at=soon)))
    made = office.sets_up_tablet("Other")  # a grant: the memory is dropped, and filled with the new expiry
    office.app.state.access.refresh()
    assert made.gets("/formList").status_code == 200
    while now() < soon:
        tablet.gets("/formList")
    assert tablet.gets("/formList").status_code == 403


def test_revoking_is_seen_by_a_server_that_nobody_told(office: Office, tablet: Tablet) -> None:
    """Another process revokes: the memory is at most MAX_AGE_S old."""
    assert MAX_AGE_S <= 5
    assert tablet.gets("/formList").status_code == 200
    office.store.write(lambda s: revoke(s, tablet.id))
    deadline = time.monotonic() + 5
    while tablet.gets("/formList").status_code == 200:
        assert time.monotonic() < deadline, "the revocation never bit"
        time.sleep(0.1)


def test_revoking_ends_tokens_and_grants_and_says_so(office: Office, tablet: Tablet) -> None:
    office.store.write(lambda s: revoke(s, tablet.id))
    with office.store.read() as session:
        assert session.scalar(select(token.c.revoked_at)) is not None
        assert session.scalar(select(assignment.c.revoked_at)) is not None
        actions = [row["action"] for row in session.all(select(audit.c.action).order_by(audit.c.id))]
    assert actions == ["project.create", "app-user.create", "token.revoke"]
    with pytest.raises(NotFound):
        office.store.write(lambda s: revoke(s, 999))


def test_key_url_opens_its_own_project_only(office: Office, tablet: Tablet) -> None:
    other = office.store.write(lambda s: create_project(s, "Other"))
    assert tablet.gets("/formList").status_code == 200
    for project_id in (other["id"], 999, 2**70):
        answer = tablet.client.get(f"/v1/key/{tablet.token}/projects/{project_id}/formList")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/xml; charset=utf-8")


def test_reader_cannot_send_and_tablet_cannot_read(office: Office, tablet: Tablet) -> None:
    made = office.gives_token()
    key = tablet.client.get(f"/v1/key/{made.token}/projects/{office.project_id}/formList")
    assert (key.status_code, key.headers["content-type"]) == (403, "text/xml; charset=utf-8")
    reading = office.app.state.access.reader
    assert isinstance(reading(made.token, office.project_id), Actor)
    with pytest.raises(Forbidden):
        reading(tablet.token, office.project_id)
    with pytest.raises(NotFound):
        reading(made.token, 999)
    for unknown in ("", "x", new_token("api").text):
        with pytest.raises(Unauthorised):
            reading(unknown, office.project_id)


def test_bearer_token_is_asked_for_and_read(office: Office, tablet: Tablet) -> None:
    def whoami(request: Request) -> dict[str, str]:
        return {"name": reader(request, office.project_id).name}

    office.app.add_api_route("/whoami", whoami)
    token_text = office.gives_token().token
    ask = office.client.get
    assert ask("/whoami", headers={"Authorization": f"Bearer {token_text}"}).json() == {"name": "Report"}
    assert ask("/whoami", headers={"Authorization": f"bearer  {token_text}"}).status_code == 200
    for header in ({}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer nonsense"}):
        answer = ask("/whoami", headers=header)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
    assert ask("/whoami", headers={"Authorization": f"Bearer {tablet.token}"}).status_code == 403


def test_role_of_a_reader_must_be_one(store: Store) -> None:
    project = store.write(lambda s: create_project(s, "P"))
    for role in ("app-user", "boss"):
        with pytest.raises(Invalid, match="analyst"):
            store.write(lambda s, role=role: create_token(s, project["id"], "Report", role))
    with pytest.raises(NotFound):
        store.write(lambda s: create_token(s, 999, "Report", "analyst"))
    with pytest.raises(Invalid):
        store.write(lambda s: create_app_user(s, project["id"], " "))


def test_guessing_is_slowed_down_and_a_tablet_beside_it_is_not(office: Office, tablet: Tablet) -> None:
    guesses = [
        office.client.get(f"/v1/key/{new_token('app').text}/projects/1/formList").status_code
        for _ in range(GUESSES_A_MINUTE + 3)
    ]
    assert guesses == [403] * GUESSES_A_MINUTE + [429] * 3
    assert tablet.gets("/formList").status_code == 200
    assert office.sets_up_tablet("Never seen").gets("/formList").status_code == 200


def test_addresses_have_buckets_of_their_own() -> None:
    limit = GuessLimit(per_minute=2)
    assert [limit.spend("10.0.0.1") for _ in range(3)] == [True, True, False]
    assert limit.spend("10.0.0.2") is True
