"""`$metadata` and the service document of a form, with the names and types Central gives them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lxml import etree

from server.odata.columns import KINDS, SYSTEM
from sync.odata.tables import ROOT, Group, InstanceId, Link, Node, Question, Service, Table, odata_name

_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"
_SUBMISSION = "org.opendatakit.submission"
_CAPABILITIES = "Org.OData.Capabilities.V1"
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'

_TYPES = {
    "int": "Edm.Int64",
    "decimal": "Edm.Decimal",
    "boolean": "Edm.Boolean",
    "geopoint": "Edm.GeographyPoint",
    "geotrace": "Edm.GeographyLineString",
    "geoshape": "Edm.GeographyPolygon",
    "date": "Edm.Date",
    "dateTime": "Edm.DateTimeOffset",
}
_SYSTEM_TYPES = {
    "status": f"{_SUBMISSION}.Status",
    "reviewState": f"{_SUBMISSION}.ReviewState",
    "instant": "Edm.DateTimeOffset",
    "number": "Edm.Int64",
    "text": "Edm.String",
}
_ENUMS = {
    "Status": ("notDecrypted", "missingEncryptedFormData"),
    "ReviewState": ("hasIssues", "edited", "rejected", "approved"),
}


def service_document(service: Service, root: str) -> dict[str, Any]:
    """What tables there are. `root` is the absolute address of the service."""
    tables = [{"name": table.name, "kind": "EntitySet", "url": table.name} for table in service.tables]
    return {"@odata.context": f"{root}/$metadata", "value": tables}


def metadata_document(service: Service) -> bytes:
    """The EDMX of a service, as UTF-8 XML."""
    edmx = etree.Element(f"{{{_EDMX}}}Edmx", {"Version": "4.0"}, nsmap={"edmx": _EDMX})
    services = etree.SubElement(edmx, f"{{{_EDMX}}}DataServices")
    _system_schema(services)
    _Document(service, _schema(services, f"org.opendatakit.user.{odata_name(service.xml_form_id)}")).write()
    return _DECLARATION + etree.tostring(edmx, encoding="UTF-8", xml_declaration=False, pretty_print=True)


def _schema(parent: etree._Element, namespace: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{_EDM}}}Schema", {"Namespace": namespace}, nsmap={None: _EDM})  # type: ignore[dict-item]


def _element(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{_EDM}}}{tag}", attributes)


def _system_schema(services: etree._Element) -> None:
    schema = _schema(services, _SUBMISSION)
    metadata = _element(schema, "ComplexType", Name="metadata")
    for name, kind in SYSTEM.items():
        _element(metadata, "Property", Name=name, Type=_SYSTEM_TYPES.get(name) or _SYSTEM_TYPES[kind])
    for name, members in _ENUMS.items():
        enum = _element(schema, "EnumType", Name=name)
        for member in members:
            _element(enum, "Member", Name=member)


class _Document:
    def __init__(self, service: Service, schema: etree._Element) -> None:
        self._service = service
        self._schema = schema
        self._base = schema.get("Namespace") or ""

    def write(self) -> None:
        complex_types: list[tuple[str, Sequence[Node], str]] = []
        for table in self._service.tables:
            self._entity(table, complex_types)
        for name, members, way in complex_types:  # grows while it is written: groups inside groups
            self._properties(_element(self._schema, "ComplexType", Name=name), members, way, complex_types)
        container = _element(self._schema, "EntityContainer", Name=odata_name(self._service.xml_form_id))
        for table in self._service.tables:
            entity_set = _element(
                container, "EntitySet", Name=table.name, EntityType=f"{self._base}.{table.name}"
            )
            if table.path == "":
                _annotate(entity_set, table)

    def _entity(self, table: Table, complex_types: list[tuple[str, Sequence[Node], str]]) -> None:
        entity = _element(self._schema, "EntityType", Name=table.name)
        _element(_element(entity, "Key"), "PropertyRef", Name="__id")
        _element(entity, "Property", Name="__id", Type="Edm.String", Nullable="false")
        if table.path == "":
            _element(entity, "Property", Name="__system", Type=f"{_SUBMISSION}.metadata")
        else:
            _element(entity, "Property", Name=table.parent_key, Type="Edm.String")
        way = "".join(f"{step.name}." for step in table.steps)
        self._properties(entity, table.members, way, complex_types)

    def _properties(
        self,
        parent: etree._Element,
        members: Sequence[Node],
        way: str,
        complex_types: list[tuple[str, Sequence[Node], str]],
    ) -> None:
        for node in members:
            if isinstance(node, Link):
                type_ = f"Collection({self._base}.{ROOT}.{way}{node.name})"
                _element(parent, "NavigationProperty", Name=node.name, Type=type_)
                continue
            if isinstance(node, Group):
                complex_types.append((way + node.name, node.members, f"{way}{node.name}."))
                type_ = f"{self._base}.{way}{node.name}"
            elif isinstance(node, InstanceId):
                type_ = "Edm.String"
            else:
                type_ = _TYPES.get(node.type, "Edm.String")
            _element(parent, "Property", Name=node.name, Type=type_)


def _annotate(entity_set: etree._Element, table: Table) -> None:
    """What clients may fold into their requests: everything but positions can be filtered."""
    level = f"{_CAPABILITIES}.ConformanceLevelType/Minimal"
    _element(entity_set, "Annotation", Term=f"{_CAPABILITIES}.ConformanceLevel", EnumMember=level)
    _element(entity_set, "Annotation", Term=f"{_CAPABILITIES}.BatchSupported", Bool="false")
    _record(entity_set, "CountRestrictions", "Countable")
    filters = _record(entity_set, "FilterRestrictions", "Filterable")
    _element(filters, "PropertyValue", Property="RequiresFilter", Bool="false")
    not_filterable = list(_positions(table))
    if not_filterable:
        value = _element(filters, "PropertyValue", Property="NonFilterableProperties")
        collection = _element(value, "Collection")
        for path in not_filterable:
            _element(collection, "PropertyPath").text = path
    _record(entity_set, "SortRestrictions", "Sortable")
    _record(entity_set, "ExpandRestrictions", "Expandable", "false")  # `*` only, which this cannot say


def _record(parent: etree._Element, term: str, flag: str, holds: str = "true") -> etree._Element:
    record = _element(_element(parent, "Annotation", Term=f"{_CAPABILITIES}.{term}"), "Record")
    _element(record, "PropertyValue", Property=flag, Bool=holds)
    return record


def _positions(table: Table) -> Iterator[str]:
    question: Question
    for path, question in table.questions():
        if KINDS.get(question.type) == "geo":
            yield path
