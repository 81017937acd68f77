"""The settings code a tablet scans: base64(zlib(JSON)), as ODK Collect reads it, and its picture.

Collect needs `general` and `admin`, and refuses the whole code for one value of the wrong type. Forms are
kept exactly as the server's list says, and sent as soon as there is any network: both are off by default.
No admin password is in it: whoever photographs the screen would have it.
"""

from __future__ import annotations

import base64
import io
import zlib
from collections.abc import Mapping
from typing import Any

import orjson
import segno

UPDATE_CHECKS = "every_fifteen_minutes"


_YES_NO = ("true", "false")
GENERAL: Mapping[str, tuple[str, ...]] = {
    "app_language": (),
    "form_update_mode": ("manual", "previously_downloaded", "match_exactly"),
    "periodic_form_updates_check": (
        "every_fifteen_minutes", "every_one_hour", "every_six_hours", "every_24_hours",
    ),
    "automatic_update": _YES_NO,
    "hide_old_form_versions": _YES_NO,
    "autosend": ("off", "wifi_only", "cellular_only", "wifi_and_cellular"),
    "delete_send": _YES_NO,
    "constraint_behavior": ("on_swipe", "on_finalize"),
    "high_resolution": _YES_NO,
    "image_size": ("original_image_size", "small", "very_small", "medium", "large"),
    "guidance_hint": ("no", "yes", "yes_collapsed"),
    "font_size": tuple(str(size) for size in range(13, 30, 4)),
    "metadata_username": (),
    "metadata_phonenumber": (),
    "metadata_email": (),
    "background_location": _YES_NO,
    "background_recording": _YES_NO,
    "analytics": _YES_NO,
}  # fmt: skip
"""Settings of Collect an office may put into a code, with what each may be; () is any text."""


def general_setting(name: str, text: str) -> str | bool:
    """A setting's value in the type Collect wants. Raises KeyError (no such setting), ValueError (value)."""
    allowed = GENERAL[name]
    if allowed and text not in allowed:
        raise ValueError(f"{name} is one of {', '.join(allowed)}")
    return text == "true" if allowed == _YES_NO else text


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


def svg(payload: str) -> str:
    """The picture as an element of a page, as large as the page makes it; readable when the paper is worn."""
    made = segno.make(payload, error="m", micro=False)
    return str(made.svg_inline(border=4, omitsize=True, svgclass="code", lineclass=None))


def png(payload: str, scale: int = 6) -> bytes:
    """The picture; `scale` is pixels per module. Error correction stays low: screens are not torn."""
    picture = io.BytesIO()
    segno.make(payload, error="l", micro=False).save(picture, kind="png", scale=scale, border=4)
    return picture.getvalue()
