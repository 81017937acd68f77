"""What a draft must not do to the versions before it, and what whoever uploads it should know.

ODK Central's rule holds for every form: no question changes its type, but that anything may become text. Our
own is stricter, and for forms that feed figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forms.form_fields import type_conflict
from sync.form_change import refuse_type_changes
from sync.form_contents import contents_of, read_contents
from sync.form_problems import FileNotValid, FormWarnings, TypeChanged
from sync.form_reading import version_views, view_of
from sync.form_uploads import Upload
from sync.problems import FormInvalid
from sync.store import Store

Row = Mapping[Any, Any]


def compare_with_published(store: Store, row: Row, upload: Upload, ignore_warnings: bool) -> None:
    """Hold an upload against the versions of the form (its row).

    Raises TypeChanged, FileNotValid, FormWarnings.
    """
    fields = read_contents(upload.form.xform).fields
    of_change: list[Mapping[str, Any]] = [*upload.of_entities]
    if row["current_version_id"] is not None:
        with store.read() as session:
            before: dict[str, str] = {}
            for view in reversed(version_views(session, row)):
                before |= {f.path: f.type for f in contents_of(session, view.definition).fields}
            current = contents_of(session, view_of(session, row).definition).fields
        conflict = type_conflict(before, fields)
        if conflict is not None:
            raise TypeChanged(*conflict)
        if upload.form.bindings:
            _refuse_type_changes(store, row, upload)
        here = {field.path for field in fields}
        gone = [field.name for field in current if field.path not in here]
        if gone:
            of_change.append({"type": "structureChanged", "details": gone})
    if not ignore_warnings and (upload.said or of_change):
        raise FormWarnings(upload.said, of_change)


def _refuse_type_changes(store: Store, row: Row, upload: Upload) -> None:
    """Our own rule, for forms that feed figures: there not even text may take a number's place."""
    try:
        refuse_type_changes(store, row["project_id"], upload.form, upload.source, upload.source_name)
    except FormInvalid as refused:
        raise FileNotValid(str(refused), refused.errors) from refused
