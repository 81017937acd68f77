"""The data dictionary as one HTML page: it needs nothing else, neither a network nor a server.

A box narrows what is shown; every variable and code list has an address of its own (`#flow.n_ind`). Labels in
other languages stand with their language and direction.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from lxml import etree
from lxml.html import builder as E

from forms.dictionary.contents import CodeListEntry, Dictionary, TableEntry
from forms.vocabulary import Variable

Element = Any  # lxml.html.builder has no types

RIGHT_TO_LEFT = frozenset({"ar"})


def page(dictionary: Dictionary) -> bytes:
    """The whole page, UTF-8."""
    title = "Waypost data dictionary"
    lead = (
        f"Vocabulary version {dictionary.version}. Null means unknown or not asked, never zero. Codes are "
        "never reused, only retired."
    )
    body = E.BODY(
        E.HEADER(E.H1(title), E.P(lead), _navigation(dictionary), _search()),
        E.MAIN(
            *(_table(table) for table in dictionary.tables),
            E.H2("Code lists", id="code-lists"),
            *(_code_list(entry) for entry in dictionary.code_lists),
        ),
        E.SCRIPT(_asset("page.js")),
    )
    head = E.HEAD(
        E.META(charset="utf-8"),
        E.META(name="viewport", content="width=device-width, initial-scale=1"),
        E.TITLE(title),
        E.STYLE(_asset("page.css")),
    )
    html = E.HTML(head, body, lang="en")
    text: bytes = etree.tostring(
        html, method="html", encoding="utf-8", doctype="<!DOCTYPE html>", pretty_print=True
    )
    return text


def _navigation(dictionary: Dictionary) -> Element:
    links = [E.A(table.name, href=f"#{table.name}") for table in dictionary.tables]
    return E.NAV(*links, E.A("code lists", href="#code-lists"))


def _search() -> Element:
    box = E.INPUT(
        type="search", id="narrow", placeholder="e.g. nationality, #affected, fmr", autocomplete="off"
    )
    return E.P(E.LABEL("Narrow to ", box), " ", E.SPAN(id="shown", role="status"))


def _table(table: TableEntry) -> Element:
    head = ("variable", "meaning", "type", "null", "HXL", "sensitivity", "source", "fed by")
    return E.SECTION(
        E.H2(table.title.replace("`", ""), id=table.name),
        E.P(table.note.replace("`", "")),
        _wide(
            E.TABLE(
                E.THEAD(E.TR(*(E.TH(name, scope="col") for name in head))),
                E.TBODY(*(_variable(v, forms) for v, forms in table.variables)),
            )
        ),
    )


def _variable(v: Variable, forms: tuple[str, ...]) -> Element:
    kind: list[object] = [v.type + (f", {v.unit}" if v.unit else "")]
    if v.code_list:
        kind += [E.BR(), E.A(v.code_list, href=f"#list-{v.code_list}")]
    meaning = E.TD(E.STRONG(v.label), E.BR(), v.definition, _others(v.labels))
    return E.TR(
        E.TH(E.A(v.name, href=f"#{v.key}"), scope="row", id=v.key),
        meaning,
        E.TD(*kind),
        E.TD(v.null_rule),
        E.TD(E.CODE(v.hxl)),
        E.TD(v.sensitivity),
        E.TD("form, required" if v.required else v.source),
        E.TD(", ".join(forms)),
    )


def _code_list(entry: CodeListEntry) -> Element:
    rows = [
        E.TR(
            E.TH(c.code, scope="row"),
            E.TD(E.STRONG(c.label), _others(c.labels)),
            E.TD(f"Retired in {c.retired_in}. {c.definition}" if c.retired_in else c.definition),
        )
        for c in entry.codes
    ]
    head = E.THEAD(E.TR(*(E.TH(name, scope="col") for name in ("code", "label", "definition"))))
    return E.SECTION(
        E.H3(entry.name, id=f"list-{entry.name}"),
        E.P(entry.usage.replace("`", "")),
        _wide(E.TABLE(head, E.TBODY(*rows))),
    )


def _others(labels: dict[str, str]) -> Element:
    """Labels in other languages, each marked with its language and the direction it is read in."""
    spans = []
    for code, text in labels.items():
        direction = "rtl" if code in RIGHT_TO_LEFT else "ltr"
        spans.append(E.LI(text, lang=code, dir=direction, title=code))
    return E.UL(*spans, **{"class": "languages"})


def _wide(table: etree._Element) -> Element:
    """A table may be wider than a phone: it scrolls in its own box, reachable by keyboard."""
    return E.DIV(table, **{"class": "wide", "tabindex": "0"})


def _asset(name: str) -> str:
    return files("forms.dictionary").joinpath(name).read_text(encoding="utf-8")
