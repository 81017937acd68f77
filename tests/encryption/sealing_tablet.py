"""A tablet that encrypts what it sends, as the specification says: https://getodk.github.io/xforms-spec/encryption

Written from the specification and not with the code under test; `Tablet.java` does the same in Java.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
Files = dict[str, tuple[str, bytes, str]]
"""Parts of a multipart request, by name."""


@dataclass
class Sealed:
    """An encrypted submission as it is sent."""

    manifest: bytes
    files: dict[str, bytes] = field(default_factory=dict)  # by their encrypted names

    @property
    def parts(self) -> Files:
        sent = {name: (name, content, "application/octet-stream") for name, content in self.files.items()}
        return {"xml_submission_file": ("A form.xml", self.manifest, "text/xml"), **sent}


def seals(
    public: str,
    form: str,
    version: str,
    instance_id: str,
    xml: bytes,
    media: Mapping[str, bytes] | None = None,
    in_one_element: bool = False,
) -> Sealed:
    """Encrypt a submission to a public key.

    in_one_element  name all media in one `media` element, as some tools do
    """
    loaded = serialization.load_der_public_key(base64.b64decode(public))
    assert isinstance(loaded, rsa.RSAPublicKey)
    key = os.urandom(32)
    vector = bytearray(hashlib.md5(instance_id.encode() + key).digest())
    wrapped = base64.b64encode(loaded.encrypt(key, OAEP)).decode()
    signed = [form, version, wrapped, instance_id]
    files = {}
    for number, (name, content) in enumerate([*(media or {}).items(), ("submission.xml", xml)]):
        vector[number % 16] = (vector[number % 16] + 1) % 256
        size = 16 - len(content) % 16
        encryptor = Cipher(algorithms.AES(key), CFB(bytes(vector))).encryptor()
        files[f"{name}.enc"] = encryptor.update(content + bytes([size]) * size) + encryptor.finalize()
        signed.append(f"{name}::{hashlib.md5(content).hexdigest()}")
    digest = hashlib.md5("".join(f"{line}\n" for line in signed).encode()).digest()
    signature = base64.b64encode(loaded.encrypt(digest, OAEP)).decode()
    return Sealed(
        manifest(form, version, instance_id, wrapped, signature, tuple(media or ()), in_one_element), files
    )


def manifest(
    form: str, version: str, instance_id: str, key: str, signature: str, media: tuple[str, ...], one: bool
) -> bytes:
    """The XML that goes with the encrypted files."""
    named = [f"<file>{name}.enc</file>" for name in media]
    told = (
        f"<media>{''.join(named)}</media>" if one and named else "".join(f"<media>{n}</media>" for n in named)
    )
    return (
        f'<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="{form}" version="{version}"'
        f' encrypted="yes"><base64EncryptedKey>{key}</base64EncryptedKey>'
        '<orx:meta xmlns:orx="http://openrosa.org/xforms">'
        f"<orx:instanceID>{instance_id}</orx:instanceID></orx:meta>{told}"
        "<encryptedXmlFile>submission.xml.enc</encryptedXmlFile>"
        f"<base64EncryptedElementSignature>{signature}</base64EncryptedElementSignature></data>"
    ).encode()
