"""What keeps a form from being taken over the API. Clients read `details` beside the sentence.

`server/problems.py` gives each its number in ODK Central's API.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sync.problems import Conflict, FormInvalid, Invalid


class UnexpectedValue(Invalid):
    """A value that cannot stand where it stands."""

    def __init__(self, field: str = "", value: str = "", reason: str = "") -> None:
        super().__init__(
            f"The {field} {value!r} cannot be taken: it {reason}.", "Correct it, then try again."
        )
        self.details = {"field": field, "value": value, "reason": reason}


class NoFormId(Invalid):
    """An upload that does not say which form it is: no id, or no XForm at all."""

    def __init__(self, why: str = "") -> None:
        super().__init__(
            f"The form id is missing. {why}".strip(), "Upload an XForm whose instance has an id."
        )
        self.details = {"field": "formId"}


class NothingToCopy(Invalid):
    """An empty upload for a form that has no published version to copy."""

    def __init__(self, _detail: str = "") -> None:
        super().__init__("The form's definition is missing.", "Send it: no version is published to copy.")
        self.details = {"field": "xml"}


class IdTooLong(Invalid):
    """A form id no client of the API could use."""

    def __init__(self, _detail: str = "") -> None:
        super().__init__("The form id has more than 64 characters.", "Give the form a shorter one.")


class NoMeta(Invalid):
    """A form without the group that holds a submission's instanceID."""

    def __init__(self, _detail: str = "") -> None:
        super().__init__(
            "The form has no group `meta`: its submissions cannot carry an instanceID.",
            "Add <meta><instanceID/></meta> to its instance, or upload it again with ?ignoreWarnings=true.",
        )


class FileNotValid(FormInvalid):
    """A file that is no form, or one with mistakes: each in a line of `error`."""

    def __init__(
        self,
        detail: str = "",
        errors: Sequence[dict[str, object]] = (),
        warnings: Sequence[str] = (),
    ) -> None:
        super().__init__(
            "This is not a valid form. The details name each mistake.",
            "Correct it and upload it again.",
            errors,
        )
        self.details = {"error": detail, "warnings": list(warnings)}


class FormWarnings(Invalid):
    """A form that can be taken, though not without having been warned."""

    def __init__(self, of_file: Sequence[str] = (), of_change: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(
            "The form is valid, with warnings.",
            "Upload it again with ?ignoreWarnings=true if they are all right.",
        )
        warnings: dict[str, Any] = {}
        if of_file:
            warnings["xlsFormWarnings"] = list(of_file)
        if of_change:
            warnings["workflowWarnings"] = [dict(each) for each in of_change]
        self.details = {"warnings": warnings}


class TypeChanged(Invalid):
    """A question that was published with another type."""

    def __init__(self, path: str = "", kind: str = "") -> None:
        super().__init__(
            f"The form changes the type of {path}, which was published as {kind}: answers of both types "
            "would stand under one name.",
            "Give it its earlier type back, or give the question a new name.",
        )
        self.details = {"path": path, "type": kind}


class FormExists(Conflict):
    """A form of this id is there."""

    def __init__(self, project_id: int = 0, xml_form_id: str = "") -> None:
        super().__init__(
            f"Project {project_id} has a form {xml_form_id!r}.", "Upload it as a draft of that form instead."
        )
        self.details = {
            "table": "forms", "fields": ["projectId", "xmlFormId"], "values": [str(project_id), xml_form_id]
        }  # fmt: skip


class VersionExists(Conflict):
    """A version of this name was published: its bytes are served for ever."""

    def __init__(self, xml_form_id: str = "", version: str = "") -> None:
        super().__init__(
            f"Version {version!r} of {xml_form_id} was published before: tablets and submissions rely on it.",
            "Publish with ?version= and another name, or raise the version in the form.",
        )
        self.details = {"xmlFormId": xml_form_id, "version": version}


class NothingPublished(Conflict):
    """A draft cannot be thrown away when there is nothing else of the form."""

    def __init__(self, _detail: str = "") -> None:
        super().__init__(
            "No version of this form is published, so that nothing would be left of it.",
            "Delete the whole form, or upload another draft.",
        )


class LinkNotAllowed(Invalid):
    """An image or a sound cannot be an entity list."""

    def __init__(self, _detail: str = "") -> None:
        super().__init__(
            "Only a data file of the form can be an entity list.",
            "Link a .csv that the form looks things up in.",
        )
