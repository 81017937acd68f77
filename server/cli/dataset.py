"""`waypost dataset`: write datasets to files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from server.cli import invocation
from server.cli.form import Project
from server.cli.invocation import ViewAs

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Datasets: rows as they came, and figures added up by rule.",
)


class Format(StrEnum):
    csv = "csv"
    hxl = "hxl"
    geojson = "geojson"
    json = "json"


@app.command("list")
def list_() -> None:
    """List the datasets. docs/DATASETS.md says what each tells and what it does not.

    \b
    waypost dataset list
    """
    from server.datasets.definitions import DATASETS

    value = [{"name": one.name, "title": one.title, "unit": one.unit} for one in DATASETS.values()]
    width = max(map(len, DATASETS))
    lines = [f"{one.name:{width}}  {one.title}" for one in DATASETS.values()]
    invocation.show(value, "\n".join(lines))


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="A name as `waypost dataset list` has it.")],
    project: Project,
    out: Annotated[Path, typer.Option("-o", "--output", dir_okay=False, help="The file to write.")],
    form: Annotated[Format, typer.Option("--format", help="hxl is CSV with a row of HXL tags.")] = Format.csv,
    as_actor: ViewAs = None,
) -> None:
    """Write a dataset to a file. The file appears when it is complete, never half.

    \b
    waypost dataset export flow_daily --project 1 --format csv -o flow_daily.csv
    waypost dataset export flow --project 1 --format geojson -o flow.geojson
    waypost dataset export flow --project 1 --as 12 -o what-12-sees.csv
    """
    from server.datasets.export import export as write_dataset

    unfinished = out.with_name(f"{out.name}.part")
    try:
        with invocation.opened_store() as store, unfinished.open("wb") as file:
            who = invocation.viewing(store, as_actor, project, f"dataset export {name}")
            rows = write_dataset(store, who, project, name, form.value, file)
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
    value = {"dataset": name, "format": form.value, "file": str(out.resolve()), "rows": rows}
    invocation.show(value, f"{rows:,} rows of {name} are in {out}.")
