"""The values a compiled form is made of.

`XForm bytes -> CompiledForm` is a function (`forms.xform.read_xform`): the XForm carries the mapping in its
binds, so the bytes that tablets get are all that has to be kept for ever. Everything here is frozen and
pickles, because forms travel to the child process that runs the pipeline's steps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from forms.problems import FormProblem

HARMONISE_NAMESPACE = "urn:waypost:harmonise:1"
"""The namespace of the mapping attributes in an XForm's binds, for ever."""

Sensitivity = Literal["public", "internal", "restricted", "confidential", "direct_identifier"]

AnswerType = Literal[
    "string", "int", "decimal", "date", "time", "dateTime", "boolean",
    "geopoint", "geotrace", "geoshape", "select", "select1", "rank", "binary", "group", "repeat",
]  # fmt: skip
"""XForms data types; `select` is several of a list, `select1` one of it, `binary` names an attachment."""


@dataclass(frozen=True, slots=True)
class Choice:
    name: str  # the code a submission carries
    labels: tuple[tuple[str, str], ...] = ()  # (language, label)


@dataclass(frozen=True, slots=True)
class Field:
    """One node of the form's instance, groups and repeats included, in depth-first order."""

    path: str  # "/data/groups/men", the XForm's own nodeset
    name: str
    type: AnswerType
    repeat: str | None = None  # path of the nearest repeat around it
    choice_list: str | None = None
    choices: tuple[Choice, ...] | None = None  # None: no list, or the list is an external file
    sensitivity: Sensitivity = "internal"
    label: str = ""  # in the form's default language
    calculated: bool = False  # the form computes it: its text may be of any type, whatever `type` says

    @property
    def binary(self) -> bool:
        return self.type == "binary"


Qualifiers = tuple[tuple[str, str], ...]
"""Fixed values of a row, sorted by variable: (("breakdown", "total"), ("population_category", "idp"))."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One question feeding one harmonised variable."""

    path: str  # the question
    table: str  # "flow"
    variable: str  # "men"
    qualifiers: Qualifiers = ()
    """() feeds every row of its table made at or below the question's repeat. Otherwise all fixed values of
    the one row it feeds, those of settings and repeat included: equal to that RowMaker's qualifiers."""
    repeat: str | None = None  # path of the nearest repeat around the question
    codes: tuple[tuple[str, str], ...] = ()
    """Form code -> standard code, where they differ; "-" stands for null."""


@dataclass(frozen=True, slots=True)
class RowMaker:
    """What makes rows of a table: one per submission (repeat None) or one per instance of a repeat.

    Form-level values and those of outer repeats are inherited. `parent` names the repeat whose row a
    `flow_split` row belongs to (None: the form-level row).
    """

    table: str
    repeat: str | None
    qualifiers: Qualifiers = ()
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """An answer that is kept in a property of an entity."""

    property: str
    path: str  # the question
    sensitivity: Sensitivity = "internal"


@dataclass(frozen=True, slots=True)
class EntityDeclaration:
    """Entities that a submission makes or changes: one, or one for each instance of a repeat."""

    dataset: str  # the name of the list
    actions: tuple[str, ...]  # of "create", "update"
    path: str  # of the form's root, or of the repeat
    is_repeat: bool
    answers: tuple[SavedAnswer, ...] = ()  # in the order of the questions


@dataclass(frozen=True, slots=True)
class CompiledForm:
    xml_form_id: str
    version: str  # "" when the form has none: absent and blank are equal (PROTOCOL 1.1)
    title: str
    xform: bytes  # as served for ever
    hash: str  # md5 of those bytes, 32 hex digits, as formList wants it
    fields: tuple[Field, ...]
    bindings: tuple[Binding, ...] = ()
    makers: tuple[RowMaker, ...] = ()
    media: tuple[str, ...] = ()  # file names the form needs: jr://images/x.png, external choice lists
    languages: tuple[str, ...] = ()
    root_path: str = "/data"
    public_key: str = ""  # answers come encrypted to it: X.509 SPKI, base64 in one line
    vocabulary_version: str = ""
    mapping_version: int = 1  # 1: the form's own; higher: a revision of it (forms.mapping_revisions)
    mapping_hash: str = ""  # of that revision: two projects may read one XForm differently
    entities: tuple[EntityDeclaration, ...] = ()  # the entity lists its submissions write to

    @property
    def encrypted(self) -> bool:
        return bool(self.public_key)

    def field(self, path: str) -> Field | None:
        return next((f for f in self.fields if f.path == path), None)


@dataclass(frozen=True, slots=True)
class Compilation:
    """What compiling gives: a form when there is no error, and every problem found, in sheet order."""

    form: CompiledForm | None
    problems: tuple[FormProblem, ...] = ()
    warnings: tuple[FormProblem, ...] = field(default=())
    files: tuple[tuple[str, bytes], ...] = ()  # media made from the sheets themselves: itemsets.csv
