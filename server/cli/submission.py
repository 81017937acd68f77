"""`waypost submission`: look at records one by one, list those that need somebody, decide, erase."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli import invocation
from server.cli.instance import described

if TYPE_CHECKING:
    from sync.store import Store

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Submissions, one by one.")

Instance = Annotated[
    str, typer.Argument(metavar="INSTANCE_ID", help="The instanceID, with its uuid: prefix.")
]
InProject = Annotated[int | None, typer.Option(metavar="N", help="Only in this project.")]
OfForm = Annotated[str | None, typer.Option(metavar="ID", help="Only of this form.")]
Identifiers = Annotated[
    bool,
    typer.Option("--identifiers", help="With the answers that identify people: needs --as and --reason."),
]
As = Annotated[
    int | None, typer.Option("--as", metavar="ACTOR", help="Who looks: an id of `waypost grant list`.")
]
Reason = Annotated[
    str | None, typer.Option(help="Why they are opened; kept in the audit trail. Never repeat an answer.")
]
Note = Annotated[str | None, typer.Option(help="Why, for whoever asks later. Never repeat an answer.")]


class Waiting(StrEnum):
    held = "held"
    parked = "parked"
    conflict = "conflict"


@app.command()
def show(
    instance_id: Instance,
    project: InProject = None,
    form: OfForm = None,
    identifiers: Identifiers = False,
    as_actor: As = None,
    reason: Reason = None,
) -> None:
    """Show what became of a submission: versions, attachments, rows made of it, flags.

    Of answers that identify people it tells that they are there, by question. With --identifiers they are
    opened, where the actor holds a grant (`waypost grant identifiers`), and the audit trail says so.
    Exit status 2 with the candidates when the instanceID is in several forms or projects.

    \b
    waypost submission show uuid:6a0f2d9e-...
    waypost submission show uuid:6a0f2d9e-... --project 1 --form fmr --json
    waypost submission show uuid:6a0f2d9e-... --identifiers --as 3 --reason "asked for by the family, case 12"
    """
    from sync.inspection import show_submission

    with invocation.opened_store() as store:
        value = show_submission(store, instance_id, project, form)
        value["identifying"] = (
            _identifying(store, value, as_actor, reason) if identifiers else _sealed(store, value)
        )
    invocation.show(value, lambda: described(value))


@app.command()
def xml(
    instance_id: Instance,
    project: InProject = None,
    form: OfForm = None,
    identifiers: Identifiers = False,
    as_actor: As = None,
    reason: Reason = None,
) -> None:
    """Print a submission's XML, every version of it. Answers that identify people are empty.

    With --identifiers it is printed as it was received, where the actor holds a grant, and the audit trail
    says so. Where the form is not known nobody can tell which answers identify: all are empty then.

    \b
    waypost submission xml uuid:6a0f2d9e-...
    waypost submission xml uuid:6a0f2d9e-... --identifiers --as 3 --reason "compared with the paper form"
    """
    import sys

    from sync.disclosure import disclose_xml, shown_xml
    from sync.inspection import find_submission

    with invocation.opened_store() as store:
        with store.read() as session:
            uuid = find_submission(session, instance_id, project, form)["uuid"]
            found = [] if identifiers else shown_xml(session, store, uuid)
        if identifiers:
            found = disclose_xml(store, _discloser(store, as_actor), uuid, reason or "")
    if invocation.current.get().json:
        texts = [{**_of_version(v), "xml": v.xml and v.xml.decode("utf-8", "replace")} for v in found]
        invocation.show(texts, "")
        return
    for version in found:
        if version.withheld:
            invocation.say(version.withheld)
        if version.xml is not None:
            sys.stdout.buffer.write(version.xml + b"\n")
    sys.stdout.buffer.flush()


@app.command("list")
def list_waiting(
    state: Annotated[Waiting, typer.Option(help="held, parked or conflict.")], project: InProject = None
) -> None:
    """List the submissions that need somebody: held (form unknown, original missing), parked, in conflict.

    \b
    waypost submission list --state held
    """
    from sync.inspection import list_submissions

    with invocation.opened_store() as store:
        rows = list_submissions(store, state.value, project)
    invocation.show(
        rows,
        lambda: invocation.table(
            [(r["instance_id"], r["form_id"], r["reason"], r["received_at"]) for r in rows],
            ("instanceID", "form", "reason", "received"),
            f"Nothing is {state.value}.",
        ),
    )


@app.command()
def adopt(instance_id: Instance, project: InProject = None, form: OfForm = None, note: Note = None) -> None:
    """Let a held submission count: an edit whose original never came, one that came when its form was
    closed, one of a form its device was not given. Prints the decision, by which it can be taken back.

    Where the form itself is not known, publish it instead.

    \b
    waypost submission list --state held
    waypost submission adopt uuid:6a0f2d9e-... --note "the first tablet was lost"
    """
    from sync import decisions

    _decide(decisions.adopt, "counts as soon as it is processed", instance_id, project, form, note)


@app.command()
def withdraw(
    instance_id: Instance, project: InProject = None, form: OfForm = None, note: Note = None
) -> None:
    """Take a record, its edits included, out of every figure. It stays stored, and can be taken back.

    \b
    waypost submission withdraw uuid:6a0f2d9e-... --note "a trial during the training"
    """
    from sync import decisions

    _decide(decisions.withdraw, "is in no figure any more", instance_id, project, form, note)


@app.command("return")
def send_back(
    instance_id: Instance,
    message: Annotated[
        str, typer.Option(help="What is to be put right. Only its sender reads it; name nobody in it.")
    ],
    project: InProject = None,
    form: OfForm = None,
) -> None:
    """Send a record back to the tablet it came from, marked as having issues, with a message.

    The enumerator finds it in the form `returned_records`, edits the sent form in Collect and sends the
    correction, which clears the mark.

    \b
    waypost submission return uuid:6a0f2d9e-... --message "A hundred women in one car: please check"
    """
    from sync.inspection import find_submission
    from sync.records.reading import find_record
    from sync.records.sight import WholeForm
    from sync.returned import send_back as go_back

    with invocation.opened_store() as store:
        with store.read() as session:
            row = find_submission(session, instance_id, project, form)
            of = (row["project_uuid"], row["xml_form_id"], row["instance_id"])
            record = find_record(session, *of, WholeForm())
        if record is None:
            raise invocation.not_an_original(instance_id)
        store.write(lambda session: go_back(session, store, record, message))
    invocation.show(
        {"instance_id": instance_id, "review_state": "hasIssues"}, f"{instance_id} goes back to its sender."
    )


@app.command("take-back")
def take_back(
    decision: Annotated[str, typer.Argument(metavar="DECISION", help="What adopt, withdraw or decide gave.")],
    note: Note = None,
) -> None:
    """Undo a decision, about a submission or a pair of duplicates: things stand as they did before it.

    \b
    waypost submission take-back 0c2b9a52-...
    """
    from sync import decisions

    with invocation.opened_store() as store:
        made = decisions.take_back(store, decision, note=note)
    invocation.show({"decision": made, "takes_back": decision}, f"{decision} is taken back.")


@app.command()
def retry(
    instance_id: Annotated[
        str | None, typer.Argument(metavar="INSTANCE_ID", help="Only this one.", show_default=False)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All that are parked.")] = False,
    project: InProject = None,
    form: OfForm = None,
) -> None:
    """Process parked submissions again: after a bug was repaired, or more memory or time allowed.

    \b
    waypost submission list --state parked
    waypost submission retry uuid:6a0f2d9e-...
    waypost submission retry --all
    """
    from sync.inspection import find_submission
    from sync.problems import Invalid
    from sync.queue import retry_parked

    if every == (instance_id is not None):
        raise Invalid("It is not said what to process again.", "Give one INSTANCE_ID, or --all.")
    with invocation.opened_store() as store:
        ids = None
        if instance_id is not None:
            with store.read() as session:
                ids = [find_submission(session, instance_id, project, form)["id"]]
        count = store.write(lambda session: retry_parked(session, ids))
    invocation.show({"retried": count}, f"{count} parked submissions are processed again.")


@app.command()
def erase(
    instance_id: Instance,
    project: InProject = None,
    form: OfForm = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be erased, and erase nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Erase. There is no way back.")] = False,
    reason: Annotated[
        str, typer.Option(help="By which request; kept in the audit trail. Never repeat an answer.")
    ] = "from the command line",
) -> None:
    """Erase a record for good: its key is destroyed, its files and every row made of it are removed.

    That the record existed stays known, so that a resend does not bring it back.

    \b
    waypost submission erase uuid:6a0f2d9e-... --dry-run
    waypost submission erase uuid:6a0f2d9e-... --yes
    """
    from sync.erase import erase_submission
    from sync.inspection import find_submission
    from sync.problems import Invalid

    if dry_run == yes:
        raise Invalid("Erasing has no way back.", "Say --dry-run to see what would go, or --yes to erase.")
    with invocation.opened_store() as store:
        with store.read() as session:
            uuid = find_submission(session, instance_id, project, form)["uuid"]
        space = invocation.settings().space()
        report = erase_submission(store, uuid, None, reason, dry_run, space).as_dict()
    heading = "Would be erased" if dry_run else "Erased"
    told = {name: value for name, value in report.items() if not (dry_run and name == "overwritten")}
    told["instance_ids"] = ", ".join(report["instance_ids"])
    invocation.show(report, lambda: f"{heading}:\n{described(told, '  ')}")


def _sealed(store: Store, value: dict[str, Any]) -> list[dict[str, Any]]:
    """Which identifying answers there are, without what they say."""
    from sync.disclosure import sealed_answers

    if value["erased_at"] is not None:
        return []
    with store.read() as session:
        found = sealed_answers(session, store, value["uuid"])
    return [{"question": a.question, "instance": a.ordinal, "answer": "sealed"} for a in found]


def _identifying(
    store: Store, value: dict[str, Any], as_actor: int | None, reason: str | None
) -> list[dict[str, Any]]:
    from sync.disclosure import disclose

    found = disclose(store, _discloser(store, as_actor), value["uuid"], reason or "")
    return [{"question": a.question, "instance": a.ordinal, "answer": a.value} for a in found]


def _discloser(store: Store, as_actor: int | None) -> Any:
    return invocation.discloser(store, as_actor)


def _of_version(version: Any) -> dict[str, Any]:
    return {name: getattr(version, name) for name in ("state", "form_version", "withheld")}


def _decide(
    decide: Callable[..., str],
    so: str,
    instance_id: str,
    project: int | None,
    form: str | None,
    note: str | None,
) -> None:
    from sync.inspection import find_submission

    with invocation.opened_store() as store:
        with store.read() as session:
            uuid = find_submission(session, instance_id, project, form)["uuid"]
        made = decide(store, uuid, note=note)
    value = {"decision": made, "instance_id": instance_id}
    invocation.show(value, f"{instance_id} {so}.\nDecision {made}")
