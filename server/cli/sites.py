"""`waypost sites`: registered places."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from server.cli import invocation
from server.cli.form import Project

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Registered places: flow monitoring points, points of entry, counting points, sites.",
)


@app.command("import")
def import_places(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A CSV with a heading row.")
    ],
    project: Project,
) -> None:
    """Import registered places from a CSV. A code that is already there is updated; none is removed.

    Columns: place_id, name, kind, lon, lat, pcode, timezone, route, and when the place should be observed:
    weekdays (12345, mon-fri, daily), opens, closes, valid_from, valid_to. Further ones, which change nothing
    where the table does not have them: ssid, official (yes, no), iata, paired_code, corridor, organisation,
    and status (active, suspended, closed ...) with status_from, status_to, status_reason.

    A p-code that the active boundary release writes otherwise (TD0704 for TCD0704, NE1 for NE001) is stored
    as the release has it; each is listed. Tablets get the new places at their next check.

    \b
    waypost sites import fmp.csv --project 1
    """
    from dataclasses import asdict

    from sync.places.sites import import_sites

    with invocation.opened_store() as store:
        report = asdict(import_sites(store, project, file.read_bytes()))
    counts = {name: len(codes) for name, codes in report.items()}
    lines = [
        f"{counts['new']} places are new, {counts['changed']} changed, {counts['unchanged']} as they were."
    ]
    invocation.show(report, "\n".join([*lines, *report["warnings"]]))


@app.command()
def status(
    code: Annotated[str, typer.Argument(help="The place's code.")],
    project: Project,
    status: Annotated[str, typer.Option(metavar="STATUS", help="planned, active, suspended, closed or dnk.")],
    from_: Annotated[str, typer.Option("--from", metavar="DATE", help="Its first day: 2026-11-22.")],
    to: Annotated[str | None, typer.Option(metavar="DATE", help="Its last day, where that is known.")] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why.")] = None,
) -> None:
    """Say that a place is suspended, closed or at work again, and from when.

    Without --to it goes on until the next status. A closed place leaves the lists of tablets; what was
    collected there stays, and what still comes is taken.

    \b
    waypost sites status FMP-03 --project 1 --status closed --from 2026-11-22 --reason "bridge lost"
    """
    from forms import vocabulary
    from sync.places.place_states import set_status
    from sync.places.site_table import PlaceState
    from sync.problems import Invalid

    known = [each.code for each in vocabulary.codes("place_lifecycle").values() if not each.retired_in]
    if status not in known:
        raise Invalid(f"{status!r} is not a status of a place.", f"Use one of {', '.join(known)}.")
    state = PlaceState(status, _day(from_), _day(to) if to else None, reason)
    with invocation.opened_store() as store:
        states = store.write(lambda session: set_status(session, project, code, state))
    value: list[dict[str, Any]] = [dict(row) for row in states]
    invocation.show(
        value,
        lambda: invocation.table(
            [(s["valid_from"], s["valid_to"], s["status"], s["reason"]) for s in value],
            ("from", "to", "status", "reason"),
            "",
        ),
    )


def _day(text: str) -> date:
    from sync.problems import Invalid

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"{text!r} is not a date.", "Write it as 2026-11-22.") from None
