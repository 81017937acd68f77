"""What the commands of the registers share: how an import and its dry run are said."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli import invocation

if TYPE_CHECKING:
    from sync.registers.entries import Report

Table = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A CSV with a heading row.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")]
Update = Annotated[bool, typer.Option("--update", help="Change what is registered under this code.")]


def show_report(report: Report, what: str, listed: bool = False) -> None:
    """Print what was registered. what: in the plural. listed: name the new ones, which were generated."""
    from dataclasses import asdict

    counts = f"{len(report.new)} new, {len(report.changed)} changed, {len(report.unchanged)} as they were."
    lines = [f"{what.capitalize()}{', if it were no dry run' if report.dry_run else ''}: {counts}"]
    if listed:
        lines += report.new
    if report.queued:
        will = "would be" if report.dry_run else "are"
        lines.append(f"{report.queued} records that this concerns {will} processed again.")
    invocation.show(asdict(report), "\n".join(lines))
