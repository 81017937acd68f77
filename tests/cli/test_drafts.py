"""A coordinator finds records that were sent to a draft, and sends them into the published form."""

from __future__ import annotations

from pathlib import Path

from sync.form_drafting import set_draft
from sync.registry import get_form
from sync.store import open_store
from sync.worker import Worker
from tests.cli.conftest import Shell
from tests.test_worker import FORM, Desk, filled


def test_records_of_a_draft_are_found_and_sent_on(
    waypost: Shell, tmp_path: Path, data: Path, database: str
) -> None:
    (tmp_path / "form.md").write_text(FORM)
    project = waypost("project", "create", "Border").json["id"]
    assert waypost("form", "publish", tmp_path / "form.md", "--project", project, "--no-validate").status == 0
    assert waypost("form", "drafts", "--project", project).json == []
    store = open_store(data, database)
    with store.read() as session:
        row = get_form(session, project, "counting")
    set_draft(store, row, None)
    draft = waypost("form", "drafts", "--project", project).json[0]
    assert (draft["state"], draft["version"], draft["submissions"]) == ("draft", "1", 0)
    Desk(store, project, draft["uuid"], Worker(store)).receives(filled("uuid:1", (21, "in")))
    store.close()
    assert waypost("form", "drafts", "--project", project).json[0]["submissions"] == 1

    sent = ("form", "promote", "counting", "--project", project)
    told = {"submissions": 1, "unreadable": 0}
    assert waypost(*sent, "--dry-run").json == told | {"outcomes": {"new": 1}, "dry_run": True}
    assert waypost(*sent).json == told | {"outcomes": {"new": 1}, "dry_run": False}
    assert waypost(*sent).json == told | {"outcomes": {"same": 1}, "dry_run": False}
    assert waypost(*sent, "--draft", "none").status == 1
