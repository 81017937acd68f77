"""What may wait for somebody, and what may be done about it: the names alone."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    HELD = "held"  # does not count: its reason is a HoldReason
    ORPHAN = "orphan_edit"  # corrects a record that never came
    CONFLICT = "conflict"  # another body under an instanceID that has one
    PARKED = "parked"  # could not be processed
    BRANCHED = "branched"  # two edits of the same version
    INCOMPLETE = "incomplete"  # mentions files that have not come


class Action(StrEnum):
    ADOPT = "adopt"
    ASSIGN = "assign"
    PUBLISH = "publish"
    DISCARD = "discard"
    KEEP_BOTH = "keep_both"
    USE_THIS = "use_this"
    RETRY = "retry"
    SETTLE = "settle"
    REOPEN = "reopen"  # takes back what was decided about it
