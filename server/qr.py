"""The settings code a tablet scans: base64(zlib(JSON)), as ODK Collect reads it, and its picture.

Collect needs `general` and `admin`, and refuses the whole code for one value of the wrong type. Forms are
kept exactly as the server's list says, and sent as soon as there is any network: both are off by default.
No admin password is in it: whoever photographs the screen would have it.
"""

from __future__ import annotations

import base64
import io
import zlib
from typing import Any

import orjson
import segno

UPDATE_CHECKS = "every_fifteen_minutes"


def settings_payload(server_url: str, project_name: str, **general: Any) -> str:
    """The text of the code.

    server_url  `server.links.device_url(...)`; the token in it makes the text a secret
    general     further settings of Collect, such as app_language="fr"
    """
    settings = {
        "general": {
            "server_url": server_url,
            "form_update_mode": "match_exactly",
            "periodic_form_updates_check": UPDATE_CHECKS,
            "automatic_update": True,
            "hide_old_form_versions": True,
            "autosend": "wifi_and_cellular",
            **general,
        },
        "admin": {},
        "project": {"name": project_name},
    }
    return base64.b64encode(zlib.compress(orjson.dumps(settings), 9)).decode()


def read_payload(text: str) -> dict[str, Any]:
    """The settings in a code's text. Raises ValueError when it is not one."""
    try:
        settings = orjson.loads(zlib.decompress(base64.b64decode(text, validate=True)))
    except zlib.error as error:
        raise ValueError("not compressed with zlib") from error
    if not isinstance(settings, dict):
        raise ValueError("not a JSON object")
    return settings


def png(payload: str, scale: int = 6) -> bytes:
    """The picture; `scale` is pixels per module. Error correction stays low: screens are not torn."""
    picture = io.BytesIO()
    segno.make(payload, error="l", micro=False).save(picture, kind="png", scale=scale, border=4)
    return picture.getvalue()
