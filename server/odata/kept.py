"""What stands before the answers of a submission, as text: for rows whose answers are taken as kept.

In: what the server knows of a record, as it is selected. Out: `"__system":{...}`, byte for byte what the
object of it would be written as. Most of it is equal in many records, and written once for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from server.odata.files import Files
from server.odata.query import iso

_MOST = 4096
"""Texts kept while a table is read: people, devices and versions are few."""

_NO_FILES = Files(0, 0)


def json_text(value: Any) -> str:
    return orjson.dumps(value).decode()


class SystemText:
    """Writes `__system` of one reader's rows."""

    def __init__(self, hides_staff: bool) -> None:
        self._hides_staff = hides_staff
        self._known: dict[Any, str] = {}

    def of(self, received_at: Any, of_server: Sequence[Any], files: Files | None) -> str:
        form_version, updated_at, sender_id, sender_name, device_id, review, deleted_at, edits = of_server[:8]
        key = (form_version, sender_id, sender_name, device_id, review, edits, files)
        middle = self._known.get(key)
        if middle is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            middle = self._known[key] = self._middle(*key)
        updated = "null" if updated_at is None else f'"{iso(updated_at)}"'
        deleted = "null" if deleted_at is None else f'"{iso(deleted_at)}"'
        start = f'"__system":{{"submissionDate":"{iso(received_at)}","updatedAt":{updated},'
        return f'{start}{middle},"deletedAt":{deleted}}}'

    def _middle(
        self,
        form_version: str,
        sender_id: int | None,
        sender_name: str | None,
        device_id: str | None,
        review: str | None,
        edits: int,
        files: Files | None,
    ) -> str:
        hides, of_files = self._hides_staff, files or _NO_FILES
        return json_text(
            {
                "submitterId": None if sender_id is None or hides else str(sender_id),
                "submitterName": None if hides else sender_name,
                "attachmentsPresent": of_files.present,
                "attachmentsExpected": of_files.expected,
                "status": of_files.status,
                "reviewState": review,
                "deviceId": None if hides else device_id,
                "edits": edits,
                "formVersion": form_version,
            }
        )[1:-1]
