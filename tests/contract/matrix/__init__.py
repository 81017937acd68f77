"""The authorisation matrix: a row for each route of the OpenAPI description, a module for each part of it."""

from __future__ import annotations

import importlib
import pkgutil

from tests.contract.matrix.row import ON_PROJECT, Row, Rows

__all__ = ["ROWS"]


def _gathered() -> Rows:
    found: Rows = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("rows_"):
            rows: Rows = importlib.import_module(f"{__name__}.{module.name}").ROWS
            assert found.keys().isdisjoint(rows), module.name
            found |= rows
    return found | {("DELETE", ON_PROJECT): Row("project", "project.delete")}  # last: nothing is left to try


ROWS = _gathered()
