"""The entry point: arguments in, exit status out.

The global options may stand anywhere in the line, before or after the command: they are moved to the front
before the line is parsed. A `Problem` ends as three sentences on stderr (what, details, what to do now), with
`--json` as one JSON object there; stdout carries results only.

Exit status: 0 done · 1 problems found or the command failed · 2 the line cannot be understood, or what it
names is ambiguous.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from server.cli import (
    app_user,
    audit,
    backup,
    codes,
    corridor,
    crosswalk,
    dataset,
    decrypt,
    demo,
    dictionary,
    duplicates,
    enumerator,
    erasures,
    form,
    form_library,
    form_lists,
    grant,
    held,
    imports,
    informant,
    instance,
    invocation,
    operation,
    organisation,
    places,
    project,
    rescue,
    service,
    sites,
    submission,
    token,
    user,
    webhook,
)
from server.cli import round as round_

PURPOSE = """Collect, dedupe and geotag displacement and mobility data from XLSForms.

Tablets running ODK Collect fetch forms from a Waypost and send what was filled in. Nothing acknowledged is
lost, nothing is doubled; what was received is kept as it came, and every figure can be derived from it
again (`waypost rebuild`).

A first day:

\b
waypost init
waypost project create "Flow monitoring"
waypost places import xsa_admin*.geojson --project 1 --release v01
waypost sites import fmp.csv --project 1
waypost form publish fmr.xlsx --project 1 --media fmp.csv
waypost app-user create "Tablet 7" --project 1 --qr tablet-7.png
waypost serve

Or see it all at once: waypost demo
"""

GLOBAL_OPTIONS = """The options --data, --database and --json may stand before or after any command."""

app = typer.Typer(
    name="waypost",
    help=PURPOSE,
    epilog=GLOBAL_OPTIONS,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _global_options(
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Data folder. Default: $WAYPOST_DATA, else ./data."),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="sqlite:///PATH or postgresql://USER@HOST/NAME."
            " Default: $WAYPOST_DATABASE, else SQLite in the data folder.",
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON value on stdout, everything else on stderr.")
    ] = False,
) -> None:
    invocation.current.set(invocation.Invocation(data, database, json))


app.command("init")(instance.init)
app.command("migrate")(instance.migrate)
app.command("serve")(service.serve)
app.command("worker")(service.worker)
app.command("status")(instance.status)
form.app.command("library")(form_library.library)
imports.app.command("instances")(rescue.instances)
form.app.command("lists")(form_lists.lists)
form.app.command("admin-cascade")(form_lists.admin_cascade)
for name, group in (
    ("project", project.app),
    ("form", form.app),
    ("app-user", app_user.app),
    ("token", token.app),
    ("user", user.app),
    ("places", places.app),
    ("sites", sites.app),
    ("corridor", corridor.app),
    ("organisation", organisation.app),
    ("operation", operation.app),
    ("round", round_.app),
    ("enumerator", enumerator.app),
    ("codes", codes.app),
    ("crosswalk", crosswalk.app),
    ("submission", submission.app),
    ("informant", informant.app),
    ("held", held.app),
    ("grant", grant.app),
    ("audit", audit.app),
    ("erasures", erasures.app),
    ("duplicates", duplicates.app),
    ("dataset", dataset.app),
    ("import", imports.app),
    ("webhook", webhook.app),
    ("backup", backup.app),
):
    app.add_typer(group, name=name)
app.command("decrypt")(decrypt.decrypt)
app.command("rebuild")(instance.rebuild)
app.command("dictionary")(dictionary.dictionary)
app.command("demo")(demo.demo)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command line (default: the process's own) and exit with its status."""
    from sync.engine import outage
    from sync.problems import Problem

    line = globals_first(sys.argv[1:] if arguments is None else arguments)
    try:
        app(args=line, prog_name="waypost")
    except Problem as problem:
        invocation.report(problem, as_json="--json" in line)
        sys.exit(invocation.exit_status(problem))
    except Exception as error:
        found = outage(error)
        if found is None:
            raise
        invocation.report(found, as_json="--json" in line)
        sys.exit(invocation.exit_status(found))


def globals_first(arguments: Sequence[str]) -> list[str]:
    """Move `--data X`, `--database X` and `--json` to the front; what follows `--` is left alone."""
    front: list[str] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word == "--json":
            front.append(word)
        elif word in ("--data", "--database"):
            front += [word, *_next_one(words)]
        elif word.startswith(("--data=", "--database=")):
            front.append(word)
        else:
            rest.append(word)
    return front + rest


def _next_one(words: object) -> list[str]:
    value = next(words, None)  # type: ignore[call-overload]
    return [] if value is None else [str(value)]
