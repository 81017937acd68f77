"""`waypost init`, `migrate`, `status`, `rebuild`: the instance as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli import invocation

if TYPE_CHECKING:
    from sync.store import Store

KEY_ADVICE = """The master key is {key}.
Without it nothing that was received can be opened, by anybody, ever. Keep a copy away from this machine now:
print it (it is 64 characters), or copy the file to a stick that lies in a safe:

  cp {key} /media/SAFE/waypost-master.key

Never put it beside a backup of the database: together they open everything."""


def init() -> None:
    """Make a data folder ready: master key, database, code lists. Running it again changes nothing.

    Says where the master key lies and how to keep a copy of it. A database of an earlier version is migrated.

    \b
    waypost init
    waypost init --data /srv/waypost
    waypost init --database postgresql://waypost@localhost/waypost
    """
    from sync.setup import initialise

    chosen = invocation.settings()
    key = chosen.master_key or chosen.data / "keys" / "master.key"
    was_there = key.exists()
    store = initialise(chosen.data, chosen.database_url, chosen.master_key)
    try:
        _bring_forward(store)
    finally:
        store.close()
    value = {
        "data": str(chosen.data.resolve()),
        "database": _without_password(chosen.database_url),
        "master_key": str(key.resolve()),
        "key_created": not was_there,
    }
    ready = f"{value['data']} is ready, with the database {value['database']}."
    invocation.show(value, f"{ready}\n\n{KEY_ADVICE.format(key=key)}")


def migrate() -> None:
    """Bring the database to this version's schema: all missing steps in one transaction, or none.

    Make a backup first. `waypost init` does the same for a new folder.

    \b
    waypost migrate --data /srv/waypost
    """
    from sync import migrate as schema
    from sync.store import default_database

    chosen = invocation.settings()
    schema.upgrade(chosen.database_url or default_database(chosen.data))
    if chosen.master_key.exists():  # else there is nothing sealed yet, and nothing was erased
        with invocation.opened_store():
            pass
    invocation.show({"revision": schema.head()}, f"The database is at revision {schema.head()}.")


def status() -> None:
    """How much was received, what waits, what is parked or held, and what is under review.

    \b
    waypost status
    waypost status --json
    """
    from sync.inspection import status as read_status

    with invocation.opened_store() as store:
        value = read_status(store)
    invocation.show(value, lambda: described(value))


def rebuild(
    project: Annotated[int, typer.Option(metavar="ID", help="The project whose figures to derive again.")],
) -> None:
    """Derive every figure of a project again from what was received, and compare.

    Takes the raw submissions, the published forms, the boundary releases and the decisions, and replaces all
    derived rows, record by record, while a server may go on. The hash of the harmonised tables is the same
    before and after unless something was wrong, in which case the exit status is 1.

    \b
    waypost rebuild --project 1
    """
    from sync.rebuild import rebuild as derive_again

    progress = invocation.Progress("Derived again")
    with invocation.opened_store() as store:
        report = derive_again(store, project, progress)
    progress.end()
    value = {
        "records": report.records,
        "parked": report.parked,
        "hash_before": report.hash_before,
        "hash_after": report.hash_after,
        "unchanged": report.unchanged,
    }
    verdict = "No figure changed" if report.unchanged else "FIGURES CHANGED"
    invocation.show(
        value,
        f"{report.records:,} submissions derived again, {report.parked:,} parked. {verdict}.\n"
        f"before {report.hash_before}\nafter  {report.hash_after}",
    )
    if not report.unchanged:
        raise typer.Exit(1)


_LABELS = {"forms": "received by form", "app_users": "received by app user"}


def described(value: Any, indent: str = "") -> str:
    """A nested value as an indented list, for people."""
    if isinstance(value, dict):
        lines = []
        for name, each in value.items():
            label = _LABELS.get(str(name), str(name).replace("_", " "))
            if isinstance(each, dict | list) and each:
                lines += [f"{indent}{label}", described(each, indent + "  ")]
            else:
                shown = "none" if each in (None, "", [], {}) else each
                lines.append(f"{indent}{label}: {shown}")
        return "\n".join(lines)
    if isinstance(value, list | tuple):
        return "\n".join(
            f"{indent}- {described(each, indent + '  ').lstrip()}"
            if isinstance(each, dict)
            else f"{indent}- {each}"
            for each in value
        )
    return f"{indent}{value}"


def _bring_forward(store: Store) -> None:
    """Erase again what was erased after the backup this database was restored from, and say so."""
    from sync.bring_forward import bring_forward

    if told := str(bring_forward(store, invocation.settings().space())):
        invocation.say(told)


def _without_password(url: str) -> str:
    from urllib.parse import urlsplit

    password = urlsplit(url).password
    return url.replace(f":{password}@", ":***@") if password else url
