"""The keys forms are encrypted to: noted when a form is published, listed for whoever wants to read.

A form that brings its own key is left as it is. In a project with managed encryption (sync/managed_keys.py)
every other form is published under the project's key, with a version that says so (forms/encryption.py).
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, RowMapping, exists, func, select

from forms.encryption import encrypted_for
from forms.model import CompiledForm
from forms.xform import read_xform
from sync.problems import Conflict
from sync.records.sight import Sight
from sync.store import ReadSession, WriteSession, now
from sync.tables import (
    encryption_key,
    form,
    form_draft,
    form_version,
    project,
    submission,
    submission_version,
)
from sync.tables.records import VersionState


class EncryptionActivating(Conflict):
    """A form that was made ready while the project got its key."""

    def __init__(self, _detail: str = "") -> None:
        super().__init__(
            "The project was being prepared for encryption: the form was not taken.", "Send the form again."
        )


def under_projects_key(session: ReadSession, project_id: int, compiled: CompiledForm) -> CompiledForm:
    """The form as tablets get it in this project: under the project's key, where it has one and the form has
    none of its own. To be done before anything is kept of the form."""
    key = session.scalar(_KEY_OF_PROJECT.where(project.c.id == project_id))
    return compiled if key is None or compiled.encrypted else read_xform(encrypted_for(compiled.xform, key))


def key_of_form(session: WriteSession, project_id: int, compiled: CompiledForm) -> int | None:
    """encryption_key.id of a form's key, noted if it is new; None for a form without one.

    Raises EncryptionActivating for a form without a key in a project that has one by now.
    """
    if not compiled.encrypted:
        if session.scalar(_KEY_OF_PROJECT.where(project.c.id == project_id)) is not None:
            raise EncryptionActivating()
        return None
    named = {"project_id": project_id, "public": compiled.public_key}
    session.insert_once(encryption_key, [{**named, "is_managed": False, "created_at": now()}])
    known = [encryption_key.c[name] == value for name, value in named.items()]
    return int(session.scalar(select(encryption_key.c.id).where(*known)))


def keys_of_records(session: ReadSession, space: str, xml_form_id: str, sight: Sight) -> list[RowMapping]:
    """The keys that a form's encrypted records need, the newest first: id, public, is_managed, hint,
    created_at. Records that were deleted or replaced by an edit need none.

    space  the project's uuid, or a draft's
    sight  what the reader has of the records: the others need no key of theirs
    """
    root = submission.alias("root")
    encrypted = (
        select(submission_version.c.form_version)
        .join(submission, submission.c.id == submission_version.c.submission_id)
        .join(root, root.c.id == func.coalesce(submission.c.root_id, submission.c.id))
        .where(submission.c.project_uuid == space, submission.c.xml_form_id == xml_form_id)
        .where(sight.records(root))
        .where(submission.c.deleted_at.is_(None), submission.c.erased_at.is_(None))
        .where(submission_version.c.is_encrypted.is_(True))
        .where(submission_version.c.state != VersionState.CONFLICT)
        .where(~_is_replaced())
    )
    in_project = (
        select(form_version.c.key_id)
        .join(form, form.c.id == form_version.c.form_id)
        .join(project, project.c.id == form.c.project_id)
        .where(project.c.uuid == space, form.c.xml_form_id == xml_form_id)
        .where(form_version.c.version.in_(encrypted))
    )
    in_draft = (
        select(form_draft.c.key_id)
        .where(form_draft.c.uuid == space, form_draft.c.version.in_(encrypted))
    )  # fmt: skip
    wanted = encryption_key.c.id.in_(in_project) | encryption_key.c.id.in_(in_draft)
    return list(session.all(select(*_SHOWN).where(wanted).order_by(encryption_key.c.id.desc())))


def get_key(session: ReadSession, key_id: int) -> RowMapping | None:
    """A key's row without its private half."""
    return session.first(select(*_SHOWN).where(encryption_key.c.id == key_id))


def _is_replaced() -> ColumnElement[bool]:
    """Whether an edit of the submission is here: its decrypted answers come as one (sync/decrypting.py)."""
    edit = submission.alias("edit")
    return exists().where(
        edit.c.project_uuid == submission.c.project_uuid,
        edit.c.xml_form_id == submission.c.xml_form_id,
        edit.c.deprecated_id == submission.c.instance_id,
    )


_SHOWN = tuple(column for column in encryption_key.c if column.name != "sealed")
_KEY_OF_PROJECT = select(encryption_key.c.public).join(project, project.c.key_id == encryption_key.c.id)
