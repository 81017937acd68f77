"""The parts of the app together: a form goes out, a submission comes in, a reader reads."""

from __future__ import annotations

import warnings
from dataclasses import replace

from starlette.testclient import TestClient

from server.app import create_app
from tests.server.office import Office, Tablet


def submission_of(form_id: str, version: str, instance_id: str) -> dict[str, tuple[str, bytes, str]]:
    xml = (
        f'<data id="{form_id}" version="{version}"><n>3</n>'
        f"<meta><instanceID>{instance_id}</instanceID></meta></data>"
    )
    return {"xml_submission_file": ("A form.xml", xml.encode(), "text/xml")}


def sends(tablet: Tablet, form_id: str, version: str, instance_id: str = "uuid:1") -> int:
    files = submission_of(form_id, version, instance_id)
    answer = tablet.client.post(f"{tablet.base}/submission?deviceID=collect%3Ax", files=files)
    assert answer.headers["x-openrosa-version"] == "1.0"
    assert "<message" in answer.text
    return answer.status_code


def test_tablet_fetches_a_form_and_sends_it_filled_in(office: Office, tablet: Tablet) -> None:
    office.publishes("fmr", "1")
    (entry,) = tablet.lists()
    assert tablet.gets(entry["downloadUrl"]).status_code == 200
    assert sends(tablet, "fmr", "1") == 201
    assert sends(tablet, "fmr", "1") == 201
    assert TestClient(office.app, client=("127.0.0.1", 50_000)).get("/health").json()["held"] == 0


def test_what_came_before_its_form_is_handed_over_when_it_is_published(
    office: Office, tablet: Tablet
) -> None:
    assert sends(tablet, "fmr", "1") == 202
    assert TestClient(office.app, client=("127.0.0.1", 50_000)).get("/health").json()["held"] == 1
    assert office.publishes("fmr", "1").released == 1
    assert sends(tablet, "fmr", "1", "uuid:2") == 201


def test_form_that_was_not_given_to_a_tablet_is_held(office: Office, tablet: Tablet) -> None:
    office.publishes("fmr", "1")
    narrowed = office.sets_up_tablet("Gate", forms=("fms",))
    assert sends(narrowed, "fmr", "1") == 202
    assert sends(tablet, "fmr", "1", "uuid:2") == 201


def test_readers_read_and_others_do_not(office: Office, tablet: Tablet) -> None:
    address = f"/v1/projects/{office.project_id}/figures/flow.csv"
    reading = {"Authorization": f"Bearer {office.gives_token().token}"}
    assert office.client.get(address, headers=reading).status_code == 200
    assert office.client.head(address, headers=reading).status_code == 200
    unknown = office.client.get(address)
    assert (unknown.status_code, unknown.headers["www-authenticate"]) == (401, "Bearer")
    assert unknown.headers["content-type"] == "application/problem+json"
    device = office.client.get(address, headers={"Authorization": f"Bearer {tablet.token}"})
    assert (device.status_code, device.json()["type"]) == (403, "forbidden")
    elsewhere = office.client.get("/v1/projects/999/figures/flow.csv", headers=reading)
    assert (elsewhere.status_code, elsewhere.json()["type"]) == (404, "not-found")


def test_app_opens_and_closes_a_store_of_its_own(office: Office, tablet: Tablet) -> None:
    """As `waypost serve` has it: no store is handed in, the worker and the chores run."""
    office.publishes("fmr", "1")
    own = create_app(replace(office.settings, worker=replace(office.settings.worker, mode="inside")))
    with TestClient(own, base_url="http://127.0.0.1:8080") as client:
        tablet.client = client
        assert len(tablet.lists()) == 1
        assert sends(tablet, "fmr", "1") == 201
        assert client.get("/health/ready").status_code == 200
    assert own.state.store is not office.store


def test_every_described_operation_has_an_id_of_its_own(office: Office) -> None:
    documented = replace(office.settings, http=replace(office.settings.http, api_docs=True))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        described = create_app(documented, office.store).openapi()
    operations = [(method, each["operationId"]) for path in described["paths"].values()
                  for method, each in path.items()]  # fmt: skip
    assert {method for method, _ in operations} == {"get", "post", "put", "patch", "delete"}
    assert len({name for _, name in operations}) == len(operations) > 3
