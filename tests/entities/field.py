"""Field work with entities: people are registered, visited, and their records reviewed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from sync.access import find_actor
from sync.decisions import add_decision, apply_to_record
from sync.rebuild import rebuild
from sync.registry import publish_form
from sync.store import WriteSession
from sync.tables import submission
from sync.tables.derived import DecisionKind
from sync.worker import Worker
from tests.contract.people import Person
from tests.entities.people import JANE, entity_form, filled
from tests.server.office import Office

ACTIONS = 'create="" update="" baseVersion="" trunkVersion="" branchId=""'


class Field:
    def __init__(self, office: Office, admin: Person) -> None:
        self.office = office
        self.admin = admin
        self.people = f"/projects/{office.project_id}/datasets/people"
        publish_form(office.store, office.project_id, entity_form("people", "register"), "form.xml")
        visit = entity_form("people", "visit", actions=ACTIONS)
        publish_form(office.store, office.project_id, visit, "form.xml")
        office.app.state.catalogue.expire()
        self.tablet = office.sets_up_tablet()
        self.worker = Worker(office.store, step_seconds=10)
        with office.store.read() as session:
            self.coordinator = find_actor(session, admin.id)

    def sends(self, xml: bytes, works: bool = True) -> int:
        """The tablet sends a record; the worker gets on with it."""
        files = {"xml_submission_file": ("record.xml", xml, "text/xml")}
        agent = {"User-Agent": "org.odk.collect.android/v2026.1"}
        answer = self.tablet.client.post(f"{self.tablet.base}/submission", files=files, headers=agent)
        if works:
            self.worker.drain()
        return answer.status_code

    def registers(
        self, name: str = "Jane", age: str = "30", uuid: str = JANE, works: bool = True, **more: Any
    ) -> int:
        said = {"first_name": name, "age": age}
        record = filled("register", "people", said, f"{name} ({age})", id=uuid, create="1", **more)
        return self.sends(record, works)

    def visits(self, base: int | None, label: str | None = None, **more: Any) -> int:
        """Send an update. Answers are named `first_name`, `age`; the rest are attributes of the entity."""
        said = {name: more.pop(name) for name in ("first_name", "age") if name in more}
        meta = {name: more.pop(name) for name in ("instance_id", "deprecates", "works") if name in more}
        works = meta.pop("works", True)
        entity = {"id": JANE, "update": "1", "baseVersion": base} | more
        return self.sends(filled("visit", "people", said, label, **meta, **entity), works)

    def reviews(self, instance_id: str, state: str) -> None:
        """A coordinator looks at a record and says what they think of it."""

        def work(session: WriteSession) -> None:
            row = session.first(select(submission).where(submission.c.instance_id == instance_id))
            assert row is not None
            space, kind = row["project_uuid"], DecisionKind.REVIEW
            add_decision(session, space, kind, row["uuid"], state, self.coordinator.uuid)
            apply_to_record(session, row["id"])

        self.office.store.write(work)
        self.worker.drain()

    def jane(self) -> dict[str, Any]:
        found: dict[str, Any] = self.admin.gets(f"{self.people}/entities/{JANE}")
        return found

    def ids(self) -> list[str]:
        return [each["uuid"] for each in self.admin.gets(f"{self.people}/entities")]

    def said(self, uuid: str = JANE) -> list[tuple[int, int | None, str, str, str | None]]:
        """(version, base, label, age, conflict) of each version of an entity."""
        return [
            (v["version"], v["baseVersion"], v["label"], v["data"].get("age", ""), v["conflict"])
            for v in self.admin.gets(f"{self.people}/entities/{uuid}/versions")
        ]

    def errors(self) -> list[str]:
        return [event["details"]["errorMessage"] for event in self.admin.gets("/audits?action=entity.error")][
            ::-1
        ]

    def rebuilds(self) -> None:
        rebuild(self.office.store, self.office.project_id, worker=self.worker)
