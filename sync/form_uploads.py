"""A file sent to the API as a form, XForm XML or a workbook: compiled, ready to become a draft or a version.

Forms of other tools go in as they are; what our own mapping asks for is asked of forms that have one. A
workbook is judged by ODK Validate as the settings say, an XForm is not, as in ODK Central.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forms.entities import entities_version
from forms.model import Compilation, CompiledForm
from forms.problems import FormProblem
from forms.xform_document import open_xform
from sync.compiling import compile_in_sandbox
from sync.entities.problems import InvalidEntityForm
from sync.form_problems import FileNotValid, IdTooLong, NoFormId, UnexpectedValue
from sync.form_reading import EXCEL
from sync.odk_validate import NONE, validate
from sync.store import Store

MAX_ID = 64
"""Characters of a form id that clients of the API can count on."""

_ENDING = re.compile(r"\.(xlsx?|xml)$")


@dataclass(frozen=True, slots=True)
class Upload:
    """A form that was read. `said` is what pyxform warns of, `of_entities` that it was written for an older
    specification of entities: for whoever uploads it to decide."""

    form: CompiledForm
    source: bytes
    source_name: str
    files: Mapping[str, bytes]
    said: tuple[str, ...] = ()
    of_entities: tuple[Mapping[str, Any], ...] = ()


def read_upload(store: Store, data: bytes, content_type: str, fallback: str = "", java: str = NONE) -> Upload:
    """Read what was sent.

    content_type  of the request: a workbook's, or anything else for XForm XML
    fallback      the form id for a workbook that names none
    java          to judge a workbook with, as `sync.odk_validate.validate` takes it
    Raises NoFormId, FileNotValid, InvalidEntityForm, UnexpectedValue, IdTooLong.
    """
    kind = content_type.partition(";")[0].strip().lower()
    ending = next((end for end, excel in EXCEL.items() if excel == kind), ".xml")
    is_workbook = ending in EXCEL
    name = f"{_plain(fallback) or 'form'}{ending}"
    compilation = compile_in_sandbox(data, name, store.data / "cache" / "compiled", lenient=True)
    if compilation.form is None:
        raise _refusal(compilation, is_workbook)
    form = compilation.form
    _check_id(form)
    if is_workbook and (complaints := validate(form.xform, data, name, java).problems):
        raise _not_valid(complaints, compilation.warnings)
    said = tuple(each.detail for each in compilation.warnings if each.code == "pyxform")
    said = said if is_workbook else ()
    return Upload(form, data, name, dict(compilation.files), said, tuple(_of_entities(compilation)))


def _of_entities(compilation: Compilation) -> Iterator[Mapping[str, Any]]:
    """The warning of an older specification, as clients of the API know it."""
    for each in compilation.warnings:
        if each.code == "old-entities" and compilation.form is not None:
            version = entities_version(open_xform(compilation.form.xform))
            yield {"type": "oldEntityVersion", "details": {"version": version}, "reason": str(each)}


def _refusal(compilation: Compilation, is_workbook: bool) -> Exception:
    of_entities = [problem.detail for problem in compilation.problems if problem.code == "bad-entities"]
    if of_entities:
        return InvalidEntityForm(" ".join(of_entities))
    if not is_workbook and all(problem.code == "bad-xform" for problem in compilation.problems):
        return NoFormId(" ".join(problem.detail for problem in compilation.problems))
    return _not_valid(compilation.problems, compilation.warnings)


def _not_valid(problems: tuple[FormProblem, ...], warnings: tuple[FormProblem, ...]) -> FileNotValid:
    said = [each.detail for each in warnings if each.code == "pyxform"]
    return FileNotValid(
        "\n".join(str(each) for each in problems), [each.to_json() for each in problems], said
    )


def _check_id(form: CompiledForm) -> None:
    if len(form.xml_form_id) > MAX_ID:
        raise IdTooLong()
    if _ENDING.search(form.xml_form_id):
        raise UnexpectedValue(
            "formId", form.xml_form_id, "ends in .xls, .xlsx or .xml, as addresses of files do"
        )
    for field, value in (("formId", form.xml_form_id), ("version", form.version)):
        if value in (".", ".."):
            raise UnexpectedValue(field, value, "is what no address can hold")


def _plain(fallback: str) -> str:
    """A name that is no path."""
    return re.sub(r"[/\\\0]", "_", fallback).strip()[:MAX_ID]
