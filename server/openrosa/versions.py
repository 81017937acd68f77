"""What the lists share: a published form version, the content type and the header Collect insists on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OPENROSA_VERSION: Final = {"X-OpenRosa-Version": "1.0"}

TEXT_XML: Final = "text/xml; charset=utf-8"
"""Collect takes application/xml for a captive portal."""


@dataclass(frozen=True, slots=True)
class Version:
    id: int  # form_version.id
    xml_form_id: str
    version: str  # "" when the form has none
    hash: str  # md5 of the XForm, 32 hex digits
