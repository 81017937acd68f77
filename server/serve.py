"""Run the server: uvicorn with uvloop and httptools, closed by default.

Listens on loopback. Tokens stand in addresses, so anything else needs TLS here, TLS in a proxy in front, or
somebody who says in so many words that plain HTTP is meant. Refuses to start when the database is not
durable, not at this schema, or readable by everybody on the machine.
"""

from __future__ import annotations

import ipaddress
import logging
import resource
import socket
import stat

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from server.app import create_app
from server.logging import log_config
from server.settings import Http, Settings
from server.slow_clients import GuardedConfig
from sync.bring_forward import bring_forward
from sync.collecting import collect_seldom
from sync.engine import sqlite_file
from sync.migrate import check_schema
from sync.problems import Conflict, Invalid
from sync.setup import check_key
from sync.store import open_store

log = logging.getLogger("waypost.server")

KEEP_ALIVE_S = 75
"""Longer than the pause between two requests of one send run, so that a tablet's connection is not closed
in its hands."""

GRACE_S = 30


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM; uploads under way get GRACE_S to end.

    Raises Invalid (settings that contradict one another or are not safe), KeyMissing, NotDurable,
    SchemaMismatch, Conflict (the erasure ledger is not the newest).
    """
    check_exposure(settings.http)
    check_private(settings)
    _check_processes(settings)
    store = open_store(settings.data, settings.database_url, settings.master_key)
    try:
        check_schema(store.engine)
        check_key(store)
        if told := str(bring_forward(store, settings.space())):
            log.warning(told)
    finally:
        store.close()
    _allow_connections(settings.http.max_connections)
    config = server_config(settings)
    if settings.http.plain_http and not _is_loopback(settings.http.host):
        log.critical("PLAIN HTTP ON %s: TOKENS AND ANSWERS CAN BE READ ON THE NETWORK.", settings.http.host)
    _check_port(settings.http)
    if config.workers == 1:
        collect_seldom()
        uvicorn.Server(config).run()
        return
    settings.pass_on()
    Multiprocess(config, sockets=[config.bind_socket()]).run()


def server_config(settings: Settings, app: FastAPI | None = None) -> GuardedConfig:
    """uvicorn's configuration. With an `app` of the caller's, the caller's logging stays as it is."""
    http = settings.http
    logs = log_config(http.log_level) if app is None else None
    if app is None and http.processes == 1:
        app = create_app(settings)
    config = GuardedConfig(
        app or "server.serve:application",
        factory=app is None,
        host=http.host,
        port=http.port,
        workers=http.processes,
        http="server.slow_clients:GuardedProtocol",
        ws="none",
        lifespan="on",
        log_config=logs,
        server_header=False,
        proxy_headers=bool(http.trusted_proxies),
        forwarded_allow_ips=list(http.trusted_proxies),
        limit_concurrency=http.max_connections,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=http.tls_cert,
        ssl_keyfile=http.tls_key,
    )
    config.window_s = http.no_progress_seconds
    return config


def application() -> FastAPI:
    """The app of one of several processes."""
    collect_seldom()
    return create_app(Settings.from_env())


def check_exposure(http: Http) -> None:
    """Raise Invalid when tokens would cross a network in the clear, or links would lead nowhere."""
    if (http.tls_cert is None) != (http.tls_key is None):
        raise Invalid(
            "TLS needs a certificate and its key.", "Set both WAYPOST_TLS_CERT and WAYPOST_TLS_KEY."
        )
    if http.behind_proxy and not (http.public_url or http.trusted_proxies):
        raise Invalid(
            "Behind a proxy the server cannot know its own address.",
            "Set WAYPOST_PUBLIC_URL to the address tablets use.",
        )
    if _is_loopback(http.host) or http.tls_cert or http.behind_proxy or http.plain_http:
        return
    raise Invalid(
        f"Listening on {http.host} without TLS would show tokens and answers to the whole network.",
        "Set WAYPOST_TLS_CERT and WAYPOST_TLS_KEY; or, when a proxy in front speaks TLS, "
        "WAYPOST_BEHIND_PROXY=1 and WAYPOST_PUBLIC_URL; or, for a trial on a network of your own, "
        "WAYPOST_PLAIN_HTTP=1.",
    )


def check_private(settings: Settings) -> None:
    """Take other users' access away from the database file and the key; raise Invalid when that fails."""
    files = [settings.master_key]
    if database := sqlite_file(settings.database_url):
        files += [database.with_name(database.name + ending) for ending in ("", "-wal", "-shm")]
    for file in files:
        if not file.exists() or not file.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
            continue
        try:
            file.chmod(stat.S_IMODE(file.stat().st_mode) & ~stat.S_IRWXO)
        except OSError:
            raise Invalid(
                f"{file} can be read by every user of this machine.",
                f"Run `chmod o-rwx {file}` as its owner.",
            ) from None


def _check_processes(settings: Settings) -> None:
    if settings.http.processes > 1 and sqlite_file(settings.database_url):
        raise Invalid(
            "SQLite is written by one process.",
            "Set WAYPOST_PROCESSES=1, or use PostgreSQL (WAYPOST_DATABASE).",
        )
    if settings.http.processes > 1 and settings.fault:
        raise Invalid("Faults are for one process.", "Set WAYPOST_PROCESSES=1.")


def _check_port(http: Http) -> None:
    """Raise Conflict when something else listens there, or the address is not of this machine."""
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((http.host, http.port))
        except OSError as error:
            raise Conflict(
                f"Cannot listen on {http.host}:{http.port}: {error.strerror}.",
                "Stop what runs there, or give another --port; 0 takes a free one.",
            ) from None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _allow_connections(wanted: int) -> None:
    """Raise the limit of open files to what connections and uploads need, as far as allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * wanted + 256
    if hard != resource.RLIM_INFINITY:
        needed = min(needed, hard)
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
