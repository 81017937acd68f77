"""A form file in, what tablets get out: the central act of `forms/`.

    bytes -> workbook -> sheet checks -> pyxform -> XForm -> fields, bindings, makers -> mapping checks

All problems are gathered, each with its cell: ours from the sheets, the mapping's, then pyxform's single one
if it is not among them. XForm XML is read as it is. Nothing here needs a network or Java, and no file,
however hostile, brings an exception out of `compile_form`; memory and time are limited by the sandbox.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from forms.cells import cells_of
from forms.checks import check_outline
from forms.contract import check_annotations, check_mapping
from forms.entities import check_entities
from forms.mapping import Annotation
from forms.model import Compilation, CompiledForm
from forms.outline import Outline, draft_fields, read_outline, setting
from forms.problems import FormProblem
from forms.pyxform_errors import is_told, pyxform_problem
from forms.rewrite import finish_xform, read_annotations, sheets_for_pyxform
from forms.sheets import Workbook
from forms.workbook import WorkbookUnreadable, read_workbook
from forms.xform import ITEMSETS_FILE, BadXForm, read_xform
from forms.xform_upload import compilation, compile_xform, is_xml


def compile_form(data: bytes, name: str, lenient: bool = False) -> Compilation:
    """Compile an XLSForm (.xlsx, .xls, .csv, Markdown) or an XForm (.xml).

    data     the file's bytes
    name     its file name: its ending tells Markdown from CSV, its stem stands in for a missing form_id
    lenient  of an XLSForm without a mapping only what pyxform refuses is an error, the rest are warnings
    Returns the form when there is no error, all problems, and the warnings apart. Raises nothing.
    """
    try:
        if is_xml(data, name):
            return compile_xform(data)
        return _compile_sheets(read_workbook(data, name), lenient)
    except WorkbookUnreadable as unreadable:
        return Compilation(None, (unreadable.problem,))
    except RecursionError:
        detail = "Groups are nested deeper than a form can be."
        return Compilation(None, (FormProblem("hostile-file", detail, "Take out levels of groups."),))
    except MemoryError:
        detail = "The form needs more memory than there is."
        return Compilation(None, (FormProblem("hostile-file", detail, "Move long lists to a CSV file."),))
    except Exception as error:
        detail = f"It could not be read to its end ({type(error).__name__}: {str(error)[:200]})."
        hint = "Copy its sheets into a new workbook and upload that; tell the maintainers if it stays."
        return Compilation(None, (FormProblem("unreadable-file", detail, hint),))


# -- XLSForm ------------------------------------------------------------------------------------------------


@dataclass
class _Converted:
    xform: bytes | None = None
    error: str | None = None
    warnings: list[str] = field(default_factory=list)
    itemsets: str | None = None


def _compile_sheets(workbook: Workbook, lenient: bool = False) -> Compilation:
    outline = read_outline(workbook)
    found = check_outline(outline)
    annotations = read_annotations(outline)
    converted = _convert(outline, annotations)
    form, mapping = _read_back(outline, annotations, converted)
    found += mapping
    if converted.error is not None:
        problem = pyxform_problem(converted.error, workbook)
        if not is_told(problem, [p for p in found if p.severity == "error"]):
            found.append(problem)
    for text in converted.warnings:
        warning = pyxform_problem(text, workbook, "warning")
        if not is_told(warning, found):
            found.append(warning)
    if lenient and form is not None and not any(each.harmonise for each in annotations.values()):
        found = [replace(problem, severity="warning") for problem in found]
    files = ((ITEMSETS_FILE, converted.itemsets.encode("utf-8")),) if converted.itemsets else ()
    return compilation(form, _in_sheet_order(found, workbook), files)


def _convert(outline: Outline, annotations: dict[str, Annotation]) -> _Converted:
    """pyxform's turn. Whatever it raises is its error: it does not keep to its own exceptions."""
    converted = _Converted()
    if not outline.workbook.has_survey:
        return converted
    form_id = setting(outline.workbook, "id_string") or fallback_form_id(outline.workbook.stem)
    try:
        sheets = sheets_for_pyxform(outline, annotations, form_id)
        result = convert(sheets, warnings=converted.warnings, validate=False, pretty_print=False)
        converted.xform = finish_xform(result.xform, outline.root, annotations.get(outline.root))
        converted.itemsets = result.itemsets
    except PyXFormError as error:
        converted.error = str(error)
    except RecursionError:
        converted.error = "Groups are nested deeper than pyxform can follow."
    except MemoryError:
        raise
    except Exception as error:
        converted.error = f"{type(error).__name__}: {error}"
    return converted


def fallback_form_id(stem: str) -> str:
    """A form_id from the file's name, for forms whose settings give none: "My form" -> "My_form"."""
    return "_".join(stem.split()) or "form"


def _read_back(
    outline: Outline, annotations: dict[str, Annotation], converted: _Converted
) -> tuple[CompiledForm | None, list[FormProblem]]:
    cells = cells_of(outline)
    if converted.xform is not None:
        try:
            form = read_xform(converted.xform)
            return form, [*check_mapping(form, cells), *check_entities(form)]
        except BadXForm as bad:
            converted.error = str(bad)
    fields = draft_fields(outline, annotations)
    if not fields:
        return None, []
    return None, check_annotations(fields, annotations, outline.root, cells)


def _in_sheet_order(found: list[FormProblem], workbook: Workbook) -> list[FormProblem]:
    order = {title: index for index, title in enumerate(workbook.sheet_titles)}

    def place(problem: FormProblem) -> tuple[int, int, int, str]:
        cell = problem.cell
        if cell is None:
            return (-1, 0, 0, "")
        column = cell.column or ""
        return (order.get(cell.sheet, len(order)), cell.row or 0, len(column), column)

    return sorted(found, key=place)
