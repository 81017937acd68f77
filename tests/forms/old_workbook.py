"""Writes an .xls as Excel 97 did, small: sheets of texts and numbers in BIFF8 inside an OLE2 container.

Nothing kept writes this format any more; the stories need one to read. Layout: [MS-XLS] and [MS-CFB].
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

SECTOR = 512
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD

Rows = Sequence[Sequence[str | float]]


def write_xls(sheets: Mapping[str, Rows]) -> bytes:
    """The bytes of a workbook; "" cells are left out."""
    bodies = [_sheet(rows) for rows in sheets.values()]
    at = len(_globals(list(sheets), [0] * len(sheets)))
    offsets = []
    for body in bodies:
        offsets.append(at)
        at += len(body)
    return _container(_globals(list(sheets), offsets) + b"".join(bodies))


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _bof(substream: int) -> bytes:
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, substream, 0x0DBB, 0x07CC, 0, 6))


def _globals(names: list[str], offsets: list[int]) -> bytes:
    sheets = b""
    for name, offset in zip(names, offsets, strict=True):
        text = name.encode("utf-16-le")
        sheets += _record(0x0085, struct.pack("<IBBBB", offset, 0, 0, len(name), 1) + text)
    return _bof(0x0005) + _record(0x0042, struct.pack("<H", 1200)) + sheets + _record(0x000A, b"")


def _sheet(rows: Rows) -> bytes:
    cells = b""
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if isinstance(value, str) and value:
                text = struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")
                cells += _record(0x0204, struct.pack("<HHH", r, c, 0) + text)
            elif not isinstance(value, str):
                cells += _record(0x0203, struct.pack("<HHHd", r, c, 0, value))
    return _bof(0x0010) + cells + _record(0x000A, b"")


def _container(stream: bytes) -> bytes:
    """Sector 0 is the allocation table, 1 the directory, the stream follows."""
    stream = stream.ljust(max(4096, -(-len(stream) // SECTOR) * SECTOR), b"\0")
    count = len(stream) // SECTOR
    chain = [FAT, END, *range(3, 2 + count), END]
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(SECTOR, b"\xff")
    directory = _entry("Root Entry", 5, END, 0, child=1) + _entry("Workbook", 2, 2, len(stream))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    header += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, END, 0, END, 0)
    header += struct.pack("<I", 0) + struct.pack("<I", FREE) * 108
    return header + table + directory.ljust(SECTOR, b"\0") + stream


def _entry(name: str, kind: int, start: int, size: int, child: int = FREE) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    fields = struct.pack("<HBBIII", len(text), kind, 1, FREE, FREE, child)
    return text.ljust(64, b"\0") + fields + bytes(36) + struct.pack("<IQ", start, size)
