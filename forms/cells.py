"""The author's cell for what a mapping finding speaks of: a path, a sensitivity, a choice, the settings."""

from __future__ import annotations

from collections.abc import Callable

from forms.columns import HARMONISE, read_columns
from forms.findings import path_of, sensitivity_key
from forms.outline import Node, Outline, read_choices
from forms.problems import Cell
from forms.rewrite import mapping_columns


def cells_of(outline: Outline) -> Callable[[str], Cell | None]:
    """A function from the keys of `forms.findings` to cells of this workbook."""
    harmonise, sensitivity = mapping_columns(outline)
    type_header = outline.columns.one("type")
    choices = outline.workbook.sheet("choices")
    choice_columns = read_columns(choices)
    choice_header = choice_columns.one(HARMONISE) or choice_columns.one("name")
    listed = {
        (name, choice.name): choice.row
        for name, rows in read_choices(outline.workbook).items()
        for choice in reversed(rows)
    }
    settings = outline.workbook.sheet("settings")
    first_setting = next(settings.filled(), None)

    def of_node(node: Node, key: str) -> Cell:
        if "=" in key:
            row = listed.get((node.type.list_name or "", key.split("=", 1)[1]))
            if row:
                return choices.cell(row, choice_header)
            return outline.survey.cell(node.row, type_header)
        header = sensitivity if key == sensitivity_key(node.path) else harmonise
        return outline.survey.cell(node.row, header)

    def cell(key: str) -> Cell | None:
        path = path_of(key)
        if path == outline.root:
            if "@" in key or first_setting is None:
                return None
            return settings.cell(first_setting, read_columns(settings).one(HARMONISE))
        node = outline.by_path.get(path)
        return of_node(node, key) if node else None

    return cell
