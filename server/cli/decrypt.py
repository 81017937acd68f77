"""`waypost decrypt`: the encrypted records of a form, with the key that opens them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli import invocation
from server.cli.form import Project

if TYPE_CHECKING:
    from sync.decrypting import Account
    from sync.odk_cipher import PrivateKey
    from sync.store import Store


def decrypt(
    form: Annotated[str, typer.Argument(metavar="FORM", help="The form_id.")],
    project: Project,
    reason: Annotated[str, typer.Option(help="Why; kept in the audit trail. Never repeat an answer.")],
    key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="The private key of a form that brings its own (PEM or DER).",
        ),
    ] = None,
    passphrase_stdin: Annotated[
        bool,
        typer.Option(
            "--passphrase-stdin",
            help="Read a passphrase from standard input: the project's, or with --key the key file's.",
        ),
    ] = False,
    into: Annotated[
        Path | None,
        typer.Option(metavar="DIR", file_okay=False, help="Write the plain records to this folder."),
    ] = None,
    bring_in: Annotated[
        bool,
        typer.Option("--bring-in", help="Hand the plain records to this server, so that they count."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only try: write nothing and keep nothing.")
    ] = False,
) -> None:
    """Decrypt what tablets sent encrypted: to a folder, back into this server, or only to see that it opens.

    The private key is given as a file, or is the project's own (managed encryption) and opened by its
    passphrase. Each record becomes a folder with submission.xml and its files. One that is damaged, not
    whole, changed on the way or for another key is listed, and does not stop the others.

    With --bring-in the answers are kept here in the clear, sealed like any other record, and enter all
    figures: each as an edit of the encrypted record, which stays. Doing it again changes nothing.

    Exit status 1 when a record was not decrypted. Give the folder's protection some thought: what is in it
    nobody encrypts any more.

    \b
    waypost decrypt protection --project 1 --key private.pem --into plain --reason "case review of November"
    waypost decrypt fmr --project 1 --passphrase-stdin --bring-in --reason "report 12" < passphrase.txt
    waypost decrypt fmr --project 1 --passphrase-stdin --dry-run --reason "does it open" < passphrase.txt
    """
    import getpass

    from sync.decrypting import Wanted, decrypt_form
    from sync.problems import Invalid

    if dry_run == bool(into or bring_in):
        raise Invalid(
            "It is not said what to do with what is decrypted.",
            "Give --into DIR or --bring-in, or --dry-run.",
        )
    try:
        login: str | None = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        login = None
    progress = invocation.Progress("decrypted")
    with invocation.opened_store() as store:
        private = _private(store, project, key, passphrase_stdin)
        wanted = Wanted(into, bring_in, reason, login)
        account = decrypt_form(store, project, form, private, wanted, progress)
    progress.end()
    value = {
        "counts": account.counts,
        "plain": account.plain,
        "records": [_value(each) for each in account.records],
    }
    invocation.show(value, lambda: _told(account))
    if not account.is_complete:
        raise typer.Exit(1)


def _private(store: Store, project_id: int, key: Path | None, passphrase_stdin: bool) -> PrivateKey:
    import sys

    from sync.managed_keys import unlock
    from sync.odk_cipher import PrivateKey
    from sync.problems import Invalid
    from sync.registry import get_project

    passphrase = sys.stdin.readline().rstrip("\r\n") if passphrase_stdin else None
    if key is not None:
        return PrivateKey.read(key.read_bytes(), passphrase)
    if passphrase is None:
        raise Invalid(
            "No key is given.", "Give --key FILE, or --passphrase-stdin for the project's managed key."
        )
    with store.read() as session:
        key_id = get_project(session, project_id)["key_id"]
        if key_id is None:
            raise Invalid("The project has no managed key.", "Give the form's own key: --key FILE.")
        return unlock(session, store.keyring, key_id, passphrase)


def _value(record: object) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(record)  # type: ignore[call-overload,no-any-return]


def _told(account: Account) -> str:
    rows = [
        (one.instance_id, one.form_version, one.outcome, one.files, one.detail or one.brought_in or "")
        for one in account.records
    ]
    sums = ", ".join(f"{number:,} {what}" for what, number in account.counts.items() if number)
    plain = f"{account.plain:,} were never encrypted." if account.plain else ""
    return "\n".join(
        part
        for part in (
            invocation.table(rows, ("instance", "version", "outcome", "files", ""), "No encrypted record."),
            sums,
            plain,
        )
        if part
    )
