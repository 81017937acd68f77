"""`waypost form drafts` and `waypost form promote`: what was sent to test drafts, and what to do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli import invocation

if TYPE_CHECKING:
    from sync.promotion import Promoted

Project = Annotated[int, typer.Option(metavar="ID", help="The project.")]


def drafts(project: Project) -> None:
    """List drafts, ended ones too, and how much was sent to test each.

    Tablets that were set up with a draft's code send here and not to the published form: a draft with many
    records that has ended is a sign of it. `waypost form promote` sends them there.

    \b
    waypost form drafts --project 1
    """
    from dataclasses import asdict

    from sync.promotion import list_drafts
    from sync.registry import get_project

    with invocation.opened_store() as store, store.read() as session:
        get_project(session, project)
        found = list_drafts(session, project)
    value = [asdict(each) | {"state": _state(each.ended_at, each.became)} for each in found]
    invocation.show(
        value,
        lambda: invocation.table(
            [
                (each["xml_form_id"], each["version"], each["state"], each["submissions"], each["uuid"])
                for each in value
            ],
            ("form", "version", "state", "records", "draft"),
            "No form of this project has or had a draft.",
        ),
    )


def promote(
    form_id: Annotated[str, typer.Argument(metavar="FORM_ID", help="The form's id.")],
    project: Project,
    draft: Annotated[
        str | None, typer.Option(metavar="UUID", help="Only this draft's. Default: those of all its drafts.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be sent, and write nothing.")
    ] = False,
) -> None:
    """Send the records that were sent to test a draft into the published form, as new submissions.

    They go through the same receipt as a tablet's, with their own ids, edits and files, and are in all
    figures from then on. What is there already is not doubled, so that it may be run again. The draft's
    records stay where they are. Of a draft that was published under another version they take that version.

    \b
    waypost form promote fmr --project 1 --dry-run
    waypost form promote fmr --project 1 --draft 6f6a2f3e-...
    """
    from sync.promotion import Promotion

    with invocation.opened_store() as store:
        promoted = Promotion(store, project, form_id, draft).run(dry_run)
    value: dict[str, Any] = {
        "submissions": promoted.submissions,
        "outcomes": dict(promoted.outcomes),
        "unreadable": promoted.unreadable,
        "dry_run": dry_run,
    }
    invocation.show(value, lambda: _told(form_id, promoted, dry_run))


def _state(ended_at: object, became: str | None) -> str:
    if ended_at is None:
        return "draft"
    return "ended" if became is None else "published"


def _told(form_id: str, promoted: Promoted, dry_run: bool) -> str:
    if not promoted.submissions:
        return f"Nothing was sent to test a draft of {form_id}."
    counted = ", ".join(f"{number} {word}" for word, number in sorted(promoted.outcomes.items()))
    tense = "would be" if dry_run else "were"
    lines = [f"{promoted.submissions} submissions {tense} sent: {counted or 'none'}."]
    if promoted.unreadable:
        lines.append(f"{promoted.unreadable} cannot be read and stay with the draft.")
    return "\n".join(lines)
