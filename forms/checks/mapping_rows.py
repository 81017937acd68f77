"""Mappings in rows that have no answer: notes, ends, rows without a question. The XForm would lose them."""

from __future__ import annotations

from collections.abc import Iterator

from forms.outline import Outline
from forms.problems import FormProblem
from forms.rewrite import mapping_columns


def check_mapping_rows(outline: Outline) -> Iterator[FormProblem]:
    """`harmonise` where nothing is asked and no row is made."""
    harmonise, _ = mapping_columns(outline)
    if harmonise is None:
        return
    kind, name = outline.columns.one("type"), outline.columns.one("name")
    carriers = {node.row.number for node in outline.nodes if node.type.answer and not node.type.note}
    carriers |= {row.number for row in outline.unknown}  # told as unknown types
    for row in outline.survey.filled():
        untyped = not row.get(kind) and bool(row.get(name))  # told as a row without a type
        if row.get(harmonise) and row.number not in carriers and not untyped:
            yield FormProblem(
                "bad-mapping",
                f"The row {row.get(kind)!r} has no answer, but carries the mapping {row.get(harmonise)!r}.",
                "Move it to the question that feeds it, or to the begin_repeat that makes the rows.",
                outline.survey.cell(row, harmonise),
            )
