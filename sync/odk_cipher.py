"""Encrypted submissions as ODK Collect and Web Forms write them, opened with the private key.

In: the XML that came, which then is a manifest (PROTOCOL 1.10), and the encrypted files beside it. Out: the
submission's own XML and its files. Specification: https://getodk.github.io/xforms-spec/encryption

A submission has a key of its own (AES, 256 bits), which the manifest carries encrypted to the form's RSA key.
Each file is AES in CFB mode with PKCS #5 padding; its initialisation vector is the MD5 of instanceID and key,
one byte of which goes up by one for each file: the media in the order of the manifest, the XML last.

The RSA padding is OAEP with SHA-256. What Android and Bouncy Castle write has SHA-256 in its mask generation
too; Java's own provider understands the same name as SHA-1 there. Both are read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from sync.problems import Invalid
from sync.safe_xml import XmlUnreadable, local_name, read_xml

RSA_BITS = 2048
ENDING = ".enc"

_BLOCK = 16
_PADDINGS = tuple(
    padding.OAEP(padding.MGF1(mask), hashes.SHA256(), None)
    for mask in (hashes.SHA256(), hashes.SHA1())  # noqa: S303  what Java writes
)


class WrongKey(Invalid):
    """A private key that does not open what is encrypted, or a passphrase that does not open the key."""

    code = "wrong-key"
    title = "The key does not fit"


class Undecryptable(Invalid):
    """An encrypted submission that is damaged or not whole."""

    code = "undecryptable"
    title = "The encrypted submission does not open"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an encrypted submission says about itself."""

    xml_form_id: str
    version: str | None  # None: there is no such attribute
    instance_id: str
    key: str  # base64 of the submission's key, encrypted to the form's
    media: tuple[str, ...]  # names of the encrypted files, in order
    xml_file: str
    signature: str | None  # base64

    def plain_name(self, name: str) -> str:
        """The name of a file once it is decrypted."""
        return name.removesuffix(ENDING)


def read_manifest(xml: bytes) -> Manifest | None:
    """The manifest of an encrypted submission; None for a plain one. Raises Undecryptable."""
    try:
        root = read_xml(xml)
    except XmlUnreadable as problem:
        raise Undecryptable(f"Its XML cannot be read: {problem.reason}") from None
    if root.get("encrypted") != "yes":
        return None
    found: dict[str, list[str]] = {}
    for element in root.iter():
        text = (element.text or "").strip()
        if text:
            found.setdefault(local_name(element.tag), []).append(text)
    key, xml_file = (found.get(name, [""])[0] for name in ("base64EncryptedKey", "encryptedXmlFile"))
    instance_id = found.get("instanceID", [root.get("instanceID") or ""])[0]
    for what, value in (("key", key), ("XML file", xml_file), ("instanceID", instance_id)):
        if not value:
            raise Undecryptable(f"It names no {what}.", "Keep it; only the tablet can send a whole one.")
    return Manifest(
        xml_form_id=root.get("id") or "",
        version=root.get("version"),
        instance_id=instance_id,
        key="".join(key.split()),
        media=tuple(found.get("file", ())),
        xml_file=xml_file,
        signature=next(iter(found.get("base64EncryptedElementSignature", ())), None),
    )


