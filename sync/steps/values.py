"""The values the steps take and give. Frozen, picklable: they cross into a child process and back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from forms.model import CompiledForm


class Value:
    """Pickles as its class and its fields in order: several times faster than what dataclasses do, and a
    record crosses to the child and back as some thirty values."""

    __slots__: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), tuple(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class GeoPoint(Value):
    lon: float  # WGS84 degrees
    lat: float
    altitude_m: float | None = None
    accuracy_m: float | None = None


@dataclass(frozen=True, slots=True)
class DeviceTime(Value):
    """A time as the device wrote it. `instant` is None when the text has no offset or is not a time."""

    text: str
    instant: datetime | None = None  # aware, UTC


@dataclass(frozen=True, slots=True)
class BadAnswer(Value):
    """A value that does not fit its question's type: kept as text, flagged, never dropped."""

    text: str
    expected: str


@dataclass(frozen=True, slots=True)
class AnswerSet(Value):
    """Typed answers of the form level (table_path "") or of one instance of a repeat.

    values: question path -> str | int | float | bool | date | GeoPoint | DeviceTime | tuple[str, ...]
    (several choices) | tuple[GeoPoint, ...] (trace, shape) | BadAnswer. An empty or absent answer has no
    entry: unknown is not 0 and not "". `identifying` holds the answers of questions marked
    direct_identifier, which leave the child only to be sealed. `texts` are the answers among `values` that
    came as another text than their value is written as: what an export gives back.
    """

    table_path: str
    ordinal: int  # per table_path, from 0, in document order over the whole submission
    parent_path: str | None  # table_path of the row around it; None for the form level
    parent_ordinal: int | None
    values: dict[str, Any]
    identifying: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parsed(Value):
    answers: tuple[AnswerSet, ...]  # the form level first, then document order
    attachments: tuple[str, ...] = ()  # file names the answers mention
    started: DeviceTime | None = None  # the form's start and end, by their preloads
    ended: DeviceTime | None = None
    encrypted: bool = False  # answers are in an encrypted file: nothing can be read here
    encrypted_file: str | None = None  # that file's name; "" where the XML names none
    unknown: tuple[str, ...] = ()  # paths in the XML that the form does not have


@dataclass(frozen=True, slots=True)
class KnownPlace(Value):
    """A registered place, as the steps need it."""

    code: str
    kind: str
    name: str
    lon: float | None
    lat: float | None
    pcode: str | None
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class KnownRound(Value):
    """A registered round, as the steps need it. start and end are days within it; None: open."""

    code: str
    assessment_type: str
    operation: str = ""  # "": of the project's only operation
    start: date | None = None
    end: date | None = None

    def holds(self, day: date) -> bool:
        """Whether the day lies in its period; any does where it has none."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class Registers(Value):
    """What an office registered. A register without entries is not kept, and judges nothing."""

    organisations: frozenset[str] = frozenset()
    operations: frozenset[str] = frozenset()
    rounds: tuple[KnownRound, ...] = ()
    enumerators: dict[str, date | None] = field(default_factory=dict)  # the day one was retired

    def rounds_of(self, operation: str | None, assessment_type: str | None) -> list[KnownRound]:
        """The rounds of an operation and a type of assessment; None: of any."""
        return [
            one
            for one in self.rounds
            if assessment_type in (None, one.assessment_type)
            and (operation is None or one.operation in ("", operation))
        ]


@dataclass(frozen=True, slots=True)
class Area(Value):
    code: str
    name: str
    level: int


@dataclass(frozen=True, slots=True)
class GeoTag(Value):
    """Where a row lies. Declared and measured place are both kept; `areas` is what the row is counted under.

    method  gps | place | admin_choice | none: what `areas` follows from
    flag    ok | near_border | outside_declared | snapped | no_polygon
    """

    method: str
    flag: str
    areas: dict[int, Area] = field(default_factory=dict)  # by level
    iso3: str | None = None
    place: KnownPlace | None = None  # declared site; else the nearest one within reach
    declared_place: str | None = None
    declared_pcode: str | None = None
    measured_pcode: str | None = None  # deepest area around the position
    nearest_place: str | None = None
    nearest_m: float | None = None
    position: GeoPoint | None = None
    distance_m: float | None = None  # between the measured position and the declared place or area
    converted: str | None = None  # how the declared area's code was read, where it is none of the release's


@dataclass(frozen=True, slots=True)
class Row(Value):
    """One row of a harmonised table, columns by variable name, common ones included."""

    table: str
    record_id: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Split(Value):
    record_id: str  # the flow row it belongs to
    dimension: str
    code: str
    n: int | None


@dataclass(frozen=True, slots=True)
class FlagNote(Value):
    code: str  # a key of sync.flags.FLAGS
    reason: str  # in words, with the figures
    record_id: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Block(Value):
    """A row as the duplicates step sees it: the blocks it falls into and what the score compares."""

    record_id: str
    table: str
    keys: tuple[str, ...]
    features: dict[str, Any]  # JSON-able


@dataclass(frozen=True, slots=True)
class Pair(Value):
    record_a: str  # record_a < record_b
    record_b: str
    score: float  # 0..1
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Task(Value):
    """What the child process is given for one record: the winning version's plain XML and its context."""

    root_id: int
    project_uuid: str
    root_instance_id: str
    body: bytes
    form: CompiledForm
    form_version: str
    received_at: datetime
    organisation: str | None = None
    places: dict[str, KnownPlace] = field(default_factory=dict)  # the project's, by code
    release: str | None = None  # name of the active boundary release
    index_path: str | None = None  # its PlaceIndex on disk
    registers: Registers = field(default_factory=Registers)  # as they are now


@dataclass(frozen=True, slots=True)
class SubmittedEntity(Value):
    """What a submission says about one entity, as it was written: nothing is checked yet."""

    dataset: str | None
    id: str | None
    create: bool
    update: bool
    base_version: str | None = None
    trunk_version: str | None = None
    branch_id: str | None = None
    label: str | None = None
    data: dict[str, str] = field(default_factory=dict)  # by property; "" where the answer is empty


@dataclass(frozen=True, slots=True)
class Outcome(Value):
    """What the child gives back for one record."""

    parsed: Parsed
    rows: tuple[Row, ...]
    splits: tuple[Split, ...]
    tags: dict[str, GeoTag]  # by record_id
    flags: tuple[FlagNote, ...]
    blocks: tuple[Block, ...]
    reporting_dates: dict[str, date] = field(default_factory=dict)
    entities: tuple[SubmittedEntity, ...] = ()
