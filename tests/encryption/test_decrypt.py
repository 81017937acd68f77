"""`waypost decrypt` gives back what tablets encrypted, and says of each record what became of it."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from sqlalchemy import select

from sync.decrypting import decrypted_id
from sync.encryption_keys import keys_of_records
from sync.managed_keys import begin_managed_encryption
from sync.odk_cipher import PrivateKey
from sync.records.sight import WholeForm
from sync.registry import publish_form
from sync.tables import answer_row, audit, submission
from sync.worker import Worker
from tests.cli.conftest import Said, Shell
from tests.encryption.sealing_tablet import Files, Sealed, seals
from tests.encryption.test_keys import PASSPHRASE, with_key
from tests.server.office import Office, Tablet
from tests.server.test_whole_app import sends

REASON = ("--reason", "case review of November")


def plain(instance_id: str, n: int, form: str = "fmr", version: str = "1") -> bytes:
    return (
        f'<data id="{form}" version="{version}" xmlns:orx="http://openrosa.org/xforms"><n>{n}</n>'
        f"<photo>face.jpg</photo><orx:meta><orx:instanceID>{instance_id}</orx:instanceID></orx:meta></data>"
    ).encode()


class Post:
    """The tablet's way to the server."""

    def __init__(self, tablet: Tablet) -> None:
        self.tablet = tablet

    def takes(self, parts: Files) -> None:
        answer = self.tablet.client.post(f"{self.tablet.base}/submission", files=parts)
        assert answer.status_code == 201, answer.text


@pytest.fixture
def post(tablet: Tablet) -> Post:
    return Post(tablet)


@pytest.fixture
def decrypt(office: Office, shell: Shell, database: str) -> Shell:
    def run(*words: object) -> Said:
        return shell(
            "decrypt", *words, "--project", office.project_id, "--data", office.settings.data,
            "--database", database, "--json",
        )  # fmt: skip

    return run


def key_file(private: PrivateKey, folder: Path) -> Path:
    path = folder / "private.pem"
    text = base64.encodebytes(private.raw()).decode()
    path.write_text(f"-----BEGIN PRIVATE KEY-----\n{text}-----END PRIVATE KEY-----\n")
    return path


def test_each_record_is_decrypted_or_listed_with_its_reason(
    office: Office, tablet: Tablet, post: Post, decrypt: Shell, private: PrivateKey, tmp_path: Path
) -> None:
    publish_form(office.store, office.project_id, with_key("fmr", "1", private.public), "form.xml")
    photo = {"face.jpg": b"\xff\xd8" * 5000}
    whole = seals(private.public, "fmr", "1", "uuid:whole", plain("uuid:whole", 1), photo)
    late = seals(private.public, "fmr", "1", "uuid:late", plain("uuid:late", 2), photo)
    damaged = seals(private.public, "fmr", "1", "uuid:damaged", plain("uuid:damaged", 3))
    damaged.files["submission.xml.enc"] = damaged.files["submission.xml.enc"][:-16]
    other = seals(PrivateKey.new().public, "fmr", "1", "uuid:other", plain("uuid:other", 4))
    changed = seals(private.public, "fmr", "1", "uuid:changed", plain("uuid:changed", 5), photo)
    moved = Sealed(changed.manifest.replace(b'version="1"', b'version="2"'), changed.files)
    office.publishes("fmr", "2")
    for sealed in (whole, damaged, other, moved):
        post.takes(sealed.parts)
    post.takes({name: part for name, part in late.parts.items() if name != "face.jpg.enc"})
    assert sends(tablet, "fmr", "1", "uuid:plain") == 201

    key, into = key_file(private, tmp_path), tmp_path / "plain"
    said = decrypt("fmr", "--key", key, "--into", into, *REASON)
    assert said.status == 1
    told = {
        each["instance_id"]: (each["outcome"], each["files"], each["is_signed"])
        for each in said.json["records"]
    }
    assert told == {
        "uuid:whole": ("decrypted", 2, True),
        "uuid:damaged": ("damaged", 0, None),
        "uuid:other": ("wrong_key", 0, None),
        "uuid:changed": ("changed", 2, False),
        "uuid:late": ("incomplete", 1, None),
    }
    assert said.json["plain"] == 1
    assert (into / "whole" / "submission.xml").read_bytes() == plain("uuid:whole", 1)
    assert (into / "whole" / "face.jpg").read_bytes() == photo["face.jpg"]
    assert (
        sorted(path.name for path in into.rglob("*") if path.is_file())
        == ["face.jpg"] * 2 + ["submission.xml"] * 3
    )

    post.takes(late.parts)  # the rest of it came
    tried = decrypt("fmr", "--key", key, "--dry-run", *REASON).json["counts"]
    assert tried == {"decrypted": 2, "incomplete": 0, "changed": 1, "damaged": 1, "wrong_key": 1}
    for wrong in (("--key", key), ("--key", key, "--dry-run", "--into", into), ("--dry-run",)):
        assert decrypt("fmr", *wrong, *REASON).status == 1
    assert decrypt("fmr", "--key", key, "--dry-run", "--reason", " ").status == 1
    with office.store.read() as session:
        trail = session.all(select(audit.c.detail).where(audit.c.action == "submission.decrypt"))
    assert [row["detail"]["reason"] for row in trail] == [REASON[1]] * 2


def test_decrypted_records_are_brought_in_once_as_edits(
    office: Office, post: Post, decrypt: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the key a project manages, opened by its passphrase."""
    store, space = office.store, office.project["uuid"]
    office.publishes("fmr", "1")
    begin_managed_encryption(store, office.project_id, PASSPHRASE, "by the water")
    (entry,) = post.tablet.lists()
    version = entry["version"]
    public = (
        post.tablet.gets(entry["downloadUrl"]).text.partition('base64RsaPublicKey="')[2].partition('"')[0]
    )
    xml = plain("uuid:1", 41, version=version)
    post.takes(seals(public, "fmr", version, "uuid:1", xml, {"face.jpg": b"photo"}).parts)
    worker = Worker(store)

    def answers() -> list[object]:
        worker.drain()
        with store.read() as session:
            return [row["answers"].get("/data/n") for row in session.all(select(answer_row.c.answers))]

    def brings_in(passphrase: str) -> Said:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{passphrase}\n"))
        return decrypt("fmr", "--passphrase-stdin", "--bring-in", *REASON)

    assert answers() == [None]
    refused = brings_in("three camels at the wall")
    assert refused.status == 1
    assert "by the water" in refused.err
    with store.read() as session:
        assert [row["public"] for row in keys_of_records(session, space, "fmr", WholeForm())] == [public]
    for _ in range(2):
        said = brings_in(PASSPHRASE)
        assert (said.status, said.json["counts"]["decrypted"]) == (0, 1)
        assert answers() == [41]
    with store.read() as session:
        rows = session.all(select(submission).order_by(submission.c.id))
        assert keys_of_records(session, space, "fmr", WholeForm()) == []
    assert [(row["instance_id"], row["deprecated_id"]) for row in rows] == [
        ("uuid:1", None),
        (decrypted_id(rows[0]["uuid"]), "uuid:1"),
    ]
    worker.stop()