class PrivateKey:
    """The private half of a form's key."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key

    @classmethod
    def new(cls) -> PrivateKey:
        return cls(rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS))

    @classmethod
    def read(cls, data: bytes, passphrase: str | None = None) -> PrivateKey:
        """Read a key file: PEM or DER, PKCS #1 or #8, with a passphrase or without. Raises WrongKey."""
        secret = None if passphrase is None else passphrase.encode()
        load = (
            serialization.load_pem_private_key
            if b"-----BEGIN" in data
            else serialization.load_der_private_key
        )
        try:
            key = load(data, secret)
        except TypeError:
            wants = "no passphrase" if secret is not None else "a passphrase"
            raise WrongKey(f"The key file needs {wants}.", "Say so on the command line.") from None
        except (ValueError, UnsupportedAlgorithm) as error:
            detail = "The key file cannot be read, or its passphrase is another one."
            raise WrongKey(detail, f"It has to be a private RSA key in PEM or DER ({error}).") from None
        if not isinstance(key, rsa.RSAPrivateKey):
            raise WrongKey(
                "The key file holds no RSA key.", "Give the private key the form's key was made with."
            )
        return cls(key)

    @property
    def public(self) -> str:
        """The public half as forms carry it: X.509 SPKI, base64 in one line."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return base64.b64encode(
            self._key.public_key().public_bytes(serialization.Encoding.DER, form)
        ).decode()

    def raw(self) -> bytes:
        """PKCS #8, DER, in the clear: to be sealed at once."""
        clear = serialization.NoEncryption()
        return self._key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, clear)

    def open(self, encrypted: str) -> bytes | None:
        """What a base64 text holds that was encrypted to the public half; None when it was not."""
        try:
            sealed = base64.b64decode(encrypted, validate=False)
        except binascii.Error:
            return None
        for each in _PADDINGS:
            try:
                return self._key.decrypt(sealed, each)
            except ValueError:
                continue
        return None


class SubmissionCipher:
    """Opens the files of one encrypted submission."""

    def __init__(self, manifest: Manifest, private: PrivateKey) -> None:
        """Raises WrongKey."""
        key = private.open(manifest.key)
        if key is None or len(key) not in (16, 24, 32):
            raise WrongKey(
                "This private key does not open the submission: it was encrypted to another one.",
                "Give the private key of the form version it was filled in with.",
            )
        self.manifest = manifest
        self._private = private
        self._key = key
        seed = hashlib.md5(manifest.instance_id.encode() + key, usedforsecurity=False).digest()
        names = [*manifest.media, manifest.xml_file]
        self._vectors: dict[str, bytes] = {}
        vector = bytearray(seed)
        for number, name in enumerate(names):
            vector[number % _BLOCK] = (vector[number % _BLOCK] + 1) % 256
            self._vectors.setdefault(name, bytes(vector))

    def decrypt(self, name: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The plain bytes of one of the files, by the name the manifest has for it. Raises Undecryptable."""
        decryptor = Cipher(algorithms.AES(self._key), CFB(self._vectors[name])).decryptor()
        held = b""  # the padding is in the last block
        for chunk in chunks:
            held += decryptor.update(chunk)
            if len(held) > _BLOCK:
                yield held[:-_BLOCK]
                held = held[-_BLOCK:]
        held += decryptor.finalize()
        size = held[-1] if held else 0
        if not 1 <= size <= min(_BLOCK, len(held)) or held[-size:] != bytes([size]) * size:
            raise Undecryptable(
                f"{name} is damaged, or is not the file that belongs to this submission.",
                "Look for the file on the tablet, and send it again.",
            )
        yield held[:-size]

    def is_signed(self, md5s: Mapping[str, str]) -> bool | None:
        """Whether form, version, key, instanceID and files are the ones that were signed.

        md5s  of the plain files by the manifest's names, in hex; the XML's among them
        None when there is no signature. It proves that nothing was exchanged on the way, not who sent it:
        whoever has the form can sign.
        """
        manifest = self.manifest
        if manifest.signature is None:
            return None
        parts = [manifest.xml_form_id, *([] if manifest.version is None else [manifest.version])]
        parts += [manifest.key, manifest.instance_id]
        for name in (*manifest.media, manifest.xml_file):
            if name not in md5s:
                return False
            parts.append(f"{manifest.plain_name(name)}::{md5s[name]}")
        text = "\n".join(parts).encode()
        digests = [hashlib.md5(each, usedforsecurity=False).digest() for each in (text + b"\n", text)]
        return self._private.open(manifest.signature) in digests
