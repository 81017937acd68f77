"""What a form's annotations say: tables named in settings, marked repeats, mapped questions.

Fields and annotations -> Marks. Texts are parsed and lone names resolved to the default table; what cannot be
read, or stands where it means nothing, is a finding. What rows follow from it is told by `forms.grain`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from forms.findings import Finding
from forms.mapping import Annotation, MappingItem, MappingSyntaxError, parse_item, split_items
from forms.model import Field, Qualifiers


@dataclass
class Marks:
    tables: dict[str, Qualifiers] = field(default_factory=dict)  # named in settings, the default table first
    repeats: list[tuple[str, MappingItem]] = field(
        default_factory=list
    )  # path of a repeat, an item of its mark
    questions: list[tuple[Field, MappingItem]] = field(default_factory=list)  # table and variable both given
    findings: list[Finding] = field(default_factory=list)


def read_marks(fields: Iterable[Field], annotations: Mapping[str, Annotation], root: str) -> Marks:
    """Read all annotations. fields in depth-first order; the settings' items stand under `root`."""
    marks = Marks()
    _read_settings(marks, root, annotations.get(root, Annotation()))
    for one in fields:
        if one.path != root and one.path in annotations:
            _read_field(marks, one, annotations[one.path])
    return marks


def _read_items(marks: Marks, key: str, text: str) -> list[MappingItem]:
    items = []
    for part in split_items(text):
        try:
            items.append(parse_item(part))
        except MappingSyntaxError as error:
            hint = "Write flow.men, or baseline.ind{population_category=idp}; separate several by ';'."
            marks.findings.append(Finding(key, "bad-mapping", str(error), hint))
    return items


def _read_settings(marks: Marks, root: str, annotation: Annotation) -> None:
    for item in _read_items(marks, root, annotation.harmonise):
        if item.variable is not None or item.table in marks.tables:
            what = "names a variable" if item.variable else "names its table a second time"
            marks.findings.append(
                Finding(
                    root,
                    "bad-mapping",
                    f"The settings' item {str(item)!r} {what}.",
                    "Settings name each table once: flow{flow_tool=FMR}; observation.",
                )
            )
            continue
        marks.tables[item.table] = item.qualifiers


def _read_field(marks: Marks, one: Field, annotation: Annotation) -> None:
    for item in _read_items(marks, one.path, annotation.harmonise):
        if one.type == "repeat":
            _read_mark(marks, one, item)
        elif one.type == "group":
            marks.findings.append(
                Finding(
                    one.path,
                    "bad-mapping",
                    f"The group {one.name!r} carries the mapping {str(item)!r}, but a group has no answer.",
                    "Move it to the question inside that feeds it, or to the repeat that makes the rows.",
                )
            )
        else:
            _read_question(marks, one, item)


def _read_mark(marks: Marks, one: Field, item: MappingItem) -> None:
    if item.variable is None:
        marks.repeats.append((one.path, item))
        return
    marks.findings.append(
        Finding(
            one.path,
            "bad-mapping",
            f"The repeat {one.name!r} carries {str(item)!r}, but a repeat feeds no variable.",
            f"Write only the table whose row one instance makes, {item.table}; map variables at questions.",
        )
    )


def _read_question(marks: Marks, one: Field, item: MappingItem) -> None:
    if item.variable is None:
        default = next(iter(marks.tables), None)
        if default is None:
            marks.findings.append(
                Finding(
                    one.path,
                    "bad-mapping",
                    f"{str(item)!r} names no table, and the form has no default table.",
                    f"Write table.{item.table}, or name the default table in the settings' harmonise column.",
                )
            )
            return
        item = MappingItem(default, item.table, item.qualifiers)
    marks.questions.append((one, item))
