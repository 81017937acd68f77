"""What can go wrong: a small closed set that knows no HTTP. `server/problems.py` maps it to a status."""

from __future__ import annotations

from collections.abc import Sequence


class Problem(Exception):
    """Something a person can act on: what is wrong, and what to do now."""

    code = "problem"
    title = "Something went wrong"

    def __init__(self, detail: str, hint: str = "", errors: Sequence[dict[str, object]] = ()) -> None:
        super().__init__(f"{detail} {hint}".strip())
        self.detail = detail
        self.hint = hint
        self.errors = list(errors)  # further problems with their places: a form's cells, a file's rows


class NotFound(Problem):
    """Absent, or out of the actor's scope: the two look the same."""

    code = "not-found"
    title = "Not found"


class Unauthorised(Problem):
    code = "unauthorised"
    title = "No valid token was given"


class Forbidden(Problem):
    code = "forbidden"
    title = "This token may not do this"


class Invalid(Problem):
    """The request cannot be understood or is not allowed as it stands."""

    code = "invalid"
    title = "The request is not valid"


class BodyCut(Problem):
    """An upload that ends before its closing boundary. Nothing is stored."""

    code = "body-cut"
    title = "The upload was cut short"


class FormInvalid(Problem):
    code = "form-invalid"
    title = "The form has problems"


class Conflict(Problem):
    """What is asked contradicts what is there."""

    code = "conflict"
    title = "This contradicts what is already here"


class Ambiguous(Problem):
    """More than one thing matches: `errors` lists the candidates."""

    code = "ambiguous"
    title = "More than one thing matches"


class StorageFull(Problem):
    """No room for another record. Raised before anything is acknowledged."""

    code = "storage-full"
    title = "The disk is full"


class Unavailable(Problem):
    """The store cannot be reached or written now; trying again later is right."""

    code = "unavailable"
    title = "Try again later"


class TooMany(Problem):
    """Asked too often; waiting is right."""

    code = "too-many-requests"
    title = "Too many requests"


class TooLarge(Problem):
    code = "too-large"
    title = "This is larger than can be taken"


class NotSupported(Problem):
    """What is asked is understood, and not offered here."""

    code = "not-supported"
    title = "This is not supported"


class NotDurable(Problem):
    """The database would lose acknowledged data in a power cut. The server refuses to start."""

    code = "not-durable"
    title = "The database is not durable"


class SchemaMismatch(Problem):
    code = "schema-mismatch"
    title = "The database is not at this version's schema"


class KeyMissing(Problem):
    """The master key is missing, or is not the one the records were sealed with."""

    code = "key-missing"
    title = "The master key is missing or does not fit"
