"""Records that tablets encrypted, exported with the passphrase and without."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from sqlalchemy import select

from sync.managed_keys import begin_managed_encryption
from sync.registry import publish_form
from sync.tables import encryption_key, form, form_version
from tests.encryption.sealing_tablet import seals
from tests.exports.test_csv import FIRST, SURVEY, asks, cells, opens, xml
from tests.odata.village import Village

PASSPHRASE = "three camels at the well"


def test_a_passphrase_opens_what_was_encrypted_and_nothing_else_does(village: Village) -> None:
    project = village.country.project_id
    publish_form(village.store, project, SURVEY.encode(), "survey.md")
    key_id = begin_managed_encryption(village.store, project, PASSPHRASE)
    with village.store.read() as session:
        public = session.scalar(select(encryption_key.c.public).where(encryption_key.c.id == key_id))
        current = form.c.current_version_id == form_version.c.id
        mine = select(form_version.c.version).join(form, current).where(form.c.xml_form_id == "survey")
        version = session.scalar(mine)
    plain = xml("uuid:one", FIRST).replace('version="1"', f'version="{version}"').encode()
    sealed = seals(public, "survey", version, "uuid:one", plain, {"well.jpg": b"a well"})
    where = f"/v1/key/{village.tablet_token}/projects/{project}/submission"
    parts: Any = sealed.parts
    assert village.client.post(where, files=parts).status_code == 201
    village.worker.drain()
    token = village.token("supervisor")

    closed = opens(village, token)
    opened = opens(village, token, **{str(key_id): PASSPHRASE})
    posted = village.client.post(
        f"/v1/projects/{project}/forms/survey/submissions.csv.zip?attachments=false",
        data={str(key_id): PASSPHRASE},
        headers={"Authorization": f"Bearer {token}"},
    )

    columns = ("KEY", "Status", "AttachmentsPresent", "AttachmentsExpected", "litres", "well")
    assert cells(closed["survey.csv"], *columns) == [["uuid:one", "not decrypted", "2", "2", "", ""]]
    assert cells(opened["survey.csv"], *columns) == [["uuid:one", "", "2", "2", "012.50", "well.jpg"]]
    assert opened["media/well.jpg"] == "a well"
    assert "secret" not in opened["survey.csv"].splitlines()[0]
    assert opened["survey-toy.csv"].splitlines()[1:] == [
        "red,uuid:one/child[1],uuid:one/child[1]/more/toy[1]",
        "blue,uuid:one/child[1],uuid:one/child[1]/more/toy[2]",
        "green,uuid:one/child[2],uuid:one/child[2]/more/toy[1]",
    ]
    with zipfile.ZipFile(io.BytesIO(posted.content)) as archive:
        assert archive.read("survey.csv").decode() == opened["survey.csv"]
    refused = asks(village, token, **{str(key_id): "two camels at the wall"})
    assert (refused.status_code, refused.json()["code"]) == (400, 400.12)
