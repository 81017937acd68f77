"""What no version may change under one name: the type of a question, and how many times it is asked.

Old and new answers would stand in one column and mean different things, in every export for ever. Publishing
refuses it, and so does `form diff`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from forms.columns import Columns
from forms.diff.pairing import pair_questions
from forms.model import CompiledForm, Field
from forms.outline import read_outline
from forms.problems import Cell, FormProblem
from forms.signatures import Signature
from forms.workbook import WorkbookUnreadable, read_workbook
from forms.xform import read_xform

WORDS = {
    "int": "integer", "string": "text", "select1": "select_one", "select": "select_multiple",
    "binary": "a file", "boolean": "true or false", "group": "a group", "repeat": "a repeat",
}  # fmt: skip

_HINT = "Give the question a new name (and leave the old one out): answers given so far keep theirs."

Cells = Callable[[str], Cell | None]
"""The author's cell of a question's type, by path."""


def type_changes(
    old: CompiledForm, new: CompiledForm, cells: Cells = lambda path: None
) -> Iterator[FormProblem]:
    """A problem per question of the same name whose type, or place in a repeat, is another one now.

    What the form works out by itself (`calculate`) has no type of its own, and may become a question.
    """
    fields = [{one.path: Signature(one) for one in form.fields} for form in (old, new)]
    pairs = pair_questions(old, new, *fields)
    repeats = [{one.path: one for one in form.fields if one.type == "repeat"} for form in (old, new)]
    names = [{one.name for one in each.values()} for each in repeats]
    retyped: set[str] = set()
    for path, other in pairs.same.items():
        before, after = pairs.old[path].node, pairs.new[other].node
        if path in pairs.renamed or before.calculated or after.calculated:
            continue
        if before.type != after.type:
            retyped.add(after.name)
            yield _problem("type-changed", after, f"was {_word(before)} and is {_word(after)} now", cells)
            continue
        outer = [_name(repeats[0], before.repeat), _name(repeats[1], after.repeat)]
        if outer[0] == outer[1] or retyped.intersection(name for name in outer if name):
            continue
        if None in outer or outer[0] in names[1]:
            yield _problem(
                "repeat-changed", after, f"was asked {_where(outer[0])} and is {_where(outer[1])} now", cells
            )


def type_changes_of_file(old_xform: bytes, new: CompiledForm, data: bytes, name: str) -> list[FormProblem]:
    """The same for a file that is to be published over a version: each problem with the file's cell."""
    try:
        outline = read_outline(read_workbook(data, name))
    except WorkbookUnreadable:
        return list(type_changes(read_xform(old_xform), new))
    columns: Columns = outline.columns

    def cell(path: str) -> Cell | None:
        node = outline.by_path.get(path)
        return outline.survey.cell(node.row, columns.one("type")) if node else None

    return list(type_changes(read_xform(old_xform), new, cell))


def _problem(code: str, one: Field, what: str, cells: Cells) -> FormProblem:
    return FormProblem(code, f"{one.name!r} {what}.", _HINT, cells(one.path))


def _word(one: Field) -> str:
    return WORDS.get(one.type, one.type)


def _name(repeats: dict[str, Field], path: str | None) -> str | None:
    return repeats[path].name if path else None


def _where(repeat: str | None) -> str:
    return f"in the repeat {repeat!r}" if repeat else "once per submission"
