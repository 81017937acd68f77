"""`waypost held`: what was received and does not count, or counts with a doubt, and what to do about it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from server.cli import invocation
from server.cli.form import Project
from sync.held.kinds import Action, Kind

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="What waits for somebody: held, orphaned, conflicting, parked, branched, incomplete.",
)

Held = Annotated[str, typer.Argument(metavar="ID", help="The id that `waypost held list` prints.")]


@app.command("list")
def list_(
    project: Project,
    kind: Annotated[Kind | None, typer.Option(help="Only this kind.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only this reason, as the list prints it.")] = None,
    form: Annotated[str | None, typer.Option(metavar="ID", help="Only of this form.")] = None,
    tablet: Annotated[
        int | None, typer.Option("--app-user", metavar="ID", help="Only what this app user sent.")
    ] = None,
    decided: Annotated[bool, typer.Option("--decided", help="What was decided about, instead.")] = False,
    after: Annotated[str | None, typer.Option(help="Where the next page begins.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Lines a page.")] = 100,
    as_actor: invocation.ViewAs = None,
) -> None:
    """List what waits, with its reason and what can be done, oldest of each kind first.

    \b
    waypost held list --project 1
    waypost held list --project 1 --kind conflict --form fmr
    """
    from sync.held.listing import Filters, list_held
    from sync.policy.scope import scope

    filters = Filters(kind, reason, form, tablet, decided=decided)
    with invocation.opened_store() as store:
        who = invocation.viewing(store, as_actor, project, "held list")
        with store.read() as session:
            page = list_held(session, store, scope(session, who, project), filters, after, limit)
    rows = [
        (i.id, str(i.kind), i.reason, i.xml_form_id, i.instance_id, i.since, ", ".join(i.actions))
        for i in page.items
    ]
    headings = ("id", "kind", "reason", "form", "instanceID", "since", "can be done")
    invocation.show(
        {"items": [_value(item) for item in page.items], "next": page.next},
        lambda: (
            invocation.table(rows, headings, "Nothing waits.")
            + (f"\nMore: --after {page.next}" if page.next else "")
        ),
    )


@app.command()
def show(held: Held, project: Project) -> None:
    """Say why something waits, and what settles it.

    \b
    waypost held show 6a0f2d9e-... --project 1
    """
    from sync.held.item import told
    from sync.held.listing import find_held
    from sync.policy.scope import scope

    with invocation.opened_store() as store, store.read() as session:
        items = find_held(session, store, scope(session, None, project), held)
    lines = []
    for item in items:
        said = told(item.kind, item.reason)
        lines += [f"{item.instance_id} of {item.xml_form_id}: {item.kind}, since {item.since:%Y-%m-%d %H:%M}"]
        lines += [said.why, *filter(None, [said.else_, item.detail])]
        lines += [f"Missing: {', '.join(item.missing)}"] if item.missing else []
        lines += [f"Can be done: {', '.join(item.actions)}"]
    invocation.show([_value(item) for item in items], "\n".join(lines))


@app.command()
def act(
    held: Held,
    action: Annotated[Action, typer.Argument(help="What is to be done.")],
    project: Project,
    reason: Annotated[str, typer.Option(help="Why, for the audit trail. Never repeat an answer.")] = "",
    edit: Annotated[
        str | None, typer.Option(metavar="INSTANCE_ID", help="Of a branch: the edit that is to count.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would follow; do nothing.")] = False,
) -> None:
    """Do one thing about what waits. Nothing is deleted; `reopen` takes it back.

    adopt: let it count all the same. assign: give its sender the form. publish: publish the form's draft.
    keep_both: make the other body a record of its own. use_this: this one counts instead. retry: process it
    again. discard: it never counts. settle: look no more.

    \b
    waypost held act 6a0f2d9e-... keep_both --project 1 --reason "two visits, one copied form" --dry-run
    waypost held act 6a0f2d9e-... discard --project 1 --reason "a trial during the training"
    """
    from sync.held import acting
    from sync.held.listing import find_held
    from sync.policy.scope import scope

    wanted = acting.Request(action, reason, edit)
    with invocation.opened_store() as store:
        with store.read() as session:
            items = find_held(session, store, scope(session, None, project), held)
        item = acting.choose(items, action)
        done = acting.foresee(store, item, wanted) if dry_run else acting.act(store, item, wanted)
    value = {
        "id": item.id, "action": done.action, "dry_run": dry_run, "follows": done.follows,
        "decision": done.decision, "instance_id": done.instance_id,
    }  # fmt: skip
    lines = ["Would follow:" if dry_run else "Done:", *(f"  {one}" for one in done.follows)]
    lines += [f"Its instanceID is {done.instance_id}"] if done.instance_id else []
    invocation.show(value, "\n".join(lines))


def _value(item: Any) -> dict[str, Any]:
    names = (
        "id", "kind", "reason", "xml_form_id", "form_version", "instance_id", "deprecated_id", "record",
        "device_id", "since", "detail", "missing", "edits", "actions", "decision", "outcome",
    )  # fmt: skip
    return {name: getattr(item, name) for name in names}
