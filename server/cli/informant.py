"""`waypost informant`: the sealed registry of key informants."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from server.cli import invocation
from server.cli.form import Project
from server.cli.instance import described
from server.cli.submission import As, Reason

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Key informants: known by a pseudonym everywhere, name and phone sealed here.",
)

Pseudonym = Annotated[str, typer.Argument(metavar="PSEUDONYM", help="KI-7F3K, as add and list print it.")]


@app.command()
def add(
    project: Project,
    name: Annotated[
        str | None,
        typer.Option(
            help="Of the person. Better not given here, where process lists show it: it is asked for."
        ),
    ] = None,
    phone: Annotated[str | None, typer.Option(help="Likewise.")] = None,
    role: Annotated[str | None, typer.Option(metavar="CODE", help="Code list informant_role.")] = None,
    organisation: Annotated[
        str | None, typer.Option(metavar="CODE", help="Whom the person works for.")
    ] = None,
    pcode: Annotated[str | None, typer.Option(metavar="CODE", help="Area the person tells of.")] = None,
    channel: Annotated[str | None, typer.Option(metavar="CODE", help="Code list interview_channel.")] = None,
    sex: Annotated[str | None, typer.Option(metavar="CODE", help="Code list sex.")] = None,
    same_phone: Annotated[bool, typer.Option("--same-phone", help="Two people share this phone.")] = False,
) -> None:
    """Register a key informant; print the pseudonym that forms are to carry.

    Name and phone are asked for without an echo, or read from two lines of standard input. They are sealed
    under a key of the person's own.

    \b
    waypost informant add --project 1 --role traditional_leader --pcode TD0702 --channel phone
    waypost informant add --project 1 --role volunteer < person.txt
    """
    from sync.access import unknown_grants
    from sync.informants import NewInformant, add_informant

    if name is None:
        name, asked = _asked()
        phone = asked if phone is None else phone
    given = NewInformant(name, phone, role, organisation, pcode, channel, sex)
    with invocation.opened_store() as store:
        pseudonym = add_informant(store, project, given, same_phone=same_phone)
        with store.read() as session:
            unknown = unknown_grants(session, project, pcodes=[pcode] if pcode else [])
    for _, code in unknown:
        invocation.say(f"warning No area {code} is in the project's boundaries (`waypost places import`).")
    invocation.show({"pseudonym": pseudonym}, f"{pseudonym}   (what forms carry as the informant)")


@app.command("list")
def list_all(project: Project) -> None:
    """List the key informants by pseudonym, with role, area and organisation. Never a name.

    \b
    waypost informant list --project 1
    """
    from sync.informants import list_informants

    with invocation.opened_store() as store, store.read() as session:
        found = list_informants(session, project)
    invocation.show(
        found,
        lambda: invocation.table(
            [
                (i["pseudonym"], i["role"], i["pcode"], i["organisation"], i["channel"], _state(i))
                for i in found
            ],
            ("pseudonym", "role", "area", "organisation", "channel", ""),
            "No key informant yet. `waypost informant add` registers one, `import` a list.",
        ),
    )


@app.command()
def show(pseudonym: Pseudonym, project: Project, as_actor: As = None, reason: Reason = None) -> None:
    """Open a key informant's name and phone: needs a grant, and is in the audit trail.

    \b
    waypost informant show KI-7F3K --project 1 --as 3 --reason "to call back about the alert of Monday"
    """
    from sync.disclosure import disclose_informant

    with invocation.opened_store() as store:
        who = invocation.discloser(store, as_actor)
        person = disclose_informant(store, who, project, pseudonym, reason or "")
    invocation.show(person, lambda: described(person))


@app.command()
def retire(pseudonym: Pseudonym, project: Project) -> None:
    """Say that a key informant tells no more. What was told stays, and the pseudonym stays taken.

    \b
    waypost informant retire KI-7F3K --project 1
    """
    from sync.informants import retire_informant

    with invocation.opened_store() as store:
        found = retire_informant(store, project, pseudonym)
    invocation.show({"pseudonym": found, "retired": True}, f"{found} is retired.")


@app.command()
def erase(
    pseudonym: Pseudonym,
    project: Project,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be erased, erase nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Erase. There is no way back.")] = False,
    reason: Annotated[
        str, typer.Option(help="By which request; kept in the audit trail. Never a name.")
    ] = "from the command line",
) -> None:
    """Forget a key informant for good: the key is destroyed, name, phone, role and area are removed.

    The pseudonym stays, and figures that were told under it stay counted. Forms in which the name was typed
    hold it sealed: erase those submissions as well where they are about the person.

    \b
    waypost informant erase KI-7F3K --project 1 --dry-run
    waypost informant erase KI-7F3K --project 1 --yes
    """
    from sync.informants import erase_informant, find_informant
    from sync.problems import Invalid

    if dry_run == yes:
        raise Invalid("Erasing has no way back.", "Say --dry-run to see what would go, or --yes to erase.")
    with invocation.opened_store() as store:
        with store.read() as session:
            row = find_informant(session, project, pseudonym)
        whole = dry_run or erase_informant(store, row["uuid"], None, reason)
    value = {"pseudonym": row["pseudonym"], "dry_run": dry_run, "overwritten": whole and not dry_run}
    told = "would be" if dry_run else "is"
    invocation.show(value, f"{row['pseudonym']} {told} erased: the pseudonym stays, and who it was does not.")


@app.command("import")
def import_file(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A CSV with a heading row.")
    ],
    project: Project,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would do, register nobody.")
    ] = False,
    same_phone: Annotated[
        bool, typer.Option("--same-phone", help="Register also people who share a phone.")
    ] = False,
) -> None:
    """Register the key informants of a list, and print the pseudonym of each line.

    Columns: name; phone, role, organisation, pcode, channel, sex, and code, which is how the list itself
    calls the person: a code that was imported before is left as it is. A phone that is somebody's already is
    told, and its line left out unless --same-phone. Lines are named by number, never by what they say.
    Delete the file afterwards, or keep it as safe as the master key.

    \b
    waypost informant import informants.csv --project 1 --dry-run
    waypost informant import informants.csv --project 1
    """
    from dataclasses import asdict

    from sync.informant_file import import_informants

    with invocation.opened_store() as store:
        value = asdict(import_informants(store, project, file.read_bytes(), dry_run, same_phone))
    verb = "would be registered" if dry_run else "registered"
    lines = [
        f"{len(value['new'])} {verb}, {len(value['known'])} were there, "
        f"{len(value['same_phone'])} have a phone that is somebody's already."
    ]
    lines += [f"line {e['line']}: {e['pseudonym'] or 'new'}" for e in value["new"]]
    lines += [
        f"line {e['line']}: the phone of {e.get('pseudonym') or 'line ' + str(e.get('as_line'))}"
        for e in value["same_phone"]
    ]
    invocation.show(value, "\n".join(lines))


def _asked() -> tuple[str, str | None]:
    """Name and phone, from the terminal without an echo, else from two lines of standard input."""
    import getpass

    if sys.stdin.isatty():
        return getpass.getpass("Name: "), getpass.getpass("Phone (may be empty): ") or None
    lines = [*sys.stdin.read().splitlines(), "", ""]
    return lines[0].strip(), lines[1].strip() or None


def _state(row: dict[str, object]) -> str:
    return "erased" if row["erased_at"] else "retired" if row["retired_at"] else ""
