"""Code lists as the database knows them: loaded from the vocabulary, with validity, never reused."""

from __future__ import annotations

from sqlalchemy import Column, Text
from sqlmodel import Field, SQLModel

from sync.tables.base import Json, table_of


class CodeList(SQLModel, table=True):
    __tablename__ = "code_list"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    vocabulary_version: str = Field(sa_type=Text)


class Code(SQLModel, table=True):
    __tablename__ = "code"

    list_name: str = Field(sa_column=Column(Text, primary_key=True))
    code: str = Field(sa_column=Column(Text, primary_key=True))
    label: str = Field(sa_type=Text)
    labels: dict[str, str] = Field(default_factory=dict, sa_type=Json)  # by language: {"fr": "Oui"}
    valid_from: str = Field(sa_type=Text)  # vocabulary version
    retired_in: str | None = Field(default=None, sa_type=Text)


class CodeCrosswalk(SQLModel, table=True):
    """A foreign code and ours: DTM API strings, Missing Migrants causes, an office's areas and ages.

    What this version ships belongs to no project ("") and is loaded from the vocabulary; an office's own
    codes belong to one. Texts stand in the key where nulls would not be equal to each other.
    """

    __tablename__ = "code_crosswalk"

    project_uuid: str = Field(sa_column=Column(Text, primary_key=True))  # "": shipped, for all projects
    source: str = Field(sa_column=Column(Text, primary_key=True))
    list_name: str = Field(sa_column=Column(Text, primary_key=True))  # a code list, or admin1 to admin3
    foreign_code: str = Field(sa_column=Column(Text, primary_key=True))  # as the source writes it
    valid_from: str = Field(sa_column=Column(Text, primary_key=True))  # "2026-01-01"; "": since ever
    valid_to: str | None = Field(default=None, sa_type=Text)  # the last day it holds; None: still
    code: str = Field(sa_type=Text)  # ours; "": known and without meaning, null
    note: str = Field(default="", sa_type=Text)


code_list = table_of(CodeList)
code = table_of(Code)
code_crosswalk = table_of(CodeCrosswalk)
