"""One instance folder, read: its XML, what it says of itself, and the files that belong to it.

In: a `Found`. Out: a `Reading`, or why there is none. What is not well-formed is not taken: on a card that is
a copy that was cut, and half a record received today would stand in the way of the whole one tomorrow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from sync.envelope import Envelope, EnvelopeUnreadable, read_envelope
from sync.receipt import clean_file_name
from sync.rescue.entries import READING_FAILS, Entry
from sync.rescue.finding import Found
from sync.safe_xml import XmlUnreadable, local_name, parse_xml

_HEAD = 64 * 1024


class Unreadable(Exception):
    """This folder gives no record. `reason` never quotes answers; `is_told` False: no record was expected."""

    def __init__(self, reason: str, is_told: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_told = is_told


@dataclass(frozen=True, slots=True)
class Reading:
    """A record that was found and read; its files are not read yet."""

    envelope: Envelope
    xml: bytes  # all of it, or its beginning when it is too large
    is_large: bool
    files: tuple[tuple[str, Entry], ...]  # by clean name
    device_id: str | None
    looks_unfinished: bool
    values: dict[str, str] = field(default_factory=dict)  # text of each leaf, by path; repeats overwrite

    def named(self, paths: frozenset[str]) -> set[str]:
        """The files that the answers at these paths name."""
        return {clean_file_name(text) for path, text in self.values.items() if path in paths and text}


def read(found: Found, max_xml_bytes: int) -> Reading:
    """Read the XML of a folder. Raises Unreadable."""
    if found.xml is None:
        raise Unreadable("There is no XML in this folder: it was copied in part, or its record was deleted.")
    xml, is_large = _xml(found.xml, max_xml_bytes)
    if not xml.strip():
        raise Unreadable("The XML is empty: it was copied in part.")
    envelope = _envelope(xml, found.expected)
    if envelope.root == "html":
        raise Unreadable("It is a form, not a record.", is_told=False)
    if not found.expected and envelope.instance_id is None:
        raise Unreadable("It is no record: it names no instanceID.", is_told=False)
    if is_large:
        return Reading(envelope, xml[:_HEAD], True, _files(found, None), None, False)
    values = _leaves(xml, found.expected)
    root = f"/{envelope.root}"
    devices = (values.get(f"{root}/{name}") for name in ("deviceid", "deviceID", "meta/deviceID"))
    device = next((text for text in devices if text), None)
    unfinished = bool(values.get(f"{root}/start")) and values.get(f"{root}/end") == ""
    return Reading(envelope, xml, False, _files(found, values), device, unfinished, values)


def _xml(entry: Entry, limit: int) -> tuple[bytes, bool]:
    try:
        with entry.open() as file:
            data = file.read(limit + 1)
    except READING_FAILS as error:
        raise Unreadable(f"The XML cannot be read from the copy ({type(error).__name__}).") from None
    return data, len(data) > limit


def _envelope(xml: bytes, expected: bool) -> Envelope:
    try:
        return read_envelope(xml)
    except EnvelopeUnreadable as problem:
        raise Unreadable(problem.reason, is_told=expected) from None


def _leaves(xml: bytes, expected: bool) -> dict[str, str]:
    try:
        root = parse_xml(xml)
    except XmlUnreadable as problem:
        raise Unreadable(f"{problem.reason} Was it copied in part?", is_told=expected) from None
    return dict(_walk(root, "/" + local_name(root.tag)))


def _walk(node: etree._Element, path: str) -> Iterator[tuple[str, str]]:
    """Path and text of every leaf. Not recursive: the tree is as deep as whoever wrote it wanted."""
    waiting = [(node, path)]
    while waiting:
        here, at = waiting.pop()
        children = [child for child in here if isinstance(child.tag, str)]
        if not children:
            yield at, "".join(map(str, here.itertext())).strip()
        waiting += [(child, f"{at}/{local_name(child.tag)}") for child in reversed(children)]


def _files(found: Found, values: dict[str, str] | None) -> tuple[tuple[str, Entry], ...]:
    named = {clean_file_name(text) for text in (values or {}).values() if text}
    files = [(clean_file_name(entry.name), entry) for entry in found.files]
    return tuple((name, entry) for name, entry in files if found.takes_all or name in named)
