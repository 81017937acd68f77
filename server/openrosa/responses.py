"""OpenRosa answers: every status on these paths is an OpenRosaResponse in text/xml, errors included.

Collect shows `<message>` to the enumerator, so it says in words what happened and what to do. It reads the
element without namespaces: it must be literally `<message>` (PROTOCOL 1.6).
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

from starlette.responses import Response

from sync.problems import Problem

OPENROSA_HEADERS = {"X-OpenRosa-Version": "1.0", "Cache-Control": "no-store"}
RETRY_AFTER_S = 60
"""Not 0: OkHttp repeats a 503 with `Retry-After: 0` at once."""

_RETRY_LATER = {503, 507}


class OpenRosaResponse(Response):
    """An OpenRosaResponse document. `nature` is `submit_success`, `submit_pending` or `submit_error`."""

    media_type = "text/xml"

    def __init__(
        self, message: str, status: int, nature: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(_document(message, nature), status, {**OPENROSA_HEADERS, **(headers or {})})


def openrosa_problem(problem: Problem, status: int) -> OpenRosaResponse:
    """What a problem looks like to a tablet: its detail and its hint, never a trace."""
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status in _RETRY_LATER else {}
    return OpenRosaResponse(f"{problem.detail} {problem.hint}".strip(), status, "submit_error", headers)


def _document(message: str, nature: str) -> bytes:
    attribute = f' nature="{nature}"' if nature else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<OpenRosaResponse xmlns="http://openrosa.org/http/response">'
        f"<message{attribute}>{escape(message)}</message></OpenRosaResponse>"
    ).encode()
