"""What can be wrong with what an office sets about its site and its users."""

from __future__ import annotations

from collections.abc import Sequence

from sync.problems import Invalid


class UnexpectedValue(Invalid):
    """A value its field cannot have."""

    def __init__(self, field: str = "", value: object = None, reason: str = "It cannot be.") -> None:
        super().__init__(f"The value of {field} cannot be taken. {reason}", "Look up the field.")
        self.details = {"field": field, "value": value, "reason": reason}


class PropertyMissing(Invalid):
    """A property of the JSON body that has to be there, null included."""

    def __init__(self, name: str = "") -> None:
        super().__init__(f"The property {name} is missing.", "Send it in the JSON body.")
        self.details = {"property": name}


class UnexpectedProperties(Invalid):
    """A JSON body with more in it than it may have."""

    def __init__(self, expected: Sequence[str] = (), actual: Sequence[str] = ()) -> None:
        super().__init__(f"Only {', '.join(expected)} is expected here.", "Send nothing else.")
        self.details = {"expected": list(expected), "actual": list(actual)}


class WrongHeader(Invalid):
    """A header that is needed, or does not say what it should."""

    def __init__(self, field: str = "", value: str | None = None) -> None:
        super().__init__(f"The header {field} is missing or wrong.", "Send it.")
        self.details = {"field": field, "value": value}


class UnknownKey(Invalid):
    """A number in the body that names nothing there is."""

    def __init__(self, field: str = "", value: object = None, table: str = "") -> None:
        super().__init__(f"The {field} names none of the {table}.", "Look it up again.")
        self.details = {"field": field, "value": value, "table": table}
