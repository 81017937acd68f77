"""Our actions of the audit trail in the names and shapes that clients of ODK Central know: the one table.

An action without a line here keeps its own name and detail. What a detail may hold is decided where it is
written: never answers, never secrets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sync.decided import UNDECIDED
from sync.permissions import find_role
from sync.tables.access import ActorKind

Detail = Mapping[str, Any]
Shown = dict[str, Any] | None

ASSIGNEES: Mapping[str, str] = {
    ActorKind.USER: "user",
    ActorKind.APP_USER: "field_key",
    ActorKind.PUBLIC_LINK: "public_link",
}
"""How the name of an assignment's action begins, by the kind of whoever has it; others are `user`."""


def _nothing(_detail: Detail) -> Shown:
    return None


def _as_it_is(detail: Detail) -> Shown:
    return dict(detail)


def _data(**names: str) -> Callable[[Detail], Shown]:
    """`{"data": {...}}`: of the detail what is named, under the name given."""

    def show(detail: Detail) -> Shown:
        return {"data": {theirs: detail[ours] for ours, theirs in names.items() if ours in detail}}

    return show


def _user_made(detail: Detail) -> Shown:
    password = True if detail.get("password") else None
    return {"data": {"email": detail.get("email"), "password": password, "lastLoginAt": None}}


def _user_changed(detail: Detail) -> Shown:
    named = {"name": "displayName", "email": "email"}
    data: dict[str, Any] = {theirs: detail[ours] for ours, theirs in named.items() if ours in detail}
    if "password" in detail:
        data["password"] = True if detail["password"] else None
    return {"data": data}


def _signed_in(detail: Detail) -> Shown:
    return {"userAgent": detail.get("user_agent") or None}


def _role(way: str) -> Callable[[Detail], Shown]:
    def show(detail: Detail) -> Shown:
        role = find_role(str(detail.get("role")))
        place = "*" if detail.get("project") is None else detail.get("on")
        return {"roleId": None if role is None else role.id, way: place}

    return show


def _reviewed(detail: Detail) -> Shown:
    outcome = detail.get("outcome")
    return {"reviewState": None if outcome == UNDECIDED else outcome}


@dataclass(frozen=True, slots=True)
class Named:
    """How an action is shown."""

    name: str
    shows: Callable[[Detail], Shown] = _as_it_is


NAMES: Mapping[str, Named] = {
    "user.create": Named("user.create", _user_made),
    "user.update": Named("user.update", _user_changed),
    "user.delete": Named("user.delete", _nothing),
    "user.session.create": Named("user.session.create", _signed_in),
    "assignment.create": Named("assignment.create", _role("grantedActeeId")),
    "assignment.delete": Named("assignment.delete", _role("revokedActeeId")),
    "app-user.create": Named("field_key.create", _nothing),
    "app-user.delete": Named("field_key.delete", _nothing),
    "app-user.update": Named("field_key.update", _data(name="displayName")),
    "app-user.grant": Named("field_key.assignment.create"),
    "app-user.session.end": Named("field_key.session.end", _nothing),
    "app-user.property.set": Named("field_key.property.set"),
    "project.create": Named("project.create", _data(name="name", description="description")),
    "project.update": Named(
        "project.update",
        _data(name="name", description="description", archived="archived", keyId="keyId"),
    ),
    "project.delete": Named("project.delete", _nothing),
    "form.publish": Named("form.update.publish"),
    "form.state": Named("form.update", _data(state="state")),
    "decision.review": Named("submission.update", _reviewed),
    "decision.delete": Named("submission.delete"),
    "submission.erase": Named("submission.purge"),
}

SUBMISSION_EVENTS = (
    "submission.create",
    "submission.update.version",
    "submission.backlog.hold",
    "submission.attachment.update",
)
"""Events that no line of the trail says: the receipt says them itself (sync/audits.py)."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "user": (
        "user.create", "user.update", "user.delete", "user.assignment.create", "user.assignment.delete",
        "user.session.create",
    ),
    "field_key": (
        "field_key.create", "field_key.assignment.create", "field_key.assignment.delete",
        "field_key.session.end", "field_key.delete",
    ),
    "public_link": (
        "public_link.create", "public_link.assignment.create", "public_link.assignment.delete",
        "public_link.session.end", "public_link.delete",
    ),
    "project": ("project.create", "project.update", "project.delete"),
    "form": (
        "form.create", "form.update", "form.delete", "form.restore", "form.purge", "form.attachment.update",
        "form.submission.export", "form.update.draft.set", "form.update.draft.delete",
        "form.update.draft.replace", "form.update.publish",
    ),
    "submission": (
        *SUBMISSION_EVENTS, "submission.update", "submission.backlog.reprocess", "submission.backlog.force",
        "submission.delete", "submission.restore", "submission.purge",
    ),
    "dataset": (
        "dataset.create", "dataset.update", "entity.bulk.delete", "entity.bulk.restore", "dataset.delete",
    ),
    "entity": (
        "entity.create", "entity.bulk.create", "entity.error", "entity.update.version",
        "entity.update.resolve", "entity.delete", "entity.restore", "entity.purge", "entity.bulk.delete",
        "entity.bulk.restore",
    ),
    "upgrade": (),
}  # fmt: skip
"""What a word in `?action=` stands for; any other word is one action."""

VERBOSE = frozenset({
    *GROUPS["submission"], "entity.create", "entity.bulk.create", "entity.error", "entity.update.version",
    "entity.update.resolve", "entity.delete", "entity.restore", "entity.purge",
    "user.preference.update", "user.preference.delete", "backup", "analytics",
}) - {"submission.purge"}  # fmt: skip
"""What `?action=nonverbose` leaves out: what comes by the thousand."""


def wanted(action: str | None) -> tuple[frozenset[str], bool]:
    """The names `?action=` asks for, and whether it asks for all but them."""
    if not action:
        return frozenset(), True
    if action == "nonverbose":
        return VERBOSE, True
    return frozenset(GROUPS.get(action, (action,))), False
