"""What tablets encrypt is opened, byte for byte, and what was damaged or meant for another key is not."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from sync.odk_cipher import PrivateKey, SubmissionCipher, Undecryptable, WrongKey, read_manifest
from tests.encryption.sealing_tablet import Sealed, manifest, seals

XML = b'<data id="fmr" version="1"><n>3</n></data>'
MEDIA = {
    "photo.jpg": b"\xff\xd8" * 40,
    "long.m4a": bytes(range(256)) * 300,
    "empty.txt": b"",
    "b.bin": b"x" * 16,
}


def opened(sealed: Sealed, private: PrivateKey) -> tuple[SubmissionCipher, dict[str, bytes]]:
    """The cipher and the plain files, given in pieces of awkward sizes."""
    found = read_manifest(sealed.manifest)
    assert found is not None
    cipher = SubmissionCipher(found, private)
    plain = {}
    for name, content in sealed.files.items():
        pieces = (
            [content[at : at + 7] for at in range(0, len(content), 7)] if len(content) < 999 else [content]
        )
        plain[name] = b"".join(cipher.decrypt(name, pieces))
    return cipher, plain


def md5s(plain: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.md5(content).hexdigest() for name, content in plain.items()}


@pytest.mark.parametrize("in_one_element", [False, True])
def test_encrypted_submission_is_opened_with_its_files(private: PrivateKey, in_one_element: bool) -> None:
    sealed = seals(private.public, "fmr", "1", "uuid:1", XML, MEDIA, in_one_element)
    cipher, plain = opened(sealed, private)
    assert plain == {f"{name}.enc": content for name, content in {**MEDIA, "submission.xml": XML}.items()}
    assert cipher.is_signed(md5s(plain)) is True
    assert cipher.is_signed(md5s({**plain, "photo.jpg.enc": b"another photo"})) is False
    assert cipher.is_signed({}) is False


def test_what_is_damaged_or_for_another_key_is_told_apart(private: PrivateKey) -> None:
    sealed = seals(private.public, "fmr", "1", "uuid:1", XML)
    with pytest.raises(WrongKey, match="does not open the submission"):
        opened(sealed, PrivateKey.new())
    whole = sealed.files["submission.xml.enc"]
    for damaged in (whole[:-1], whole[:-16], b"", b"\0" * 32):
        with pytest.raises(Undecryptable, match=r"submission\.xml\.enc is damaged"):
            opened(Sealed(sealed.manifest, {"submission.xml.enc": damaged}), private)
    for without in (b"base64EncryptedKey", b"encryptedXmlFile", b"instanceID"):
        with pytest.raises(Undecryptable, match="It names no"):
            read_manifest(sealed.manifest.replace(without, b"other"))
    assert read_manifest(XML) is None


def test_key_files_are_read_in_the_forms_they_come_in(private: PrivateKey) -> None:
    raw = private.raw()
    text = base64.encodebytes(raw).decode()
    pem = f"-----BEGIN PRIVATE KEY-----\n{text}-----END PRIVATE KEY-----\n".encode()
    assert PrivateKey.read(raw).public == PrivateKey.read(pem).public == private.public
    with pytest.raises(WrongKey, match="cannot be read"):
        PrivateKey.read(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    with pytest.raises(WrongKey, match="needs no passphrase"):
        PrivateKey.read(pem, "open sesame")


@pytest.mark.skipif(shutil.which("javac") is None, reason="there is no Java development kit to encrypt with")
def test_what_java_encrypts_is_opened(private: PrivateKey, tmp_path: Path) -> None:
    """Tablets encrypt with Java: its idea of the padding counts, in both of its readings."""
    (tmp_path / "photo.jpg").write_bytes(MEDIA["photo.jpg"])
    (tmp_path / "submission.xml").write_bytes(XML)
    program = Path(__file__).with_name("Tablet.java")
    subprocess.run(["javac", "-d", tmp_path, program], check=True)
    for mask in ("SHA-256", "SHA-1"):
        said = [private.public, "fmr", "1", "uuid:1", "photo.jpg", "submission.xml", mask]
        ran = subprocess.run(
            ["java", "-cp", ".", "Tablet", *said], cwd=tmp_path, check=True, capture_output=True, text=True
        )
        key, photo, xml, signature = ran.stdout.split()
        files = {"photo.jpg.enc": base64.b64decode(photo), "submission.xml.enc": base64.b64decode(xml)}
        sent = manifest("fmr", "1", "uuid:1", key, signature, ("photo.jpg",), one=False)
        cipher, plain = opened(Sealed(sent, files), private)
        assert plain == {"photo.jpg.enc": MEDIA["photo.jpg"], "submission.xml.enc": XML}, mask
        assert cipher.is_signed(md5s(plain)) is True, mask
