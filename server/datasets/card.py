"""The card of a dataset: what its figures mean and what they do not, for this reader, with counts.

Method, limits and coverage travel with the data; nobody should have to ask for them.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import case, func, select

from forms import vocabulary
from server.datasets.columns import Column
from server.datasets.dataset import Dataset
from server.datasets.definitions import DATASETS
from server.datasets.export import FORMATS
from server.datasets.filters import Filters, parameters
from server.datasets.network import Locate
from server.datasets.rows import read_rows
from server.datasets.scope import Scope
from sync.places.releases import active_release
from sync.store import ReadSession
from sync.tables import HARMONISED, boundary_release

_LEVELS = ("public", "internal", "restricted", "confidential")


def summary(name: str, base_url: str) -> dict[str, Any]:
    """One line of the list of datasets. `base_url` ends in /figures."""
    dataset = DATASETS[name]
    return {
        "name": dataset.name,
        "title": dataset.title,
        "titles": dataset.titles,
        "unit": dataset.unit,
        "card": f"{base_url}/{dataset.name}",
    }


def card(
    session: ReadSession,
    dataset: Dataset,
    scope: Scope,
    base_url: str,
    today: date,
    locate: Locate | None = None,
) -> dict[str, Any]:
    """The whole card. Counts are of the rows this reader sees."""
    columns = scope.columns(dataset)
    return {
        **summary(dataset.name, base_url),
        "description": dataset.description,
        "method": dataset.method,
        "limits": dataset.limits,
        "vocabulary_version": vocabulary.VERSION,
        "boundaries": _boundaries(session, scope.project_id),
        "sensitivity": max((column.sensitivity for column in columns), key=_LEVELS.index),
        **_counts(session, dataset, scope, today, locate),
        "filters": parameters(dataset),
        "formats": {
            kind: f"{base_url}/{dataset.name}.{'csv?hxl=true' if kind == 'hxl' else kind}" for kind in FORMATS
        },
        "columns": [_column(column) for column in columns],
    }


def _column(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": column.type,
        "unit": column.unit or None,
        "hxl": column.hxl,
        "label": {"en": column.label, **column.labels},
        "definition": column.definition,
        "null": column.null_rule or None,
        "code_list": column.code_list,
        "sensitivity": column.sensitivity,
    }


def _counts(
    session: ReadSession, dataset: Dataset, scope: Scope, today: date, locate: Locate | None
) -> dict[str, Any]:
    if dataset.table is None:
        return {"n_rows": read_rows(session, dataset, scope, Filters(), today, locate).count()}
    table = HARMONISED[dataset.table]
    statement = select(
        func.count().label("n_rows"),
        func.coalesce(func.sum(case((table.c.under_review, 1), else_=0)), 0).label("n_under_review"),
        func.min(table.c.reporting_date).label("first_date"),
        func.max(table.c.reporting_date).label("last_date"),
    ).where(Filters().rows(scope, table))
    row = session.first(statement)
    assert row is not None
    return {**row, "n_without_review": row["n_rows"] - row["n_under_review"]}


def _boundaries(session: ReadSession, project_id: int) -> dict[str, Any] | None:
    release = active_release(session, project_id)
    if release is None:
        return None
    columns = ("name", "source", "licence", "disclaimer")
    row = session.first(
        select(*(boundary_release.c[name] for name in columns)).where(boundary_release.c.id == release.id)
    )
    return dict(row) if row else None
