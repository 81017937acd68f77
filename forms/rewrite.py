"""From the author's columns to the XForm's bind attributes: `harmonise` becomes `bind::wp:harmonise`.

Outline -> the sheets as pyxform takes them, and the annotations the sheets make. pyxform ignores columns it
does not know, and cannot bind the instance root; so the survey's columns are rewritten before it runs, and
the settings' items are put on a bind of the root after it has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree
from pyxform.constants import NSMAP

from forms.columns import (
    HARMONISE,
    SENSITIVITY,
    Columns,
    double_colon_header,
    read_columns,
    uses_double_colon,
)
from forms.mapping import (
    HARMONISE_ATTRIBUTE,
    Annotation,
    MappingItem,
    MappingSyntaxError,
    format_codes,
    format_mapping,
    parse_item,
    parse_mapping,
    split_items,
)
from forms.model import HARMONISE_NAMESPACE
from forms.outline import ListedChoice, Node, Outline, read_choices, setting
from forms.sheets import Header, Sheet, Workbook
from forms.xform_document import XFORMS

_PREFIX = re.compile(r"""([\w.\-]+)=["']?([^"'\s]+)""")
_RESERVED = {name.partition(":")[2] for name in NSMAP} | {"entities"}
"""Prefixes pyxform declares itself, whatever the author declares under them."""

OTHER = "other"


def harmonise_prefix(workbook: Workbook) -> str:
    """The prefix of the mapping's namespace: the author's own for it, else the first free of wp, wp1, ..."""
    declared: dict[str, str] = dict(_PREFIX.findall(setting(workbook, "namespaces")))
    for prefix, uri in declared.items():
        if uri == HARMONISE_NAMESPACE and prefix not in _RESERVED:
            return prefix
    free = (f"wp{number or ''}" for number in range(len(declared) + 1))
    return next(name for name in free if name not in declared)


def mapping_columns(outline: Outline) -> tuple[Header | None, Header | None]:
    """The survey sheet's `harmonise` and `sensitivity` columns, however they are headed."""
    prefix = harmonise_prefix(outline.workbook)
    return (
        outline.columns.one(HARMONISE) or outline.columns.one("bind", f"{prefix}:{HARMONISE}"),
        outline.columns.one(SENSITIVITY) or outline.columns.one("bind", f"{prefix}:{SENSITIVITY}"),
    )


def read_annotations(outline: Outline) -> dict[str, Annotation]:
    """What the sheets say of each path; the settings' items stand under the root's."""
    harmonise, sensitivity = mapping_columns(outline)
    settings = setting(outline.workbook, HARMONISE)
    lists = read_choices(outline.workbook)
    default = _default_table(settings)
    found = {outline.root: Annotation(_normal(settings, None))} if settings else {}
    for path, node in outline.by_path.items():
        mapped = "" if node.type.note else node.row.get(harmonise)  # told by forms.checks.mapping_rows
        marked = node.row.get(sensitivity)
        if mapped or marked:
            codes = _codes(node, lists) if mapped else ""
            default_here = default if node.type.kind == "question" else None
            found[path] = Annotation(_normal(mapped, default_here), marked, codes)
    return found


def _default_table(settings: str) -> str | None:
    try:
        items = parse_mapping(settings)
    except MappingSyntaxError:
        return None
    return items[0].table if items else None


def _normal(text: str, default: str | None) -> str:
    """The items as `wp:harmonise` carries them, the default table written out; unreadable ones stay."""
    items = []
    for part in split_items(text):
        try:
            item = parse_item(part)
        except MappingSyntaxError:
            items.append(part)
            continue
        if item.variable is None and default:
            item = MappingItem(default, item.table, item.qualifiers)
        items.append(format_mapping([item]))
    return "; ".join(items)


def _codes(node: Node, lists: Mapping[str, list[ListedChoice]]) -> str:
    """`wp:codes` of a select: the choices whose standard code is not their own name."""
    if not node.type.selects or node.type.external:
        return ""
    choices = lists.get(node.type.list_name or "", ())
    differing = {c.name: c.harmonise for c in choices if c.name and c.harmonise and c.harmonise != c.name}
    return format_codes(differing.items())


# -- before pyxform -----------------------------------------------------------------------------------------


def sheets_for_pyxform(
    outline: Outline, annotations: Mapping[str, Annotation], form_id: str
) -> dict[str, Any]:
    """The workbook as `pyxform.xls2xform.convert` takes it: rows per sheet, in the author's order.

    form_id stands in where the settings have none.
    """
    workbook = outline.workbook
    sheets: dict[str, Any] = {"sheet_names": list(workbook.sheet_titles)}
    for name, sheet in workbook.sheets.items():
        if name not in ("survey", "choices", "settings"):
            _put(sheets, name, [h.text for h in sheet.headers], _plain_rows(sheet))
    _put(sheets, "survey", *_survey(outline, annotations))
    if workbook.sheet("choices").headers:
        _put(sheets, "choices", *_choices(outline))
    _put(sheets, "settings", *_settings(outline, bool(annotations), form_id))
    return sheets


def _put(sheets: dict[str, Any], name: str, headers: list[str], rows: list[dict[str, str]]) -> None:
    sheets[name] = rows
    sheets[f"{name}_header"] = [dict.fromkeys(headers)]


def _plain_rows(sheet: Sheet) -> list[dict[str, str]]:
    return [
        {h.text: row.values[h.index] for h in sheet.headers if h.index in row.values} for row in sheet.rows
    ]


def _survey(
    outline: Outline, annotations: Mapping[str, Annotation]
) -> tuple[list[str], list[dict[str, str]]]:
    ours = {header.index for header in _mapping_headers(outline.columns, harmonise_prefix(outline.workbook))}
    kept = [header for header in outline.survey.headers if header.index not in ours]
    single = bool(annotations) and not uses_double_colon(outline.survey)
    names = {h.index: double_colon_header(h.text) if single and ":" in h.text else h.text for h in kept}
    prefix = harmonise_prefix(outline.workbook)
    attributes = {name: f"bind::{prefix}:{name}" for name in (HARMONISE, SENSITIVITY, "codes")}
    by_row = {node.row.number: annotations.get(path) for path, node in outline.by_path.items()}
    rows = []
    for row in outline.survey.rows:
        values = {names[h.index]: row.values[h.index] for h in kept if h.index in row.values}
        annotation = by_row.get(row.number)
        for name, header in attributes.items() if annotation else ():
            if text := getattr(annotation, name):
                values[header] = text
        rows.append(values)
    return [*names.values(), *(attributes.values() if annotations else ())], rows


def _mapping_headers(columns: Columns, prefix: str) -> list[Header]:
    ours: set[tuple[str, ...]] = {(HARMONISE,), (SENSITIVITY,)}
    ours |= {("bind", f"{prefix}:{name}") for name in (HARMONISE, SENSITIVITY, "codes")}
    return [column.header for column in columns if column.tokens in ours]


def _choices(outline: Outline) -> tuple[list[str], list[dict[str, str]]]:
    """The choices without their `harmonise` column, which would reach tablets as a column of the list.

    Lists of `or_other` questions get their "other" here: pyxform would label it in an order that changes from
    run to run, and the same form must give the same bytes.
    """
    sheet = outline.workbook.sheet("choices")
    columns = read_columns(sheet)
    dropped = columns.one(HARMONISE)
    kept = [header for header in sheet.headers if header != dropped]
    rows = [{h.text: row.values[h.index] for h in kept if h.index in row.values} for row in sheet.rows]
    list_name, name = columns.one("list name"), columns.one("name")
    labels = columns.languages(("label",)).values()
    lists = read_choices(outline.workbook)
    wanting = dict.fromkeys(
        n.type.list_name for n in outline.nodes if n.type.or_other and n.type.list_name in lists
    )
    for listed in wanting:
        if list_name and name and labels and all(c.name != OTHER for c in lists[listed or ""]):
            labelled = {label.text: "Other" for label in labels}
            rows.append({list_name.text: listed or "", name.text: OTHER, **labelled})
    return [header.text for header in kept], rows


def _settings(outline: Outline, mapped: bool, form_id: str) -> tuple[list[str], list[dict[str, str]]]:
    sheet = outline.workbook.sheet("settings")
    columns = read_columns(sheet)
    dropped = columns.one(HARMONISE)
    first = next(sheet.filled(), None)
    values = {h.text: first.get(h) for h in sheet.headers if h != dropped and first.get(h)} if first else {}
    id_column = columns.one("id_string")
    if not (id_column and values.get(id_column.text)):
        values[id_column.text if id_column else "form_id"] = form_id
    if mapped:
        namespaces = columns.one("namespaces")
        key = namespaces.text if namespaces else "namespaces"
        declared = values.get(key, "")
        if HARMONISE_NAMESPACE not in dict(_PREFIX.findall(declared)).values():
            ours = f'{harmonise_prefix(outline.workbook)}="{HARMONISE_NAMESPACE}"'
            values[key] = f"{declared} {ours}".strip()
    return list(values), [values]


# -- after pyxform ------------------------------------------------------------------------------------------


def finish_xform(xform: str, root: str, annotation: Annotation | None) -> bytes:
    """pyxform's text as the bytes that are served for ever, the settings' items on a bind of the root."""
    if annotation is None or not annotation.harmonise:
        return xform.encode("utf-8")
    html = etree.fromstring(xform.encode("utf-8"), etree.XMLParser(resolve_entities=False, huge_tree=True))
    model = next(html.iter(f"{{{XFORMS}}}model"))
    bind = etree.Element(f"{{{XFORMS}}}bind", {"nodeset": root, HARMONISE_ATTRIBUTE: annotation.harmonise})
    first = next((e for e in model if e.tag == f"{{{XFORMS}}}bind"), None)
    if first is None:
        model.append(bind)
    else:
        first.addprevious(bind)
    body: bytes = etree.tostring(html, encoding="UTF-8")
    if not body.startswith(b"<?xml"):
        body = b'<?xml version="1.0" encoding="UTF-8"?>\n' + body
    return body
