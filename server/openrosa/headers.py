"""What the lists share: the content type and the header Collect insists on."""

from __future__ import annotations

from typing import Final

OPENROSA_VERSION: Final = {"X-OpenRosa-Version": "1.0"}

TEXT_XML: Final = "text/xml; charset=utf-8"
"""Collect takes application/xml for a captive portal."""
