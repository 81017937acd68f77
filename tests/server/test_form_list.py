"""formList, rule by rule (PROTOCOL 1.1): nothing makes Collect drop a list, or wipe its forms."""

from __future__ import annotations

import hashlib

from sqlalchemy import text
from starlette.testclient import TestClient

from server.app import create_app
from server.settings import Settings
from sync.access import revoke
from sync.registry import set_form_state
from tests.server.office import Office, Tablet


def test_list_is_what_collect_insists_on(office: Office, tablet: Tablet) -> None:
    office.publishes("fmr", "3", "Flow <registry> & more", {"gate.png": b"png"}, ("gate.png",))
    answer = tablet.gets("/formList?deviceID=collect%3Aabcdefghijklmnop")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.headers["x-openrosa-version"] == "1.0"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.content.startswith(b"<?xml")
    at = f"http://127.0.0.1:8080{tablet.base}/forms/fmr/versions/3"
    assert tablet.lists() == [
        {
            "formID": "fmr",
            "name": "Flow <registry> & more",
            "version": "3",
            "hash": "md5:" + hashlib.md5(tablet.gets(f"{at}.xml").content).hexdigest(),
            "downloadUrl": f"{at}.xml",
            "manifestUrl": f"{at}/manifest",
        }
    ]


def test_form_without_version_or_media_says_neither(office: Office, tablet: Tablet) -> None:
    office.publishes("plain", "")
    (entry,) = tablet.lists()
    assert sorted(entry) == ["downloadUrl", "formID", "hash", "name"]
    assert hashlib.md5(tablet.gets(entry["downloadUrl"]).content).hexdigest() == entry["hash"][4:]


def test_each_form_is_listed_once_with_the_version_published_last(office: Office, tablet: Tablet) -> None:
    office.publishes("fmr", "2")
    office.publishes("fms", "1")
    office.publishes("fmr", "1")
    assert [(entry["formID"], entry["version"]) for entry in tablet.lists()] == [("fmr", "1"), ("fms", "1")]
    office.publishes("fmr", "2")  # back again: versions have no order
    assert [entry["version"] for entry in tablet.lists()] == ["2", "1"]


def test_only_open_forms_are_listed(office: Office, tablet: Tablet) -> None:
    for form_id in ("closed", "closing", "open"):
        office.publishes(form_id)
    for state in ("closed", "closing", "open"):
        office.store.write(lambda s, state=state: set_form_state(s, office.project_id, state, state))
    assert [entry["formID"] for entry in tablet.lists()] == ["open"]


def test_tablet_sees_its_own_forms_only(office: Office, tablet: Tablet) -> None:
    office.publishes("fmr")
    office.publishes("fms")
    gate = office.sets_up_tablet("Gate", forms=("fms",))
    assert [entry["formID"] for entry in tablet.lists()] == ["fmr", "fms"]
    assert [entry["formID"] for entry in gate.lists()] == ["fms"]
    assert tablet.gets("/forms/fmr.xml").status_code == 200
    assert gate.gets("/forms/fmr.xml").status_code == 404


def test_other_clients_ask_for_one_form(office: Office, tablet: Tablet) -> None:
    office.publishes("fmr")
    office.publishes("fms")
    assert [entry["formID"] for entry in tablet.lists("?formID=fms")] == ["fms"]
    assert tablet.lists("?formID=nothing") == []


def test_list_that_did_not_change_is_not_sent_again(office: Office, tablet: Tablet) -> None:
    office.publishes("fmr")
    tag = tablet.gets("/formList").headers["etag"]
    again = tablet.gets("/formList", If_None_Match=tag)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert again.headers["x-openrosa-version"] == "1.0"
    office.publishes("fms")
    assert tablet.gets("/formList", If_None_Match=tag).status_code == 200


def test_tag_of_one_tablet_is_not_that_of_another(office: Office) -> None:
    first, second = office.sets_up_tablet("One"), office.sets_up_tablet("Two")
    tag = first.gets("/formList").headers["etag"]
    assert first.gets("/formList", If_None_Match=tag).status_code == 304
    assert second.gets("/formList", If_None_Match=tag).status_code == 200


def test_head_answers_like_get_without_a_body(office: Office, tablet: Tablet) -> None:
    office.publishes("fmr")
    got, asked = tablet.gets("/formList"), tablet.gets("/formList", method="HEAD")
    assert (asked.status_code, asked.headers["etag"]) == (200, got.headers["etag"])


def test_trouble_is_an_error_and_never_an_empty_list(office: Office, tablet: Tablet) -> None:
    office.publishes("fmr")
    assert len(tablet.lists()) == 1
    office.store.write(lambda session: session.execute(text("ALTER TABLE form_media RENAME TO lost")))
    answer = tablet.gets("/formList")
    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith("text/xml")
    assert answer.headers["x-openrosa-version"] == "1.0"
    assert "<OpenRosaResponse" in answer.text
    assert "form_media" not in answer.text


def test_links_name_only_hosts_that_are_ours(office: Office, tablet: Tablet) -> None:
    office.publishes("fmr")
    assert tablet.gets("/formList", Host="localhost:8080").status_code == 200
    forged = tablet.gets("/formList", Host="evil.example.org")
    assert forged.status_code == 400
    assert "WAYPOST_PUBLIC_URL" in forged.text
    assert "xforms" not in forged.text
    assert (
        tablet.gets("/formList", Host="127.0.0.1:8080", X_Forwarded_Host="evil.example.org").status_code
        == 200
    )
    assert "evil" not in tablet.gets("/formList", X_Forwarded_Host="evil.example.org").text


def test_public_url_decides_where_links_lead(office: Office) -> None:
    office.publishes("fmr")
    overrides = {"data": office.settings.data, "public_url": "https://waypost.example.org/field"}
    public = create_app(Settings.from_env(overrides, {}), office.store)
    there = office.sets_up_tablet()
    there.client = TestClient(public, base_url="http://inside:9")
    (entry,) = there.lists()
    assert entry["downloadUrl"] == f"https://waypost.example.org/field{there.base}/forms/fmr/versions/1.xml"


def test_lost_tablet_is_shut_out_within_seconds(office: Office, tablet: Tablet) -> None:
    office.publishes("fmr")
    other = office.sets_up_tablet("Another")
    assert len(tablet.lists()) == 1
    office.store.write(lambda session: revoke(session, tablet.id))
    office.app.state.access.refresh()  # what the running server does every second
    refused = tablet.gets("/formList")
    assert refused.status_code == 403
    assert refused.headers["content-type"].startswith("text/xml")
    assert refused.headers["x-openrosa-version"] == "1.0"
    assert "www-authenticate" not in refused.headers
    assert "Scan a new settings code" in refused.text
    assert len(other.lists()) == 1
