"""The place index on disk: one file per boundary release, built once, mapped and never loaded.

    magic | WKB of all areas, one after the other | arrays | footer (JSON) | footer's length, crc32, magic

Areas stand deepest level first, by code within a level: the first area around a point is then the deepest,
and of two that overlap the one with the lowest code. The arrays:

    bbox        (n, 4) float64   west, south, east, north
    level       (n,)   int8
    parent      (n,)   int32     position of the parent, -1 none
    wkb_start   (n+1,) int64     where each WKB begins
    wkb_crc     (n,)   uint32    checked when a WKB is first decoded
    fact_start  (n+1,) int64     where each area's JSON [code, name, iso3] begins in `facts`
    facts       bytes
    cell_key    (m,)   int64     occupied cells of a grid, sorted: row * 2**32 + column
    cell_start  (m+1,) int64     where each cell's areas begin in `cell_area`
    cell_area   (k,)   int32     positions of the areas whose box touches the cell, ascending
    key, key_area                sorted codes and aliases, and the area each names

Written beside its place and renamed, so that a file under its name is whole.
"""

from __future__ import annotations

import json
import mmap
import os
import uuid
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import shapely

from sync.places.areas import slug

MAGIC = b"WPPLACE1"
_TRAILER = 8 + 4 + len(MAGIC)
_CELLS_PER_AREA = 16


class IndexDamaged(ValueError):
    """The file is not a whole index of this version: delete it, it is built again from the database."""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    level: int
    code: str
    name: str
    iso3: str | None
    parent: tuple[int, str] | None
    aliases: tuple[str, ...] = ()


def sort_key(level: int, code: str) -> tuple[int, str]:
    """The order areas stand in: deepest level first, then by code."""
    return (-level, code)


