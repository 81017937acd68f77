"""Give a form another version: in the XForm's own bytes, so that nothing else of them changes.

Also for a submission's XML, whose root names the version it was filled in with.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from forms.xform_document import BadXForm

_XFORMS, _ORX = "http://www.w3.org/2002/xforms", "http://openrosa.org/xforms"
_VERSION = re.compile(rb"(\s(?:[A-Za-z_][\w.\-]*:)?version\s*=\s*)(\"[^\"]*\"|'[^']*')")
_NAME = re.compile(rb"<[^\s/>]+")
_TAG = re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")


def with_version(xform: bytes, version: str) -> bytes:
    """The XForm with the version of its primary instance set. Raises BadXForm when it has none."""
    return _set_at(xform, _root_of_form(xform), version)


def submission_with_version(xml: bytes, version: str) -> bytes:
    """A submission's XML, saying that it was filled in with this version. Raises BadXForm (no root)."""
    return _set_at(xml, _Finder(lambda path: len(path) == 1).at(xml), version)


def _root_of_form(xform: bytes) -> int:
    """Where the start tag of the primary instance's root begins."""
    return _Finder(lambda path: len(path) > 1 and path[-2] == f"{_XFORMS} instance").at(xform)


class _Finder:
    """Finds the first element whose path of names fits."""

    def __init__(self, fits: Callable[[list[str]], bool]) -> None:
        self._fits = fits
        self._path: list[str] = []
        self._found: int | None = None

    def at(self, xml: bytes) -> int:
        parser = expat.ParserCreate(namespace_separator=" ")

        def start(name: str, _attributes: object) -> None:
            self._path.append(name)
            if self._found is None and self._fits(self._path):
                self._found = parser.CurrentByteIndex

        def end(_name: str) -> None:
            self._path.pop()

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        try:
            parser.Parse(xml, True)
        except expat.ExpatError as error:
            if self._found is None:
                raise BadXForm(f"It is not well-formed XML: {error}.") from error
        if self._found is None:
            raise BadXForm("Its model has no primary <instance> with content.")
        return self._found


def _set_at(xml: bytes, at: int, version: str) -> bytes:
    tag = _TAG.match(xml, at)
    if tag is None:
        raise BadXForm("The start tag of its primary instance does not end.")
    quoted = quoteattr(version).encode()
    changed, times = _VERSION.subn(lambda found: found[1] + quoted, tag[0], count=1)
    if not times:
        name = _NAME.match(tag[0])
        assert name is not None
        end = b"/>" if tag[0].endswith(b"/>") else b">"
        changed = tag[0][: -len(end)].rstrip() + b" version=" + quoted + end
    return xml[:at] + changed + xml[tag.end() :]
