"""Absolute addresses: which host a link may name, and how ids are written into a path.

The public URL of the settings decides. Without one, the request's Host counts only if it is loopback, the
address the connection came in on, or an allowed host: a forged Host must not end up in a tablet's form list.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import quote, unquote_to_bytes, urlsplit

from starlette.requests import Request

from server.settings import Http
from sync.problems import Invalid

BLANK_VERSION = "___"
"""Stands in a path for a form without a version."""


def base_url(request: Request, http: Http) -> str:
    """`https://host:port` as the client reaches this server, without a trailing slash.

    Scheme and client come from X-Forwarded headers only where the proxy is trusted (server/serve.py).
    Raises Invalid when the Host is not one a link may name.
    """
    if http.public_url:
        return http.public_url
    given = request.headers.get("host", "")
    host = _host_name(given)
    if host is None or not (_is_loopback(host) or host in _own(request, http)):
        raise Invalid(
            f"This server does not hand out links to the host {given!r}.",
            "Set WAYPOST_PUBLIC_URL to the address tablets use, or add the host to WAYPOST_ALLOWED_HOSTS.",
        )
    return f"{request.url.scheme}://{given}"


def device_url(base: str, token: str, project_id: int) -> str:
    """The server URL a tablet is configured with."""
    return f"{base}/v1/key/{token}/projects/{project_id}"


def segment(text: str) -> str:
    """One part of a path, percent-encoded as java.net.URI wants it."""
    return quote(text, safe="")


def segments(raw_path: bytes) -> list[str] | None:
    """The decoded parts of a path as it was sent: a `/` inside an id is `%2F` there. None if not UTF-8."""
    try:
        return [unquote_to_bytes(part).decode() for part in raw_path.split(b"/")]
    except UnicodeDecodeError:
        return None


def _own(request: Request, http: Http) -> set[str]:
    server = request.scope.get("server")
    bound = {str(server[0]).lower()} if server and server[0] else set()
    return bound | {http.host.lower()} | {host.lower() for host in http.allowed_hosts}


def _host_name(given: str) -> str | None:
    """The name of a Host header without its port; None when it is malformed."""
    try:
        parts = urlsplit(f"//{given}")
        _ = parts.port
    except ValueError:
        return None
    if parts.username is not None or parts.path or parts.query or parts.fragment or not given.isprintable():
        return None
    return parts.hostname


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
