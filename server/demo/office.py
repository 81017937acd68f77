"""The coordinator's office: sets a project up, and publishes and activates things during the week.

What happens before the server runs is done on the store itself; what happens while it runs goes through the
command line, in a process of its own, as a person would.
"""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from forms.library_index import library, media_for, sources
from server.demo.hosting import command_line
from server.demo.own_forms import MARKET_COUNT, next_version
from server.demo.world import World
from sync.access import create_app_user, create_token
from sync.compiling import compile_in_sandbox
from sync.places.releases import import_release
from sync.places.sites import import_sites
from sync.registry import create_project, publish_form
from sync.store import Store

OLD_FMR = sources()["fmr"].settings["version"]
NEW_FMR = str(int(OLD_FMR) + 1)
"""The registry form as the library has it, and as its author releases it in the middle of the week."""


FILLED_FORMS = ("fmr", "fms", "poe_status", "ttt_count", "b2")
"""The library's forms that the demo's tablets fill: publishing all of them would take half its time."""


@dataclass(frozen=True)
class Project:
    """What tablets and readers need to know."""

    id: int
    tokens: dict[str, str]  # by tablet
    reader: str  # token


def set_up(store: Store, world: World, files: Path, tablets: list[str]) -> Project:
    """A project with the first boundaries, the points, forms of the library, app users and a reader.

    files  folder for the files an office would have on its disk
    """
    project = store.write(lambda session: create_project(session, "Flow monitoring in Sahelia"))
    boundaries = world.write_boundaries(world.country.v01, files / "boundaries-v01")
    import_release(store, boundaries, "v01", project["id"], source="generated", licence="CC0-1.0")
    (files / "sites.csv").write_bytes(world.sites_csv())
    import_sites(store, project["id"], world.sites_csv())
    forms = {name: (library()[name], media(world, name)) for name in FILLED_FORMS}
    forms["market_count"] = (MARKET_COUNT.encode(), {"fmp.csv": media(world, "fmr")["fmp.csv"]})
    with ThreadPoolExecutor(2) as pool:  # each compiles in a process of its own; publishing finds the result
        cache = store.data / "cache" / "compiled"
        list(pool.map(lambda item: compile_in_sandbox(item[1][0], f"{item[0]}.md", cache), forms.items()))
    for name, (text, needed) in forms.items():
        (files / f"{name}.md").write_bytes(text)
        publish_form(store, project["id"], text, f"{name}.md", needed)

    def app_user(tablet: str) -> str:
        return store.write(partial(create_app_user, project_id=project["id"], name=tablet)).token

    tokens = {tablet: app_user(tablet) for tablet in tablets}
    reader = store.write(lambda session: create_token(session, project["id"], "Situation report", "analyst"))
    return Project(project["id"], tokens, reader.token)


def media(world: World, form: str) -> dict[str, bytes]:
    """The choice lists a library form needs."""
    return media_for(form, world.listed_places(), world.listed_areas())


def new_registry() -> bytes:
    """The registry form's next version."""
    return next_version(library()["fmr"], OLD_FMR, NEW_FMR)


def waypost(data: Path, database: str | None, *command: str) -> Any:
    """Run a `waypost` command with --json in a process of its own; its result. Raises RuntimeError."""
    done = subprocess.run(
        command_line([*command, "--json"], data, database),
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"waypost {' '.join(command)}: {done.stderr.decode()[-2000:]}")
    return json.loads(done.stdout)
