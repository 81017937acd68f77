"""`waypost form lists` and `waypost form admin-cascade`: choice lists from the project's own registers."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli import invocation
from server.cli.form import Project

if TYPE_CHECKING:
    from sync.access import Grant
    from sync.store import ReadSession


class Format(StrEnum):
    md = "md"
    csv = "csv"
    xlsx = "xlsx"


class ChoicesFrom(StrEnum):
    files = "files"
    sheet = "sheet"


def lists(
    project: Project,
    as_: Annotated[
        str | None,
        typer.Option("--as", metavar="TABLET", help="As this app user gets them: its name or number."),
    ] = None,
    form: Annotated[
        str, typer.Option(metavar="ID", help="In this form: grants for other forms do not count.")
    ] = "",
    write: Annotated[
        Path | None, typer.Option(metavar="DIR", file_okay=False, help="Write the files into this folder.")
    ] = None,
) -> None:
    """Show the choice lists Waypost makes from the project's registers, with their rows and hashes.

    A form that names one of them (select_one_from_file fmp.csv) and is published without a file of that name
    gets it: each tablet the rows its user is assigned to, and new ones as soon as the registers change. The
    bytes written are those a tablet gets; attach them to forms on other servers, and never edit them in a
    spreadsheet program, which may change codes.

    \b
    waypost form lists --project 1
    waypost form lists --project 1 --as "Tablet 7" --write lists/
    """
    from forms.generated_lists import GENERATED_LISTS
    from sync.listing import listings
    from sync.registry import get_project

    found = []
    with invocation.opened_store() as store, store.read() as session:
        get_project(session, project)
        grants = _grants(session, project, as_) if as_ is not None else None
        if write is not None:
            write.mkdir(parents=True, exist_ok=True)
        for name, kind in GENERATED_LISTS.items():
            made = listings(store).file(session, project, name, grants, form)
            found.append({"file": name, "rows": made.rows, "hash": f"md5:{made.md5}", "holds": kind.holds})
            if write is not None:
                (write / name).write_bytes(listings(store).content(session, project, name, grants, form))
    text = invocation.table(
        [(each["file"], each["rows"], each["hash"], each["holds"]) for each in found],
        ("file", "rows", "hash", "holds"),
        "",
    )
    if write is not None:
        text += f"\n{len(found)} files are in {write}."
    invocation.show(found, text)


def admin_cascade(
    project: Annotated[
        int | None, typer.Option(metavar="ID", help="With this project's active boundary release.")
    ] = None,
    release: Annotated[
        str | None, typer.Option(metavar="NAME", help="With this release, whatever is active.")
    ] = None,
    levels: Annotated[
        str | None,
        typer.Option(metavar="FROM-TO", help="Levels to ask for: 1-3, 1-2, 2. Default: all there are."),
    ] = None,
    table: Annotated[
        str, typer.Option(metavar="NAME", help="The harmonised table the form feeds.")
    ] = "baseline",
    choices: Annotated[
        ChoicesFrom,
        typer.Option(help="files: lists that Waypost keeps up to date; sheet: rows of the choices sheet."),
    ] = ChoicesFrom.files,
    format_: Annotated[Format, typer.Option("--format", help="How the rows are written.")] = Format.md,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Write here; needed for xlsx.")
    ] = None,
) -> None:
    """Give the rows that ask for region, district and commune one after the other, for a form of your own.

    Paste the survey rows, and the choices rows if any, into the sheets of your form: each level offers only
    what lies in the area chosen above it, and the deepest area chosen becomes the declared area of the table
    named. Labels come in the languages the boundary release has names in.

    \b
    waypost form admin-cascade --project 1
    waypost form admin-cascade --release v02 --levels 1-2 --choices sheet --format xlsx --output cascade.xlsx
    """
    from forms.admin_cascade import admin_cascade as rows_of
    from forms.admin_cascade import as_csv, as_markdown, as_xlsx
    from sync.listing_rows import release_areas
    from sync.problems import Invalid

    if (project is None) == (release is None):
        raise Invalid("Which boundaries?", "Say either --project ID or --release NAME.")
    if format_ is Format.xlsx and output is None:
        raise Invalid("A workbook cannot be printed.", "Say where: --output cascade.xlsx.")
    with invocation.opened_store() as store, store.read() as session:
        areas, languages = release_areas(session, project, release)
    try:
        wanted = _levels(levels) if levels else tuple(sorted({area.level for area in areas}))
        sheets = rows_of(areas, wanted, table, languages, choices is ChoicesFrom.sheet)
    except ValueError as error:
        raise Invalid(
            f"{str(error)[:1].upper()}{str(error)[1:]}.", "See `waypost form admin-cascade --help`."
        ) from error
    content = {Format.md: as_markdown, Format.csv: as_csv, Format.xlsx: as_xlsx}[format_](sheets)
    if output is not None:
        output.write_bytes(content)
    number = len(sheets["survey"])
    text = f"{number} survey rows are in {output}." if output is not None else content.decode().rstrip("\n")
    invocation.show(sheets, text)


def _levels(text: str) -> tuple[int, ...]:
    first, _, last = text.partition("-")
    if not first.isdigit() or not (last or first).isdigit():
        raise ValueError(f"{text!r} is not a range of levels; write 1-3")
    return tuple(range(int(first), int(last or first) + 1))


def _grants(session: ReadSession, project: int, tablet: str) -> tuple[Grant, ...]:
    """The grants of an app user, named as `waypost app-user list` shows it."""
    from sync.access import grants_of, list_actors
    from sync.problems import Ambiguous, NotFound
    from sync.tables.access import ActorKind

    users = [
        user
        for user in list_actors(session, project, ActorKind.APP_USER)
        if user["revoked_at"] is None and tablet in (user["name"], str(user["id"]))
    ]
    ids = {int(str(user["id"])) for user in users}
    if not ids:
        raise NotFound(
            f"Project {project} has no app user {tablet!r}.", "`waypost app-user list` shows them."
        )
    if len(ids) > 1:
        raise Ambiguous(f"{len(ids)} app users are called {tablet!r}.", "Give the number instead.")
    return tuple(grant for grant in grants_of(session, ids.pop()) if grant.project_id == project)
