"""Settings: the environment in, frozen values by concern out. No other file reads the environment.

Every setting is one field below: its variable, its default, how it is read and what it means.
docs/SETTINGS.md is made from these fields (`python -m server.settings`), and a test holds it to them.
"""

# ruff: noqa: RUF009  `setting` makes a dataclass field

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, cast

from server.setting import (
    Errors,
    address,
    flag,
    networks,
    one_of,
    read_setting,
    seconds,
    setting,
    several,
    trouble,
    unknown_settings,
    whole,
    written,
)
from sync.problems import Invalid
from sync.space import Space
from sync.store import default_database, default_master_key


@dataclass(frozen=True, slots=True)
class Storage:
    """Where things are kept."""

    data: Path = setting(
        "WAYPOST_DATA", "Folder of received files, caches and, by default, the database and the master key.",
        Path("data"), Path,
    )  # fmt: skip
    database: str | None = setting(
        "WAYPOST_DATABASE", "Database: `sqlite:///PATH` or `postgresql://USER@HOST/NAME`.",
        None, shown="SQLite in the data folder", secret=True,
    )  # fmt: skip
    master_key_file: Path | None = setting(
        "WAYPOST_MASTER_KEY_FILE", "File of the key all records are sealed under. Keep a copy elsewhere.",
        None, Path, shown="`keys/master.key` in the data folder",
    )  # fmt: skip

    @property
    def database_url(self) -> str:
        return self.database or default_database(self.data)

    @property
    def master_key(self) -> Path:
        return self.master_key_file or default_master_key(self.data)


