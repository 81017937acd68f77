"""The field of these stories: a served Waypost with the demo's country in it, and the people around it."""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import uvicorn

from server.app import create_app
from server.demo import office
from server.demo.coordinator import Coordinator
from server.demo.hosting import free_port
from server.demo.tablet import Tablet
from server.demo.world import World, build_world
from server.serve import server_config
from server.settings import Settings
from sync.inspection import show_submission
from sync.places.releases import import_release
from sync.registry import PublishedForm, publish_form
from sync.setup import initialise
from sync.store import Store, open_store

CREW = ["tablet", "second tablet"]


@dataclass(frozen=True)
class Template:
    """A data folder and a database with the country, the points, the forms and the crew, to be copied."""

    data: Path
    database: str
    world: World
    project: office.Project


def make_template(data: Path, database: str) -> Template:
    world = build_world(1)
    store = initialise(data, database)
    try:
        project = office.set_up(store, world, data / "files", CREW)
    finally:
        store.close()
    return Template(data, database, world, project)


class Served:
    """A Waypost that listens on loopback, with its worker, in a thread of this process."""

    def __init__(self, template: Template, data: Path, database: str) -> None:
        self.world, self.project = template.world, template.project
        shutil.copytree(
            template.data, data, dirs_exist_ok=True, ignore=shutil.ignore_patterns("waypost.sqlite*")
        )
        overrides = {"data": data, "database": database, "port": free_port(), "mode": "inside"}
        self.settings = Settings.from_env(overrides, {})
        self.store: Store = open_store(data, database)
        self._server = uvicorn.Server(server_config(self.settings, create_app(self.settings, self.store)))
        self._thread = threading.Thread(target=self._server.run, name="served")

    def start(self) -> None:
        self._thread.start()
        deadline = time.monotonic() + 30
        while not self._server.started:
            assert self._thread.is_alive(), "the server ended"
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.01)

    def stop(self) -> None:
        self.coordinator.close()
        self._server.should_exit = True
        self._thread.join()
        self.store.close()

    @property
    def url(self) -> str:
        return self.settings.base_url

    @cached_property
    def coordinator(self) -> Coordinator:
        return Coordinator(self.url, self.project.reader, self.project.id, patient=True)

    def tablet(self, name: str = "tablet") -> Tablet:
        return Tablet(f"{self.url}/v1/key/{self.project.tokens[name]}/projects/{self.project.id}", name)

    # -- the office ----------------------------------------------------------------------------------------

    def publishes(self, xlsform: str | bytes, name: str = "form.md") -> PublishedForm:
        data = xlsform.encode() if isinstance(xlsform, str) else xlsform
        return publish_form(self.store, self.project.id, data, name)

    def activates_the_second_release(self) -> None:
        paths = self.world.write_boundaries(self.world.country.v02, self.settings.data / "files" / "v02")
        import_release(self.store, paths, "v02", self.project.id)

    def shows(self, instance_id: str) -> dict[str, object]:
        """What `waypost submission show` tells, the moments and ids left out."""
        self.coordinator.waits_until_processed()
        shown = show_submission(self.store, instance_id, self.project.id)
        return {
            "state": shown["state"],
            "attachments": (shown["attachments_received"], shown["attachments_expected"]),
            "versions": [version["state"] for version in shown["versions"]],
            "rows": shown["rows"],
            "flags": sorted({flag["code"] for flag in shown["flags"]}),
        }
