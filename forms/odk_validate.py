"""What ODK Validate says of an XForm, as problems with the author's cells. `sync.odk_validate` runs it.

ODK Validate (getodk.org) loads a form with the code tablets run, so it finds what no converter can: cycles
between calculations, functions that do not exist. Its text on stderr goes in, FormProblems come out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from forms.outline import Outline, read_outline
from forms.problems import Cell, FormProblem
from forms.workbook import WorkbookUnreadable, read_workbook

_TRACE = re.compile(r"^\s+at |^\s*\.\.\. \d+ more")
_CLASS = re.compile(r"^(?:Caused by: )?(?:[a-z]\w*\.)+[A-Z]\w*(?:: |$)")
_NODE = re.compile(r"/[\w:\-]+(?:/[\w:\-]+)+")
_INDEX = re.compile(r"\[\d+\]")
_END = "The following files failed validation"
_COLUMNS = (
    ("condition expression", ("bind", "relevant")),
    ("relevan", ("bind", "relevant")),
    ("calculat", ("bind", "calculate")),
    ("constraint", ("bind", "constraint")),
)
_HINT = "Mend the expression named. If tablets are known to take it, publish with --no-validate."


def jar() -> Path:
    """ODK Validate's archive, which comes with pyxform. It need not exist: some packagers leave it out."""
    return Path(str(files("pyxform.validators.odk_validate"))) / "bin" / "ODK_Validate.jar"


def complaints(said: str, data: bytes, name: str) -> list[FormProblem]:
    """The problems of code `odk-validate` in what ODK Validate wrote about a form it refuses.

    said        its stderr
    data, name  the form's file, for its cells
    Never empty: what cannot be made out is one problem with the text as it is.
    """
    try:
        outline: Outline | None = read_outline(read_workbook(data, name))
    except WorkbookUnreadable:
        outline = None
    found = [_problem(text, outline) for text in _texts(said)]
    whole = " ".join(said.split())[:500] or "ODK Validate refuses the form and does not say why."
    return list(dict.fromkeys(found)) or [FormProblem("odk-validate", whole, _HINT)]


def _texts(said: str) -> Iterator[str]:
    """The complaints: the exception of each stack trace, without the trace and what it was caused by."""
    lines: list[str] = []
    traced = False
    for line in said.partition(_END)[0].splitlines():
        if line.startswith(">> ") or not line.strip():
            continue
        if _TRACE.match(line):
            if lines:
                yield " ".join(lines)
            lines, traced = [], True
        elif line.startswith("Caused by: "):
            lines = []
            traced = False
            break
        elif not traced or _CLASS.match(line):
            traced = False
            lines.append(_INDEX.sub("", _CLASS.sub("", line)).strip())
    if lines:
        yield " ".join(lines)


def _problem(text: str, outline: Outline | None) -> FormProblem:
    nodes = list(dict.fromkeys(_NODE.findall(text)))
    for node in nodes:
        text = text.replace(node, repr(node.rsplit("/", 1)[-1]))
    end = "" if text.endswith((".", "!")) else "."
    return FormProblem("odk-validate", f"ODK Validate: {text}{end}", _HINT, _cell(text, nodes, outline))


def _cell(text: str, nodes: list[str], outline: Outline | None) -> Cell | None:
    if outline is None:
        return None
    lower = text.lower()
    tokens = next((tokens for word, tokens in _COLUMNS if word in lower), ("type",))
    for path in nodes:
        if node := outline.by_path.get(path):
            header = outline.columns.one(*tokens)
            column = header if header and node.row.get(header) else None
            column = column or outline.columns.one("bind", "calculate")
            column = column if node.row.get(column) else outline.columns.one("type")
            return outline.survey.cell(node.row, column)
    return None
