"""Files of a copy, in a folder or in a zip alike: a path, a size, and a way to read them from the start.

Zips are read where they are: entries are streamed, never unpacked, so that a path inside a zip is a label
and can lead nowhere. What is larger inside than any card, or packed to explode, is refused before it is read
(limits as in forms/hostile.py); links are not followed.
"""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from forms.hostile import MAX_RATIO, RATIO_FLOOR

MAX_ENTRIES = 200_000  # of one zip, and of one folder tree
MAX_ZIPS = 500  # in one folder tree
CHUNK = 256 * 1024

READING_FAILS = (
    OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError,
)  # fmt: skip
"""What reading a file of a damaged card, or a damaged or locked zip, may raise."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a copy."""

    parts: tuple[str, ...]  # its path below what was given, the name last; a label, never opened as a path
    size: int
    open: Callable[[], IO[bytes]]

    @property
    def name(self) -> str:
        return self.parts[-1]

    @property
    def folder(self) -> tuple[str, ...]:
        return self.parts[:-1]

    def pieces(self) -> Iterator[bytes]:
        """The bytes, never all in memory. Raises one of READING_FAILS where the copy is damaged."""
        with self.open() as file:
            while piece := file.read(CHUNK):
                yield piece


@dataclass(slots=True)
class Copy:
    """Everything below one path that was given."""

    path: Path
    entries: list[Entry] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)  # path, reason


@contextmanager
def opened(path: Path) -> Iterator[Copy]:
    """The files of a folder, of the zips in it, or of one zip. Zips stay open until the block ends."""
    copy = Copy(path)
    with ExitStack() as stack:
        if path.is_dir():
            _add_folder(copy, path, stack)
        elif path.suffix.lower() == ".zip" or zipfile.is_zipfile(path):
            _add_zip(copy, path, (), stack)
        else:
            copy.refused.append((str(path), "It is neither a folder nor a zip: give the folder it lies in."))
        yield copy


def _add_folder(copy: Copy, top: Path, stack: ExitStack) -> None:
    zips = 0
    for folder, folders, names in os.walk(top, onerror=lambda error: _unlistable(copy, top, error)):
        folders.sort()
        here = Path(folder).relative_to(top).parts
        for name in sorted(names):
            file, parts = Path(folder, name), (*here, name)
            if not stat.S_ISREG(file.lstat().st_mode):
                copy.refused.append(("/".join(parts), "It is a link or no file, and is not followed."))
            elif name.lower().endswith(".zip") and not name.startswith("."):
                zips += 1
                if zips > MAX_ZIPS:
                    copy.refused.append(("/".join(parts), f"More than {MAX_ZIPS} zips are in one folder."))
                else:
                    _add_zip(copy, file, parts, stack)
            elif len(copy.entries) >= MAX_ENTRIES:
                copy.refused.append((str(top), f"It holds more than {MAX_ENTRIES:,} files: give its parts."))
                return
            else:
                copy.entries.append(_of_disk(file, (top.name, *parts)))


def _unlistable(copy: Copy, top: Path, error: OSError) -> None:
    where = os.path.relpath(error.filename, top) if error.filename else str(top)
    copy.refused.append((where, f"It cannot be listed ({error.strerror})."))


def _of_disk(file: Path, parts: tuple[str, ...]) -> Entry:
    return Entry(parts, file.lstat().st_size, lambda: file.open("rb"))


def _add_zip(copy: Copy, file: Path, parts: tuple[str, ...], stack: ExitStack) -> None:
    shown = "/".join(parts) or file.name
    try:
        archive = stack.enter_context(zipfile.ZipFile(file))
    except READING_FAILS as error:
        copy.refused.append((shown, f"The zip cannot be opened ({type(error).__name__}): was it cut?"))
        return
    infos = archive.infolist()
    if why := _hostile(infos, file.stat().st_size):
        copy.refused.append((shown, why))
        return
    inside = parts or (file.stem,)
    for info in infos:
        if info.is_dir():
            continue
        label = tuple(part for part in info.filename.replace("\\", "/").split("/") if part not in ("", "."))
        if why := _refusal(info, label):
            copy.refused.append((f"{shown}/{info.filename[:200]}", why))
        else:
            copy.entries.append(Entry((*inside, *label), info.file_size, _opener(archive, info)))


def _opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(info)


def _hostile(infos: list[zipfile.ZipInfo], packed: int) -> str | None:
    if len(infos) > MAX_ENTRIES:
        return f"The zip holds {len(infos):,} files; at most {MAX_ENTRIES:,} are read."
    unpacked = sum(info.file_size for info in infos)
    if unpacked > max(RATIO_FLOOR, MAX_RATIO * packed):
        return f"The zip unpacks to {unpacked:,} bytes from {packed:,}, more than {MAX_RATIO} times."
    return None


def _refusal(info: zipfile.ZipInfo, label: tuple[str, ...]) -> str | None:
    if info.filename.startswith(("/", "\\")) or ".." in label or not label or ":" in label[0]:
        return "Its path leads out of the zip."
    if stat.S_ISLNK(info.external_attr >> 16):
        return "It is a link, and is not followed."
    if info.file_size > RATIO_FLOOR and info.file_size > MAX_RATIO * max(info.compress_size, 1):
        return f"It unpacks to {info.file_size:,} bytes from {info.compress_size:,}."
    if label[-1].lower().endswith(".zip"):
        return "It is a zip in a zip, which is not opened: take it out, and give it by itself."
    return None
