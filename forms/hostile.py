"""Refuses files that are larger inside than any form: zip bombs, deep or endless XML, document types.

Bytes in, a FormProblem or None out, before any library opens them. The figures are far above the largest
forms seen in the field (a country's villages in four languages) and far below what harms a small server.
"""

from __future__ import annotations

import zipfile
import zlib
from io import BytesIO
from xml.parsers import expat

from forms.problems import FormProblem

MAX_FILE_BYTES = 32 * 1024 * 1024
MAX_ZIP_ENTRIES = 2_000
MAX_UNPACKED_BYTES = 96 * 1024 * 1024  # all entries together
MAX_RATIO = 200  # unpacked to packed, for entries above RATIO_FLOOR
RATIO_FLOOR = 1024 * 1024
MAX_XML_DEPTH = 64
MAX_XML_NODES = 1_500_000  # elements and attributes
PROLOGUE_BYTES = 64 * 1024  # where an XML part must have come to its first element

_SMALLER = "Remove sheets and media that do not belong to the form, save it again, and upload that copy."
_CLEAN = "Export the form again from the tool it was written in, without a document type."


class _Refused(Exception):
    pass


def _hostile(detail: str, hint: str = _SMALLER) -> FormProblem:
    return FormProblem("hostile-file", detail, hint)


def check_size(data: bytes) -> FormProblem | None:
    """The file as it was uploaded, whatever its kind."""
    if len(data) > MAX_FILE_BYTES:
        return _hostile(f"The file has {len(data):,} bytes; at most {MAX_FILE_BYTES:,} are read.")
    return None


def check_zip(data: bytes) -> FormProblem | None:
    """A workbook's zip directory: entry count, sum of sizes, ratio; then each XML part's prologue.

    The declared sizes bind: zipfile never unpacks more than an entry declares.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
            return _check_directory(entries) or _check_prologues(archive, entries)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, NotImplementedError, EOFError):
        return FormProblem(
            "unreadable-file",
            "The file is damaged: its zip container cannot be read.",
            "Open it in a spreadsheet program, save it as .xlsx without a password, and upload that copy.",
        )


def _check_directory(entries: list[zipfile.ZipInfo]) -> FormProblem | None:
    if len(entries) > MAX_ZIP_ENTRIES:
        return _hostile(f"The workbook holds {len(entries):,} parts; at most {MAX_ZIP_ENTRIES:,} are read.")
    total = sum(entry.file_size for entry in entries)
    if total > MAX_UNPACKED_BYTES:
        return _hostile(f"The workbook unpacks to {total:,} bytes; at most {MAX_UNPACKED_BYTES:,} are read.")
    for entry in entries:
        if entry.file_size > RATIO_FLOOR and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            return _hostile(
                f"The part {entry.filename[:80]!r} unpacks to {entry.file_size:,} bytes "
                f"from {entry.compress_size:,}, more than {MAX_RATIO} times."
            )
    return None


def _check_prologues(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> FormProblem | None:
    for entry in entries:
        if not entry.filename.lower().endswith((".xml", ".rels")):
            continue
        with archive.open(entry) as part:
            head = part.read(PROLOGUE_BYTES)
        if not _starts_plainly(head):
            return _hostile(f"The part {entry.filename[:80]!r} declares a document type.", _CLEAN)
    return None


def _starts_plainly(head: bytes) -> bool:
    """Whether an XML part comes to its first element without a document type."""
    parser = expat.ParserCreate()
    started = False

    def start(*_: object) -> None:
        nonlocal started
        started = True

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(head, False)
    except _Refused:
        return False
    except expat.ExpatError:
        return True  # not XML at all: the reader says so in its own words
    return started or len(head) < PROLOGUE_BYTES


def _refuse_doctype(*_: object) -> None:
    raise _Refused("It declares a document type (DTD), which no form needs.")


def check_xml(data: bytes) -> FormProblem | None:
    """An uploaded XForm: no document type, at most MAX_XML_DEPTH deep, at most MAX_XML_NODES nodes.

    XML that is not well-formed is a warning: what is read of it is checked by whoever reads it."""
    depth = nodes = 0

    def start(_name: str, attributes: list[str]) -> None:
        nonlocal depth, nodes
        depth += 1
        nodes += 1 + len(attributes) // 2
        if depth > MAX_XML_DEPTH:
            raise _Refused(f"Its elements are nested more than {MAX_XML_DEPTH} deep.")
        if nodes > MAX_XML_NODES:
            raise _Refused(f"It has more than {MAX_XML_NODES:,} elements and attributes.")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.ordered_attributes = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(data, True)  # in one feed: expat is quadratic on a long token that comes in pieces
    except _Refused as refusal:
        return _hostile(str(refusal), _CLEAN)
    except (expat.ExpatError, ValueError, LookupError) as broken:
        if data.count(b"<") > MAX_XML_NODES:  # what comes after the slip was not counted
            return _hostile(f"It has more than {MAX_XML_NODES:,} elements.", _CLEAN)
        return FormProblem(
            "bad-xform",
            f"The file is not well-formed XML: {broken}.",
            "Correct it at that line, or upload the XLSForm it was made from: tablets may refuse it.",
            severity="warning",
        )
    return None
