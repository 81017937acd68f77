"""One thing that waits for somebody, and what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sync.held.kinds import Action, Kind
from sync.tables.records import HoldReason


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a reason, and what can be done about it."""

    why: str
    actions: tuple[Action, ...]
    else_: str = ""  # what settles it without an action here


_PUBLISH = "Publish that version of the form: what waits for it is processed by itself."
_TOLD: Mapping[str, Told] = {
    HoldReason.UNKNOWN_FORM: Told(
        "The form is not published here.", (Action.PUBLISH, Action.DISCARD), _PUBLISH
    ),
    HoldReason.UNKNOWN_VERSION: Told(
        "This version of the form is not published here.", (Action.PUBLISH, Action.DISCARD), _PUBLISH
    ),
    HoldReason.FORM_CLOSED: Told(
        "It came when the form was closed.", (Action.ADOPT, Action.DISCARD), "Open the form: all count."
    ),
    HoldReason.ORIGINAL_MISSING: Told(
        "It corrects a record that has not come.",
        (Action.ADOPT, Action.DISCARD),
        "Send the original from the tablet that has it.",
    ),
    HoldReason.NOT_ASSIGNED: Told(
        "Its sender was not given this form.", (Action.ASSIGN, Action.ADOPT, Action.DISCARD)
    ),
    HoldReason.TOO_LARGE: Told("It is too large to be read.", (Action.DISCARD,)),
    HoldReason.UNREADABLE: Told("It does not say which form it belongs to.", (Action.DISCARD,)),
    HoldReason.LINK_USED_UP: Told("The public link it came by was used up.", (Action.ADOPT, Action.DISCARD)),
    HoldReason.DISCARDED: Told("Somebody decided that it does not count.", ()),
    HoldReason.OUTDATED: Told(
        "It corrects a version that had been corrected before.", (Action.ADOPT, Action.DISCARD)
    ),
    Kind.CONFLICT: Told(
        "Another body came under this instanceID before; that one counts.",
        (Action.KEEP_BOTH, Action.USE_THIS, Action.DISCARD),
    ),
    Kind.PARKED: Told("It could not be processed.", (Action.RETRY,)),
    Kind.BRANCHED: Told(
        "Two edits correct the same version; one counts by a fixed rule.",
        (Action.USE_THIS, Action.SETTLE),
        "Or send one more correction of the one that counts.",
    ),
    Kind.INCOMPLETE: Told(
        "Files it mentions have not come.", (Action.SETTLE,), "Send the form again from its tablet."
    ),
}


def told(kind: str, reason: str) -> Told:
    """By its reason, else by its kind."""
    return _TOLD.get(reason) or _TOLD.get(kind) or Told("It waits.", ())


@dataclass(frozen=True, slots=True)
class Item:
    """`id` is the uuid of the body (held, orphan_edit, conflict) or of the submission (the others)."""

    id: str
    kind: Kind
    reason: str
    key: int  # within its kind, growing: where a page goes on
    submission_id: int
    submission_uuid: str
    xml_form_id: str
    form_version: str | None
    instance_id: str
    deprecated_id: str | None
    since: datetime
    actor_uuid: str | None = None
    device_id: str | None = None
    record: str | None = None  # instanceID of the original it belongs to
    detail: str | None = None  # of what failed, never an answer
    missing: tuple[str, ...] = ()
    withheld: int = 0  # further files that are missing, whose names are not to be told
    edits: tuple[str, ...] = ()  # instanceIDs of the edits of a branch
    decision: str | None = None  # uuid of what was decided about it
    outcome: str | None = None

    @property
    def is_open(self) -> bool:
        return self.decision is None

    @property
    def actions(self) -> tuple[Action, ...]:
        return told(self.kind, self.reason).actions if self.is_open else (Action.REOPEN,)
