"""A coordinator at a server, and tablets that send to it over HTTP."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

from forms.compile import compile_form
from server.demo.own_forms import MARKET_COUNT
from sync.access import create_app_user
from sync.assignments import Place
from sync.registry import publish_form, set_form_state
from sync.worker import Worker
from tests.contract.people import Person, comes
from tests.server.office import Office

FORM = "market_count"
PLACES = {"fmp.csv": b"name,label\nFMP-01,North gate\n"}


@dataclass(frozen=True)
class Tablet:
    """An app user, and the one tablet that is set up with its key."""

    bureau: Bureau
    id: int
    token: str

    def sends(
        self,
        instance_id: str,
        n_ind: int,
        edits: str | None = None,
        form: str = FORM,
        version: str = "1",
        files: dict[str, bytes] | None = None,
        photo: str = "",
        device: str = "collect:abc",
    ) -> int:
        """Send one count, as Collect does; gives the status."""
        deprecated = f"<deprecatedID>{edits}</deprecatedID>" if edits else ""
        xml = (
            f'<data id="{form}" version="{version}"><place>FMP-01</place><day>2026-03-02</day>'
            f"<n_ind>{n_ind}</n_ind><direction>incoming</direction><photo_north>{photo}</photo_north>"
            f"<meta><instanceID>{instance_id}</instanceID>{deprecated}</meta></data>"
        )
        return self.posts(xml, files, device)

    def posts(self, xml: str, files: dict[str, bytes] | None = None, device: str = "collect:abc") -> int:
        parts: dict[str, Any] = {"xml_submission_file": ("form.xml", xml.encode(), "text/xml")}
        parts |= {name: (name, content, "image/jpeg") for name, content in (files or {}).items()}
        answer = self.bureau.office.client.post(f"{self.base}/submission?deviceID={device}", files=parts)
        return int(answer.status_code)

    @property
    def base(self) -> str:
        return f"/v1/key/{self.token}/projects/{self.bureau.project_id}"


class Bureau:
    """One project with one form."""

    def __init__(self, office: Office) -> None:
        self.office, self.store = office, office.store
        self.project_id = office.project_id
        publish_form(self.store, self.project_id, MARKET_COUNT.encode(), "market.md", PLACES)
        self.worker = Worker(self.store)
        self.amina = comes(office, "Amina", "manager", Place(self.project_id))

    def tablet(self, name: str = "Tablet 7", **narrowed: Any) -> Tablet:
        made = self.store.write(lambda s: create_app_user(s, self.project_id, name, **narrowed))
        return Tablet(self, made.id, made.token)

    def drafts(self, version: str) -> None:
        """Upload the market count, with a version, as the form's draft."""
        text = MARKET_COUNT.replace("| Market count | 1 |", f"| Market count | {version} |")
        compiled = compile_form(text.encode(), "market.md").form
        assert compiled is not None
        path = f"/v1/projects/{self.project_id}/forms/{FORM}/draft?ignoreWarnings=true"
        headers = {"Authorization": f"Bearer {self.amina.token}", "Content-Type": "application/xml"}
        answer = self.office.client.post(path, content=compiled.xform, headers=headers)
        assert answer.status_code == 200, answer.text

    def sets_state(self, state: str) -> None:
        self.store.write(lambda session: set_form_state(session, self.project_id, FORM, state))
        self.office.app.state.catalogue.expire()

    def counts(self, who: Person | None = None) -> list[int]:
        """Persons of each row that counts, after everything that waits was processed."""
        self.worker.drain()
        rows = (who or self.amina).asks("GET", f"/projects/{self.project_id}/figures/flow.csv")
        assert rows.status_code == 200, rows.text
        return sorted(int(row["n_ind"]) for row in csv.DictReader(io.StringIO(rows.text)))

    def held(self, who: Person | None = None, **filters: Any) -> list[dict[str, Any]]:
        """What waits, all pages of it."""
        found, after = [], None
        while True:
            query = "&".join(
                f"{k}={v}" for k, v in {**filters, **({"after": after} if after else {})}.items()
            )
            page = (who or self.amina).gets(f"/projects/{self.project_id}/held?{query}")
            found += page["items"]
            after = page["next"]
            if after is None:
                return found

    def acts(self, item: dict[str, Any], action: str, dry: bool = False, **given: str) -> Any:
        """Do, or ask what would follow of, one action."""
        path = f"/projects/{self.project_id}/held/{item['id']}/{action}{'?dryRun=true' if dry else ''}"
        return self.amina.does("POST", path, {"reason": "told by the team", **given})
