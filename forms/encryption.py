"""The public key in an XForm that has tablets encrypt what is filled in, and the version that says so.

XForm bytes in, XForm bytes out. What is written goes in between the bytes that are there, which stay as they
are: tablets tell forms apart by the md5 of the bytes, and authors theirs by how they wrote them.
"""

from __future__ import annotations

import base64
import hashlib
from xml.parsers import expat

from forms.xform_document import BadXForm

_MODEL = ["html", "head", "model"]


def encrypted_for(xform: bytes, key: str) -> bytes:
    """The XForm with a public key and a version of its own, for a form that has no key.

    key  X.509 SPKI, base64 in one line
    The version gets the suffix `[encrypted:xxxxxxxx]`, or becomes it. It follows from the bytes and the key,
    so that publishing a form again under the same key gives the same bytes. Raises BadXForm.
    """
    mark = base64.b64encode(hashlib.sha256(key.encode() + b"\0" + xform).digest()[:6]).decode()
    places = _places(xform)
    suffix = f"[encrypted:{mark}]".encode()
    return _insert(xform, [places.for_key(key.encode()), places.for_version(suffix)])


_Insertion = tuple[int, bytes]
"""(offset, bytes to put there)"""


class _Places:
    """Where in the bytes the parts stand that are written to."""

    def __init__(self, xform: bytes) -> None:
        self._xform = xform
        self.submission: int | None = None  # offset of `<submission`
        self.model_end: int | None = None  # offset of `</model>`
        self.instance_root: int | None = None  # offset of the primary instance's root

    def for_key(self, key: bytes) -> _Insertion:
        attribute = b' base64RsaPublicKey="' + key + b'"'
        if self.submission is not None:
            found = self._attribute(self.submission, b"base64RsaPublicKey")  # there, and empty
            return (found, key) if found is not None else (self._end_of_tag(self.submission), attribute)
        if self.model_end is None:
            raise BadXForm("It has no <model>.")
        return self.model_end, b"<submission" + attribute + b"/>"

    def for_version(self, suffix: bytes) -> _Insertion:
        if self.instance_root is None:
            raise BadXForm("Its model has no primary instance.")
        found = self._attribute(self.instance_root, b"version")
        if found is not None:
            return found, suffix
        return self._end_of_tag(self.instance_root), b' version="' + suffix + b'"'

    def _end_of_tag(self, start: int) -> int:
        """Where a further attribute goes: before the `>` or `/>` of the tag."""
        at = start
        quote = b""
        while True:
            one = self._xform[at : at + 1]
            if quote:
                quote = b"" if one == quote else quote
            elif one in (b'"', b"'"):
                quote = one
            elif one in (b">", b""):
                break
            at += 1
        return at - 1 if self._xform[at - 1 : at] == b"/" else at

    def _attribute(self, start: int, name: bytes) -> int | None:
        """Where the value of an attribute ends, whatever its prefix; None when the tag has it not."""
        at, end = start, self._end_of_tag(start)
        while (equals := self._xform.find(b"=", at, end)) >= 0:
            given = self._xform[at:equals].split()[-1]
            opening = equals + 1
            while self._xform[opening : opening + 1] in (b" ", b"\t", b"\r", b"\n"):
                opening += 1
            closing = self._xform.find(self._xform[opening : opening + 1], opening + 1)
            if given.rpartition(b":")[2] == name and not given.startswith(b"xmlns"):
                return closing
            at = closing + 1
        return None


def _places(xform: bytes) -> _Places:
    """Find the parts in one pass. Raises BadXForm."""
    found, path, instances = _Places(xform), [], 0
    parser = expat.ParserCreate()
    parser.ordered_attributes = True

    def start(tag: str, _attributes: object) -> None:
        nonlocal instances
        name = tag.rpartition(":")[2]
        path.append(name)
        if path[:3] != _MODEL:
            return
        if len(path) == 4:
            instances += name == "instance"
            if name == "submission" and found.submission is None:
                found.submission = parser.CurrentByteIndex
        elif len(path) == 5 and path[3] == "instance" and instances == 1 and found.instance_root is None:
            found.instance_root = parser.CurrentByteIndex

    def end(_tag: str) -> None:
        if path == _MODEL and found.model_end is None:
            found.model_end = parser.CurrentByteIndex
        path.pop()

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        parser.Parse(xform, True)
    except expat.ExpatError as error:
        raise BadXForm(f"It is not well-formed XML: {error}.") from None
    return found


def _insert(xform: bytes, insertions: list[_Insertion]) -> bytes:
    for at, what in sorted(insertions, reverse=True):
        xform = xform[:at] + what + xform[at:]
    return xform
