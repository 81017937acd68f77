"""Problems that only this API tells apart, each a kind of one everybody knows (sync/problems.py).

`details` are what clients read beside the sentence. `server/problems.py` gives each its number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sync.problems import Invalid, Unauthorised


class Unparseable(Invalid):
    """A body that is not the JSON it says it is."""

    def __init__(self, length: int = 0) -> None:
        super().__init__(f"The body ({length} bytes) is not a JSON object.", "Send one, as application/json.")
        self.details = {"format": "json", "rawLength": length}


class MissingParameter(Invalid):
    """A field that has to be there and is not."""

    def __init__(self, field: str = "") -> None:
        super().__init__(f"The parameter {field} is missing.", "Send it in the JSON body.")
        self.details = {"field": field}


class MissingParameters(Invalid):
    """Several fields that have to be there together."""

    def __init__(self, expected: Sequence[str] = (), got: Mapping[str, Any] | None = None) -> None:
        names = ", ".join(expected)
        super().__init__(f"The parameters {names} are needed.", "Send them in the JSON body.")
        self.details = {"expected": list(expected), "got": dict(got or {})}


class WrongType(Invalid):
    """A value of another type than its field has."""

    def __init__(self, value: object = "", expected: str = "") -> None:
        super().__init__(f"A value is not {expected}.", "Look up the field's type.")
        self.details = {"value": value, "expected": expected}


class OutOfRange(Invalid):
    """A number no id or count can be."""

    def __init__(self, value: object = "", kind: str = "integer") -> None:
        super().__init__(f"A value is out of the range of {kind}.", "Send a smaller number.")
        self.details = {"value": value, "type": kind}


class AuthenticationFailed(Unauthorised):
    """No credentials, or credentials that are not good: which of the two is not told."""

    def __init__(self, _detail: str = "") -> None:
        super().__init__(
            "Could not authenticate with the credentials given, or none were given.",
            "Sign in: POST /v1/sessions with email and password.",
        )


class HttpsOnly(Unauthorised):
    """A password or a cookie that came over a connection others can read."""

    def __init__(self, _detail: str = "") -> None:
        super().__init__(
            "This way of signing in is for HTTPS only.", "Use the https:// address of this server."
        )


class FormsDiffer(Invalid):
    """The forms of a deep update are not exactly those of the project."""

    def __init__(self, _detail: str = "") -> None:
        super().__init__(
            "The forms named are not exactly those of the project.",
            "Look at the project again, then send all.",
        )
