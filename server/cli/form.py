"""`waypost form`: check, publish, list and close forms. The rest is in the files beside it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli import form_change, form_drafts, form_remap, invocation

if TYPE_CHECKING:
    from forms.model import Compilation
    from forms.problems import FormProblem

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Forms: XLSForms (.xlsx, .xls, .csv, .md) and XForms (.xml).",
)

File = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True, help="The form's file.")
]
Project = Annotated[int, typer.Option(metavar="ID", help="The project.")]


class State(StrEnum):
    open = "open"
    closing = "closing"
    closed = "closed"


@app.command()
def check(file: File) -> None:
    """Find everything that is wrong with a form, each with its cell and what to do. Publishes nothing.

    Exit status 1 when there is an error; warnings alone give 0.

    \b
    waypost form check fmr.xlsx
    waypost form check fmr.md --json
    """
    compilation = _compiled(file)
    form = compilation.form
    value = {
        "file": file.name,
        "form_id": form.xml_form_id if form else None,
        "version": form.version if form else None,
        "hash": form.hash if form else None,
        "questions": len(form.fields) if form else None,
        "mapped": bool(form.bindings) if form else None,
        "media": list(form.media) if form else [],
        "problems": [p.to_json() for p in compilation.problems],
        "warnings": [p.to_json() for p in compilation.warnings],
    }
    invocation.show(value, lambda: _told(file, compilation))
    if form is None:
        raise typer.Exit(1)


@app.command()
def publish(
    file: File,
    project: Project,
    media: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="A file the form needs (choice list, image); repeat for more.",
        ),
    ] = None,
    no_validate: Annotated[
        bool, typer.Option("--no-validate", help="Do without ODK Validate, which runs where Java is found.")
    ] = False,
) -> None:
    """Publish a form: tablets are offered it from now on, and its bytes never change again.

    Prints form_id, version and hash. With problems nothing is published and the exit status is 1: mistakes,
    what ODK Validate refuses, and a question that has another type than in the version before (see
    `waypost form diff`). Submissions that were held because the form was unknown are processed now.

    \b
    waypost form publish fmr.xlsx --project 1 --media fmp.csv --media areas.csv
    """
    from sync.odk_validate import NONE
    from sync.problems import FormInvalid
    from sync.registry import publish_form

    files = {path.name: path.read_bytes() for path in media or []}
    value: dict[str, Any] = {"form_id": None, "version": None, "hash": None, "released": 0, "problems": []}
    with invocation.opened_store() as store:
        try:
            java = NONE if no_validate else invocation.settings().forms.java
            invocation.step(f"Compiling {file.name} and having ODK Validate look at it ...")
            published = publish_form(store, project, file.read_bytes(), file.name, files, java=java)
        except FormInvalid as invalid:
            if not invocation.current.get().json:
                raise
            invocation.show({**value, "problems": invalid.errors}, "")
            raise typer.Exit(1) from None
    value |= {
        "form_id": published.form_id,
        "version": published.version,
        "hash": published.hash,
        "title": published.title,
        "released": published.released,
        "warnings": [problem.to_json() for problem in published.problems],
        "not_validated": published.not_validated or None,
    }
    lines = [f"warning {problem}" for problem in published.problems]
    lines.append(f"{published.form_id} {published.version} is published in project {project}.")
    if published.not_validated and not no_validate:
        lines.append(published.not_validated)
    if published.released:
        lines.append(f"{published.released} submissions that waited for it are processed now.")
    invocation.show(value, "\n".join(lines))


@app.command("list")
def list_all(project: Project) -> None:
    """List a project's forms with their state and current version.

    \b
    waypost form list --project 1
    """
    from sync.registry import list_forms

    with invocation.opened_store() as store, store.read() as session:
        forms = [dict(row) for row in list_forms(session, project)]
    invocation.show(
        forms,
        lambda: invocation.table(
            [(f["form_id"], f["version"], f["title"], f["state"], f["media"]) for f in forms],
            ("form", "version", "title", "state", "files"),
            "No form is published in this project yet.",
        ),
    )


@app.command("state")
def set_state(
    form_id: Annotated[str, typer.Argument(help="The form's id.")],
    state: Annotated[
        State, typer.Argument(help="open, closing (off the list, still taken) or closed (held).")
    ],
    project: Project,
) -> None:
    """Open or close a form. Nothing a tablet sends is ever refused: a closed form's submissions are held.

    \b
    waypost form state fmr closing --project 1
    """
    from sync.registry import set_form_state

    with invocation.opened_store() as store:
        store.write(lambda session: set_form_state(session, project, form_id, state.value))
    invocation.show({"form_id": form_id, "state": state.value}, f"{form_id} is {state.value}.")


app.command()(form_change.diff)
app.command()(form_change.lint)
app.command()(form_remap.remap)
app.command()(form_remap.mappings)
app.command()(form_drafts.drafts)
app.command()(form_drafts.promote)


def _compiled(file: Path) -> Compilation:
    from sync.compiling import compile_in_sandbox

    return compile_in_sandbox(file.read_bytes(), file.name)


def _told(file: Path, compilation: Compilation) -> str:
    lines = [f"{_mark(problem)} {problem}" for problem in (*compilation.problems, *compilation.warnings)]
    errors = sum(p.severity == "error" for p in compilation.problems)
    form = compilation.form
    if form is None:
        lines.append(
            f"{file.name}: {errors or len(compilation.problems)} problem(s)."
            " Correct the cells above and check again."
        )
    else:
        mapped = (
            f"{len(form.bindings)} questions feed the harmonised tables"
            if form.bindings
            else "it feeds no harmonised table"
        )
        called = f"{form.xml_form_id} {form.version}".strip()
        lines.append(f"{file.name} is fine: {called}, {len(form.fields)} nodes, {mapped}.")
        lines += _files_told(form.media)
    return "\n".join(lines)


def _files_told(media: Sequence[str]) -> list[str]:
    from forms.generated_lists import GENERATED_LISTS

    given = [name for name in media if name not in GENERATED_LISTS]
    made = [name for name in media if name in GENERATED_LISTS]
    lines = [f"Publish it with its files: {', '.join(given)}."] if given else []
    if made:
        lines.append(f"Waypost makes {', '.join(made)} from the project's registers (waypost form lists).")
    return lines


def _mark(problem: FormProblem) -> str:
    return "error  " if problem.severity == "error" else "warning"
