"""XML from outside, read without trusting it: no DTD, no entities, no network, bounded depth and size.

Bytes go in, a tree comes out; everything that reads XML from a tablet or from an upload goes through here.
The bytes are given to the parser in one feed: many small feeds of one huge token cost quadratic time.
"""

from __future__ import annotations

import re

from lxml import etree

MAX_DEPTH = 64
MAX_NODES = 200_000

_PARSER = etree.XMLParser(
    resolve_entities=False,
    no_network=True,
    huge_tree=False,
    load_dtd=False,
    remove_comments=True,
    remove_pis=True,
)
_TOO_DEEP = etree.XPath("boolean(/*" + "/*" * MAX_DEPTH + ")")
_ROOT_NAME = re.compile(rb"(?:\xef\xbb\xbf|\s|<\?.*?\?>|<!--.*?-->)*<[A-Za-z_\x80-\xff][^\s/>]*", re.DOTALL)
_PREFIX = re.compile(rb"[<\s]/?([A-Za-z_\x80-\xff][\w.\x80-\xff-]*):[A-Za-z_\x80-\xff]")
_UNDECLARED = "NS_ERR_UNDEFINED_NAMESPACE"
_ROOT_TAG = re.compile(rb"<[A-Za-z_:\x80-\xff]")


class XmlUnreadable(Exception):
    """The bytes are not XML this server reads. `reason` says why and where, never quoting the content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_xml(data: bytes) -> etree._Element:
    """The root element of an XML document; comments and processing instructions are left out.

    Raises XmlUnreadable for what is not well-formed, for any DTD, for more than MAX_DEPTH levels and for more
    than MAX_NODES elements.
    """
    tree = parse_xml(data)
    _refuse_oversized(data, tree)
    return tree


def parse_xml(data: bytes) -> etree._Element:
    """The same for who looks at the first levels only: depth up to libxml2's own 256, any number of elements.

    Raises XmlUnreadable for what is not well-formed and for any DTD.
    """
    doctype = data.find(b"<!DOCTYPE")
    if doctype >= 0:
        root = _ROOT_TAG.search(data)
        if root is None or doctype < root.start():
            raise XmlUnreadable("The XML has a document type declaration, which is never read.")
    try:
        tree = _read(data)
    except etree.XMLSyntaxError as problem:
        raise XmlUnreadable(_why(problem)) from None
    except (ValueError, LookupError) as problem:
        raise XmlUnreadable(f"The XML cannot be decoded ({type(problem).__name__}).") from None
    if tree.getroottree().docinfo.internalDTD is not None:  # written in an encoding the scan above cannot see
        raise XmlUnreadable("The XML has a document type declaration, which is never read.")
    return tree


def _read(data: bytes) -> etree._Element:
    """Parse; a prefix that is declared nowhere is declared at the root, for names are compared without their
    namespace, and clients write `<orx:meta>` into instances that do not say what orx is."""
    try:
        return etree.fromstring(data, _PARSER)
    except etree.XMLSyntaxError as problem:
        last = problem.error_log.last_error  # type: ignore[attr-defined]
        root = _ROOT_NAME.match(data)
        if last is None or last.type_name != _UNDECLARED or root is None:
            raise
        used = {prefix for prefix in _PREFIX.findall(data) if prefix not in (b"xml", b"xmlns")}
        here = data[root.end() : data.find(b">", root.end())]
        missing = sorted(prefix for prefix in used if b"xmlns:" + prefix + b"=" not in here)
        declared = b"".join(b' xmlns:%s="urn:undeclared:%s"' % (prefix, prefix) for prefix in missing)
        return etree.fromstring(data[: root.end()] + declared + data[root.end() :], _PARSER)


def local_name(tag: str) -> str:
    """The name of an element without its namespace."""
    return tag.rpartition("}")[2]


def _refuse_oversized(data: bytes, tree: etree._Element) -> None:
    # An element takes at least one "<", and depth n takes n of them and n more to close: small documents are
    # let through by counting bytes, which is much cheaper than walking.
    brackets = data.count(b"<")
    if brackets > MAX_NODES and sum(1 for _ in tree.iter()) > MAX_NODES:
        raise XmlUnreadable(f"The XML has more than {MAX_NODES} elements.")
    if brackets > 2 * MAX_DEPTH and _TOO_DEEP(tree):
        raise XmlUnreadable(f"The XML is nested deeper than {MAX_DEPTH} levels.")


def _why(problem: etree.XMLSyntaxError) -> str:
    line, column = problem.position if problem.position else (0, 0)
    last = problem.error_log.last_error  # type: ignore[attr-defined]
    name = f" ({last.type_name.removeprefix('ERR_').replace('_', ' ').lower()})" if last else ""
    return f"The XML is not well-formed at line {line}, column {column}{name}."
