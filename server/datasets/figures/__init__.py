"""Figures: datasets that are worked out of the harmonised rows, where the rules of adding up are kept.

Each module holds one dataset: what it is (`DATASET`) and how it is worked out (`rows`). The rules, from
DOMAIN 2.6 and 2.8: tools, assessment types and designs are never added to one another; an area is its own row
or its parts, never both; silence is not zero; suspects stay counted and are told; a split is one dimension.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from server.datasets.dataset import Dataset
from server.datasets.figures import (
    alerts,
    emergencies,
    flow_points,
    flow_splits,
    herds,
    incidents,
    poe_status,
    profile_shares,
    sdg_proxy,
    stock,
    stock_totals,
)
from server.datasets.filters import Filters
from server.datasets.network import Locate
from server.datasets.scope import Scope
from sync.store import ReadSession

Figures = Callable[[ReadSession, Scope, Filters, date, Locate | None], Iterator[list[dict[str, Any]]]]
"""(session, scope, filters, today, locate) -> batches of rows by column name."""

_MODULES = (
    flow_points,
    flow_splits,
    stock,
    stock_totals,
    poe_status,
    herds,
    alerts,
    emergencies,
    incidents,
    profile_shares,
    sdg_proxy,
)

FIGURES: Mapping[str, tuple[Dataset, Figures]] = {
    module.DATASET.name: (module.DATASET, module.rows) for module in _MODULES
}
