"""Problems of entity lists, each a kind of one everybody knows. `details` are what the API's clients read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sync.problems import Conflict, Forbidden, Invalid, NotFound


class UnexpectedValue(Invalid):
    """A value that its field cannot have."""

    def __init__(self, field: str = "", value: object = None, reason: str = "") -> None:
        super().__init__(f"Unexpected {field} value {_shown(value)}; {reason}")
        self.details = {"field": field, "value": value, "reason": reason}


class MissingValue(Invalid):
    """A field of an entity that has to be there and is not."""

    def __init__(self, field: str = "") -> None:
        super().__init__(f"The entity has no {field}.", "Send one.")
        self.details = {"field": field}


class WrongValueType(Invalid):
    """A field of an entity that is of another type."""

    def __init__(self, field: str = "", expected: str = "") -> None:
        super().__init__(f"The value of {field} is not a {expected}.", f"Send a {expected}.")
        self.details = {"field": field, "expected": expected}


class InvalidEntity(Invalid):
    """An entity that its list cannot hold."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(f"The entity is invalid. {reason}")
        self.details = {"reason": reason}


class UnexpectedAttributes(Invalid):
    """An object with other fields than it may have."""

    def __init__(self, expected: Sequence[str] = (), actual: Sequence[str] = ()) -> None:
        super().__init__(f"Expected the parameters {', '.join(expected)}, got {', '.join(actual)}.")
        self.details = {"expected": list(expected), "actual": list(actual)}


class PendingSubmissions(Invalid):
    """Approval is to be needed no more, and submissions wait for it: what becomes of them has to be said."""

    def __init__(self, count: int = 0) -> None:
        super().__init__(
            f"{count} submissions wait for approval.",
            "Say convert=true to make entities of them now, or convert=false to leave them.",
        )
        self.details = {"count": count}


class NoConflict(Invalid):
    """There is nothing to resolve."""

    def __init__(self, _detail: str = "") -> None:
        super().__init__("The entity has no conflict.", "Leave resolve out.")


class InvalidEntityForm(Invalid):
    """What a form says about entities cannot be used."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(f"The form's definition of entities is invalid. {reason}")
        self.details = {"reason": reason}


class NotADataFile(Invalid):
    """Only a file of choices can be an entity list."""

    def __init__(self, _detail: str = "") -> None:
        super().__init__("An image or a recording cannot be an entity list.", "Link a CSV file.")


class SeveralEntitiesRefused(Invalid):
    """Some of the entities of one submission could not be applied: then none is."""

    def __init__(self, total: int = 0, errors: Sequence[tuple[int, Exception]] = ()) -> None:
        told = " ".join(f"(Entity {index + 1}) {error}" for index, error in errors)
        super().__init__(f"{len(errors)} of {total} entities of the submission could not be applied: {told}")
        self.details = {"count": len(errors), "total": total}


class ActionNotPermitted(Forbidden):
    """A submission that does with entities what its form does not say."""

    def __init__(self, action: str = "", permitted: Sequence[str] = ()) -> None:
        super().__init__(
            f"The submission wants to {action} an entity; its form permits {', '.join(permitted)}."
        )
        self.details = {"action": action, "permitted": list(permitted)}


class DatasetNotFound(NotFound):
    def __init__(self, name: str = "") -> None:
        super().__init__(f"There is no entity list {name}, which the submission names.")
        self.details = {"datasetName": name}


class EntityNotFound(NotFound):
    def __init__(self, uuid: str = "", dataset: str = "") -> None:
        super().__init__(f"The list {dataset} has no entity {uuid}, which the submission names.")
        self.details = {"entityUuid": uuid, "datasetName": dataset}


class EntityVersionNotFound(NotFound):
    def __init__(self, base: str = "", uuid: str = "", dataset: str = "") -> None:
        super().__init__(f"The entity {uuid} of the list {dataset} has no version {base}.")
        self.details = {"baseVersion": base, "entityUuid": uuid, "datasetName": dataset}


class EntityDeleted(NotFound):
    def __init__(self, uuid: str = "") -> None:
        super().__init__(f"The entity {uuid} was deleted.")
        self.details = {"entityUuid": uuid}


class AlreadyExists(Conflict):
    """Something of that name or id is there."""

    def __init__(self, fields: Sequence[str] = (), values: Sequence[object] = (), table: str = "") -> None:
        told = ",".join(str(value) for value in values)
        super().__init__(f"A resource already exists with {','.join(fields)} value(s) of {told}.")
        self.details = {"fields": list(fields), "values": list(values), "table": table}


class EntityVersionConflict(Conflict):
    """Somebody changed the entity meanwhile."""

    def __init__(self, current: int = 0, provided: str | None = None) -> None:
        super().__init__(
            f"The entity is at version {current}, and the change was made to version {provided}.",
            "Look at it, then send baseVersion of what you saw, or force=true.",
        )
        self.details = {"current": str(current), "provided": provided}


class SimilarDataset(Conflict):
    """A list whose name differs in capital letters only."""

    def __init__(self, current: str = "", provided: str = "") -> None:
        super().__init__(
            f"A dataset named {current!r} exists and you provided {provided!r}: only capital letters differ."
        )
        self.details = {"current": current, "provided": provided}


class SimilarProperties(Conflict):
    """Properties whose names differ in capital letters only."""

    def __init__(self, duplicates: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__("The form names properties that differ from others in capital letters only.")
        self.details = {"duplicateProperties": [dict(one) for one in duplicates]}


class UsedByDeleted(Conflict):
    """Ids that deleted entities have."""

    def __init__(self, uuids: Sequence[str] = ()) -> None:
        super().__init__(
            f"Deleted entities have these ids: {', '.join(uuids)}.", "Restore them, or use others."
        )
        self.details = {"entityUuids": list(uuids)}


class DatasetInUse(Conflict):
    """Forms write to a list or read it."""

    def __init__(self, details: Mapping[str, Any] | None = None) -> None:
        super().__init__("Forms use this entity list.", "Publish them without it, or delete them, first.")
        self.details = dict(details or {})


class PropertyInUse(Conflict):
    """Forms write to a property, or entities have values in it."""

    def __init__(self, name: str = "", prerequisites: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"The property {name} is in use.", "`details` says by what.")
        self.details = {"propertyName": name, "prerequisites": dict(prerequisites or {})}


class ReadOnlyList(Conflict):
    """A list that is made from the project's registers."""

    def __init__(self, name: str = "", filled_by: str = "") -> None:
        super().__init__(
            f"The list {name} is made from the project's registers and cannot be changed here.",
            f"It is filled by {filled_by}.",
        )


def _shown(value: object) -> str:
    return "undefined" if value is None else str(value)[:100]
