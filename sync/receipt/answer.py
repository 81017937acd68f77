"""What receipt answers: the kind, the status and the words of it.

201: stored, repeats included. 202: stored just as durably, but held or in conflict, and again on its resend.
Collect counts only these two as sent (PROMISES 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sync.tables.records import HoldReason


class ReceiptKind(StrEnum):
    NEW = "new"
    SAME = "same"  # a resend: nothing changed
    MORE_ATTACHMENTS = "more_attachments"
    EDIT = "edit"
    CONFLICT = "conflict"  # another body under an instanceID that is here
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to one request, valid after the commit that carries it."""

    kind: ReceiptKind
    instance_id: str
    files_stored: int = 0  # by this request
    hold: str | None = None  # HoldReason
    spare_blobs: tuple[str, ...] = ()  # files that were here already: the caller throws them away

    @property
    def status(self) -> int:
        return 202 if self.kind in {ReceiptKind.CONFLICT, ReceiptKind.HELD} else 201

    @property
    def message(self) -> str:
        """One sentence or two for the enumerator."""
        words = _WORDS[self.kind]
        if self.kind is ReceiptKind.HELD and self.hold:
            words = _HELD_WORDS[HoldReason(self.hold)]
        if not self.files_stored:
            return words
        files = "1 file" if self.files_stored == 1 else f"{self.files_stored} files"
        return f"{words} {files} stored."


_WORDS = {
    ReceiptKind.NEW: "Received and stored.",
    ReceiptKind.SAME: "Received before: nothing was changed.",
    ReceiptKind.MORE_ATTACHMENTS: "Received before, now with more files.",
    ReceiptKind.EDIT: "Received and stored as an edit.",
    ReceiptKind.CONFLICT: "Received and stored beside another submission with the same ID. "
    "A coordinator will look at both.",
    ReceiptKind.HELD: "Received and stored, but held.",
}

_HELD_WORDS = {
    HoldReason.UNKNOWN_FORM: "Received and stored, but held: the server does not know this form yet.",
    HoldReason.UNKNOWN_VERSION: "Received and stored, but held: the server does not know this version of "
    "the form yet.",
    HoldReason.FORM_CLOSED: "Received and stored, but held: this form is closed.",
    HoldReason.ORIGINAL_MISSING: "Received and stored, but held until the submission it edits arrives.",
    HoldReason.TOO_LARGE: "Received and stored, but held: it is too large to be read at once.",
    HoldReason.UNREADABLE: "Received and stored, but held: it does not say which form it belongs to.",
    HoldReason.LINK_USED_UP: "Received and stored, but held: this link was used up before.",
    HoldReason.OUTDATED: "Received and stored, but held: what it corrects had been corrected before.",
    HoldReason.DISCARDED: "Received and stored; a coordinator has decided that it does not count.",
    HoldReason.NOT_ASSIGNED: "Received and stored, but held: this form was not given to this device.",
}
