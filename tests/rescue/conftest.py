from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from sync.access import create_app_user
from sync.contents import Contents, read_contents
from sync.registry import create_project, publish_form
from sync.rescue.account import Account
from sync.rescue.taking import Rescue, Wanted
from sync.space import Space
from sync.store import Store
from tests.receipt.station import Mission
from tests.rescue.card import FORM


@dataclass
class Desk:
    """Somebody in the office with a card in hand."""

    store: Store
    mission: Mission
    app_user_id: int

    def imports(self, *paths: Path, **wanted: object) -> Account:
        rescue = Rescue(
            self.store,
            Wanted(self.mission.project_id, **wanted),  # type: ignore[arg-type]
            max_xml_bytes=5000,
            space=Space(self.store.data, 0),
        )
        return rescue.run(paths)

    def holds(self) -> Contents:
        return read_contents(self.store, self.mission.project_id)


@pytest.fixture
def desk(store: Store) -> Desk:
    project = store.write(lambda session: create_project(session, "Lake Chad"))
    publish_form(store, project["id"], FORM, "visit.xml")
    user = store.write(lambda session: create_app_user(session, project["id"], "tablet 7", forms=("visit",)))
    return Desk(store, Mission(project["id"], project["uuid"], user.token), user.id)


def became(account: Account) -> dict[str, str]:
    """The outcome of each folder, by the last part of its name."""
    return {line.folder.rpartition("/")[2]: str(line.outcome) for line in account.lines}
