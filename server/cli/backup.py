"""`waypost backup`: one sealed file that holds a server, made, verified, restored."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from server.cli import invocation
from server.cli.instance import described

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Backups: everything but the master key, in one file under a passphrase.",
)

Backup = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True, help="The backup.")
]
PassphraseStdin = Annotated[
    bool, typer.Option("--passphrase-stdin", help="Read the passphrase from standard input, its first line.")
]


@app.command()
def create(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; none may be there.")],
    passphrase_stdin: PassphraseStdin = False,
) -> None:
    """Write a backup, of this moment, while the server goes on. Keep the master key in another place.

    The file holds the database, the sealed files and the erasure ledger, all under the passphrase; it fits
    either engine. It can be restored only with the passphrase and the master key.

    \b
    waypost backup create /backup/2026-11-22.zip --passphrase-stdin < passphrase.txt
    """
    from sync.backup.making import back_up
    from sync.problems import Conflict

    if file.exists():
        raise Conflict(f"{file} is there already.", "Give another name; old backups are not replaced.")
    passphrase = _passphrase(passphrase_stdin, twice=True)
    progress = invocation.Progress("files")
    settings = invocation.settings()
    with invocation.opened_store() as store:
        made = back_up(store, file, passphrase, settings.receipt.reserve_bytes, progress)
    progress.end()
    value = {"file": file, "bytes": file.stat().st_size, "rows": made.rows, "files": made.files,
             "gone": made.gone}  # fmt: skip
    gone = f"\n{made.gone} files that rows name are not there." if made.gone else ""
    invocation.show(
        value, f"{file}: {made.rows:,} rows and {made.files:,} files, {value['bytes']:,} bytes.{gone}"
    )


@app.command()
def verify(file: Backup, passphrase_stdin: PassphraseStdin = False) -> None:
    """Open every part of a backup and say what it holds. Writes nothing.

    \b
    waypost backup verify /backup/2026-11-22.zip --passphrase-stdin < passphrase.txt
    """
    from dataclasses import asdict

    from sync.backup.restoring import verify as verified

    passphrase, progress = _passphrase(passphrase_stdin), invocation.Progress("parts")
    with file.open("rb") as opened:
        found = asdict(verified(opened, passphrase, progress))
    progress.end()
    invocation.show(found, lambda: f"{file} is whole.\n{described(found)}")


@app.command()
def restore(file: Backup, passphrase_stdin: PassphraseStdin = False) -> None:
    """Fill an empty server from a backup: give a --data (and --database) where none is yet.

    All of it is opened once before anything is written; a backup that is damaged, or a server with data in
    it, is refused and nothing is changed. Put `keys/master.key` there first, and the newest copy of
    `keys/erasures.ledger`: what it lists is erased again. Another engine than the backup's will do.

    \b
    mkdir -p new/keys && cp /safe/master.key /elsewhere/erasures.ledger new/keys/
    waypost backup restore /backup/2026-11-22.zip --data new --passphrase-stdin < passphrase.txt
    waypost serve --data new
    """
    from dataclasses import asdict

    from sync.backup.restoring import restore as restored

    passphrase, progress = _passphrase(passphrase_stdin), invocation.Progress("parts")
    settings = invocation.settings()
    with file.open("rb") as opened:
        found, forward = restored(
            opened, passphrase, settings.data, settings.storage.database, settings.storage.master_key_file,
            None, progress,
        )  # fmt: skip
    progress.end()
    value = asdict(found) | {"erased_again": forward.submissions, "data": settings.data}
    if str(forward):
        invocation.say(str(forward))
    invocation.show(value, f"Restored into {settings.data}.\n{described(value)}")


def _passphrase(from_stdin: bool, twice: bool = False) -> str:
    """The passphrase, from a pipe or typed unseen. Raises Invalid for none, or two that differ."""
    from getpass import getpass

    from sync.problems import Invalid

    if from_stdin:
        given = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        given = getpass("Passphrase: ")
        if twice and getpass("Again: ") != given:
            raise Invalid("The two are not the same.", "Type it again.")
    else:
        given = ""
    if not given:
        raise Invalid("There is no passphrase.", "Give it with --passphrase-stdin, or type it when asked.")
    return given
