"""Sheets to hand out are written where the server runs, too."""

from __future__ import annotations

from pathlib import Path

from sync.access import create_bare_app_user
from sync.store import open_store
from tests.cli.conftest import Shell


def test_sheets_are_written_for_users_whose_key_was_kept(
    waypost: Shell, data: Path, database: str, tmp_path: Path
) -> None:
    project = waypost("project", "create", "Flows").json["id"]
    waypost("app-user", "create", "Shown once", "--project", project)
    store = open_store(data, database)
    made = store.write(lambda session: create_bare_app_user(session, store.keyring, project, "Porte Nord"))
    store.close()
    page = tmp_path / "sheets.html"
    said = waypost("app-user", "sheet", page, "--project", project, "--language", "fr")
    assert said.json == {"file": str(page), "sheets": ["Porte Nord"], "not_kept": ["Shown once"]}
    assert 'lang="fr"' in page.read_text("utf-8")
    assert "for this machine only" in said.err
    assert waypost("app-user", "sheet", page, "--project", project, "--user", 999).json["sheets"] == []
    assert waypost("app-user", "sheet", page, "--project", project, "--language", "xx").status == 2
    assert made.token not in said.out
