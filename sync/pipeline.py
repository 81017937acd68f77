"""The steps of the pipeline, on one screen: one record's bytes in, everything derived from it out.

Every step is a pure function in `sync/steps/`; no step knows another. This is what the child process runs.
The order is that of the data (docs/ARCHITECTURE.md): rows are drafted to know what they declare, placed,
finished, judged, and described for the search of duplicates.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from sync.places.index import PlaceIndex
from sync.places.nearest import Sites
from sync.safe_xml import XmlUnreadable
from sync.steps.duplicates import blocks
from sync.steps.entities import submitted_entities
from sync.steps.geotag import geotag, tag_columns
from sync.steps.parse import parse
from sync.steps.project import Drafts, drafts, rows
from sync.steps.quality import quality, with_flags
from sync.steps.scope import fill_scope
from sync.steps.values import (
    Block,
    FlagNote,
    GeoPoint,
    GeoTag,
    KnownPlace,
    Outcome,
    Parsed,
    Row,
    SubmittedEntity,
    Task,
)


class StepFailed(Exception):
    """A step that could not do its work. `reason` is in words and repeats nothing that people answered."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(step, reason)
        self.step = step
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.step}: {self.reason}"


@dataclass(slots=True)
class Progress:
    """A record on its way: what each step has given so far."""

    task: Task
    parsed: Parsed = field(default_factory=lambda: Parsed(()))
    drafts: Drafts = field(default_factory=Drafts)
    tags: dict[str, GeoTag] = field(default_factory=dict)  # by record_id
    rows: tuple[Row, ...] = ()
    flags: tuple[FlagNote, ...] = ()
    blocks: tuple[Block, ...] = ()
    entities: tuple[SubmittedEntity, ...] = ()


def _parse(at: Progress) -> None:
    at.parsed = parse(at.task.body, at.task.form)


def _draft(at: Progress) -> None:
    at.drafts = drafts(at.parsed, at.task)


def _geotag(at: Progress) -> None:
    """One tag per distinct declaration and position: the groups of one day at one point share theirs."""
    index = _index(at.task.index_path) if at.task.index_path else None
    sites = _sites(at.task.places)
    known: dict[tuple[str | None, str | None, GeoPoint | None], GeoTag] = {}
    for draft in at.drafts.rows:
        declared = (draft.declared_place, draft.declared_pcode, draft.point)
        if declared not in known:
            code, pcode, point = declared
            known[declared] = geotag(sites.get(code), pcode, point, index, sites, declared_code=code)
        at.tags[draft.record_id] = known[declared]


def _project(at: Progress) -> None:
    located = {record_id: tag_columns(tag, at.task.release) for record_id, tag in at.tags.items()}
    zones = {record_id: tag.place.timezone for record_id, tag in at.tags.items() if tag.place}
    found = rows(at.drafts, at.parsed, at.task, located, zones)
    at.rows, notes = fill_scope(found, at.task.registers)
    at.drafts.notes += notes


def _quality(at: Progress) -> None:
    at.flags = quality(at.parsed, at.task, at.rows, at.drafts.splits, at.tags, at.drafts.notes)
    at.rows = with_flags(at.rows, at.flags)


def _duplicates(at: Progress) -> None:
    found = (blocks(row, at.drafts.splits) for row in at.rows)
    at.blocks = tuple(block for block in found if block is not None)


def _entities(at: Progress) -> None:
    at.entities = submitted_entities(at.task.body, at.task.form)


STEPS: tuple[tuple[str, Callable[[Progress], None]], ...] = (
    ("parse", _parse),
    ("project", _draft),
    ("geotag", _geotag),
    ("project", _project),
    ("quality", _quality),
    ("duplicates", _duplicates),
    ("entities", _entities),
)


def run(task: Task) -> Outcome:
    """All steps on one record.

    Raises  StepFailed, naming the step; MemoryError as it is, which is the sandbox's to report.
    """
    at = Progress(task)
    for name, step in STEPS:
        try:
            step(at)
        except MemoryError:
            raise
        except XmlUnreadable as unreadable:
            raise StepFailed(name, unreadable.reason) from None
        except Exception as error:
            raise StepFailed(name, _where(error)) from error
    return Outcome(
        parsed=at.parsed,
        rows=at.rows,
        splits=tuple(at.drafts.splits),
        tags=at.tags,
        flags=at.flags,
        blocks=at.blocks,
        entities=at.entities,
        reporting_dates={
            row.record_id: row.values["reporting_date"]
            for row in at.rows
            if row.values["reporting_date"] is not None
        },
    )


def _where(error: Exception) -> str:
    """What went wrong and where in the code; never the exception's own text, which may quote an answer."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.name} ({Path(frame.filename).name}:{frame.lineno})"


@lru_cache(maxsize=4)
def _index(path: str) -> PlaceIndex:
    return PlaceIndex.open(Path(path))


_last_sites: tuple[dict[str, KnownPlace], Sites] | None = None


def _sites(places: dict[str, KnownPlace]) -> Sites:
    """The places as the geotag searches them; made again when the task brings another dictionary."""
    global _last_sites
    if _last_sites is None or _last_sites[0] is not places:
        _last_sites = (places, Sites(places))
    return _last_sites[1]