def build_index(
    entries: Sequence[IndexEntry], geometries: Iterable[bytes], path: Path, content_hash: str
) -> None:
    """Write the index of a release. Takes the place of a file already there.

    entries     in the order of `sort_key`
    geometries  WKB of our own importer, in the same order; read one by one, never all in memory
    """
    assert [sort_key(e.level, e.code) for e in entries] == sorted(sort_key(e.level, e.code) for e in entries)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with scratch.open("wb") as file:
            file.write(MAGIC)
            arrays = _write_geometries(file, entries, geometries)
            arrays |= _facts(entries) | _grid(arrays["bbox"]) | _keys(entries)
            _write_arrays(file, arrays, {"content_hash": content_hash, "count": len(entries)})
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def map_index(path: Path) -> tuple[mmap.mmap, dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """The mapped file, its footer, and its arrays as views of the map.

    Raises IndexDamaged, FileNotFoundError.
    """
    with path.open("rb") as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:
            raise IndexDamaged(f"{path.name} is empty") from error
    if mapped[: len(MAGIC)] != MAGIC or mapped[-len(MAGIC) :] != MAGIC or len(mapped) < _TRAILER + len(MAGIC):
        raise IndexDamaged(f"{path.name} is not a whole place index of this version")
    size = int.from_bytes(mapped[-_TRAILER : -_TRAILER + 8], "little")
    crc = int.from_bytes(mapped[-_TRAILER + 8 : -len(MAGIC)], "little")
    begin = len(mapped) - _TRAILER - size
    if begin < len(MAGIC) or zlib.crc32(mapped[begin : begin + size]) != crc:
        raise IndexDamaged(f"the footer of {path.name} is damaged")
    footer = json.loads(mapped[begin : begin + size])
    if zlib.crc32(memoryview(mapped)[footer["arrays_at"] : begin]) != footer["arrays_crc"]:
        raise IndexDamaged(f"the arrays of {path.name} are damaged")
    arrays = {
        name: np.frombuffer(mapped, dtype=kind, count=count, offset=at)
        for name, (at, kind, count) in footer["arrays"].items()
    }
    arrays["bbox"] = arrays["bbox"].reshape(-1, 4)
    return mapped, footer, arrays


def _write_geometries(
    file: BinaryIO, entries: Sequence[IndexEntry], geometries: Iterable[bytes]
) -> dict[str, npt.NDArray[Any]]:
    bbox = np.empty((len(entries), 4))
    start = np.empty(len(entries) + 1, np.int64)
    crc = np.empty(len(entries), np.uint32)
    start[0] = file.tell()
    for i, (_, wkb) in enumerate(zip(entries, geometries, strict=True)):
        bbox[i] = shapely.from_wkb(wkb).bounds
        crc[i] = zlib.crc32(wkb)
        file.write(wkb)
        start[i + 1] = start[i] + len(wkb)
    position = {(e.level, e.code): i for i, e in enumerate(entries)}
    parent = np.array([position.get(e.parent, -1) if e.parent else -1 for e in entries], np.int32)
    level = np.array([e.level for e in entries], np.int8)
    return {"bbox": bbox, "wkb_start": start, "wkb_crc": crc, "parent": parent, "level": level}


def _facts(entries: Sequence[IndexEntry]) -> dict[str, npt.NDArray[Any]]:
    texts = [json.dumps([e.code, e.name, e.iso3], ensure_ascii=False).encode() for e in entries]
    start = np.concatenate(([0], np.cumsum([len(t) for t in texts], dtype=np.int64)))
    return {"facts": np.frombuffer(b"".join(texts), np.uint8), "fact_start": start.astype(np.int64)}


def _grid(bbox: npt.NDArray[np.float64]) -> dict[str, npt.NDArray[Any]]:
    """Cells about as wide as a typical area; wider where large areas would fill too many of them."""
    extents = np.maximum(bbox[:, 2] - bbox[:, 0], bbox[:, 3] - bbox[:, 1])
    cell = max(float(np.median(extents)) if len(bbox) else 1.0, 1e-4)
    while True:
        first, last = cell_of(bbox[:, :2], cell), cell_of(bbox[:, 2:], cell)
        spans = last - first + 1
        counts = spans[:, 0] * spans[:, 1]
        if counts.sum() <= _CELLS_PER_AREA * len(bbox) + 4096:
            break
        cell *= 1.5
    owner = np.repeat(np.arange(len(bbox)), counts)
    step = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    column = first[owner, 0] + step % spans[owner, 0]
    row = first[owner, 1] + step // spans[owner, 0]
    key = key_of(column, row)
    order = np.lexsort((owner, key))
    unique, start = np.unique(key[order], return_index=True)
    return {
        "cell_size": np.array([cell]),
        "cell_key": unique,
        "cell_start": np.append(start, len(order)).astype(np.int64),
        "cell_area": owner[order].astype(np.int32),
    }


def cell_of(lon_lat: npt.NDArray[np.float64], cell: float) -> npt.NDArray[np.int64]:
    """(column, row) of each (lon, lat)."""
    cells: npt.NDArray[np.int64] = np.floor((lon_lat + np.array([180.0, 90.0])) / cell).astype(np.int64)
    return cells


def key_of(column: Any, row: Any) -> Any:
    return row * (1 << 32) + column


def _keys(entries: Sequence[IndexEntry]) -> dict[str, npt.NDArray[Any]]:
    """Codes as written, then codes and aliases folded. Where one text names areas of two levels, the upper
    one has it: that never claims more than was said."""
    found: dict[bytes, int] = {}
    upper_first = sorted(range(len(entries)), key=lambda i: (entries[i].level, entries[i].code))
    for i in upper_first:
        found.setdefault(exact_key(entries[i].code), i)
    for i in upper_first:
        found.setdefault(folded_key(entries[i].code), i)
    for i in upper_first:
        for alias in entries[i].aliases:
            found.setdefault(folded_key(alias), i)
    keys = sorted(found)
    return {
        "key": np.array(keys or [b"-"], dtype=np.bytes_),
        "key_area": np.array([found[k] for k in keys] or [0], np.int32),
    }


def exact_key(code: str) -> bytes:
    return b"=" + code.encode()


def folded_key(text: str) -> bytes:
    return b"~" + slug(text).encode()


def _write_arrays(file: BinaryIO, arrays: dict[str, npt.NDArray[Any]], footer: dict[str, Any]) -> None:
    file.write(b"\0" * (-file.tell() % 8))
    footer |= {"arrays_at": file.tell(), "arrays": {}}
    crc = 0
    for name, array in arrays.items():
        data = np.ascontiguousarray(array).tobytes()
        footer["arrays"][name] = (file.tell(), array.dtype.str, array.size)
        data += b"\0" * (-len(data) % 8)
        crc = zlib.crc32(data, crc)
        file.write(data)
    text = json.dumps(footer | {"arrays_crc": crc}).encode()
    file.write(text + len(text).to_bytes(8, "little") + zlib.crc32(text).to_bytes(4, "little") + MAGIC)
