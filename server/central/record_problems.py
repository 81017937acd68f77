"""Problems of sending, editing and opening records through the REST API.

What is refused here for a conflict was kept before: these clients expect to be told, and what they sent is
not lost for it. `server/problems.py` gives each its number.
"""

from __future__ import annotations

from collections.abc import Sequence

from server.central.problems import MissingParameter
from sync.problems import Conflict, Invalid, NotFound

_KEPT = "What you sent was kept for a coordinator to look at."


class NoFormId(MissingParameter):
    """XML that does not say which form it belongs to, or no XML at all."""

    def __init__(self, _detail: str = "") -> None:
        super().__init__("form ID xml attribute")
        self.hint = "Send the submission's XML; its root element names the form in `id`."


class DeprecatedIdMissing(Invalid):
    """An edit that does not name the version it corrects."""

    def __init__(self, _detail: str = "") -> None:
        super().__init__(
            "An edit has a deprecatedID in its meta: the instanceID of the version that is current.",
            "Get the current XML, move its instanceID to deprecatedID and give it a new one.",
        )


class DeprecatedIdNotFound(NotFound):
    """An edit of what is not here."""

    def __init__(self, deprecated_id: str = "") -> None:
        super().__init__(
            f"This corrects a submission that is not here ({deprecated_id}).",
            "What you sent was kept, and is applied when the submission it corrects arrives.",
        )
        self.details = {"deprecatedId": deprecated_id}


class FormVersionNotFound(NotFound):
    """A version of the form that was not published."""

    def __init__(self, version: str = "") -> None:
        super().__init__(
            f"The form version specified in this submission, '{version}', does not exist.",
            "What you sent was kept, and counts once that version is published.",
        )
        self.details = {"formVersion": version}


class NotAccepting(Conflict):
    """A form that is closed."""

    def __init__(self, _detail: str = "") -> None:
        super().__init__("This form is not currently accepting submissions.", _KEPT)


class XmlConflict(Conflict):
    """Another body under an instanceID that is here."""

    def __init__(self, _detail: str = "") -> None:
        super().__init__("A submission with this instanceID is here already, with different XML.", _KEPT)


class AlreadyThere(Conflict):
    """What would have to be new is there."""

    def __init__(self, fields: Sequence[str] = ("instanceID",), values: Sequence[object] = ()) -> None:
        named, told = ", ".join(fields), ", ".join(map(str, values))
        super().__init__(
            f"A resource already exists with {named} value(s) of {told}.", "Nothing was changed."
        )
        self.details = {"fields": list(fields), "values": list(values)}


class EditOutdated(Conflict):
    """An edit of a version that has been corrected since."""

    def __init__(self, deprecated_id: str = "") -> None:
        super().__init__(
            f"You corrected a copy ({deprecated_id}) that is not the current version any more.",
            f"Get the current one and make your changes there. {_KEPT}",
        )
        self.details = {"deprecatedId": deprecated_id}


class NoWebEditor(Conflict):
    """Editing in the browser, which this server does not offer."""

    def __init__(self, _detail: str = "") -> None:
        super().__init__(
            "The form is not ready for web use: this server has no Enketo.",
            "Send the corrected XML with PUT, or edit it on the tablet it comes from.",
        )


class NotEditable(Conflict):
    """Editing in the browser of a form that is not open."""

    def __init__(self, _detail: str = "") -> None:
        super().__init__(
            "Submissions of a form that is closing or closed are not edited on the web.",
            "Open the form first.",
        )