@dataclass(frozen=True, slots=True)
class Http:
    """How the server is reached."""

    host: str = setting(
        "WAYPOST_HOST", "Address to listen on. Any other than loopback needs TLS or a proxy.", "127.0.0.1"
    )
    port: int = setting("WAYPOST_PORT", "Port to listen on; 0 takes a free one.", 8080, whole(0, 65535))
    public_url: str | None = setting(
        "WAYPOST_PUBLIC_URL", "The address tablets and readers use, for absolute links.",
        None, address, shown="the request's own host, where it is allowed",
    )  # fmt: skip
    allowed_hosts: tuple[str, ...] = setting(
        "WAYPOST_ALLOWED_HOSTS", "Further hosts links may name when there is no public URL, comma-separated.",
        (), several, shown="none",
    )  # fmt: skip
    trusted_proxies: tuple[str, ...] = setting(
        "WAYPOST_TRUSTED_PROXIES", "Proxies whose X-Forwarded headers count: addresses or networks.",
        (), several, shown="none",
    )  # fmt: skip
    behind_proxy: bool = setting(
        "WAYPOST_BEHIND_PROXY",
        "1: a proxy in front of this server speaks TLS, so plain HTTP may leave loopback.",
        False,
        flag,
    )
    plain_http: bool = setting(
        "WAYPOST_PLAIN_HTTP", "1: listen beyond loopback without TLS; the network can then read everything.",
        False, flag,
    )  # fmt: skip
    tls_cert: Path | None = setting(
        "WAYPOST_TLS_CERT", "Certificate chain (PEM) to speak TLS with.", None, Path, shown="none"
    )
    tls_key: Path | None = setting(
        "WAYPOST_TLS_KEY", "Private key (PEM) of that certificate.", None, Path, shown="none"
    )
    processes: int = setting(
        "WAYPOST_PROCESSES", "Server processes. More than one needs PostgreSQL.", 1, whole(1)
    )
    max_connections: int = setting(
        "WAYPOST_MAX_CONNECTIONS", "Connections one process holds open; further ones get 503.", 1000, whole(1)
    )
    no_progress_seconds: float = setting(
        "WAYPOST_NO_PROGRESS_SECONDS",
        "A connection that moves almost nothing for this long is closed.",
        60.0,
        seconds,
    )
    api_docs: bool = setting(
        "WAYPOST_API_DOCS", "1: serve the OpenAPI description at /docs and /openapi.json.", False, flag
    )
    log_level: str = setting(
        "WAYPOST_LOG_LEVEL", "What the log tells: debug, info, warning or error.",
        "info", one_of("debug", "info", "warning", "error"),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a submission may weigh. Nothing here refuses a record: what is larger is kept aside, unread."""

    max_xml_bytes: int = setting(
        "WAYPOST_MAX_XML_BYTES",
        "XML of a submission above this is stored and held, not parsed.",
        5 * 1024 * 1024,
        whole(1024),
    )
    accept_content_length: int = setting(
        "WAYPOST_ACCEPT_CONTENT_LENGTH",
        "Bytes a tablet is told to send in one request; larger ones are taken all the same.",
        10_000_000, whole(100_000),
    )  # fmt: skip
    reserve_bytes: int = setting(
        "WAYPOST_RESERVE_BYTES",
        "Free space to keep on the data folder's disk; below it submissions get 507.",
        64 * 1024 * 1024, whole(0),
    )  # fmt: skip
    ballast_bytes: int = setting(
        "WAYPOST_BALLAST_BYTES",
        "Size of a file that only takes up room, given up when an erasure needs it on a full disk.",
        64 * 1024 * 1024, whole(0),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Worker:
    """The worker that makes harmonised rows out of what was received."""

    mode: Literal["auto", "inside", "outside"] = setting(
        "WAYPOST_WORKER",
        "inside: in the server. outside: `waypost worker`. auto: inside on SQLite, else outside.",
        "auto", one_of("auto", "inside", "outside"),
    )  # fmt: skip
    step_seconds: float = setting(
        "WAYPOST_STEP_SECONDS", "Time the steps of one record may take.", 20.0, seconds
    )
    step_memory_mb: int = setting("WAYPOST_STEP_MEMORY_MB", "Memory the steps may take.", 1024, whole(64))


@dataclass(frozen=True, slots=True)
class Forms:
    """How forms are published."""

    java: str = setting(
        "WAYPOST_JAVA",
        "Java program that runs ODK Validate on forms to be published. `none`: never run it.",
        "java",
    )


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Telling other servers what happened (docs/WEBHOOKS.md)."""

    sending: bool = setting(
        "WAYPOST_WEBHOOKS", "0: send nothing; what is to be told waits. `waypost webhook` makes them.",
        True, flag,
    )  # fmt: skip
    private: tuple[str, ...] = setting(
        "WAYPOST_WEBHOOK_PRIVATE",
        "Private, loopback and link-local addresses or networks that may be told, comma-separated.",
        (), networks, shown="none",
    )  # fmt: skip
    retry_hours: float = setting(
        "WAYPOST_WEBHOOK_RETRY_HOURS", "How long a delivery is tried before it is parked.", 24.0, seconds
    )


@dataclass(frozen=True, slots=True)
class Faults:
    """Deliberate faults, to show that the tests and the demo notice them. Never on a server with data."""

    allowed: bool = setting("WAYPOST_ALLOW_FAULTS", "1: WAYPOST_FAULT may be set.", False, flag)
    fault: str | None = setting(
        "WAYPOST_FAULT", "`ack-before-commit`: answer submissions before they are stored.",
        None, one_of("ack-before-commit", "none"), shown="none",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    storage: Storage = field(default_factory=Storage)
    http: Http = field(default_factory=Http)
    receipt: Receipt = field(default_factory=Receipt)
    worker: Worker = field(default_factory=Worker)
    forms: Forms = field(default_factory=Forms)
    webhooks: Webhooks = field(default_factory=Webhooks)
    faults: Faults = field(default_factory=Faults)

    @classmethod
    def from_env(
        cls, overrides: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None
    ) -> Settings:
        """The settings of the environment, with overrides by field name: `{"data": Path("x"), "port": 0}`.

        An override of None counts as not given. Raises Invalid, whose `errors` list every setting that is
        unknown or cannot be read.
        """
        given = dict(os.environ if environ is None else environ)
        wanted = {name: value for name, value in (overrides or {}).items() if value is not None}
        errors: Errors = []
        groups = {}
        for group in fields(cls):
            make = cast(Any, group.default_factory)
            values = {}
            for one in fields(make):
                value = read_setting(one, given, errors)
                values[one.name] = wanted.pop(one.name, value)
            groups[group.name] = make(**values)
        if wanted:
            raise TypeError(f"no setting is called {', '.join(sorted(wanted))}")
        errors += unknown_settings(given, declared())
        settings = cls(**groups)
        if settings.faults.fault and not settings.faults.allowed:
            errors.append(
                trouble("WAYPOST_FAULT", "is set without WAYPOST_ALLOW_FAULTS=1", "Unset it: it loses data.")
            )
        if errors:
            raise Invalid(
                "The settings cannot be used: "
                + "; ".join(f"{e['setting']} {e['detail']}" for e in errors)
                + ".",
                " ".join(str(e["hint"]) for e in errors if e["hint"]),
                errors,
            )
        return settings

    @property
    def data(self) -> Path:
        return self.storage.data

    @property
    def database_url(self) -> str:
        return self.storage.database_url

    @property
    def master_key(self) -> Path:
        return self.storage.master_key

    def space(self, data: Path | None = None) -> Space:
        """The room on the disk of the data folder (default: of these settings), as much as is to be kept."""
        return Space(data or self.data, self.receipt.reserve_bytes, self.receipt.ballast_bytes)

    @property
    def base_url(self) -> str:
        """The address to hand out where no request says how the server was reached."""
        if self.http.public_url:
            return self.http.public_url
        host = f"[{self.http.host}]" if ":" in self.http.host else self.http.host
        return f"{'https' if self.http.tls_cert else 'http'}://{host}:{self.http.port}"

    @property
    def fault(self) -> str | None:
        """The deliberate fault that is switched on, or None."""
        return self.faults.fault if self.faults.allowed and self.faults.fault != "none" else None

    def worker_inside(self, dialect: str) -> bool:
        """Whether the server itself runs the pipeline's worker on this engine."""
        if self.worker.mode == "auto":
            return dialect == "sqlite"
        return self.worker.mode == "inside"

    def pass_on(self, environ: MutableMapping[str, str] | None = None) -> None:
        """Write these settings where child processes read theirs (default: this process's environment)."""
        environ = os.environ if environ is None else environ
        for group in fields(self):
            values = getattr(self, group.name)
            for one in fields(values):
                value = getattr(values, one.name)
                if value is not None:
                    environ[one.metadata["variable"]] = written(value)
                    if one.metadata["secret"]:
                        environ.pop(f"{one.metadata['variable']}_FILE", None)  # given twice is an error


def declared() -> list[Field[Any]]:
    """Every setting, in the order of this file."""
    return [one for group in fields(Settings) for one in fields(cast(Any, group.default_factory))]


def documentation() -> str:
    """docs/SETTINGS.md."""
    lines = [
        "# Settings",
        "",
        "Made from `server/settings.py` by `python -m server.settings > docs/SETTINGS.md`; a test holds it.",
        "Settings are environment variables; options of the command line go before them. An unknown",
        "`WAYPOST_` variable is an error, so that a misspelt one cannot be overlooked.",
    ]
    for group in fields(Settings):
        kind = cast(Any, group.default_factory)
        lines += [
            "",
            f"## {kind.__name__}",
            "",
            str(kind.__doc__),
            "",
            "| variable | default | meaning |",
            "| --- | --- | --- |",
        ]
        for one in fields(kind):
            shown = one.metadata["shown"] or f"`{written(one.default)}`"
            also = (
                f" Or the name of a file that holds it, in `{one.metadata['variable']}_FILE`."
                if one.metadata["secret"]
                else ""
            )
            lines.append(f"| `{one.metadata['variable']}` | {shown} | {one.metadata['meaning']}{also} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(documentation(), end="")
