"""An XForm as it was uploaded -> Compilation. Nothing of pyxform: reading an XForm takes no compiler.

Forms of other tools go in as they are: what our own mapping asks for is asked only of forms that have one.
What ODK Central takes is taken, though a tablet may refuse it; the warnings say so.
"""

from __future__ import annotations

import re

from lxml import etree

from forms.contract import check_mapping
from forms.entities import check_entities
from forms.hostile import check_size, check_xml
from forms.model import Compilation, CompiledForm
from forms.problems import FormProblem
from forms.xform import BadXForm, read_xform

_DECLARATION = re.compile(rb"^<\?xml[^>]*\?>")
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([A-Za-z0-9._\-]+)[\"']")
_UTF8 = (b"utf-8", b"us-ascii", b"ascii")


def compilation(
    form: CompiledForm | None, found: list[FormProblem], files: tuple[tuple[str, bytes], ...] = ()
) -> Compilation:
    """What was found, errors and warnings apart; no form where there is an error."""
    problems = tuple(dict.fromkeys(p for p in found if p.severity == "error"))
    warnings = tuple(dict.fromkeys(p for p in found if p.severity == "warning"))
    return Compilation(None if problems else form, problems, warnings, () if problems else files)


def is_xml(data: bytes, name: str) -> bool:
    """Whether an uploaded file is XML, by its beginning or its name."""
    head = data[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    return (
        head.startswith(b"<")
        or head[:4] in (b"\xff\xfe<\x00", b"\xfe\xff\x00<")
        or name.lower().endswith(".xml")
    )


def compile_xform_file(data: bytes, name: str) -> Compilation | None:
    """The same as `forms.compile.compile_form` for a file that is XML; None for any other."""
    if not is_xml(data, name):
        return None
    try:
        return compile_xform(data)
    except RecursionError:
        detail = "Groups are nested deeper than a form can be."
        return Compilation(None, (FormProblem("hostile-file", detail, "Take out levels of groups."),))


def compile_xform(data: bytes) -> Compilation:
    """Read an uploaded XForm. Raises nothing for what is wrong with it."""
    problem = check_size(data) or check_xml(data.lstrip(b" \t\r\n"))
    if problem and problem.severity == "error":
        return Compilation(None, (problem,))
    try:
        form = read_xform(servable(data))
    except BadXForm as bad:
        hint = "Upload an XForm made by an XForms tool, or the XLSForm it was made from."
        return Compilation(None, (FormProblem("bad-xform", str(bad), hint),))
    found = [*check_mapping(form, lambda _: None), *check_entities(form)]
    if problem:
        found.insert(0, problem)
    if not form.title:
        detail = "It has no <h:title>, and tablets may refuse a form without one."
        found.insert(
            0, FormProblem("bad-xform", detail, "Give it a title and upload it again.", severity="warning")
        )
    return compilation(form, found)


def servable(data: bytes) -> bytes:
    """An XForm's bytes as tablets take them: UTF-8, nothing before the first `<`. Else unchanged, for their
    md5 is what clients compare."""
    plain = data.lstrip(b" \t\r\n").removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    declaration = _DECLARATION.match(plain)
    named = _ENCODING.search(declaration[0]) if declaration else None
    if plain.startswith(b"<") and (named is None or named[1].lower() in _UTF8):
        return plain
    if not plain.startswith(b"<"):
        plain = data  # UTF-16: the parser finds out by its mark
    try:
        html = etree.fromstring(plain, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadXForm(f"It is not well-formed XML: {error}.") from error
    body: bytes = etree.tostring(html, encoding="UTF-8")
    return body if body.startswith(b"<?xml") else b'<?xml version="1.0" encoding="UTF-8"?>\n' + body
