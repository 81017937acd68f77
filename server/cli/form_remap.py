"""`waypost form remap` and `waypost form mappings`: read again, with a mapping that was put right."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli import invocation

if TYPE_CHECKING:
    from sync.remap import Remapping
    from sync.remap_apply import Applied
    from sync.remap_preview import Preview

FormId = Annotated[str, typer.Argument(metavar="FORM_ID", help="The form's id.")]
Project = Annotated[int, typer.Option(metavar="ID", help="The project.")]


def remap(
    form_id: FormId,
    project: Project,
    mapping: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", exists=True, dir_okay=False, help="The published form with other harmonise cells."
        ),
    ] = None,
    revision: Annotated[
        int | None, typer.Option(metavar="N", help="Go back to this mapping of the version; 1 is its own.")
    ] = None,
    version: Annotated[
        list[str] | None,
        typer.Option(metavar="V", help="Versions to read so; repeat for more. Else the one FILE names."),
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Do it. Without, it is only shown.")] = False,
    note: Annotated[str, typer.Option(help="Why, for whoever asks later. Never repeat an answer.")] = "",
    examples: Annotated[int, typer.Option(metavar="N", help="Examples per variable, the commonest.")] = 5,
) -> None:
    """Read what was received again with a mapping that was put right. Shows what would change, first.

    FILE has the form's own questions; only `harmonise` cells (of questions, choices, settings) may differ.
    --apply keeps the mapping as a further revision and reads every submission of those versions again; rows
    name it in mapping_version. Nothing is lost: --revision goes back to an earlier one.

    \b
    waypost form remap fmr --project 1 --mapping fmr-corrected.xlsx
    waypost form remap fmr --project 1 --mapping fmr-corrected.xlsx --apply --note "in and out were exchanged"
    waypost form remap fmr --project 1 --revision 1 --version 3 --apply --note "it was right after all"
    """
    from sync.problems import Invalid
    from sync.remap import read_mapping, read_revision
    from sync.remap_apply import apply_remapping
    from sync.remap_preview import preview_remapping

    versions = version or []
    if (mapping is None) == (revision is None):
        raise Invalid(
            "It is not said which mapping.", "Give --mapping FILE, or --revision N with --version V."
        )
    if revision is not None and len(versions) != 1:
        raise Invalid("A revision belongs to one version.", "Name it with --version V.")
    with invocation.opened_store() as store:
        if mapping is not None:
            remapping = read_mapping(store, project, form_id, mapping.read_bytes(), mapping.name, versions)
        else:
            assert revision is not None
            remapping = read_revision(store, project, form_id, versions[0], revision)
        counter = invocation.Progress("Read again" if apply else "Tried")
        if apply:
            applied = apply_remapping(store, remapping, note, progress=counter)
        else:
            preview = preview_remapping(store, remapping, counter)
        counter.end()
    if apply:
        invocation.show(_applied(remapping, applied), lambda: _told_applied(remapping, applied))
    else:
        value = _preview(remapping, preview, examples)
        invocation.show(value, lambda: _told_preview(value))


def mappings(form_id: FormId, project: Project) -> None:
    """List every mapping that versions of a form were, and are, read with.

    \b
    waypost form mappings fmr --project 1
    """
    from sync.remap import list_mappings

    with invocation.opened_store() as store, store.read() as session:
        listed = list_mappings(session, project, form_id)
    invocation.show(
        listed,
        lambda: invocation.table(
            [
                (
                    one["version"],
                    one["mapping"],
                    "in use" if one["in_use"] else "",
                    one["created_at"],
                    one["note"],
                )
                for one in listed
            ],
            ("version", "mapping", "", "since", "why"),
            "There are none.",
        ),
    )


def _preview(remapping: Remapping, preview: Preview, examples: int) -> dict[str, Any]:
    from sync.remap_figures import figures_beside

    tables = sorted({*preview.before.rows, *preview.after.rows})
    changed = {name: preview.tables[name] for name in tables}
    return {
        "form_id": remapping.form_id,
        "versions": {one.version: one.number for one in remapping.targets},
        "applied": False,
        "changes_mapping_of": [one.version for one in remapping.changed],
        "submissions": preview.submissions,
        "unreadable": preview.unreadable,
        "rows": {
            name: {
                "before": preview.before.rows[name],
                "after": preview.after.rows[name],
                "added": changed[name].added,
                "removed": changed[name].removed,
                "changed": changed[name].changed,
            }
            for name in tables
        },
        "values": [
            {
                "variable": name,
                "rows": count,
                "examples": [
                    {"before": pair[0], "after": pair[1], "rows": rows}
                    for pair, rows in preview.examples.get(name, Counter()).most_common(examples)
                ],
            }
            for name, count in preview.values.most_common()
        ],
        "figures": list(figures_beside(preview.before, preview.after)),
    }


def _told_preview(value: dict[str, Any]) -> str:
    if not value["changes_mapping_of"]:
        return "This mapping is in use already: nothing would change."
    lines = [f"{value['submissions']:,} submissions would be read again; nothing was changed yet."]
    if value["unreadable"]:
        lines.append(f"{value['unreadable']:,} of them cannot be processed, now or then.")
    lines.append(
        invocation.table(
            [(name, *row.values()) for name, row in value["rows"].items()],
            ("table", "rows now", "rows then", "added", "removed", "changed"),
            "They make no rows.",
        )
    )
    for one in value["values"]:
        lines.append(f"{one['variable']}: another value in {one['rows']:,} rows")
        lines += [
            f"  {_shown(each['before'])} -> {_shown(each['after'])} in {each['rows']:,}"
            for each in one["examples"]
        ]
    lines.append(_told_figures(value["figures"]))
    lines.append("Do it with --apply --note TEXT.")
    return "\n".join(lines)


def _applied(remapping: Remapping, applied: Applied) -> dict[str, Any]:
    from sync.remap_figures import figures_beside

    tables = sorted({*applied.before.rows, *applied.after.rows})
    return {
        "form_id": remapping.form_id,
        "versions": applied.numbers,
        "applied": True,
        "submissions": applied.submissions,
        "parked": applied.parked,
        "rows": {n: {"before": applied.before.rows[n], "after": applied.after.rows[n]} for n in tables},
        "figures": list(figures_beside(applied.before, applied.after)),
    }


def _told_applied(remapping: Remapping, applied: Applied) -> str:
    value = _applied(remapping, applied)
    numbers = ", ".join(f"{version} by mapping {number}" for version, number in applied.numbers.items())
    lines = [f"{applied.submissions:,} submissions are read anew: {numbers}."]
    if applied.parked:
        lines.append(f"{applied.parked:,} are parked: `waypost submission list --state parked`.")
    rows = [(name, row["before"], row["after"]) for name, row in value["rows"].items()]
    lines.append(invocation.table(rows, ("table", "rows before", "rows after"), "They make no rows."))
    lines.append(_told_figures(value["figures"]))
    return "\n".join(lines)


def _told_figures(figures: list[dict[str, Any]]) -> str:
    rows = [
        (f["figure"], " ".join(f"{k}={v}" for k, v in f["of"].items()), f["before"], f["after"])
        for f in figures
    ]
    return invocation.table(rows, ("sum of", "", "before", "after"), "No figure is made of them.")


def _shown(value: Any) -> str:
    return "not known" if value is None else str(value)
