"""All routes of entity lists, in the order they are looked through: an address with a dot before a name."""

from __future__ import annotations

from server.central import (
    dataset_diffs,
    datasets,
    entities,
    entity_csv,
    entity_geojson,
    entity_history,
    entity_integrity,
    entity_odata,
)

ROUTERS = tuple(
    resource.router
    for resource in (
        entity_odata,
        entity_csv,
        entity_geojson,
        datasets,
        entities,
        entity_history,
        dataset_diffs,
        entity_integrity,
    )
)
