"""`.../datasets/{d}.svc`: service document, `$metadata` and `Entities` of an entity list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from lxml import etree
from starlette.requests import Request
from starlette.responses import Response

from server.central.answers import answer, instant
from server.central.entity_query import SYSTEM, EntityQuery, read_query, system_values, token_of
from server.central.entity_values import Actors, EntityView, actors_of, entity_view
from server.central.routing import ProjectGate, asked, route
from server.links import base_url, segment
from server.odata.problems import UnknownProperty
from sync.entities.datasets import get_dataset
from sync.entities.reading import EntityRow
from sync.odata.tables import odata_name
from sync.store import Store

router = APIRouter(prefix="/v1/projects/{project_id}/datasets/{name}.svc", tags=["entities"])

_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"
_ENTITY = "org.opendatakit.entity"
_CAPABILITIES = "Org.OData.Capabilities.V1"
_TYPES = {"updates": "Edm.Int64", "version": "Edm.Int64", "conflict": f"{_ENTITY}.conflictType"}
_MOMENTS = ("createdAt", "updatedAt", "deletedAt")
_ODATA = {"OData-Version": "4.0"}


@route(router, "GET", "", ProjectGate("entity.list"))
def service(request: Request, name: str) -> Response:
    """What tables there are: one."""
    with _store(request).read() as session:
        get_dataset(session, asked(request).project_id, name)
    tables = [{"name": "Entities", "kind": "EntitySet", "url": "Entities"}]
    return answer(request, {"@odata.context": f"{_root(request, name)}/$metadata", "value": tables}, _ODATA)


@route(router, "GET", "/$metadata", ProjectGate("entity.list"))
def metadata(request: Request, name: str) -> Response:
    """The properties of an entity, as EDMX (XML)."""
    may = asked(request)
    with _store(request).read() as session:
        row = get_dataset(session, may.project_id, name)
        view = entity_view(session, may.actor, may.project_id, row["id"])
    headers = {**_ODATA, "Cache-Control": "private, no-cache"}
    return Response(metadata_document(name, view), 200, headers, "application/xml")


@route(router, "GET", "/Entities", ProjectGate("entity.list"))
def entities(request: Request, name: str) -> Response:
    """The entities: $top, $skip, $skiptoken, $count, $filter, $orderby, $select, $search."""
    store, may = _store(request), asked(request)
    asked_for = request.query_params.multi_items()
    with store.read() as session:
        row = get_dataset(session, may.project_id, name)
        view = entity_view(session, may.actor, may.project_id, row["id"])
        query = read_query(asked_for, view)
        wanted = _selected(query)
        rows = query.entities(session, store, row["id"])
        page, more = query.page(rows)
        actors = actors_of(session, page, view)
    root = _root(request, name)
    body: dict[str, Any] = {
        "value": [entity_row(one, view, actors, wanted) for one in page],
        "@odata.context": f"{root}/$metadata#Entities",
    }
    if more and query.top and page:
        body["@odata.nextLink"] = _next(root, query, asked_for, page[-1].uuid)
    if query.count:
        body["@odata.count"] = len(rows)
    return answer(request, body, _ODATA)


def entity_row(
    row: EntityRow, view: EntityView, actors: Actors, wanted: frozenset[str] | None = None
) -> dict[str, Any]:
    """One entity as OData writes it; a property without a value is empty."""
    value: dict[str, Any] = {}
    if wanted is None or "__id" in wanted:
        value["__id"] = row.uuid
    if wanted is None or "label" in wanted:
        value["label"] = view.label(row.current)
    system = {
        name: instant(held) if name in _MOMENTS else held
        for name, held in system_values(row, actors).items()
        if wanted is None or "__system" in wanted or f"__system/{name}" in wanted
    }
    if system:
        value["__system"] = system
    for name in view.properties:
        if name not in view.closed and (wanted is None or name in wanted or odata_name(name) in wanted):
            value[odata_name(name)] = view.cell(row.current, name)
    return value


def metadata_document(name: str, view: EntityView) -> bytes:
    """The EDMX of a list, as UTF-8 XML."""
    edmx = etree.Element(f"{{{_EDMX}}}Edmx", {"Version": "4.0"}, nsmap={"edmx": _EDMX})
    services = etree.SubElement(edmx, f"{{{_EDMX}}}DataServices")
    system = _schema(services, _ENTITY)
    kind = _element(system, "ComplexType", Name="metadata")
    for each in SYSTEM:
        type_ = "Edm.DateTimeOffset" if each in _MOMENTS else _TYPES.get(each, "Edm.String")
        _element(kind, "Property", Name=each, Type=type_)
    conflict = _element(system, "EnumType", Name="conflictType")
    for member in ("soft", "hard"):
        _element(conflict, "Member", Name=member)
    user = f"org.opendatakit.user.{odata_name(name)}"
    schema = _schema(services, user)
    entity = _element(schema, "EntityType", Name="Entities")
    _element(_element(entity, "Key"), "PropertyRef", Name="__id")
    _element(entity, "Property", Name="__id", Type="Edm.String", Nullable="false")
    _element(entity, "Property", Name="__system", Type=f"{_ENTITY}.metadata")
    _element(entity, "Property", Name="label", Type="Edm.String")
    for each in view.properties:
        if each not in view.closed:
            _element(entity, "Property", Name=odata_name(each), Type="Edm.String")
    container = _element(schema, "EntityContainer", Name=odata_name(name))
    entities = _element(container, "EntitySet", Name="Entities", EntityType=f"{user}.Entities")
    level = f"{_CAPABILITIES}.ConformanceLevelType/Minimal"
    _element(entities, "Annotation", Term=f"{_CAPABILITIES}.ConformanceLevel", EnumMember=level)
    _element(entities, "Annotation", Term=f"{_CAPABILITIES}.BatchSupported", Bool="false")
    for term, flag, holds in (
        ("CountRestrictions", "Countable", "true"),
        ("FilterRestrictions", "Filterable", "true"),
        ("SortRestrictions", "Sortable", "true"),
        ("ExpandRestrictions", "Expandable", "false"),
    ):
        record = _element(_element(entities, "Annotation", Term=f"{_CAPABILITIES}.{term}"), "Record")
        _element(record, "PropertyValue", Property=flag, Bool=holds)
    return etree.tostring(edmx, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _selected(query: EntityQuery) -> frozenset[str] | None:
    """The properties asked for, None for all. Raises UnknownProperty."""
    if query.select is None:
        return None
    known = {"__id", "label", "__system", *(f"__system/{name}" for name in SYSTEM)}
    shown = [name for name in query.view.properties if name not in query.view.closed]
    known |= {*shown, *(odata_name(name) for name in shown)}
    for name in query.select:
        if name not in known:
            raise UnknownProperty(f"There is no property {name!r}.", "`$metadata` lists the properties.")
    return frozenset(query.select)


def _next(root: str, query: EntityQuery, asked_for: Sequence[tuple[str, str]], last: str) -> str:
    kept = [(name, value) for name, value in asked_for if name not in ("$skip", "$skiptoken")]
    if query.order:
        kept.append(("$skip", str(query.skip + (query.top or 0))))
    else:
        kept.append(("$skiptoken", token_of(last)))
    return f"{root}/Entities?{urlencode(kept, quote_via=quote)}"


def _root(request: Request, name: str) -> str:
    base = base_url(request, request.app.state.settings.http)
    return f"{base}/v1/projects/{asked(request).project_id}/datasets/{segment(name)}.svc"


def _schema(parent: etree._Element, namespace: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{_EDM}}}Schema", {"Namespace": namespace}, nsmap={None: _EDM})  # type: ignore[dict-item]


def _element(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{_EDM}}}{tag}", attributes)


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store
