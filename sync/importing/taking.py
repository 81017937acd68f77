"""Entries to receipt: what is new is received, what changed becomes an edit, what is as it was is left alone.

Flows in: entries of one source (answers to a form of the library, and where they stand in the file). Flows
out: the account, filled in. Everything goes through receipt in batches, one commit each; an import that was
killed is finished by running it again, because what it did is then as it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from forms.model import CompiledForm
from sync.envelope import Envelope
from sync.importing.account import Account, Outcome
from sync.importing.earlier import Earlier, device, earlier_rows
from sync.importing.instances import Answers, edit_id, fill, original_id
from sync.importing.library_form import FormHere, form_here
from sync.problems import Conflict
from sync.receipt import Arrival, Reception, Sender, make_arrival
from sync.receipt.answer import ReceiptKind
from sync.registry import get_project
from sync.store import Store, now
from sync.writer import MAX_BATCH

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Entry:
    """What one row says of one thing: a submission to be. line None: made of several rows."""

    line: int | None
    identifier: str  # of the row in its source; the same in every edition of the file
    answers: Answers
    figures: Mapping[str, int | None] = field(default_factory=dict)  # its share of the file's sums, by column


@dataclass(frozen=True, slots=True)
class _Planned:
    entry: Entry
    outcome: Outcome
    instance_id: str
    deprecated_id: str | None = None


def take_in(
    store: Store,
    project_id: int,
    form_id: str,
    entries: Sequence[Entry],
    account: Account,
    in_scope: Callable[[Answers], bool],
    *,
    alongside: bool = False,
    progress: Progress | None = None,
    by: str | None = None,
) -> Account:
    """Receive the entries of a file, or with `account.dry_run` say what that would do.

    in_scope   whether a row that was imported before ought to be in this file, from its answers: if it is
               not, it is listed as gone; nothing is ever deleted
    alongside  take a file in although it holds none of the rows that were imported before
    Raises     NotFound (project), Conflict: the project's form of that name is another or is closed; none of
               the rows imported before is in the file, as when a source has changed its identifiers
    """
    with store.read() as session:
        project_uuid = get_project(session, project_id)["uuid"]
    paths = {path for entry in entries for path in entry.answers}
    here = form_here(store, project_id, form_id, paths, dry_run=account.dry_run)
    account.form_id, account.form_version = form_id, here.form.version
    account.form_published = here.published
    earlier = earlier_rows(store, project_uuid, form_id, account.source)
    planned = [plan for entry in entries if (plan := _plan(account, entry, earlier)) is not None]
    _missing(account, planned, earlier, in_scope, alongside=alongside)
    writing = [plan for plan in planned if plan.outcome is not Outcome.UNCHANGED]
    if not account.dry_run and (writing or here.published):
        _receive(store, project_uuid, here, writing, account, progress)
        _note_in_the_trail(store, project_uuid, account, by)
    return account


def _plan(account: Account, entry: Entry, earlier: Mapping[str, Earlier]) -> _Planned | None:
    """What becomes of an entry; None when it is listed."""
    original = original_id(account.source, entry.identifier)
    before = earlier.get(original)
    if before is not None and (before.erased or before.answers is None):
        why = "was erased here, and is not taken in again" if before.erased else "is here, and does not open"
        account.list_row(entry.line, entry.identifier, "", "", f"This record {why}.", entry.figures)
        return None
    if before is None:
        planned = _Planned(entry, Outcome.NEW, original)
    elif before.answers == entry.answers:
        planned = _Planned(entry, Outcome.UNCHANGED, before.latest_id)
    else:
        changed = edit_id(account.source, entry.identifier, before.latest_id, entry.answers)
        planned = _Planned(entry, Outcome.CHANGED, changed, before.latest_id)
        if before.edited_here:
            text = "It was corrected here since the last import: both versions are kept, look at the record."
            account.tell(entry.line, entry.identifier, "", "", text)
    account.take(entry.line, entry.identifier, planned.outcome)
    account.add_imported(entry.figures)
    return planned


def _missing(
    account: Account,
    planned: Sequence[_Planned],
    earlier: Mapping[str, Earlier],
    in_scope: Callable[[Answers], bool],
    *,
    alongside: bool,
) -> None:
    """List what was imported before and is no longer in the file."""
    listed = {name for _, name, outcome in account.outcomes if outcome is Outcome.LISTED}
    present = {original_id(account.source, plan.entry.identifier) for plan in planned}
    present |= {original_id(account.source, name) for name in listed}
    gone = [
        one
        for original, one in earlier.items()
        if original not in present and one.answers is not None and in_scope(one.answers)
    ]
    known = any(plan.outcome is not Outcome.NEW for plan in planned)
    if gone and planned and not known and not alongside:
        raise Conflict(
            f"None of the {len(gone):,} rows of {account.source} that were imported before, of the same "
            "period or round, is in this file. If it names the same things by other identifiers, they would "
            "be counted twice.",
            "Import a file with the identifiers used before; if these are other things, add --alongside.",
        )
    for one in gone:
        assert one.answers is not None
        name = one.answers.get(SOURCE_ID.get(account.source, ""), one.latest_id)
        account.take(None, name, Outcome.GONE)


SOURCE_ID = {"missing_migrants": "list/source_id", "baseline": "sheet/source_id"}
"""Where the form of a source keeps the identifier a person would look for."""


def _receive(
    store: Store,
    project_uuid: str,
    here: FormHere,
    writing: Sequence[_Planned],
    account: Account,
    progress: Progress | None,
) -> None:
    reception, done = Reception(store), 0
    began = time.monotonic()
    sender = Sender(project_uuid, device_id=device(account.source), user_agent="waypost import")
    for batch in _batches(writing):
        receipts = reception.accept_many([_arrival(store, sender, here.form, plan) for plan in batch])
        for plan, receipt in zip(batch, receipts, strict=True):
            if receipt.kind in (ReceiptKind.HELD, ReceiptKind.CONFLICT):
                account.tell(plan.entry.line, plan.entry.identifier, "", "", receipt.message)
        done += len(batch)
        if progress is not None:
            progress(done, len(writing))
    account.seconds = time.monotonic() - began


def _arrival(store: Store, sender: Sender, form: CompiledForm, plan: _Planned) -> Arrival:
    xml = fill(form, plan.entry.answers, plan.instance_id, plan.deprecated_id)
    envelope = Envelope(
        form.root_path.lstrip("/"), form.xml_form_id, form.version, plan.instance_id, plan.deprecated_id
    )
    return make_arrival(store.keyring, sender, envelope, xml, now())


def _batches(writing: Sequence[_Planned]) -> Iterator[Sequence[_Planned]]:
    for at in range(0, len(writing), MAX_BATCH):
        yield writing[at : at + MAX_BATCH]


def _note_in_the_trail(store: Store, project_uuid: str, account: Account, by: str | None) -> None:
    counts = account.counts
    store.write(
        lambda session: session.audit(
            f"import.{account.source}",
            project_uuid,
            by,
            file=account.file,
            **{str(outcome): counts[outcome] for outcome in Outcome},
        )
    )
