"""What a file differs in from the published form beside the mapping: it must be nothing.

XLSForm's form + published form -> problems with the author's cells, before `forms.mapping_revisions` takes
its mapping over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from forms.columns import read_columns
from forms.model import CompiledForm, Field
from forms.outline import Outline, read_outline
from forms.problems import Cell, FormProblem
from forms.rewrite import mapping_columns
from forms.sheets import Header
from forms.signatures import Aspect, Signature, read_signatures
from forms.workbook import WorkbookUnreadable, read_workbook

_COLUMNS: dict[str, tuple[str, ...]] = {
    "type": ("type",),
    "list": ("type",),
    "relevant": ("bind", "relevant"),
    "constraint": ("bind", "constraint"),
    "required": ("bind", "required"),
    "calculation": ("bind", "calculate"),
    "read_only": ("bind", "readonly"),
    "constraint_message": ("bind", "jr:constraintMsg"),
    "required_message": ("bind", "jr:requiredMsg"),
    "default": ("default",),
    "appearance": ("control", "appearance"),
    "label": ("label",),
    "hint": ("hint",),
    "choice_filter": ("choice_filter",),
    "parameters": ("parameters",),
}
"""Where an author wrote an aspect of a question."""

_HINT = "Put back what the published form has (only mappings may differ), or publish a new version."


def refused_differences(
    published: CompiledForm, candidate: CompiledForm, data: bytes, name: str
) -> list[FormProblem]:
    """Everything but the mapping (and the version) in which a file differs from the published form.

    data, name  the candidate's file, for its cells; an XForm has none, and its paths are told instead
    Returns problems of code `not-only-mapping`, in the order of the published form.
    """
    cell = _cells(data, name)
    before, after = read_signatures(published), read_signatures(candidate)
    found = [
        _differs(f"The {what} is {new!r}; the published form has {old!r}.", None)
        for what, old, new in (
            ("form_id", published.xml_form_id, candidate.xml_form_id),
            ("form_title", published.title, candidate.title),
        )
        if old != new
    ]
    for path, one in before.items():
        if path not in after:
            found.append(_differs(f"The question {path} is missing.", None))
        else:
            found += _differing(one, after[path], cell)
    for path, one in after.items():
        if path not in before:
            where = cell(one.node, ("type", ""), None)
            found.append(_differs(f"The published form has no question {path}.", where))
    if not found and list(before) != list(after):
        found.append(_differs("The questions stand in another order than in the published form.", None))
    return list(dict.fromkeys(found))


def _differs(detail: str, where: Cell | None) -> FormProblem:
    return FormProblem("not-only-mapping", detail, _HINT, where)


_Cells = Callable[[Field, Aspect, str | None], Cell | None]


def _differing(old: Signature, new: Signature, cell: _Cells) -> Iterator[FormProblem]:
    name = new.node.name
    for aspect in _either(old.aspects, new.aspects):
        yield _aspect(f"{name!r}", aspect, old.aspects, new.aspects, cell(new.node, aspect, None))
    for choice in dict.fromkeys([*old.rows, *new.rows]):
        if choice not in new.rows:
            yield _differs(
                f"The choice {choice!r} of {name!r} is missing.", cell(new.node, ("list", ""), None)
            )
        elif choice not in old.rows:
            where = cell(new.node, ("name", ""), choice)
            yield _differs(f"The published form has no choice {choice!r} of {name!r}.", where)
        else:
            for aspect in _either(old.rows[choice], new.rows[choice]):
                subject = f"the choice {choice!r} of {name!r}"
                where = cell(new.node, aspect, choice)
                yield _aspect(subject, aspect, old.rows[choice], new.rows[choice], where)


def _either(old: Mapping[Aspect, str], new: Mapping[Aspect, str]) -> list[Aspect]:
    return [aspect for aspect in dict.fromkeys([*old, *new]) if old.get(aspect) != new.get(aspect)]


def _aspect(
    subject: str, aspect: Aspect, old: Mapping[Aspect, str], new: Mapping[Aspect, str], where: Cell | None
) -> FormProblem:
    name, further = aspect
    spoken = name.replace("_", " ")
    what = spoken if further in ("", "default") else f"{spoken} ({further})"
    now, then = _quoted(new.get(aspect, "")), _quoted(old.get(aspect, ""))
    return _differs(f"The {what} of {subject} is {now}; the published form has {then}.", where)


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:77]}...") if text else "empty"


def _cells(data: bytes, name: str) -> _Cells:
    """A function from a question's aspect (or its choice's) to the author's cell."""
    try:
        outline = read_outline(read_workbook(data, name))
    except WorkbookUnreadable:
        return lambda one, aspect, choice: None
    choices = outline.workbook.sheet("choices")
    listed = read_columns(choices)

    def cell(one: Field, aspect: Aspect, choice: str | None) -> Cell | None:
        if choice is None:
            node = outline.by_path.get(one.path)
            if node is None:
                return None
            return outline.survey.cell(node.row, _header(outline, aspect))
        list_name, name_column = listed.one("list name"), listed.one("name")
        for row in choices.filled():
            if (row.get(list_name), row.get(name_column)) == (one.choice_list, choice):
                column, language = aspect
                header = listed.one(column) or listed.one(column, language) or name_column
                return choices.cell(row, header)
        return None

    return cell


def _header(outline: Outline, aspect: Aspect) -> Header | None:
    name, language = aspect
    columns = outline.columns
    if name == "sensitivity":
        return mapping_columns(outline)[1] or columns.one("type")
    tokens = _COLUMNS.get(name, (name,))
    return columns.one(*tokens, language) or columns.one(*tokens) or columns.one("type")
