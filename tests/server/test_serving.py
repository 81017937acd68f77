"""The server as it runs: a real uvicorn on a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import uvicorn

from server.serve import check_exposure, check_private, server_config
from server.settings import Http, Settings
from sync.access import create_app_user
from sync.problems import Invalid
from sync.registry import create_project
from sync.setup import initialise
from tests.server.office import Office, Tablet

WINDOW_S = 0.6


@contextlib.contextmanager
def served(office: Office, **further: object) -> Iterator[int]:
    """The office's app on a free port of loopback."""
    settings = Settings.from_env(
        {
            "data": office.settings.data,
            "port": 0,
            "mode": "outside",
            "no_progress_seconds": WINDOW_S,
            **further,
        },
        {},
    )
    config = server_config(settings, office.app)
    listening = config.bind_socket()
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def closed_after(connection: socket.socket, at_most_s: float) -> float | None:
    """Seconds until the server closes the connection; None if it does not."""
    begun = time.monotonic()
    connection.settimeout(at_most_s)
    try:
        while connection.recv(65536):
            pass
    except TimeoutError:
        return None
    except ConnectionError:
        pass
    return time.monotonic() - begun


def test_tablet_reads_its_list_over_a_real_socket(office: Office, tablet: Tablet) -> None:
    office.publishes("a/b")
    with served(office) as port:
        answer = httpx.get(f"http://127.0.0.1:{port}{tablet.base}/formList")
        assert answer.status_code == 200
        assert f"<downloadUrl>http://127.0.0.1:{port}/v1/key/" in answer.text
        assert "server" not in answer.headers
        form = httpx.get(f"http://127.0.0.1:{port}{tablet.base}/forms/a%2Fb/versions/1.xml")
        assert form.status_code == 200
        assert form.headers["content-length"] == str(form.num_bytes_downloaded)
        assert httpx.head(f"http://127.0.0.1:{port}{tablet.base}/submission").status_code == 204


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /health/live HTTP/1.1\r\nHost: x",
        b"POST /v1/key/x/projects/1/submission HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
        + b"x" * 900,
    ],
    ids=["nothing", "half a header", "half a body"],
)
def test_client_that_stands_still_loses_its_place(office: Office, begun: bytes) -> None:
    with served(office) as port:
        with socket.create_connection(("127.0.0.1", port)) as slow:
            slow.sendall(begun)
            assert closed_after(slow, 6 * WINDOW_S) is not None
        assert httpx.get(f"http://127.0.0.1:{port}/health/live").status_code == 200


