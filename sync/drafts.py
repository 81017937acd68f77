"""Drafts: versions of a form that are not published yet, and the space what is sent to test them lives in.

A *space* is what `submission.project_uuid` holds: the project's uuid, or a draft's for what was sent to test
that draft. Whatever lists or reads records takes the space and the form id, so that a form and its draft
share the code. Nothing of a draft's space reaches a harmonised table; it is kept when the draft has ended.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping, select

from sync.problems import NotFound
from sync.store import ReadSession
from sync.tables import form, form_draft

Row = Mapping[Any, Any]
"""A row of the store, by column."""

COLUMNS = tuple(column for column in form_draft.c if column.name not in ("xform", "source"))
"""What is read of a draft: everything but the two files it is made of."""

_DRAFT = select(*COLUMNS, form.c.xml_form_id, form.c.project_id).join(form, form.c.id == form_draft.c.form_id)


def space_of_form(project_row: Row) -> str:
    """The space of what is sent to a project's forms."""
    return str(project_row["uuid"])


def space_of_draft(draft_row: Row) -> str:
    """The space of what is sent to test a draft."""
    return str(draft_row["uuid"])


def current_draft(session: ReadSession, form_id: int) -> RowMapping | None:
    """A form's draft (form.id), with xml_form_id and project_id, without its files; None when it has none."""
    mine = form_draft.c.form_id == form_id, form_draft.c.ended_at.is_(None)
    return session.first(_DRAFT.where(*mine).order_by(form_draft.c.id.desc()))


def get_draft(session: ReadSession, form_id: int) -> RowMapping:
    """The same. Raises NotFound."""
    row = current_draft(session, form_id)
    if row is None:
        raise NotFound("This form has no draft.", "Upload one, or copy the published version into one.")
    return row


def draft_by_token(
    session: ReadSession, project_id: int, xml_form_id: str, token: str, also_ended: bool = False
) -> RowMapping | None:
    """The draft a test address leads to, as `current_draft` gives it; None for any other token.

    also_ended  for what a tablet sends: what was filled in on a draft that has ended since is kept
    """
    row = session.first(_DRAFT.where(form_draft.c.token == token))
    if row is None or not hmac.compare_digest(row["token"].encode(), token.encode()):
        return None
    if (row["project_id"], row["xml_form_id"]) != (project_id, xml_form_id):
        return None
    return row if also_ended or row["ended_at"] is None else None


def draft_xform(session: ReadSession, draft_id: int) -> bytes:
    """The XForm that tablets get to test."""
    return bytes(session.scalar(select(form_draft.c.xform).where(form_draft.c.id == draft_id)))
