"""Boundary releases with their areas, registered places, and what each project has active."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Boolean, Column, Date, Float, Index, Integer, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from sync.tables.base import BigId, Json, UtcInstant, table_of


def _now() -> datetime:
    return datetime.now(UTC)


class BoundaryRelease(SQLModel, table=True):
    """One import of administrative boundaries. Belongs to the instance; projects point to it."""

    __tablename__ = "boundary_release"

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    name: str = Field(sa_type=Text, unique=True)  # "v02"
    content_hash: str = Field(sa_type=Text, unique=True)  # sha256 over levels, codes and geometries
    source: str | None = Field(default=None, sa_type=Text)
    licence: str | None = Field(default=None, sa_type=Text)
    disclaimer: str | None = Field(default=None, sa_type=Text)
    imported_at: datetime = Field(sa_type=UtcInstant)
    report: dict[str, Any] = Field(default_factory=dict, sa_type=Json)  # repaired, derived, converted
    aliases: str | None = Field(default=None, sa_type=Text)  # digest of the aliases added since, if any


class AdminArea(SQLModel, table=True):
    __tablename__ = "admin_area"
    __table_args__ = (UniqueConstraint("release_id", "level", "code"), Index(None, "release_id", "parent_id"))

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    release_id: int = Field(sa_type=BigId, foreign_key="boundary_release.id")
    level: int = Field(sa_type=Integer)  # 0 country .. 4
    code: str = Field(sa_type=Text)  # p-code, or a stable code of ours
    code_official: bool = Field(sa_type=Boolean)  # False: made from the name, not a p-code
    name: str = Field(sa_type=Text)
    names: dict[str, str] = Field(default_factory=dict, sa_type=Json)  # by language
    parent_id: int | None = Field(default=None, sa_type=BigId)
    parent_derived: bool = Field(default=False, sa_type=Boolean)  # by largest overlap, not from the file
    iso3: str | None = Field(default=None, sa_type=Text)
    center_lon: float = Field(sa_type=Float)
    center_lat: float = Field(sa_type=Float)
    area_sqkm: float | None = Field(default=None, sa_type=Float)
    valid_from: date | None = Field(default=None, sa_type=Date)
    valid_to: date | None = Field(default=None, sa_type=Date)
    geometry: bytes = Field(sa_type=LargeBinary)  # WKB, lon lat WGS84, valid, made by our own importer


class AdminAlias(SQLModel, table=True):
    """Another code or name an area goes by: an older p-code, a spelling."""

    __tablename__ = "admin_alias"
    __table_args__ = (UniqueConstraint("release_id", "level", "alias"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    release_id: int = Field(sa_type=BigId, foreign_key="boundary_release.id")
    level: int = Field(sa_type=Integer)
    alias: str = Field(sa_type=Text)
    code: str = Field(sa_type=Text)
    source: str | None = Field(default=None, sa_type=Text)


class ReleaseActivation(SQLModel, table=True):
    """From then on the project's records are placed by this release. The newest row is the active one."""

    __tablename__ = "release_activation"

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    project_id: int = Field(sa_type=BigId, foreign_key="project.id")
    release_id: int = Field(sa_type=BigId, foreign_key="boundary_release.id")
    activated_at: datetime = Field(sa_type=UtcInstant)
    actor_uuid: str | None = Field(default=None, sa_type=Text)
    retagged_at: datetime | None = Field(
        default=None, sa_type=UtcInstant
    )  # null while the re-tag is under way


class Place(SQLModel, table=True):
    """A registered place: flow monitoring point, point of entry, counting point, site."""

    __tablename__ = "place"
    __table_args__ = (UniqueConstraint("project_id", "code"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    project_id: int = Field(sa_type=BigId, foreign_key="project.id")
    code: str = Field(sa_type=Text)  # "FMP-03"
    kind: str = Field(sa_type=Text)  # code list place_type
    name: str = Field(sa_type=Text)
    lon: float | None = Field(default=None, sa_type=Float)
    lat: float | None = Field(default=None, sa_type=Float)
    pcode: str | None = Field(default=None, sa_type=Text)  # declared area, where there is no position
    timezone: str = Field(default="UTC", sa_type=Text)  # IANA
    route: str | None = Field(default=None, sa_type=Text)
    valid_from: date | None = Field(default=None, sa_type=Date)
    valid_to: date | None = Field(default=None, sa_type=Date)
    ssid: str | None = Field(default=None, sa_type=Text)  # the site's code in DTM's own register
    official: bool | None = Field(default=None, sa_type=Boolean)  # None: not known
    iata: str | None = Field(default=None, sa_type=Text)  # airports
    paired_code: str | None = Field(default=None, sa_type=Text)  # the place on the other side of the border
    corridor: str | None = Field(default=None, sa_type=Text)  # corridor.code
    designated: bool | None = Field(default=None, sa_type=Boolean)  # the one of its route that is totalled
    organisation: str | None = Field(default=None, sa_type=Text)  # who runs it
    properties: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    updated_at: datetime = Field(
        sa_column=Column(UtcInstant, nullable=False, default=_now)
    )  # set by every upsert


class PlaceStatus(SQLModel, table=True):
    """Whether a place was at work: active, suspended or closed, from when to when, and why."""

    __tablename__ = "place_status"
    __table_args__ = (UniqueConstraint("place_id", "valid_from"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    place_id: int = Field(sa_type=BigId, foreign_key="place.id")
    status: str = Field(sa_type=Text)  # code list place_lifecycle
    reason: str | None = Field(default=None, sa_type=Text)
    valid_from: date = Field(sa_type=Date)
    valid_to: date | None = Field(default=None, sa_type=Date)


class Corridor(SQLModel, table=True):
    """A route of herds or of migrants. Its line leaves only with the owner's release (DOMAIN 2.8, 8)."""

    __tablename__ = "corridor"
    __table_args__ = (UniqueConstraint("project_id", "code"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    project_id: int = Field(sa_type=BigId, foreign_key="project.id")
    code: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)  # code list corridor_kind
    official: bool | None = Field(default=None, sa_type=Boolean)
    organisation: str | None = Field(default=None, sa_type=Text)  # who owns it: a herders' association
    pcodes: list[str] = Field(default_factory=list, sa_type=Json)  # areas it passes, for row scope
    geometry: bytes | None = Field(default=None, sa_type=LargeBinary)  # WKB line, lon lat WGS84
    valid_from: date | None = Field(default=None, sa_type=Date)
    valid_to: date | None = Field(default=None, sa_type=Date)
    updated_at: datetime = Field(sa_column=Column(UtcInstant, nullable=False, default=_now))


class ExpectedObservation(SQLModel, table=True):
    """When a place should be observed. Without it, silence and zero cannot be told apart."""

    __tablename__ = "expected_observation"
    __table_args__ = (UniqueConstraint("place_id", "valid_from"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    place_id: int = Field(sa_type=BigId, foreign_key="place.id")
    weekdays: str = Field(sa_type=Text)  # ISO weekdays observed: "12345"
    opens: str = Field(sa_type=Text)  # local "06:00"
    closes: str = Field(sa_type=Text)
    valid_from: date = Field(sa_type=Date)
    valid_to: date | None = Field(default=None, sa_type=Date)


boundary_release = table_of(BoundaryRelease)
admin_area = table_of(AdminArea)
admin_alias = table_of(AdminAlias)
release_activation = table_of(ReleaseActivation)
place = table_of(Place)
place_status = table_of(PlaceStatus)
corridor = table_of(Corridor)
expected_observation = table_of(ExpectedObservation)
