"""Send what was sent to test a draft into the published form: it was real data after all.

A tablet set up with the code of a draft collects for months before anybody sees it. In: a form, and one of
its drafts or all. Out: its records in the project's space, through the same receipt as a tablet's, as new
submissions with their own instanceIDs and files; the draft's stay where they are. What is there already is a
resend, so that it may be run again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from forms.form_version import submission_with_version
from forms.xform_document import BadXForm
from sync.blobs import StoredBlob
from sync.catalogue import catalogue
from sync.drafts import space_of_form
from sync.envelope import EnvelopeUnreadable, read_envelope
from sync.originals import open_attachment, open_body, submission_uuid
from sync.problems import Invalid, NotFound
from sync.receipt import Arrival, ArrivedFile, ReceiptKind, Reception, Sender, hold_reason, make_arrival
from sync.registry import get_form, get_project
from sync.store import ReadSession, Store, now
from sync.tables import attachment, form, form_draft, form_version, submission, submission_version
from sync.tables.records import HoldReason, VersionState

Row = Mapping[Any, Any]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class DraftSummary:
    """A draft, and how much was sent to test it. ended_at None: it is the form's draft now."""

    uuid: str
    xml_form_id: str
    version: str
    created_at: datetime
    ended_at: datetime | None
    became: str | None  # the version it was published as
    submissions: int
    last_received_at: datetime | None


@dataclass
class Promoted:
    """What became of the submissions, in receipt's words: new, same, edit, conflict, held ..."""

    submissions: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    unreadable: int = 0  # no form is named in them: they stay where they are


def list_drafts(session: ReadSession, project_id: int, xml_form_id: str | None = None) -> list[DraftSummary]:
    """The drafts of a project's forms, ended ones included, the newest of each form first."""
    here = submission.c.project_uuid == form_draft.c.uuid, submission.c.erased_at.is_(None)
    count = select(func.count(submission.c.id)).where(*here).scalar_subquery()
    last = select(func.max(submission.c.received_at)).where(*here).scalar_subquery()
    statement = (
        select(
            form_draft.c.uuid, form.c.xml_form_id, form_draft.c.version, form_draft.c.created_at,
            form_draft.c.ended_at, form_version.c.version.label("became"), count.label("submissions"),
            last.label("last_received_at"),
        )
        .join(form, form.c.id == form_draft.c.form_id)
        .outerjoin(form_version, form_version.c.id == form_draft.c.version_id)
        .where(form.c.project_id == project_id)
        .order_by(form.c.xml_form_id, form_draft.c.id.desc())
    )  # fmt: skip
    if xml_form_id is not None:
        statement = statement.where(form.c.xml_form_id == xml_form_id)
    return [DraftSummary(**row) for row in session.all(statement)]


class Promotion:
    """One run for one form. Raises NotFound (form, draft), Invalid (the form was never published)."""

    def __init__(
        self, store: Store, project_id: int, xml_form_id: str, draft_uuid: str | None = None
    ) -> None:
        self._store = store
        self._state = catalogue(store).state
        with store.read() as session:
            row = get_form(session, project_id, xml_form_id)
            self._space = space_of_form(get_project(session, project_id))
            drafts = list_drafts(session, project_id, xml_form_id)
        if row["current_version_id"] is None:
            raise Invalid(f"No version of {xml_form_id} is published.", "Publish the draft first.")
        if draft_uuid is not None and draft_uuid not in [draft.uuid for draft in drafts]:
            raise NotFound(f"{xml_form_id} has no draft {draft_uuid}.", "`waypost form drafts` lists them.")
        self._form = row
        self._drafts = [draft for draft in drafts if draft_uuid in (None, draft.uuid)]

    def run(self, dry_run: bool = False, progress: Progress = lambda done, total: None) -> Promoted:
        """Send every submission, in the order in which they came. With `dry_run` nothing is written, and
        what is in the published form already counts as `same`."""
        done = Promoted()
        total = sum(draft.submissions for draft in self._drafts)
        reception = Reception(self._store)
        for draft in reversed(self._drafts):
            for row in self._versions(draft):
                done.submissions += 1
                if dry_run:
                    done.outcomes["same" if self._is_here(row) else "new"] += 1
                else:
                    self._send(reception, draft, row, done)
                progress(done.submissions, total)
        if not dry_run and done.submissions:
            detail = {"form": self._form["xml_form_id"], "submissions": done.submissions, **done.outcomes}
            uuid = self._form["uuid"]
            self._store.write(lambda session: session.audit("form.draft.promote", uuid, **detail))
        return done

    def _versions(self, draft: DraftSummary) -> Sequence[Row]:
        columns = [submission.c[name] for name in ("id", "instance_id", "actor_uuid", "device_id")]
        statement = (
            select(*columns, submission_version.c.id.label("version_id"), submission_version.c.user_agent)
            .join(submission, submission.c.id == submission_version.c.submission_id)
            .where(
                submission.c.project_uuid == draft.uuid,
                submission.c.xml_form_id == self._form["xml_form_id"],
                submission.c.erased_at.is_(None),
                submission.c.deleted_at.is_(None),
                submission_version.c.hold_reason.is_distinct_from(str(HoldReason.TOO_LARGE)),
                submission_version.c.state != VersionState.CONFLICT,
            )
            .order_by(submission_version.c.id)
        )
        with self._store.read() as session:
            return session.all(statement)

    def _is_here(self, row: Row) -> bool:
        uuid = submission_uuid(self._space, self._form["xml_form_id"], row["instance_id"])
        with self._store.read() as session:
            known = session.scalar(select(submission.c.id).where(submission.c.uuid == uuid))
        return known is not None

    def _send(self, reception: Reception, draft: DraftSummary, row: Row, done: Promoted) -> None:
        try:
            arrival = self._arrival(draft, row)
        except (EnvelopeUnreadable, BadXForm):
            done.unreadable += 1
            return
        receipt = reception.accept(arrival)
        for name in receipt.spare_blobs:
            self._store.blobs.discard(name)
        done.outcomes[str(ReceiptKind(receipt.kind))] += 1

    def _arrival(self, draft: DraftSummary, row: Row) -> Arrival:
        with self._store.read() as session:
            body = open_body(session, self._store, row["version_id"])
            envelope = read_envelope(body)
            if draft.became is not None and draft.became != envelope.version and not envelope.encrypted:
                body = submission_with_version(body, draft.became)  # what was signed stays as it is
                envelope = read_envelope(body)
            files = [self._copied(session, each) for each in self._files(session, row["id"])]
        state = self._state(self._space, envelope.xml_form_id or "", envelope.version)
        sender = Sender(self._space, row["actor_uuid"], row["device_id"], row["user_agent"])
        hold = hold_reason(envelope, state, may_submit=True)
        return make_arrival(self._store.keyring, sender, envelope, body, now(), files, hold)

    def _files(self, session: ReadSession, submission_id: int) -> Sequence[Row]:
        columns = attachment.c.id, attachment.c.name, attachment.c.content_type
        return session.all(select(*columns).where(attachment.c.submission_id == submission_id))

    def _copied(self, session: ReadSession, file: Row) -> ArrivedFile:
        writer = self._store.blobs.writer()
        try:
            for piece in open_attachment(session, self._store, file["id"]):
                writer.write(piece)
            blob: StoredBlob = writer.finish()
        except BaseException:
            writer.abort()
            raise
        return ArrivedFile(file["name"], file["content_type"], blob)
