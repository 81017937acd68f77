"""`.../datasets/{d}/entities.csv`: all entities of a list with their properties, as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.answers import instant
from server.central.dataset_values import RegisterList, find_list
from server.central.entity_query import read_query
from server.central.entity_values import Actors, EntityView, actors_of, entity_view
from server.central.routing import ProjectGate, asked, route
from server.conditional import CACHE_CONTROL, tag_of
from sync.entities.reading import EntityRow
from sync.listing import listings
from sync.store import Store

router = APIRouter(prefix="/v1/projects/{project_id}/datasets/{name}", tags=["entities"])

_BEFORE = ("__id", "label")
_AFTER = ("__createdAt", "__creatorId", "__creatorName", "__updates", "__updatedAt", "__version")


@route(router, "GET", "/entities.csv", ProjectGate("entity.list"))
def entities_csv(request: Request, name: str) -> Response:
    """A row for each entity, the newest first: id, label, properties, and who made and changed it.

    $filter and $search as in OData. A list made from registers comes as tablets get it.
    """
    store: Store = request.app.state.store
    may = asked(request)
    assert may.project is not None
    with store.read() as session:
        found = find_list(session, store, may.project, may.actor, name)
        if isinstance(found, RegisterList):
            content = listings(store).content(session, may.project_id, found.kind.name, found.grants)
            return _file(request, name, content)
        view = entity_view(session, may.actor, may.project_id, found["id"])
        query = read_query(request.query_params.multi_items(), view)
        rows = query.entities(session, store, found["id"])
        actors = actors_of(session, rows, view)
    is_whole = query.condition is None and not query.search
    return _file(request, name, csv_bytes(rows, view, actors), is_whole)


def csv_bytes(rows: Sequence[EntityRow], view: EntityView, actors: Actors) -> bytes:
    """The rows with their heading, UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*_BEFORE, *view.properties, *_AFTER))
    for row in rows:
        maker = actors.get(row.creator_uuid or "")
        writer.writerow(
            (
                row.uuid,
                view.label(row.current),
                *(view.cell(row.current, name) for name in view.properties),
                instant(row.created_at),
                "" if maker is None else maker["id"],
                "" if maker is None else maker["name"],
                row.version - 1,
                instant(row.updated_at) or "",
                row.version,
            )
        )
    return text.getvalue().encode()


def _file(request: Request, name: str, content: bytes, is_whole: bool = True) -> Response:
    """The file; a part of a list, by a filter, has no tag."""
    tag = f'"{tag_of(content)}"'
    headers = {
        **({"ETag": f"W/{tag}"} if is_whole else {}),
        "Cache-Control": CACHE_CONTROL,
        "Vary": "Authorization, Cookie",
        "Content-Disposition": f'attachment; filename="{_plain(name)}.csv"; '
        f"filename*=UTF-8''{quote(f'{name}.csv', safe='')}",
    }
    named = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    if is_whole and tag in named:
        return Response(None, 304, headers)
    return Response(content, 200, {**headers, "Content-Type": "text/csv; charset=utf-8"})


def _plain(name: str) -> str:
    """A file name for clients that read no other than ASCII."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in name)
