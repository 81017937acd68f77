"""Several server processes on PostgreSQL, which speak TLS by themselves, and a worker beside them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sync.access import create_app_user
from sync.registry import create_project, publish_form
from sync.setup import initialise
from tests.engines import PostgresServer
from tests.server.office import xform

pytestmark = pytest.mark.slow
LOCALHOST = "127.0.0.1"


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of this machine, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "waypost")])
    at = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOCALHOST))]), False)
        .sign(key, hashes.SHA256())
    )
    cert, private = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert, private


@contextlib.contextmanager
def running(command: str, environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """`waypost COMMAND` in a process of its own, ended as an operator ends it."""
    code = f"from server.cli import main; main([{command!r}])"
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], env=environ,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        log, _ = process.communicate(timeout=60)
        assert "Traceback" not in log, log


def test_two_processes_receive_over_tls_and_a_worker_processes(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    database = postgres.create(f"processes_{uuid.uuid4().hex}", "waypost_template")
    store = initialise(tmp_path / "data", database)
    project = store.write(lambda session: create_project(session, "Flow monitoring"))
    token = store.write(lambda session: create_app_user(session, project["id"], "Tablet 7")).token
    publish_form(store, project["id"], xform("fmr", "1"), "fmr.xml")
    store.close()
    cert, key = certificate(tmp_path)
    with socket.create_server((LOCALHOST, 0)) as free:
        port = free.getsockname()[1]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("WAYPOST_")} | {
        "WAYPOST_DATA": str(tmp_path / "data"), "WAYPOST_DATABASE": database, "WAYPOST_PROCESSES": "2",
        "WAYPOST_PORT": str(port), "WAYPOST_TLS_CERT": str(cert), "WAYPOST_TLS_KEY": str(key),
    }  # fmt: skip
    base = f"https://{LOCALHOST}:{port}/v1/key/{token}/projects/{project['id']}"
    trusting = ssl.create_default_context(cafile=str(cert))
    with running("serve", environ) as server, running("worker", environ):
        wait_until(lambda: status(f"https://{LOCALHOST}:{port}/health/ready", trusting) == 200)
        listed = httpx.get(f"{base}/formList", verify=trusting)
        assert f"<downloadUrl>https://{LOCALHOST}:{port}/v1/key/" in listed.text
        answers = Counter(send(base, number, trusting) for number in (*range(20), *range(20)))
        assert answers == {201: 40}
        health = f"https://{LOCALHOST}:{port}/health"
        wait_until(lambda: httpx.get(health, verify=trusting).json()["waiting"] == 0)
        assert httpx.get(health, verify=trusting).json()["parked"] == 0
        assert len(receivers(server.pid)) == 2
    postgres.drop(database.rsplit("/", 1)[1].split("?")[0])


def send(base: str, number: int, trusting: ssl.SSLContext) -> int:
    """Over a connection of its own, so that either process may get it."""
    meta = f"<meta><instanceID>uuid:{number}</instanceID></meta>"
    xml = f'<data id="fmr" version="1"><n>{number}</n>{meta}</data>'
    parts = {"xml_submission_file": ("form.xml", xml.encode(), "text/xml")}
    return httpx.post(f"{base}/submission", files=parts, verify=trusting).status_code


def status(address: str, trusting: ssl.SSLContext) -> int | None:
    try:
        return httpx.get(address, verify=trusting).status_code
    except httpx.TransportError:
        return None


def receivers(pid: int) -> list[str]:
    """The server's children that serve."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [child for child in children if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text()]


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
