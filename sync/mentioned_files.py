"""The files a record's answers mention: what has to arrive before the record is complete.

An answer to a question for a photo, a sound or a file is the file's name; the audit log is one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sync.catalogue import compiled_form
from sync.store import Store


def binary_questions(
    store: Store, project_uuid: str, xml_form_id: str, version: str
) -> frozenset[str] | None:
    """The paths of a form's questions that are answered by a file; None for an unknown form version."""
    form = compiled_form(store, project_uuid, xml_form_id, version)
    return None if form is None else frozenset(field.path for field in form.fields if field.binary)


def mentioned_files(questions: frozenset[str], answers: Iterable[Mapping[str, Any]]) -> set[str]:
    """The file names in the answers to these questions, each once."""
    return {
        value
        for given in answers
        for path, value in given.items()
        if path in questions and isinstance(value, str) and value
    }
