"""What a submission says about an entity, checked: ids, versions and labels as the rules want them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sync.entities.problems import MissingValue, WrongValueType
from sync.steps.values import SubmittedEntity

_UUID = re.compile(
    r"(?:uuid:)?([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})\Z", re.IGNORECASE
)
_MOST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Offline:
    """Where an update that was made offline stands among the others of its tablet."""

    branch_id: str | None
    trunk_version: int | None  # the last version from the server; None: the entity was made offline too
    base_version: int | None


def read_id(text: str | None, field: str = "uuid") -> str:
    """A version 4 UUID in small letters. Raises MissingValue, WrongValueType."""
    if text is None or not text.strip():
        raise MissingValue(field)
    found = _UUID.match(text)
    if found is None:
        raise WrongValueType(field, "valid version 4 UUID")
    return found[1].lower()


def read_offline(said: SubmittedEntity, needs_base: bool) -> Offline:
    """Base version, branch and trunk. Raises MissingValue, WrongValueType."""
    branch = read_id(said.branch_id, "branchId") if said.branch_id else None
    if said.trunk_version and branch is None:
        raise MissingValue("branchId")
    base = None
    if said.base_version is not None and said.base_version.strip():
        base = _number(said.base_version, "baseVersion")
    elif needs_base:
        raise MissingValue("baseVersion")
    trunk = _number(said.trunk_version, "trunkVersion") if said.trunk_version else None
    return Offline(branch, trunk, base)


def read_label(said: SubmittedEntity) -> str | None:
    """The label, None where it is blank."""
    return said.label if said.label is not None and said.label.strip() else None


def _number(text: str, field: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise WrongValueType(field, "integer")
    return int(text)
