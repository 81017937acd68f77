"""The demo on one screen: set up, serve, live a week, compare, tell, keep serving."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from forms.compile import compile_form
from server.cli import invocation
from server.demo import office
from server.demo.account import Account
from server.demo.coordinator import Coordinator
from server.demo.hosting import Hosting, run_module
from server.demo.own_forms import NIGHT_COUNT, SCHOOL_VISIT
from server.demo.story import CREW, Office, Week
from server.demo.world import World, build_world
from sync.problems import Conflict
from sync.setup import initialise
from sync.store import default_database


def run_demo(
    data: Path,
    database: str | None = None,
    port: int = 0,
    seed: int = 1,
    once: bool = False,
    fresh: bool = False,
    as_json: bool = False,
) -> int:
    """Run the whole demo. Returns 0 when every promise held, else 1.

    data   folder of the demo, made here; an earlier demo in it is removed with `fresh`, else refused
    once   stop after the account instead of serving until Ctrl-C
    Raises Conflict when the folder has something in it.
    """
    _clear(data, fresh)
    demo = Demo(data, database or default_database(data), port, seed)
    try:
        demo.prepare()
        demo.live()
        status = demo.tell(as_json)
        if not once:
            demo.keep_serving()
        return status
    except KeyboardInterrupt:
        return 130
    finally:
        demo.hosting.stop()


@dataclass
class Demo:
    data: Path
    database: str
    port: int
    seed: int

    def __post_init__(self) -> None:
        self.begun = time.monotonic()
        self.ledgers = self.data / "demo" / "ledgers"
        self.files = self.data / "demo" / "files"

    @cached_property
    def world(self) -> World:
        return build_world(self.seed)

    @cached_property
    def hosting(self) -> Hosting:
        return Hosting(self.data, self.database, self.data / "demo" / "server.log", self.port)

    @cached_property
    def coordinator(self) -> Coordinator:
        return Coordinator(self.hosting.url, self.project.reader, self.project.id)

    def prepare(self) -> None:
        """Keys, database, project, forms, tablets; then the server."""
        self.say("An invented country is drawn, a project set up, six forms published ...")
        store = initialise(self.data, self.database)
        try:
            self.project = office.set_up(store, self.world, self.files, list(CREW))
        finally:
            store.close()
        self.token_file = self.data / "demo" / "reader.token"
        self.token_file.write_text(self.project.reader + "\n", encoding="ascii")
        self.token_file.chmod(0o600)
        self.hosting.start()
        self.say(f"waypost serve listens at {self.hosting.url}.")

    def live(self) -> None:
        """The week."""
        urls = {
            tablet: f"{self.hosting.url}/v1/key/{token}/projects/{self.project.id}"
            for tablet, token in self.project.tokens.items()
        }
        week = Week(self.world, urls, self.ledgers, self._unpublished(), self._office(), self.say)
        week.happens()
        self._wait()

    def tell(self, as_json: bool) -> int:
        """Let the verdict judge, print the account. Returns the verdict's exit status."""
        done = subprocess.run(self._verdict_line(), stdout=subprocess.PIPE, check=False)
        verdict = json.loads(done.stdout) if done.stdout else {"promises": [], "figures": {}}
        account = Account(
            verdict, self.coordinator, self.world, self.hosting.url, self.data, self.database, self.project.id
        )
        seconds = time.monotonic() - self.begun
        if as_json:
            invocation.show({**verdict, "seconds": round(seconds, 1), "url": self.hosting.url}, "")
        else:
            print(account.text(seconds))
        return done.returncode

    def keep_serving(self) -> None:
        self.say("Serving until Ctrl-C.")
        while True:
            time.sleep(3600)

    def say(self, text: str) -> None:
        invocation.say(f"[{time.monotonic() - self.begun:5.1f} s] {text}")

    # -- the office ----------------------------------------------------------------------------------------

    def _office(self) -> Office:
        return Office(
            publish_new_registry=lambda: self._publish("fmr", office.new_registry()),
            activate_new_boundaries=self._activate,
            publish_night_count=lambda: self._publish("night_count", NIGHT_COUNT.encode()),
            wait_until_processed=self._wait,
            kill_the_server=self.hosting.kill,
            start_the_server=self.hosting.start,
        )

    def _publish(self, name: str, text: bytes) -> None:
        path = self.files / f"{name}-new.md"
        path.write_bytes(text)
        self._waypost("form", "publish", str(path))

    def _activate(self) -> None:
        paths = self.world.write_boundaries(self.world.country.v02, self.files / "boundaries-v02")
        self._waypost("places", "import", *map(str, paths), "--release", "v02")

    def _waypost(self, *command: str) -> Any:
        return office.waypost(self.data, self.database, *command, "--project", str(self.project.id))

    def _wait(self) -> None:
        progress = _Countdown("submissions wait to be processed")
        self.coordinator.waits_until_processed(progress=progress)
        progress.end()

    def _unpublished(self) -> dict[str, bytes]:
        forms = (compile_form(text.encode(), "form.md").form for text in (NIGHT_COUNT, SCHOOL_VISIT))
        return {form.xml_form_id: form.xform for form in forms if form is not None}

    def _verdict_line(self) -> list[str]:
        line = [*run_module("server.demo.verdict"), "--json", "--data", str(self.data)]
        line += ["--url", self.hosting.url, "--ledgers", str(self.ledgers), "--project", str(self.project.id)]
        line += ["--token-file", str(self.token_file), "--monday", str(self.world.monday)]
        line += ["--seed", str(self.seed)]
        return [*line, "--database", self.database]


class _Countdown:
    """How many still wait, on the terminal's last line."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.shown = False

    def __call__(self, waiting: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{waiting:>6} {self.what} ")
            sys.stderr.flush()
            self.shown = True

    def end(self) -> None:
        if self.shown:
            sys.stderr.write("\r" + " " * (len(self.what) + 9) + "\r")


def _clear(data: Path, fresh: bool) -> None:
    """An empty folder, or a refusal: nothing that is not a demo's is ever removed."""
    if not data.exists() or not any(data.iterdir()):
        return
    if not (data / "demo" / "server.log").exists():
        raise Conflict(
            f"{data} has something in it that is not a demo's.", "Name another folder: --data DIR."
        )
    if not fresh:
        raise Conflict(
            f"{data} has an earlier demo in it.",
            "Say --fresh to remove it, or name another folder: --data DIR.",
        )
    shutil.rmtree(data)
