"""What the stories of the steps share: small forms written as Markdown, and tablets that fill them in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from forms.compile import compile_form
from forms.library_index import library
from forms.model import CompiledForm
from sync.steps.values import KnownPlace, Task

PROJECT = "8f14e45f-ceea-467a-9575-2d1c0a5c3b11"
RECEIVED = datetime(2026, 11, 3, 18, 0, tzinfo=UTC)

PLACES = {
    "FMP-03": KnownPlace("FMP-03", "fmp", "Corridor crossing", 14.10, 13.20, "XS0101", "Africa/Ndjamena"),
    "FMP-04": KnownPlace("FMP-04", "fmp", "Bus station", 14.60, 13.20, "XS0102", "Africa/Ndjamena"),
    "CP-01": KnownPlace("CP-01", "counting_point", "Corridor 4", 14.10, 13.30, "XS0101", "Africa/Ndjamena"),
    "CP-02": KnownPlace("CP-02", "counting_point", "Well 2", 14.15, 13.33, "XS0101", "Africa/Ndjamena"),
}


@cache
def form(markdown: str) -> CompiledForm:
    """A form from the Markdown of its sheets; the test fails with its problems if it has any."""
    compilation = compile_form(markdown.encode(), "form.md")
    assert compilation.form is not None, [str(problem) for problem in compilation.problems]
    return compilation.form


@cache
def library_form(name: str) -> CompiledForm:
    compilation = compile_form(library()[name], f"{name}.md")
    assert compilation.form is not None, [str(problem) for problem in compilation.problems]
    return compilation.form


def fill(form: CompiledForm, answers: Mapping[str, Any], instance_id: str = "uuid:1") -> bytes:
    """The XML a tablet sends: nested mappings are groups, lists of them repeats, None an empty answer."""
    meta = f"<orx:meta><orx:instanceID>{instance_id}</orx:instanceID></orx:meta>"
    return (
        "<?xml version='1.0' encoding='UTF-8' ?>"
        f'<data id="{form.xml_form_id}" version="{form.version}" xmlns:orx="http://openrosa.org/xforms">'
        f"{_elements(answers)}{meta}</data>"
    ).encode()


def _elements(answers: Mapping[str, Any]) -> str:
    written = []
    for name, value in answers.items():
        if isinstance(value, list):
            written += [f"<{name}>{_elements(instance)}</{name}>" for instance in value]
        elif isinstance(value, Mapping):
            written.append(f"<{name}>{_elements(value)}</{name}>")
        else:
            written.append(f"<{name} />" if value is None else f"<{name}>{escape(str(value))}</{name}>")
    return "".join(written)


def task(form: CompiledForm, answers: Mapping[str, Any], instance_id: str = "uuid:1", **context: Any) -> Task:
    """A record as the worker hands it to the steps."""
    given: dict[str, Any] = {"received_at": RECEIVED, "places": PLACES} | context
    return Task(
        root_id=1,
        project_uuid=PROJECT,
        root_instance_id=instance_id,
        body=fill(form, answers, instance_id),
        form=form,
        form_version=form.version,
        **given,
    )
