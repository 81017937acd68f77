"""What is inside a form's definition, worked out of its XForm once: questions, files it needs, digests.

A definition's bytes never change, so that what is kept in memory by its uuid never grows old.
"""

from __future__ import annotations

import hashlib
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from forms.form_fields import FormField, fields_of
from forms.xform import media_kinds
from forms.xform_document import open_xform
from sync.form_reading import Definition, xform_of
from sync.store import ReadSession

_ENTITY = "{http://www.opendatakit.org/xforms/entities}entity"
_KEPT = 512
_contents: OrderedDict[str, FormContents] = OrderedDict()
_keeping = threading.Lock()


@dataclass(frozen=True, slots=True)
class FormContents:
    """`files` has image, audio, video or file by name; digests are in hex."""

    fields: tuple[FormField, ...]
    files: Mapping[str, str]
    writes_entities: bool  # to entity lists
    sha1: str
    sha256: str


def contents_of(session: ReadSession, definition: Definition) -> FormContents:
    """What is inside a definition."""
    with _keeping:
        if definition.uuid in _contents:
            _contents.move_to_end(definition.uuid)
            return _contents[definition.uuid]
    found = read_contents(xform_of(session, definition))
    with _keeping:
        _contents[definition.uuid] = found
        while len(_contents) > _KEPT:
            _contents.popitem(last=False)
    return found


def read_contents(xform: bytes) -> FormContents:
    """What is inside an XForm."""
    document = open_xform(xform)
    return FormContents(
        fields=fields_of(document),
        files={unicodedata.normalize("NFC", name): kind for name, kind in media_kinds(document).items()},
        writes_entities=next(document.root.iter(_ENTITY), None) is not None,
        sha1=hashlib.sha1(xform, usedforsecurity=False).hexdigest(),
        sha256=hashlib.sha256(xform).hexdigest(),
    )
