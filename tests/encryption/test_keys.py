"""The keys forms are encrypted to: a form's own, and the one a project manages."""

from __future__ import annotations

import re

import pytest

from forms.encryption import encrypted_for
from forms.xform import read_xform
from sync.encryption_keys import keys_of_records
from sync.managed_keys import unlock
from sync.odk_cipher import PrivateKey, WrongKey
from sync.records.sight import WholeForm
from sync.registry import publish_form
from sync.tables import encryption_key, form_version
from tests.contract.central_forms import WITH_REPEAT, simple
from tests.contract.people import comes
from tests.encryption.sealing_tablet import seals
from tests.server.office import Office, Tablet, xform
from tests.server.test_whole_app import sends

PASSPHRASE = "three camels at the well"
SUFFIX = r"\[encrypted:[a-zA-Z0-9+/]{8}\]"


def with_key(form: str, version: str, public: str) -> bytes:
    own = f'<submission base64RsaPublicKey="{public}"/>'.encode()
    return xform(form, version).replace(b"</model>", own + b"</model>")


def key_ids(office: Office) -> dict[tuple[str, str], int | None]:
    with office.store.read() as session:
        return {(row["title"], row["version"]): row["key_id"] for row in session.all(form_version.select())}


def test_project_begins_to_encrypt(office: Office, tablet: Tablet, private: PrivateKey) -> None:
    admin = comes(office, "Amina", "admin")
    here = f"/projects/{office.project_id}"
    office.publishes("fmr", "1", "Plain", {"map.png": b"map"}, ("map.png",))
    office.publishes("old", "", "Without a version")
    publish_form(office.store, office.project_id, with_key("own", "7", private.public), "form.xml")
    assert sends(tablet, "fmr", "1") == 201
    before = {entry["formID"]: entry for entry in tablet.lists()}
    admin.does("POST", f"{here}/forms/old/draft")
    draft = admin.gets(f"{here}/forms/old/draft")
    for body, code in (({}, 400.2), ({"passphrase": ""}, 400.2), ({"passphrase": "short"}, 400.21)):
        assert admin.is_refused("POST", f"{here}/key", body) == code
    assert admin.gets(here)["keyId"] is None
    given = {"passphrase": PASSPHRASE, "hint": "by the water"}
    assert admin.does("POST", f"{here}/key", given) == {"success": True}
    assert admin.is_refused("POST", f"{here}/key", given) == 409.4
    key_id = admin.gets(here)["keyId"]

    after = {entry["formID"]: entry for entry in tablet.lists()}
    assert after["own"] == before["own"]
    assert re.fullmatch(f"1{SUFFIX}", after["fmr"]["version"])
    assert re.fullmatch(SUFFIX, after["old"]["version"])
    assert [file["filename"] for file in tablet.reads_manifest(after["fmr"]["manifestUrl"])] == ["map.png"]
    document = tablet.gets(after["old"]["downloadUrl"]).text
    public = re.search(r'<submission base64RsaPublicKey="([a-zA-Z0-9+/]{392})"/></model>', document)
    assert public is not None
    assert f'<data id="old" version="{after["old"]["version"]}">' in document

    drafted = admin.gets(f"{here}/forms/old/draft")
    assert (drafted["draftToken"], drafted["keyId"]) == (draft["draftToken"], key_id)
    assert re.fullmatch(SUFFIX, drafted["version"])
    again = office.publishes("old", "", "Without a version")  # the same upload: the same version, no other
    assert (again.version, again.is_new) == (after["old"]["version"], False)
    made = office.publishes("new", "2", "A later form")
    assert re.fullmatch(f"2{SUFFIX}", made.version)
    ids = key_ids(office)
    assert {ids["Plain", "1"], ids["Without a version", ""]} == {None}
    assert {ids["Plain", after["fmr"]["version"]], ids["A later form", made.version]} == {key_id}
    with office.store.read() as session:
        kept = {row["id"]: row for row in session.all(encryption_key.select())}
        assert unlock(session, office.store.keyring, key_id, PASSPHRASE).public == public[1]
        with pytest.raises(WrongKey, match="by the water"):
            unlock(session, office.store.keyring, key_id, "three camels at the wall")
    assert PASSPHRASE not in repr(kept)
    assert (kept[ids["A form", "7"]]["public"], kept[ids["A form", "7"]]["sealed"]) == (private.public, None)


def test_tablet_sends_encrypted_and_plain_records_and_their_keys_are_told(
    office: Office, tablet: Tablet, private: PrivateKey
) -> None:
    """Plain ones come for an encrypted form, encrypted ones for a form that is not encrypted any more."""
    publish_form(office.store, office.project_id, with_key("fmr", "1", private.public), "form.xml")
    space = office.project["uuid"]

    def told() -> list[str]:
        with office.store.read() as session:
            return [row["public"] for row in keys_of_records(session, space, "fmr", WholeForm())]

    assert sends(tablet, "fmr", "1", "uuid:plain") == 201
    assert told() == []
    office.publishes("fmr", "2")
    sealed = seals(private.public, "fmr", "1", "uuid:1", b"<data/>", {"photo.jpg": b"photo"})
    *_, last = sealed.parts
    first = {name: part for name, part in sealed.parts.items() if name != last}
    for parts in (first, sealed.parts):
        answer = office.client.post(f"{tablet.base}/submission", files=parts)
        assert answer.status_code == 201, answer.text
    assert told() == [private.public]


@pytest.mark.parametrize(
    ("before", "root"),
    [
        (WITH_REPEAT, rb'<data id="withrepeat" orx:version="1.0SUFFIX">'),
        (simple(), rb'<data id="simple" version="SUFFIX">'),
        (simple().replace(b'id="simple"', b"id='simple'\n version = '3' "), rb"version = '3SUFFIX' >"),
        (
            simple().replace(b"</model>", b'<submission method="post" action="http://x?a>b" /></model>'),
            b"SUFFIX",
        ),
        (
            simple().replace(b"</model>", b'<submission base64RsaPublicKey=""></submission></model>'),
            b"SUFFIX",
        ),
    ],
)
def test_key_and_version_go_between_the_bytes_of_a_form(before: bytes, root: bytes) -> None:
    key = "MIIB" + "A" * 388
    after = encrypted_for(before, key)
    compiled = read_xform(after)
    assert compiled.public_key == key
    mark = re.search(SUFFIX.encode(), after)
    assert mark is not None
    assert compiled.version.endswith(mark[0].decode())
    assert root.replace(b"SUFFIX", mark[0]) in after
    rest = iter(after)
    assert all(byte in rest for byte in before)  # what was there stands there still, in its order
    assert encrypted_for(before, key) == after