def test_client_that_drips_loses_its_place_and_a_slow_tablet_does_not(office: Office, tablet: Tablet) -> None:
    """Both take many windows; one moves a byte at a time, the other what a bad 2G link moves."""
    body = b"--b\r\n" + b"x" * 4000
    head = (
        f"POST {tablet.base}/submission HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    with served(office) as port:
        drips, crawls = (socket.create_connection(("127.0.0.1", port)) for _ in range(2))
        drips.sendall(head)
        crawls.sendall(head)
        dropped_after = None
        begun = time.monotonic()
        for at in range(0, len(body), 200):  # 20 pieces in 20 * WINDOW_S / 4: five windows
            time.sleep(WINDOW_S / 4)
            crawls.sendall(body[at : at + 200])
            if dropped_after is None:
                try:
                    drips.sendall(b"x")
                    drips.setblocking(False)
                    if drips.recv(10) == b"":
                        raise ConnectionResetError
                except BlockingIOError:
                    drips.setblocking(True)
                except ConnectionError:
                    dropped_after = time.monotonic() - begun
        crawls.settimeout(5)
        answer = b"".join(iter(lambda: crawls.recv(65536), b""))
        drips.close()
        crawls.close()
    assert dropped_after is not None
    assert dropped_after < 4 * WINDOW_S
    assert answer.startswith(b"HTTP/1.1 400 ")  # read to its end: it is not a proper multipart body
    assert b"OpenRosaResponse" in answer


def test_idle_connection_of_a_tablet_is_kept(office: Office, tablet: Tablet) -> None:
    with served(office) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        streams = set()
        for _ in range(2):
            answer = client.get(f"{tablet.base}/formList")
            assert answer.status_code == 200
            streams.add(answer.extensions["network_stream"].get_extra_info("client_addr"))
            time.sleep(2.5 * WINDOW_S)
        assert len(streams) == 1


def test_header_without_end_is_refused(office: Office) -> None:
    with (
        served(office, no_progress_seconds=60.0) as port,
        socket.create_connection(("127.0.0.1", port)) as greedy,
    ):
        greedy.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n")
        with contextlib.suppress(ConnectionError):
            for _ in range(300):
                greedy.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")
        assert closed_after(greedy, 5) is not None


def test_long_list_of_ids_fits_in_a_request_line(office: Office, tablet: Tablet) -> None:
    request = f"GET {tablet.base}/formList?id={'a,' * 30_000} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with served(office) as port, socket.create_connection(("127.0.0.1", port)) as asking:
        asking.sendall(request.encode())
        assert asking.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_running_server_logs_no_token_and_stops_cleanly(tmp_path: Path) -> None:
    """The whole program in a process of its own: its log is read for the canary."""
    store = initialise(tmp_path / "data")
    project = store.write(lambda s: create_project(s, "Flow monitoring"))
    made = store.write(lambda s: create_app_user(s, project["id"], "Tablet 7"))
    store.close()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("WAYPOST_")}
    environ |= {
        "WAYPOST_DATA": str(tmp_path / "data"),
        "WAYPOST_PORT": str(port),
        "WAYPOST_LOG_LEVEL": "debug",
    }
    script = (
        "from server.serve import serve; from server.settings import Settings; serve(Settings.from_env())"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        base = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{base}/health/ready").status_code == 200:
                    break
            time.sleep(0.1)
        answer = httpx.get(f"{base}/v1/key/{made.token}/projects/1/formList")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
        assert httpx.get(f"{base}/v1/key/{made.token}x/projects/1/formList").status_code == 401
        bearer = {"Authorization": f"Bearer {made.token}"}
        httpx.get(f"{base}/v1/projects/1/figures/flow.csv", headers=bearer)
        httpx.get(f"{base}/%76%31/key/{made.token}/nothing?token={made.token}")
    finally:
        process.send_signal(signal.SIGTERM)
        log, _ = process.communicate(timeout=60)
    assert process.returncode in (0, -signal.SIGTERM)
    assert made.token.split("_")[3] not in log
    assert f"GET /v1/key/{made.token[:15]}_***/projects/1/formList" in log
    assert "Traceback" not in log
    for file in (tmp_path / "data").rglob("*"):
        if file.suffix in (".sqlite", ".key"):
            assert not file.stat().st_mode & stat.S_IROTH, file


@pytest.mark.parametrize(
    "refused",
    [
        {"host": "0.0.0.0"},
        {"host": "192.168.1.5"},
        {"host": "0.0.0.0", "tls_cert": Path("cert.pem")},
        {"host": "0.0.0.0", "behind_proxy": True},
    ],
)
def test_server_does_not_show_tokens_to_the_network(refused: dict[str, object]) -> None:
    check_exposure(Http())
    with pytest.raises(Invalid):
        check_exposure(replace(Http(), **refused))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "allowed",
    [
        {"host": "::1"},
        {"host": "localhost"},
        {"host": "0.0.0.0", "plain_http": True},
        {"host": "0.0.0.0", "tls_cert": Path("cert.pem"), "tls_key": Path("key.pem")},
        {"host": "0.0.0.0", "behind_proxy": True, "public_url": "https://waypost.example.org"},
    ],
)
def test_server_listens_wider_when_somebody_says_how(allowed: dict[str, object]) -> None:
    check_exposure(replace(Http(), **allowed))  # type: ignore[arg-type]


def test_files_of_the_server_are_its_own(tmp_path: Path) -> None:
    settings = Settings.from_env({"data": tmp_path}, {})
    database = tmp_path / "waypost.sqlite"
    database.touch(mode=0o644)
    database.chmod(0o644)
    check_private(settings)
    assert stat.S_IMODE(database.stat().st_mode) == 0o640
