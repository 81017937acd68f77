"""Choice lists: the lists questions ask for exist and have choices, the choices have names of their own."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator

from pyxform import aliases
from pyxform.constants import EXTERNAL_INSTANCE_EXTENSIONS
from pyxform.parsing.expression import is_xml_tag

from forms.columns import read_columns
from forms.outline import ListedChoice, Node, Outline, read_choices, setting
from forms.problems import FormProblem
from forms.sheets import Header, Sheet

Lists = dict[str, list[ListedChoice]]

_MENTION = re.compile(r"instance\(\s*['\"]([^'\"]+)['\"]|tick_labelset\s*=\s*(\S+)")
_FILE_COMMAND = re.compile(r"^select[ _](?:one|multiple)[ _]from[ _]file ")


def check_lists(outline: Outline) -> Iterator[FormProblem]:
    """Lists asked for, lists defined, and the choices in them."""
    lists = read_choices(outline.workbook)
    choices = outline.workbook.sheet("choices")
    if choices.headers and not {("list name",), ("name",)} <= {c.tokens for c in read_columns(choices)}:
        return  # told as missing columns; nothing can be said of the lists
    yield from _columns(choices)
    yield from _asked(outline, lists)
    yield from _choices(outline, lists)
    yield from _unused(outline, lists)


# -- lists that questions ask for ---------------------------------------------------------------------------


def _asked(outline: Outline, lists: Lists) -> Iterator[FormProblem]:
    sheetless: list[Node] = []
    for node in outline.nodes:
        kind, name = node.type, node.type.list_name
        if kind.section == "loop" or (kind.selects and not kind.external):
            if not outline.workbook.sheet("choices").headers:
                sheetless.append(node)
            elif name not in lists:
                yield _unknown(outline, node, list(lists), "choices")
            elif not any(choice.name for choice in lists[name]):
                detail = f"The choice list {name!r} has no choice with a name."
                yield _at_type(outline, node, "empty-list", detail, "Name its choices on the choices sheet.")
        elif kind.selects and name:
            yield from _external(outline, node, name)
    if sheetless:
        names = sorted({node.type.list_name or "" for node in sheetless})
        detail = (
            f"There is no choices sheet, but {len(sheetless)} questions ask for lists: {', '.join(names)}."
        )
        hint = "Add a sheet 'choices' with the columns list_name, name and label."
        yield FormProblem(
            "missing-sheet", detail, hint, outline.survey.cell(sheetless[0].row, outline.columns.one("type"))
        )


def _external(outline: Outline, node: Node, name: str) -> Iterator[FormProblem]:
    """Lists in files and on the external_choices sheet; lists from answers are references."""
    if _FILE_COMMAND.match(node.type.text):
        if not name.endswith(tuple(EXTERNAL_INSTANCE_EXTENSIONS)):
            endings = ", ".join(sorted(EXTERNAL_INSTANCE_EXTENSIONS))
            detail = f"The file {name!r} has none of the endings {endings}."
            yield _at_type(outline, node, "unknown-list", detail, f"Name the file in full: {name}.csv.")
    elif node.type.text.startswith("select_one_external"):
        sheet = outline.workbook.sheet("external_choices")
        header = read_columns(sheet).one("list name")
        names = {row.get(header) for row in sheet.filled()}
        if name not in names:
            yield _unknown(outline, node, sorted(names - {""}), "external_choices")


def _unknown(outline: Outline, node: Node, names: list[str], sheet: str) -> FormProblem:
    wanted = node.type.list_name or ""
    near = difflib.get_close_matches(wanted, names, n=1, cutoff=0.6)
    hint = f"Did you mean {near[0]!r}?" if near else f"Add the list to the {sheet} sheet."
    detail = (
        f"The {sheet} sheet has no list {wanted!r}."
        if wanted
        else f"{node.type.text!r} names no choice list."
    )
    return _at_type(outline, node, "unknown-list", detail, hint)


def _at_type(outline: Outline, node: Node, code: str, detail: str, hint: str) -> FormProblem:
    return FormProblem(code, detail, hint, outline.survey.cell(node.row, outline.columns.one("type")))


# -- choices ------------------------------------------------------------------------------------------------


def _columns(sheet: Sheet) -> Iterator[FormProblem]:
    """Further columns reach tablets as elements of each choice, for filters: their headers are XML names.

    Those with blanks pyxform leaves out, as notes.
    """
    filled = {index for row in sheet.filled() for index in row.values}
    for column in read_columns(sheet):
        header = column.header
        known = column.tokens[0] in ("label", "media", "list name", "name")
        if known or header.index not in filled or " " in column.tokens[0]:
            continue
        if len(column.tokens) > 1 or ":" in header.text or not is_xml_tag(header.text):
            yield FormProblem(
                "bad-name",
                f"The column {header.text!r} of the choices cannot be carried to tablets under this name.",
                "Begin with a letter and use letters, digits and underscores; or clear the header.",
                sheet.cell(sheet.header_row, header),
            )


def _choices(outline: Outline, lists: Lists) -> Iterator[FormProblem]:
    sheet = outline.workbook.sheet("choices")
    columns = read_columns(sheet)
    name, labels = columns.one("name"), columns.languages(("label",))
    media = [column.header for column in columns if column.tokens[0] == "media"]
    spaceless = {node.type.list_name for node in outline.nodes if node.type.answer == "select"}
    duplicates_allowed = aliases.yes_no.get(setting(outline.workbook, "allow_choice_duplicates"), False)
    for list_name, choices in lists.items():
        seen: dict[str, int] = {}
        for choice in choices:
            if not choice.name:
                detail = f"A choice of the list {list_name!r} has no name."
                yield FormProblem("missing-value", detail, "Give it a name.", sheet.cell(choice.row, name))
                continue
            if (
                seen.setdefault(choice.name, choice.row.number) != choice.row.number
                and not duplicates_allowed
            ):
                yield FormProblem(
                    "duplicate-name",
                    f"The list {list_name!r} has {choice.name!r} in row {seen[choice.name]} already.",
                    "Rename or remove one of them.",
                    sheet.cell(choice.row, name),
                )
            if " " in choice.name and list_name in spaceless:
                yield _spaced(sheet, name, choice)
            if labels and not any(choice.row.get(h) for h in [*labels.values(), *media]):
                detail = f"The choice {choice.name!r} of the list {list_name!r} has no label."
                hint = "Give it one: tablets show an empty line."
                header = next(iter(labels.values()))
                yield FormProblem("missing-value", detail, hint, sheet.cell(choice.row, header), "warning")


def _spaced(sheet: Sheet, header: Header | None, choice: ListedChoice) -> FormProblem:
    return FormProblem(
        "bad-name",
        f"The choice {choice.name!r} is offered by a select_multiple, whose answers are separated by blanks.",
        f"Name it without blanks: {'_'.join(choice.name.split())}.",
        sheet.cell(choice.row, header),
    )


def _unused(outline: Outline, lists: Lists) -> Iterator[FormProblem]:
    sheet = outline.workbook.sheet("choices")
    header = read_columns(sheet).one("list name")
    kind = outline.columns.one("type")
    used = Counter(node.type.list_name for node in outline.nodes)
    used.update(word for row in outline.unknown for word in row.get(kind).split())
    for row in outline.survey.filled():
        for text in row.values.values():
            if "instance(" in text or "tick_labelset" in text:
                used.update(a or b for a, b in _MENTION.findall(text))
    for name, choices in lists.items():
        if not used[name]:
            yield FormProblem(
                "unused-list",
                f"No question uses the choice list {name!r}.",
                "Use it, or take it out: tablets carry it for nothing.",
                sheet.cell(choices[0].row, header),
                "warning",
            )
