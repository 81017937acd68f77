"""pyodk works on submissions as it does with ODK Central: sends, edits, reviews, comments, lists files."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyodk.errors import PyODKError

from sync.assignments import Place
from tests.contract.central_forms import filled, publishes
from tests.contract.people import comes
from tests.contract.serving import served
from tests.contract.test_pyodk import client_of
from tests.server.office import Office


def test_script_sends_edits_reviews_and_reads_submissions(office: Office, tmp_path: Path) -> None:
    publishes(office, "files", name="string", photo="binary")
    paul = comes(office, "Paul", "manager", Place(office.project_id))
    photo = tmp_path / "fîlé 2.jpg"
    photo.write_bytes(b"a photo")
    with served(office) as address, client_of(paul, address, tmp_path) as client:
        of = {"form_id": "files", "project_id": office.project_id}
        xml = filled("files", "uuid:1", name="Alice", photo=photo.name).decode()
        made = client.submissions.create(xml=xml, attachments=[str(photo)], device_id="script", **of)
        assert (made.instanceId, made.submitterId, made.deviceId) == ("uuid:1", paul.id, "script")
        with pytest.raises(PyODKError, match=r"409\.3"):
            client.submissions.create(xml=xml, **of)
        edited = filled("files", "uuid:2", edits="uuid:1", name="Alyssa", photo=photo.name).decode()
        client.submissions.edit("uuid:1", edited, comment="her name", **of)
        client.submissions.review("uuid:1", "approved", comment="well done", **of)
        listed = client.submissions.list(**of)
        assert [(each.instanceId, each.reviewState) for each in listed] == [("uuid:1", "approved")]
        assert client.submissions.get("uuid:1", **of) == listed[0]
        told = client.submissions.list_comments("uuid:1", **of)
        assert [each.body for each in told] == ["well done", "her name"]
        client.submissions.add_comment("uuid:1", "thank you", **of)
        files = client.get(f"projects/{office.project_id}/forms/files/submissions/uuid:1/attachments").json()
        assert files == [{"name": photo.name, "exists": True}]
        got = client.get(
            f"projects/{office.project_id}/forms/files/submissions/uuid%3A1/attachments/{photo.name}"
        )
        assert got.content == b"a photo"
        moved = client.get(f"projects/{office.project_id}/forms/files/submissions/uuid:2.xml")
        assert (moved.history[0].status_code, moved.text) == (301, edited)
