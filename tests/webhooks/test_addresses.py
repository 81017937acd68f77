"""Which addresses may be told: public ones, and those the administrator allowed."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from server.webhooks import attempt as attempts
from server.webhooks.address import AddressRefused, Policy, resolved
from server.webhooks.attempt import attempt
from server.webhooks.signing import signature
from sync.store import now
from sync.webhooks.queue import Outgoing
from tests.webhooks.receiver import Receiver

PRIVATE = (
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.0.8", "198.18.0.1", "::", "::1",
    "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::127.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1",
    "fec0::1", "2001:db8::1", "no address",
)  # fmt: skip
PUBLIC = ("93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34", "64:ff9b::5db8:d822")


def test_private_addresses_in_every_spelling_are_not_told() -> None:
    nobody = Policy()
    assert [one for one in PRIVATE if nobody.may_tell(one)] == []
    assert [one for one in PUBLIC if not nobody.may_tell(one)] == []
    some = Policy.allowing(["10.0.0.0/8", "fd00::/8"])
    assert [one for one in PRIVATE if some.may_tell(one)] == [
        "10.0.0.1",
        "fd00:ec2::254",
        "::ffff:10.0.0.1",
        "64:ff9b:1::a00:1",
    ]


def test_numbers_that_only_look_odd_are_resolved_before_they_are_judged() -> None:
    for url in ("http://2130706433/", "http://0x7f.1/", "http://127.1:8080/", "http://localhost/"):
        with pytest.raises(AddressRefused):
            resolved(url, Policy())
        assert resolved(url, Policy.allowing(["127.0.0.0/8", "::1"]))[1] in ("127.0.0.1", "::1")


def test_name_that_changes_after_the_look_leads_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection goes to the address that was looked at; one bad address among several is enough."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def names(host: Any, port: Any, *further: Any, **named: Any) -> Any:
        if host not in ("rebinding.example.org", "mixed.example.org"):
            return real(host, port, *further, **named)
        asked.append(host)
        others = [] if host.startswith("rebinding") else ["10.0.0.1"]
        first = "127.0.0.1" if len(asked) == 1 else "127.0.0.2"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in (first, *others)]

    monkeypatch.setattr(socket, "getaddrinfo", names)
    policy = Policy.allowing(["127.0.0.0/8"])
    with Receiver(secret="s") as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        at = now()

        def to(url: str) -> Outgoing:
            return Outgoing(1, "d", "test", b"{}", url, b"s", 0, at)

        made = asyncio.run(attempt(to(f"http://rebinding.example.org:{port}/hook"), policy))
        assert (made.status, made.said, asked) == (204, "", ["rebinding.example.org"])
        assert (receiver.got[0].host, receiver.got[0].is_signed) == (f"rebinding.example.org:{port}", True)
        mixed = asyncio.run(attempt(to(f"http://mixed.example.org:{port}/hook"), policy))
        assert (mixed.status, "10.0.0.1" in mixed.said) == (None, True)
        gone = asyncio.run(attempt(to("http://127.0.0.1:1/"), policy))
        assert (gone.status, gone.said) == (None, "The connection failed (ConnectError).")
    assert len(receiver.got) == 1


def test_signature_is_what_openssl_makes_of_it() -> None:
    """printf '1764000000.{"event":"test"}' | openssl dgst -sha256 -hmac whsec_x"""
    by_openssl = "fd17cf0039682e5376f095f8d7aa03c4a37aa1e94269ab30e378d45e0057220d"
    assert signature(b"whsec_x", 1764000000, b'{"event":"test"}') == "v1=" + by_openssl


def test_certificate_has_to_be_of_the_name_though_the_address_is_pinned(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cert, key = _certificate("hooks.example.org", tmp_path)
    monkeypatch.setattr(attempts, "_tls", lambda: ssl.create_default_context(cafile=str(cert)))
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, port, **_: [(2, 1, 6, "", ("127.0.0.1", port))])
    policy = Policy.allowing(["127.0.0.0/8"])
    with Receiver(secret="s", tls=(str(cert), str(key))) as receiver:
        port = receiver.url.split(":")[2].split("/")[0]

        def answer(host: str) -> tuple[int | None, str]:
            to = Outgoing(1, "d", "test", b"{}", f"https://{host}:{port}/hook", b"s", 0, now())
            made = asyncio.run(attempt(to, policy))
            return made.status, made.said

        assert answer("hooks.example.org") == (204, "")
        assert answer("other.example.org") == (None, "The connection failed (ConnectError).")
    assert [one.host for one in receiver.got] == [f"hooks.example.org:{port}"]


def _certificate(name: str, folder: Path) -> tuple[Path, Path]:
    """A certificate of its own making, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files
