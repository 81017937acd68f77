"""The settings code: Collect reads it, and finds no secret in it but the key."""

from __future__ import annotations

import base64
import json
import struct
import zlib

import pytest

from server.qr import png, read_payload, settings_payload

URL = "https://waypost.example.org/v1/key/wp_app_ABCDEFGH_x_y/projects/1"


def test_code_decodes_as_collect_decodes_it() -> None:
    payload = settings_payload(URL, "Flux – تشاد", app_language="fr")
    settings = json.loads(zlib.decompress(base64.b64decode(payload)))
    assert settings == {
        "general": {
            "server_url": URL,
            "form_update_mode": "match_exactly",
            "periodic_form_updates_check": "every_fifteen_minutes",
            "automatic_update": True,
            "hide_old_form_versions": True,
            "autosend": "wifi_and_cellular",
            "app_language": "fr",
        },
        "admin": {},
        "project": {"name": "Flux – تشاد"},
    }
    assert "\n" not in payload
    assert read_payload(payload) == settings
    for broken in ("", "not base64!", base64.b64encode(b"plain").decode()):
        with pytest.raises(ValueError):
            read_payload(broken)


def test_picture_is_a_square_png() -> None:
    payload = settings_payload(URL, "Flow monitoring")
    picture = png(payload)
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    assert width == height
    assert (
        width // 6 - 2 * 4 - 17
    ) % 4 == 0  # a QR code has 17 + 4 n modules a side, here with a border of 4
    assert width < struct.unpack(">I", png(payload + payload)[16:20])[0]
