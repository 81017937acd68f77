"""A record with issues goes back to the tablet it came from, and its correction clears the mark."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree

import httpx
from sqlalchemy import select

from forms.library_index import library
from sync.records.comments import list_comments
from sync.registry import publish_form
from sync.returned import RETURNED_FILE
from sync.tables import submission
from tests.contract.serving import served
from tests.coordinator.bureau import FORM, Bureau, Tablet
from tests.server.office import LIST, MANIFEST

MESSAGE = "A hundred in one car?\nPlease ask again."


class Collect:
    """ODK Collect, over real HTTP: what it has of the form that shows returned records."""

    def __init__(self, client: httpx.Client, tablet: Tablet) -> None:
        self.client, self.tablet = client, tablet
        self.hash, self.downloads = "", 0

    def returned(self) -> list[dict[str, str]]:
        """Refresh the forms, fetch the list when its hash changed, and open the form."""
        offered = ElementTree.fromstring(self.client.get(f"{self.tablet.base}/formList").content)
        (entry,) = [form for form in offered if form.findtext(f"{LIST}formID") == "returned_records"]
        manifest = ElementTree.fromstring(self.client.get(entry.findtext(f"{LIST}manifestUrl") or "").content)
        (file,) = [file for file in manifest if file.findtext(f"{MANIFEST}filename") == RETURNED_FILE]
        if file.findtext(f"{MANIFEST}hash") != self.hash:
            self.hash = file.findtext(f"{MANIFEST}hash") or ""
            self.content = self.client.get(file.findtext(f"{MANIFEST}downloadUrl") or "").text
            self.downloads += 1
        return list(csv.DictReader(io.StringIO(self.content)))

    def sends(self, instance_id: str, n_ind: int, edits: str | None = None) -> int:
        deprecated = f"<deprecatedID>{edits}</deprecatedID>" if edits else ""
        xml = (
            f'<data id="{FORM}" version="1"><place>FMP-01</place><day>2026-03-02</day>'
            f"<n_ind>{n_ind}</n_ind><direction>incoming</direction>"
            f"<meta><instanceID>{instance_id}</instanceID>{deprecated}</meta></data>"
        )
        part = {"xml_submission_file": ("form.xml", xml.encode(), "text/xml")}
        return self.client.post(f"{self.tablet.base}/submission", files=part).status_code


def test_a_record_goes_back_to_its_tablet_alone_and_its_correction_clears_the_mark(bureau: Bureau) -> None:
    publish_form(bureau.store, bureau.project_id, library()["returned_records"], "returned_records.md")
    mine, others = bureau.tablet("Tablet 7"), bureau.tablet("Tablet 8")
    with served(bureau.office) as address, httpx.Client(base_url=address) as client:
        seven, eight = Collect(client, mine), Collect(client, others)
        assert [seven.sends("uuid:1", 100), seven.sends("uuid:2", 3), eight.sends("uuid:3", 4)] == [201] * 3
        assert bureau.counts() == [3, 4, 100]
        assert (seven.returned(), eight.returned()) == ([], [])
        xform = client.get(f"{mine.base}/forms/returned_records.xml").text
        assert 'odk:client-editable="true"' in xform, "what was sent can be edited in Collect"

        record = f"/projects/{bureau.project_id}/forms/{FORM}/submissions/uuid:1"
        assert bureau.amina.is_refused("POST", f"{record}/return", {}) == 400.2
        assert bureau.amina.is_refused("POST", f"{record}/return", {"message": " "}) == 400.8
        told = bureau.amina.does("POST", f"{record}/return", {"message": MESSAGE})
        assert (told["instanceId"], told["reviewState"]) == ("uuid:1", "hasIssues")
        assert bureau.counts() == [3, 4, 100], "it counts until it is corrected"
        assert seven.returned() == [
            {
                "name": "uuid:1",
                "label": "Market count · 2026-03-02 · FMP-01",
                "form": FORM,
                "form_title": "Market count",
                "day": "2026-03-02",
                "place": "FMP-01",
                "message": "A hundred in one car? Please ask again.",
            }
        ]
        assert (len(seven.returned()), eight.returned(), seven.downloads, eight.downloads) == (1, [], 2, 1)

        assert seven.sends("uuid:1b", 10, edits="uuid:1") == 201
        assert seven.returned() == [], "off the list at once, before anything was processed"
        assert bureau.counts() == [3, 4, 10]
        assert bureau.amina.gets(record)["reviewState"] == "edited"
        with bureau.store.read() as session:
            key = session.scalar(select(submission.c.id).where(submission.c.instance_id == "uuid:1"))
            said = [comment.body for comment in list_comments(session, bureau.store, int(key))]
        assert said == ["A hundred in one car? Please ask again."]
