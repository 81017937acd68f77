"""`waypost form diff` and `waypost form lint`: look a form over before it is published."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli import invocation

if TYPE_CHECKING:
    from forms.diff import FormDiff
    from forms.model import CompiledForm
    from sync.form_change import UnderVersion

Which = Annotated[str, typer.Argument(metavar="FORM", help="A form's file, or FORM_ID@VERSION of a project.")]
FormId = Annotated[str, typer.Argument(metavar="FORM_ID", help="The form's id.")]
Project = Annotated[int, typer.Option(metavar="ID", help="The project.")]


def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A form's file, or FORM_ID@VERSION.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="A form's file, or FORM_ID@VERSION.")],
    project: Annotated[
        int | None, typer.Option(metavar="ID", help="Look up versions, and their data, in this project.")
    ] = None,
) -> None:
    """Say what a new version of a form changes, and which variables stay comparable with the old one's.

    With --project it also tells which days and rounds have data under the old version. Exit status 1 when
    a question of the same name changes its type, or goes in or out of a repeat: publishing refuses that.

    \b
    waypost form diff fmr-2025.xlsx fmr-2026.xlsx
    waypost form diff fmr@2025 fmr-2026.xlsx --project 1
    """
    from forms.diff import diff_forms

    before, after = (_read_form(which, project) for which in (old, new))
    found = diff_forms(before, after)
    under = _under(project, before) if project is not None else None
    value = found.to_json()
    if under is not None:
        value["data_under_old"] = {"submissions": under.submissions, "rows": list(under.rows)}
    invocation.show(value, lambda: _told_diff(found, under))
    if found.refused:
        raise typer.Exit(1)


def lint(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True, help="The XLSForm."),
    ],
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit status 1 when there is anything to say.")
    ] = False,
) -> None:
    """Look a form over for what compiles and is unwise: identifiers, consent, bounds, lists, pictures.

    Each finding has its cell and a remedy. A column `lint` in the survey sheet silences one rule for one
    question: `RULE: reason`. `waypost form check` tells what is wrong; this tells what could be better.

    \b
    waypost form lint fmr.xlsx
    waypost form lint fmr.xlsx --strict
    """
    from forms.lint import lint_form
    from sync.compiling import MEMORY_MB, SECONDS
    from sync.problems import Invalid
    from sync.sandbox import SandboxFailure, run_once

    if file.suffix.lower() == ".xml":
        raise Invalid(f"{file.name} is an XForm, which has no cells.", "Give the XLSForm it was made from.")
    try:
        found = run_once(lint_form, file.read_bytes(), file.name, memory_mb=MEMORY_MB, seconds=SECONDS)
    except SandboxFailure as failure:
        raise Invalid(
            f"{file.name} could not be read: {failure}.", "Save it anew and try again."
        ) from failure
    lines = [f"{problem.code}  {problem}" for problem in found]
    lines.append(f"{file.name}: {len(found)} finding(s)." if found else f"{file.name}: nothing to say.")
    value = {"file": file.name, "findings": [problem.to_json() for problem in found]}
    invocation.show(value, "\n".join(lines))
    if any(problem.severity == "error" for problem in found) or (strict and found):
        raise typer.Exit(1)


def _read_form(which: str, project: int | None) -> CompiledForm:
    from sync.compiling import compile_in_sandbox
    from sync.form_change import published_form
    from sync.problems import FormInvalid, Invalid, NotFound

    path = Path(which)
    if path.is_file():
        compilation = compile_in_sandbox(path.read_bytes(), path.name)
        if compilation.form is None:
            raise FormInvalid(
                f"{path.name} has {len(compilation.problems)} problems.",
                "Correct the cells named first.",
                [problem.to_json() for problem in compilation.problems],
            )
        return compilation.form
    form_id, at, version = which.rpartition("@")
    if not at:
        raise NotFound(
            f"There is no file {which!r}.", "Give a form's file, or FORM_ID@VERSION with --project."
        )
    if project is None:
        raise Invalid(f"{which!r} is a version of some project.", "Say which with --project ID.")
    with invocation.opened_store() as store, store.read() as session:
        return published_form(session, project, form_id, version)


def _under(project: int, form: CompiledForm) -> UnderVersion:
    from sync.form_change import data_under

    with invocation.opened_store() as store, store.read() as session:
        return data_under(session, project, form.xml_form_id, form.version)


def _told_diff(found: FormDiff, under: UnderVersion | None) -> str:
    lines = [f"refused  {problem}" for problem in found.refused]
    lines += [change.detail for change in found.changes]
    lines += [str(one) for one in found.variables if one.comparable != "yes"]
    same = [one.variable for one in found.variables if one.comparable == "yes"]
    if same and len(same) == len(found.variables):
        lines.append(f"All {len(same)} variables stay comparable.")
    elif same:
        lines.append(f"These stay comparable: {', '.join(same)}.")
    if found.harmless:
        said = ", ".join(f"{what} ({count})" for what, count in found.harmless.items())
        lines.append(f"Harmless: {said}.")
    if under is not None:
        lines += _told_under(found, under)
    return "\n".join(lines) or "The two are the same."


def _told_under(found: FormDiff, under: UnderVersion) -> list[str]:
    lines = [f"Under version {found.old[1] or '(none)'} there are {under.submissions:,} submissions."]
    for row in under.rows:
        rounds = f", rounds {', '.join(row['rounds'])}" if row["rounds"] else ""
        lines.append(f"  {row['table']}: {row['rows']:,} rows, {row['first']} to {row['last']}{rounds}")
    return lines
