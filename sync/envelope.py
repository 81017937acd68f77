"""The envelope of a submission: the little that receipt reads of it. XML bytes in, an `Envelope` out.

Receipt comes before understanding: nothing about the answers can refuse a record. XML that is not well-formed
after its root's start tag is read as far as it goes, the pipeline will say what is wrong with it. Names are
matched without their namespace: Collect appends `deprecatedID` without one to an `orx:meta` (PROTOCOL 1.7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.parsers import expat

from lxml import etree

from sync.safe_xml import XmlUnreadable, local_name, parse_xml

_META = {"instanceID": "instance_id", "deprecatedID": "deprecated_id", "instanceName": "instance_name"}


class EnvelopeUnreadable(Exception):
    """Not even the start tag of a root element can be read. `reason` never quotes the content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the XML says about itself; None where it says nothing."""

    root: str  # local name of the root element
    xml_form_id: str | None  # the root's id, else its namespace (OpenRosa: a form without id is named by it)
    version: str  # "" when there is none
    instance_id: str | None = None
    deprecated_id: str | None = None
    instance_name: str | None = None
    encrypted: bool = False


def read_envelope(xml: bytes) -> Envelope:
    """Read an envelope from a whole document, or from its beginning when the rest is not well-formed.

    Raises EnvelopeUnreadable when there is no root element, and for any document type declaration.
    """
    try:
        root = parse_xml(xml)
    except XmlUnreadable as problem:
        return _read_as_far_as_it_goes(xml, problem.reason)
    return _envelope(root.tag, {str(k): str(v) for k, v in root.attrib.items()}, _meta_of(root))


def _meta_of(root: etree._Element) -> dict[str, str]:
    """The children of the root's `meta`, by local name. pyxform writes meta last, so look from the end."""
    for block in root.iterchildren(reversed=True):
        if local_name(block.tag) == "meta":
            return {local_name(field.tag): "".join(map(str, field.itertext())) for field in block}
    return {}


class _Listener:
    """Collects the root and its meta from parser events, whatever comes later."""

    def __init__(self) -> None:
        self.root = ""
        self.attributes: dict[str, str] = {}
        self.meta: dict[str, str] = {}
        self._path: list[str] = []
        self._text = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local_name(tag)
        if not self._path:
            self.root, self.attributes = tag, attributes
        self._path.append(name)
        self._text = ""

    def text(self, data: str) -> None:
        if self._in_meta():
            self._text += data

    def end(self, _tag: str) -> None:
        if self._in_meta():  # only now: half an instanceID would be another record's
            self.meta[self._path[2]] = self._text
        self._path.pop()

    def _in_meta(self) -> bool:
        return len(self._path) == 3 and self._path[1] == "meta"


def _read_as_far_as_it_goes(xml: bytes, reason: str) -> Envelope:
    found = _Listener()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler = found.start
    parser.EndElementHandler = found.end
    parser.CharacterDataHandler = found.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(xml, True)  # in one feed: many small ones of one huge token cost quadratic time
    except expat.ExpatError:
        if not found.root:
            raise EnvelopeUnreadable(reason) from None
    return _envelope(found.root, found.attributes, found.meta)


def _refuse_doctype(*_declaration: object) -> None:
    raise EnvelopeUnreadable("The XML has a document type declaration, which is never read.")


def _envelope(tag: str, attributes: Mapping[str, str], meta: dict[str, str]) -> Envelope:
    get = attributes.get
    version = get("version")
    if version is None:  # some tools write `orx:version`
        version = next((value for name, value in attributes.items() if name.endswith("}version")), "")
    namespace = tag.rpartition("}")[0].lstrip("{")
    said = {ours: text for name, ours in _META.items() if (text := meta.get(name, "").strip())}
    return Envelope(
        root=local_name(tag),
        xml_form_id=(get("id") or "").strip() or namespace or None,
        version=version.strip(),
        encrypted=get("encrypted") == "yes",
        **said,
    )
