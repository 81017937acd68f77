"""Instance folders among the files of a copy: which XML is the record, which files belong to it.

In: entries. Out: a `Found` for each record. The layouts:

- Collect: `instances/NAME_2026-11-03_07-15-00/NAME_2026-11-03_07-15-00.xml` with its media beside it, in one
  tree or under `projects/UUID/`; encrypted: `submission.xml`, `submission.xml.enc` and `*.enc`.
- Enketo and KoBo (export of what a browser holds), Briefcase: `NAME_DATE/submission.xml` with its media;
  Enketo adds a `meta.json` that says which are drafts.
- Whatever somebody made of them by hand: XML files in any folder, with the files they name.

A folder in the trash was put there by somebody, and is listed.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sync.rescue.entries import Entry

_SIDE = {"__macosx", ".cache", ".thumbnails"}
_SIDE_FILES = {"thumbs.db", "desktop.ini", "meta.json", "last-saved.xml"}
_TRASH = {".trash", ".trashes", "$recycle.bin", "lost.dir"}


@dataclass(frozen=True, slots=True)
class Found:
    """One record to be, not yet read. xml None: a folder that ought to hold one and does not."""

    folder: tuple[str, ...]
    xml: Entry | None
    files: tuple[Entry, ...]
    takes_all: bool  # all files beside the XML belong to it; else those it names
    expected: bool  # the place says that this is a record: if it is not, that is told
    in_trash: bool = False
    encrypted: bool = False

    @property
    def label(self) -> str:
        if self.xml is None or self.takes_all:
            return "/".join(self.folder)
        return "/".join(self.xml.parts)

    @property
    def collect_project(self) -> str | None:
        """The id of Collect's project whose tree this is in."""
        return next((after for name, after in pairwise(self.folder) if name == "projects"), None)


def find(entries: Iterable[Entry]) -> Iterator[Found]:
    """The records of a copy, folder by folder."""
    folders: dict[tuple[str, ...], list[Entry]] = defaultdict(list)
    for entry in entries:
        if not _is_beside(entry):
            folders[entry.folder].append(entry)
    for folder in sorted(folders):
        yield from _of_folder(folder, folders[folder])


def same_text(text: str) -> str:
    """A name to compare: phones, Macs and servers differ in NFC and NFD, cards in case."""
    return unicodedata.normalize("NFC", text).casefold()


def _is_beside(entry: Entry) -> bool:
    """What systems and Collect leave beside records."""
    name = entry.name.lower()
    if name in _SIDE_FILES or (name.startswith(".") and not name.startswith(".trashed-")):
        return True
    return any(part.lower() in _SIDE or part.lower().endswith("-media") for part in entry.folder)


def _in_trash(folder: Sequence[str]) -> bool:
    return any(part.lower() in _TRASH or part.lower().startswith((".trash-", ".trashed-")) for part in folder)


def _of_folder(folder: tuple[str, ...], entries: list[Entry]) -> Iterator[Found]:
    entries = [entry for entry in entries if not entry.name.startswith(".trashed-")]
    xmls = [entry for entry in entries if entry.name.lower().endswith(".xml")]
    in_trash = _in_trash(folder)
    sent = next((entry for entry in xmls if entry.name == "submission.xml"), None)
    sealed = [entry for entry in entries if entry.name.endswith(".enc")]
    is_instance = len(folder) > 1 and folder[-2].lower() == "instances"
    if sent is not None and sealed:
        yield Found(folder, sent, tuple(sealed), True, True, in_trash, encrypted=True)
        return
    own = next((entry for entry in xmls if _is_of(folder, entry)), sent)
    if own is not None:
        files = tuple(entry for entry in entries if entry is not own)
        yield Found(folder, own, files, True, True, in_trash)
    elif xmls:
        others = tuple(entry for entry in entries if entry not in xmls)
        alone = is_instance and len(xmls) == 1
        for xml in xmls:
            yield Found(folder, xml, others, alone, is_instance, in_trash)
    elif is_instance and entries:
        yield Found(folder, None, tuple(entries), True, True, in_trash)


def _is_of(folder: tuple[str, ...], entry: Entry) -> bool:
    """Whether an XML is named as its folder, also as that of a copy: `name (1)`, `name - Copy`."""
    if not folder:
        return False
    stem, around = same_text(entry.name[:-4]), same_text(folder[-1])
    return stem == around or (bool(stem) and around.startswith((f"{stem} (", f"{stem} - ")))
