"""A form's own state: open or not, deleted, restored. Its versions and records are never touched by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from sync.form_problems import FormExists
from sync.form_reading import was_made_again
from sync.problems import NotFound
from sync.registry import release_held, set_form_state
from sync.store import WriteSession, now
from sync.tables import form, project
from sync.tables.log import ChangeKind
from sync.tables.records import HoldReason

Row = Mapping[Any, Any]


def change_form(
    session: WriteSession, row: Row, state: str | None, webforms: bool | None, by: str | None = None
) -> None:
    """Set a form's state and whether web forms may be used; None leaves it. Raises Invalid (state)."""
    if state is not None:
        set_form_state(session, row["project_id"], row["xml_form_id"], state, by)
    if webforms is not None:
        changed = {"webforms_enabled": webforms, "updated_at": now()}
        session.execute(update(form).where(form.c.id == row["id"]).values(**changed))
        session.audit("form.update", row["uuid"], by, data={"webformsEnabled": webforms})


def delete_form(session: WriteSession, row: Row, by: str | None = None) -> None:
    """Hide a form. Nothing of it is erased, and what tablets still send for it is held."""
    session.execute(update(form).where(form.c.id == row["id"]).values(deleted_at=now()))
    session.change(ChangeKind.FORM, row["uuid"])
    session.audit("form.delete", row["uuid"], by)


def restore_form(session: WriteSession, project_id: int, form_id: int, by: str | None = None) -> None:
    """Show a deleted form again and hand over what was held meanwhile.

    Raises NotFound (no deleted form), FormExists (it was deleted, then uploaded again under its id).
    """
    row = session.first(select(form).where(form.c.project_id == project_id, form.c.id == form_id))
    if row is not None and row["deleted_at"] is None and was_made_again(session, row["uuid"]):
        raise FormExists(project_id, row["xml_form_id"])
    if row is None or row["deleted_at"] is None:
        raise NotFound("There is no deleted form of this number.", "GET .../forms?deleted=true lists them.")
    session.execute(update(form).where(form.c.id == form_id).values(deleted_at=None))
    uuid = session.scalar(select(project.c.uuid).where(project.c.id == project_id))
    release_held(session, uuid, row["xml_form_id"], None, (HoldReason.FORM_CLOSED,))
    session.change(ChangeKind.FORM, row["uuid"])
    session.audit("form.restore", row["uuid"], by)
