"""`waypost import instances`: records that are still on tablets, cards and in browsers' exports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli import invocation
from server.cli.form import Project

if TYPE_CHECKING:
    from sync.rescue.account import Account, Line

_SHOWN = 40


def instances(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", exists=True, readable=True, help="Folders, or zips of them."),
    ],
    project: Project,
    as_app_user: Annotated[
        int | None,
        typer.Option(
            "--as-app-user",
            metavar="ID",
            help="Whose tablet it was: what that app user may not send is held. Default: the office.",
        ),
    ] = None,
    collect_project: Annotated[
        list[str] | None,
        typer.Option(metavar="UUID", help="Only from this project of Collect; may be given several times."),
    ] = None,
    drafts: Annotated[bool, typer.Option("--drafts", help="Take records that look unfinished, too.")] = False,
    trash: Annotated[bool, typer.Option("--trash", help="Take what is in the trash, too.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")
    ] = False,
    account: Annotated[
        Path | None,
        typer.Option("--account", metavar="FILE", help="Write what became of each folder to this CSV."),
    ] = None,
) -> None:
    """Take in records from tablets' disks, SD cards and exports, as if they had been sent.

    Takes Collect's instance folders, alone or anywhere below PATH (a whole card, a zip of it), with the
    folders of several projects; what Enketo and KoBo export from a browser; encrypted records. A record that
    came before is not doubled: it gets the files it lacks, and one that is complete is left as it is. So it
    may be run again, and after it was stopped. Records of forms that are not known here are held.

    Records still being filled in, as the tablet's own list says or an empty `end`, and what lies in the trash
    are listed and not taken. Nothing on the card is changed. Exit status 1: something could not be read.

    \b
    waypost import instances /media/card --project 1 --dry-run
    waypost import instances tablet-7.zip tablet-8.zip --project 1 --account account.csv
    waypost import instances ./instances --project 1 --as-app-user 12
    """
    from sync.rescue.taking import Rescue, Wanted

    settings = invocation.settings()
    wanted = Wanted(project, as_app_user, dry_run, drafts, trash, tuple(collect_project or ()))
    progress = invocation.Progress("looked at")
    with invocation.opened_store() as store:
        rescue = Rescue(store, wanted, settings.receipt.max_xml_bytes, settings.space())
        found = rescue.run(paths, progress)
    progress.end()
    if account is not None:
        account.write_text(found.to_csv(), encoding="utf-8", newline="")
    invocation.show(found.to_json(), lambda: _told(found))
    if not found.is_clean:
        raise typer.Exit(1)


def _told(found: Account) -> str:
    from sync.rescue.account import TAKEN, Outcome

    counts = found.counts
    if_not_dry = " if it were no dry run" if found.dry_run else ""
    told = ", ".join(f"{counts[one]:,} {one}" for one in Outcome if counts[one]) or "none"
    files = sum(line.files for line in found.lines)
    lines = [f"Records{if_not_dry}: {told}; {files:,} {'file' if files == 1 else 'files'}."]
    if not found.lines:
        lines.append("No instance folder was found: look for `instances` in Collect's files folder.")
    quiet = [line for line in found.lines if line.outcome is Outcome.HERE and not line.notes]
    shown = [line for line in found.lines if line not in quiet]
    shown.sort(key=lambda line: list(Outcome).index(line.outcome), reverse=True)
    for line in shown[:_SHOWN]:
        lines += _line(line)
    if len(shown) > _SHOWN:
        lines.append(f"and {len(shown) - _SHOWN:,} more; --account FILE writes them all")
    if quiet:
        lines.append(f"{len(quiet):,} came before with all their files: nothing was changed.")
    if found.passed_over:
        lines.append(f"{found.passed_over:,} XML files are no records, and were passed over.")
    if found.stopped:
        lines.append(f"Stopped before the end: {found.stopped}")
    if not found.dry_run and any(counts[one] for one in TAKEN):
        lines.append("The worker makes figures of them now: `waypost status` shows what waits.")
    return "\n".join(lines)


def _line(line: Line) -> list[str]:
    files = f", {line.files} {'file' if line.files == 1 else 'files'}" if line.files else ""
    lines = [f"  {line.outcome:<10} {line.folder} ({line.form or 'no form'}{files})"]
    lines += [f"             {note}" for note in line.notes]
    if line.missing:
        lines.append(f"             Named in it and not found: {', '.join(line.missing)}")
    return lines
