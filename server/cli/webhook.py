"""`waypost webhook`: tell other servers when records come, are edited, held or reviewed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli import invocation
from server.cli.form import Project
from server.cli.instance import described

if TYPE_CHECKING:
    from sync.webhooks.hooks import Hook

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Tell other servers what happens to records: ids and states, never answers.",
)

HookId = Annotated[int, typer.Argument(metavar="ID", help="The id that create and list print.")]


@app.command()
def create(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to POST to; https:// but for trials.")],
    project: Project,
    name: Annotated[str, typer.Option(help="Whose it is. Default: the host.")] = "",
    event: Annotated[
        list[str] | None,
        typer.Option(metavar="EVENT", help="Only this event; may be given several times. Default: all."),
    ] = None,
    form: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only records of this form; several times.")
    ] = None,
) -> None:
    """Tell an address what happens from now on. Prints the secret deliveries are signed with, once.

    Events: submission.created, .updated (an edit), .conflict, .held, .released, .reviewed. How to check the
    signature stands in docs/WEBHOOKS.md.

    \b
    waypost webhook create https://hooks.example.org/waypost --project 1
    waypost webhook create https://hooks.example.org/w --project 1 --event submission.held --form fmr
    """
    from server.webhooks.address import Policy, check_url
    from sync.webhooks.hooks import create_hook

    check_url(url, Policy.allowing(invocation.settings().webhooks.private))
    with invocation.opened_store() as store:
        hook, secret = store.write(
            lambda session: create_hook(
                session, store.keyring, project, url, name, event or (), list(form) if form else None
            )
        )
    if url.startswith("http://"):
        invocation.say("This address is not https: whoever is on the way can read which records come.")
    invocation.show(
        _value(hook) | {"secret": secret},
        f"Webhook {hook.id}: {hook.name}\nSecret  {secret}   (shown now and never again)",
    )


@app.command("list")
def list_all(project: Project) -> None:
    """List a project's webhooks, with what waits for each and what was given up.

    \b
    waypost webhook list --project 1
    """
    from sync.webhooks.hooks import list_hooks

    with invocation.opened_store() as store, store.read() as session:
        hooks = list_hooks(session, project)
    invocation.show(
        [_value(hook) for hook in hooks],
        lambda: invocation.table(
            [
                (h.id, h.name, "paused" if h.paused_at else "active", h.waiting, h.parked, h.url)
                for h in hooks
            ],
            ("id", "name", "state", "waiting", "parked", "address"),
            "No webhook yet. `waypost webhook create URL --project ID` makes one.",
        ),
    )


@app.command()
def show(webhook: HookId, project: Project) -> None:
    """Show one webhook.

    \b
    waypost webhook show 1 --project 1
    """
    from sync.webhooks.hooks import get_hook

    with invocation.opened_store() as store, store.read() as session:
        value = _value(get_hook(session, project, webhook))
    invocation.show(value, lambda: described(value))


@app.command()
def test(webhook: HookId, project: Project) -> None:
    """Send a delivery that says `test` now, past the queue, and say what the receiver answers.

    Exit status 1 when it was not taken.

    \b
    waypost webhook test 1 --project 1
    """
    import asyncio

    from server.webhooks.address import Policy
    from server.webhooks.attempt import attempt
    from sync.webhooks import queue
    from sync.webhooks.hooks import get_hook

    policy = Policy.allowing(invocation.settings().webhooks.private)
    with invocation.opened_store() as store:
        with store.read() as session:
            hook = get_hook(session, project, webhook)
            outgoing = queue.test_delivery(session, store.keyring, hook)
        made = asyncio.run(attempt(outgoing, policy))
    value = {"delivery": outgoing.uuid, "status": made.status, "said": made.said}
    answer = "no answer" if made.status is None else f"answer {made.status}"
    invocation.show(value, f"{hook.url}: {answer}. {made.said}".rstrip())
    if not made.is_good:
        raise typer.Exit(1)


@app.command()
def pause(
    webhook: HookId,
    project: Project,
    resume: Annotated[bool, typer.Option("--resume", help="Go on, with all that waits.")] = False,
) -> None:
    """Send nothing more for now. What happens meanwhile waits, until --resume.

    \b
    waypost webhook pause 1 --project 1
    waypost webhook pause 1 --project 1 --resume
    """
    from sync.webhooks.hooks import change_hook

    with invocation.opened_store() as store:
        hook = store.write(lambda s: change_hook(s, project, webhook, {"paused": not resume}))
    invocation.show(_value(hook), f"{hook.name} is {'active' if resume else 'paused'}; {hook.waiting} wait.")


@app.command()
def delete(webhook: HookId, project: Project) -> None:
    """End a webhook. What waits for it is not sent.

    \b
    waypost webhook delete 1 --project 1
    """
    from sync.webhooks.hooks import delete_hook

    with invocation.opened_store() as store:
        store.write(lambda session: delete_hook(session, project, webhook))
    invocation.show({"id": webhook, "deleted": True}, f"Webhook {webhook} has ended.")


@app.command()
def deliveries(
    webhook: HookId,
    project: Project,
    state: Annotated[str | None, typer.Option(help="Only waiting, delivered or parked.")] = None,
    redeliver: Annotated[
        str | None, typer.Option(metavar="DELIVERY", help="Send this one again, under the same id.")
    ] = None,
) -> None:
    """List what was told or is to be told, the newest first; what was delivered for thirty days.

    \b
    waypost webhook deliveries 1 --project 1 --state parked
    waypost webhook deliveries 1 --project 1 --redeliver 0c2b9a52-...
    """
    from server.webhooks.routes import delivery_value
    from sync.webhooks import queue
    from sync.webhooks.hooks import get_hook

    with invocation.opened_store() as store:
        with store.read() as session:
            hook = get_hook(session, project, webhook)
        if redeliver is not None:
            store.write(lambda session: queue.redeliver(session, hook, redeliver))
        with store.read() as session:
            rows = [delivery_value(row) for row in queue.list_deliveries(session, hook, state)]
    invocation.show(
        rows,
        lambda: invocation.table(
            [(r["id"], r["event"], r["state"], r["attempts"], r["status"], r["said"]) for r in rows],
            ("delivery", "event", "state", "attempts", "status", "answer"),
            "Nothing yet.",
        ),
    )


def _value(hook: Hook) -> dict[str, Any]:
    return {
        "id": hook.id,
        "name": hook.name,
        "url": hook.url,
        "events": hook.events,
        "forms": hook.forms,
        "state": _state(hook),
        "waiting": hook.waiting,
        "parked": hook.parked,
        "created_at": hook.created_at,
    }


def _state(hook: Hook) -> str:
    return "active" if hook.paused_at is None else "paused"
