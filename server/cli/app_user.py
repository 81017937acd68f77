"""`waypost app-user`: the users tablets send as."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from server.cli import invocation
from server.cli.form import Project
from server.cli.token import revoke_actor, show_actors

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="App users: what a tablet is set up with. They send, and read nothing.",
)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help='Whose tablet it is: "Tablet 7", never a person\'s name.')],
    project: Project,
    form: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only this form; repeat for more.")
    ] = None,
    place: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Works at this place; repeat for more.")
    ] = None,
    pcode: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="Works in this area and all below; repeat for more."),
    ] = None,
    organisation: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="Works for this organisation, which owns what is sent."),
    ] = None,
    qr: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write the settings QR code to this PNG.")
    ] = None,
) -> None:
    """Create an app user; print its server URL, QR payload and token, which is shown now and never again.

    It sees all present and future forms of the project unless --form names some. Scan the QR code in ODK
    Collect under "Add project".

    \b
    waypost app-user create "Tablet 7" --project 1 --qr tablet-7.png
    waypost app-user create "Gate north" --project 1 --form fmr --place FMP-03 --json
    """
    from server import qr as codes
    from sync.access import create_app_user

    with invocation.opened_store() as store:
        made = store.write(
            lambda session: create_app_user(
                session, project, name, form or (), place or (), pcode or (), organisation=organisation
            )
        )
        with store.read() as session:
            title = _project_name(session, project)
            warnings = _unknown(session, project, form or (), place or (), pcode or ())
            if organisation is not None:
                from sync.registers.organisations import list_organisations

                if organisation not in [one["code"] for one in list_organisations(session)]:
                    warnings.append(
                        f"No organisation {organisation} is registered yet (`waypost organisation add`)."
                    )
    warnings += _unreachable()
    url = f"{invocation.settings().base_url}/v1/key/{made.token}/projects/{project}"
    payload = codes.settings_payload(url, title)
    if qr is not None:
        qr.write_bytes(codes.png(payload))
    value = {
        "id": made.id,
        "name": made.name,
        "token": made.token,
        "url": url,
        "qr": payload,
        "expires_at": made.expires_at,
        "warnings": warnings,
    }
    for warning in warnings:
        invocation.say(f"warning {warning}")
    lines = [
        f"App user {made.id}: {made.name}",
        f"Server URL   {url}",
        f"Token        {made.token}   (shown now and never again)",
        f"QR code      {qr if qr else 'add --qr FILE.png to get the picture; its text is'}",
    ]
    if qr is None:
        lines.append(payload)
    invocation.show(value, "\n".join(lines))


def _unreachable() -> list[str]:
    """What is wrong with the address that is about to be handed out."""
    http = invocation.settings().http
    if http.public_url is not None or http.host not in ("127.0.0.1", "localhost", "::1"):
        return []
    return [
        "This address is for this machine only: no tablet can reach it. "
        "Set WAYPOST_PUBLIC_URL to the address tablets use, and create the app user then."
    ]


@app.command()
def sheet(
    file: Annotated[Path, typer.Argument(metavar="FILE.html", dir_okay=False, help="Where to write it.")],
    project: Project,
    user: Annotated[
        list[int] | None, typer.Option(metavar="ID", help="Only this app user; repeat for more.")
    ] = None,
    language: Annotated[str, typer.Option(help="Of the sheet and of Collect: en, fr or ar.")] = "en",
) -> None:
    """Write the sheets to hand out with a QR code each, one a page: open the file in a browser and print it.

    Only users made over the network are among them: the key of one made here was shown once and not kept.
    The file holds their keys. Delete it when it is printed.

    \b
    waypost app-user sheet sheets.html --project 1 --language fr
    """
    from server import qr as codes
    from server.sheets import LANGUAGES, Sheet, sheets_page
    from sync.app_users import list_app_users

    if language not in LANGUAGES:
        raise typer.BadParameter(f"There are {', '.join(LANGUAGES)}.", param_hint="--language")
    with invocation.opened_store() as store, store.read() as session:
        title = _project_name(session, project)
        users = [each for each in list_app_users(session, store.keyring, project) if each.is_good]
    wanted = [each for each in users if not user or each.id in user]
    here = f"{invocation.settings().base_url}/v1/key"
    spoken = {"app_language": language} if language != "en" else {}
    told = [
        Sheet(
            each.name,
            title,
            codes.settings_payload(f"{here}/{each.token}/projects/{project}", title, **spoken),
        )
        for each in sorted(wanted, key=lambda each: (each.name.casefold(), each.id))
        if each.token
    ]
    not_kept = [each.name for each in wanted if not each.token]
    file.write_bytes(sheets_page(told, language))
    for warning in _unreachable():
        invocation.say(f"warning {warning}")
    lines = [f"{len(told)} sheets in {file}."]
    if not_kept:
        lines.append(f"Without a sheet, for their keys were not kept: {', '.join(not_kept)}.")
    value = {"file": str(file), "sheets": [each.name for each in told], "not_kept": not_kept}
    invocation.show(value, "\n".join(lines))


@app.command("list")
def list_all(project: Project) -> None:
    """List a project's app users with their grants; no secret is among it.

    \b
    waypost app-user list --project 1
    """
    show_actors(
        project, "app_user", "No app user yet. `waypost app-user create NAME --project ID` makes one."
    )


@app.command()
def grant(
    user: Annotated[int, typer.Argument(metavar="ID", help="The id that create and list print.")],
    form: Annotated[list[str], typer.Option(metavar="ID", help="This form too; repeat for more.")],
) -> None:
    """Give further forms to an app user. What it sent of them before, and was held for it, counts now.

    The tablet sees them at its next look at the list; its QR code stays as it is.

    \b
    waypost app-user grant 7 --form fms
    """
    from dataclasses import asdict

    from sync.granting import grant_forms

    with invocation.opened_store() as store:
        granted = grant_forms(store, user, form)
    lines = [f"App user {granted.id}, {granted.name}, has the forms {', '.join(granted.forms)}."]
    if granted.released:
        lines.append(f"{granted.released} submissions that were held for it are processed now.")
    invocation.show(asdict(granted), "\n".join(lines))


@app.command()
def ledger(
    user: Annotated[int, typer.Argument(metavar="ID", help="The id that create and list print.")],
    project: Project,
    after: Annotated[int, typer.Option(help="Where the next page of safe records begins.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Safe records a page.")] = 1000,
) -> None:
    """What came from an app user's tablets: by device and form version, gaps in the numbers of its records,
    how late, which files are missing, and which records are safe to delete on the tablet.

    A gap is a question, not an alarm: a form set up anew begins at 1 again (docs/FORMS.md).

    \b
    waypost app-user ledger 7 --project 1
    """
    from dataclasses import asdict

    from sync.app_users import get_app_user
    from sync.ledger.account import account
    from sync.ledger.safe import safe_records
    from sync.ledger.words import ledger_text
    from sync.policy.scope import scope

    with invocation.opened_store() as store, store.read() as session:
        found = get_app_user(session, store.keyring, project, user)
        seen = scope(session, None, project)
        told = account(session, store, seen, found.uuid)
        safe = safe_records(session, store, seen, found.uuid, after, limit)
    value = {"id": found.id, "name": found.name, "last_seen_at": found.last_seen_at}
    invocation.show(
        {**value, **asdict(told), "safe": asdict(safe)},
        lambda: ledger_text(found.name, found.last_seen_at, told, safe),
    )


@app.command()
def revoke(
    user: Annotated[int, typer.Argument(metavar="ID", help="The id that create and list print.")],
) -> None:
    """End an app user's token, for a lost tablet. What it sent stays.

    \b
    waypost app-user revoke 7
    """
    revoke_actor(user)


def _unknown(
    session: object, project: int, forms: Sequence[str], places: Sequence[str], pcodes: Sequence[str]
) -> list[str]:
    """A sentence for each grant that names nothing there is. It may come later, or be a slip of the pen."""
    from sync.access import unknown_grants

    told = {
        "form": "No form {} is published in this project yet: the tablet is not offered it until then.",
        "place": "No place {} is registered in this project yet (`waypost sites import`).",
        "pcode": "No area {} is in the project's boundaries (`waypost places import`).",
    }
    unknown = unknown_grants(session, project, forms, places, pcodes)  # type: ignore[arg-type]
    return [told[kind].format(code) for kind, code in unknown]


def _project_name(session: object, project_id: int) -> str:
    from sync.registry import list_projects

    return next(str(p["name"]) for p in list_projects(session) if p["id"] == project_id)  # type: ignore[arg-type]
