"""Other people's forms are filled in with Collect's engine, sent, and read as they were filled in."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from sqlalchemy import select

from forms.compile import compile_form
from sync.registry import publish_form
from sync.tables import answer_row, submission
from sync.worker import Worker
from tests.collect.foreign_forms import ALL
from tests.collect.yard import ONE_ENGINE
from tests.forms.enumerator import Enumerator, Filled, needs_java
from tests.server.office import Office

MADE_BY_THE_DEVICE = ("start", "today", "deviceid", "simserial", "subscriberid", "phonenumber", "end")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Filled]:
    """Each form as an enumerator filled it in, once for both engines of the database."""
    needs_java()
    folder = tmp_path_factory.mktemp("foreign")
    names = {form_id: f"f{number}" for number, form_id in enumerate(ALL)}
    for form_id, foreign in ALL.items():
        compiled = compile_form(foreign.source.encode(), foreign.name)
        assert compiled.form is not None, (form_id, compiled)
        (folder / f"{names[form_id]}.xml").write_bytes(compiled.form.xform)
        for name, content in foreign.media.items():
            (folder / name).write_bytes(content)
    person = Enumerator(folder)
    try:
        return {form_id: person.fills(names[form_id], foreign.script) for form_id, foreign in ALL.items()}
    finally:
        person.leaves()


def answers(office: Office, form_id: str) -> dict[str, list[dict[str, Any]]]:
    """By table and path, both without the root; positions as their coordinates."""
    with office.store.read() as session:
        rows = session.all(
            select(answer_row.c.table_path, answer_row.c.answers)
            .join(submission, submission.c.id == answer_row.c.root_id)
            .where(submission.c.xml_form_id == form_id)
            .order_by(answer_row.c.table_path, answer_row.c.ordinal)
        )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        table = "/".join(row["table_path"].split("/")[2:])
        values = {
            path.removeprefix(row["table_path"]).split("/", 2 if not table else 1)[-1]: _plain(value)
            for path, value in row["answers"].items()
        }
        kept = {name: value for name, value in values.items() if name not in MADE_BY_THE_DEVICE}
        found.setdefault(table, []).append(kept)
    return found


def _plain(value: Any) -> Any:
    return value["coordinates"] if isinstance(value, dict) and "coordinates" in value else value


@ONE_ENGINE
def test_foreign_forms_are_read_as_they_were_filled_in(office: Office, filled: dict[str, Filled]) -> None:
    for form_id, foreign in ALL.items():
        made = publish_form(
            office.store, office.project_id, foreign.source.encode(), foreign.name, foreign.media
        )
        assert made.form_id == form_id
    tablet = office.sets_up_tablet()
    listed = tablet.lists()
    assert sorted(entry["formID"] for entry in listed) == sorted(ALL)
    for entry in listed:
        assert ElementTree.fromstring(tablet.gets(entry["downloadUrl"]).content).tag.endswith("html")
    for form_id, done in filled.items():
        assert done.findings == [], form_id
        for times in (1, 2):  # the second is a resend
            sent = office.client.post(
                f"{tablet.base}/submission", files={"xml_submission_file": ("x.xml", done.xml, "text/xml")}
            )
            assert sent.status_code == 201, (form_id, times, sent.text)
    worker = Worker(office.store)
    try:
        worker.drain()
    finally:
        worker.stop()
    with office.store.read() as session:
        sent_ids = session.all(select(submission.c.xml_form_id))
    assert sorted(row["xml_form_id"] for row in sent_ids) == sorted(ALL)
    for form_id, foreign in ALL.items():
        assert answers(office, form_id) == foreign.rows, form_id
