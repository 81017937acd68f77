"""A form about households and their members, what was answered to it, and people who read it over OData."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select
from starlette.testclient import TestClient

from server.app import create_app
from server.settings import Settings
from sync.access import create_app_user, create_token
from sync.envelope import read_envelope
from sync.receipt import Reception, Sender, make_arrival
from sync.registry import publish_form
from sync.store import Store, now
from sync.tables import submission
from sync.worker import Worker
from tests.datasets.rows import Country

FORM = """
| survey |
| | type | name | label | harmonise | sensitivity |
| | date | day | Day | reporting_date | public |
| | text | village | Village | place_id | public |
| | geopoint | here | Position | | restricted |
| | integer | persons | Persons | n_ind | public |
| | decimal | litres | Litres of water | | |
| | start | started | | | |
| | time | woke | When did you get up? | | |
| | select_multiple needs | needs | Needs | | |
| | text | head | Name of the head | | direct_identifier |
| | text | abuse | What happened | | confidential |
| | image | well | Photo of the well | | |
| | begin_group | camp | Camp | | |
| | text | block-no | Block | | |
| | begin_repeat | tent | Tent | | |
| | text | colour | Colour | | |
| | text | owner | Name | | direct_identifier |
| | begin_repeat | bed | Bed | | |
| | integer | age | Age of who sleeps in it | | |
| | end_repeat | | | | |
| | end_repeat | | | | |
| | end_group | | | | |
| | begin_repeat | incident | Incident | | confidential |
| | text | story | Story | | confidential |
| | end_repeat | | | | |
| settings |
| | form_id | form_title | version | harmonise |
| | village | A village | 1 | flow{flow_tool=FMC} |
| choices |
| | list_name | name | label |
| | needs | water | Water |
| | needs | food | Food |
"""

ROOT = "/data"


def written(tag: str, value: Any) -> str:
    """XML of an answer: text, a group (dict), or several instances of a repeat (list)."""
    if isinstance(value, list):
        return "".join(written(tag, one) for one in value)
    inside = "".join(written(k, v) for k, v in value.items()) if isinstance(value, dict) else str(value)
    return f"<{tag}>{inside}</{tag}>"


def submission_xml(
    instance_id: str, answers: dict[str, Any], deprecated: str | None = None, form_id: str = "village"
) -> bytes:
    old = f"<deprecatedID>{deprecated}</deprecatedID>" if deprecated else ""
    body = "".join(written(tag, value) for tag, value in answers.items())
    meta = f"<meta><instanceID>{instance_id}</instanceID>{old}<instanceName>Adam Oumar</instanceName></meta>"
    return f'<data id="{form_id}" version="1">{body}{meta}</data>'.encode()


@dataclass
class Village:
    """A server with the form published, and who sends to it and reads from it."""

    store: Store
    data: Path
    country: Country

    def __post_init__(self) -> None:
        publish_form(self.store, self.country.project_id, FORM.encode(), "village.md")
        database = self.store.engine.url.render_as_string(False)
        settings = Settings.from_env({"data": self.data, "database": database, "mode": "outside"}, {})
        self.client = TestClient(create_app(settings, self.store), base_url="http://127.0.0.1:8080")
        self.worker = Worker(self.store)
        made = self.store.write(lambda s: create_app_user(s, self.country.project_id, "Tablet 7"))
        self.tablet, self.tablet_token = made, made.token

    def stop(self) -> None:
        self.worker.stop()

    def sends(self, *bodies: bytes) -> None:
        """Submissions, through receipt and pipeline."""
        reception = Reception(self.store)
        sender = Sender(self.country.project_uuid, self.tablet.actor_uuid, "collect:7")

        async def send() -> None:
            for xml in bodies:
                await reception.accept_async(
                    make_arrival(self.store.keyring, sender, read_envelope(xml), xml, now())
                )

        asyncio.run(send())
        self.worker.drain()

    def household(self, deprecated: str | None = None, **answers: Any) -> str:
        """One submission. Gives its instanceID."""
        instance_id = f"uuid:{uuid.uuid4()}"
        self.sends(submission_xml(instance_id, answers, deprecated))
        return instance_id

    def token(self, role: str, **narrowed: Any) -> str:
        key = self.country.project_id
        return self.store.write(lambda session: create_token(session, key, "Mariam", role, **narrowed)).token

    def asks(
        self, path: str, token: str, params: dict[str, str] | None = None, form: str = "village", **sent: str
    ) -> httpx.Response:
        """`path` below the service: "/Submissions"; or the link to a next page."""
        headers = {"Authorization": f"Bearer {token}", **sent}
        if path.startswith("http"):
            return self.client.get(path, headers=headers)
        where = f"/v1/projects/{self.country.project_id}/forms/{form}.svc{path}"
        return self.client.get(where, params=params, headers=headers)

    def reads(self, path: str, token: str, **options: str) -> Any:
        """The JSON of an answer; options are written without their "$"."""
        answer = self.asks(path, token, {f"${name}": value for name, value in options.items()})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ids(self, token: str, path: str = "/Submissions", **options: str) -> list[str]:
        return [row["__id"] for row in self.reads(path, token, **options)["value"]]

    def refusal(self, path: str, token: str, **options: str) -> tuple[int, float]:
        """(status, Central's number) of a request that is refused."""
        answer = self.asks(path, token, {f"${name}": value for name, value in options.items()})
        return answer.status_code, answer.json()["code"]

    def uuids(self) -> dict[str, str]:
        """The uuid of each submission that is here, by its instanceID."""
        with self.store.read() as session:
            rows = session.all(select(submission.c.instance_id, submission.c.uuid))
        return {row["instance_id"]: row["uuid"] for row in rows}
