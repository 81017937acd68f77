"""The tables of a form's service, from its compiled versions: `Submissions`, and one for each repeat.

The tables are those of the current version, as Central's are. What a question may be seen by is the most
closed of what any version says: what was asked in confidence stays so when the form is changed. Names are
Central's: letters of a name that OData has no room for become `_`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from forms.model import AnswerType, CompiledForm, Field
from sync.redaction import identifying_questions

ROOT = "Submissions"
CLOSED = ("public", "internal", "restricted", "confidential", "direct_identifier")
"""From open to closed."""


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    path: str  # the form's own
    type: AnswerType
    sensitivity: str
    mixed: bool = False  # another version of the form has it with another type


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    path: str
    members: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """Where the rows of a repeat hang."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class InstanceId:
    """`meta/instanceID`, which is kept with the submission and not among its answers."""

    name: str


Node = Question | Group | Link | InstanceId


@dataclass(frozen=True, slots=True)
class Step:
    """One group or repeat on the way from the root to the rows of a table."""

    name: str
    raw: str  # as the form writes it
    path: str
    is_repeat: bool


@dataclass(frozen=True, slots=True)
class Table:
    name: str  # "Submissions", "Submissions.household.member"
    path: str  # the repeat's; "" for the root
    steps: tuple[Step, ...]
    members: tuple[Node, ...]

    @property
    def parents(self) -> tuple[str, ...]:
        """The paths of the repeats around it, the outermost first."""
        return tuple(step.path for step in self.steps[:-1] if step.is_repeat)

    @property
    def parent_key(self) -> str:
        """The property that names the row around: `__Submissions-id`."""
        inner = [i for i, step in enumerate(self.steps[:-1]) if step.is_repeat]
        names = [step.name for step in self.steps[: inner[-1] + 1]] if inner else []
        return f"__{'-'.join([ROOT, *names])}-id"

    @property
    def links(self) -> tuple[str, ...]:
        """The paths of the repeats right below its rows."""
        return tuple(node.path for node in _leaves(self.members) if isinstance(node, Link))

    def questions(self) -> Iterator[tuple[str, Question]]:
        """(path as OData writes it, question) of every question in the rows of this table."""
        yield from _questions(self.members, "")

    @property
    def has_instance_id(self) -> bool:
        """Whether it shows `meta/instanceID`: that of the edit that counts, where there is one."""
        return any(isinstance(node, InstanceId) for node in _leaves(self.members))

    def leaves(self) -> Iterator[Node]:
        """What stands in its rows, in groups or not."""
        return _leaves(self.members)


@dataclass(frozen=True, slots=True)
class Service:
    """What `$metadata` describes. `paths` are the tables' by the path of the repeat."""

    xml_form_id: str
    tables: tuple[Table, ...]

    def table(self, name: str) -> Table | None:
        return next((table for table in self.tables if table.name == name), None)

    def at(self, path: str) -> Table:
        return next(table for table in self.tables if table.path == path)

    def sensitivities(self) -> frozenset[str]:
        return frozenset(q.sensitivity for table in self.tables for _, q in table.questions())

    def seen_by(self, sees: Collection[str]) -> Service:
        """The same with the questions only that may be seen: no other is there, nor a table of them."""
        telling = [
            table.path
            for table in self.tables
            if any(question.sensitivity in sees for _, question in table.questions())
        ]
        kept = {"", *telling}
        kept |= {outer for table in self.tables if table.path in kept for outer in table.parents}
        tables = (
            replace(table, members=_seen(table.members, sees, kept))
            for table in self.tables
            if table.path in kept
        )
        return replace(self, tables=tuple(tables))


def service_of(form: CompiledForm, others: Sequence[CompiledForm] = ()) -> Service:
    """The tables of a form.

    form    the current version
    others  the versions before: they close questions, and add none
    """
    marks, mixed = _marks((form, *others)), _mixed((form, *others))
    inside: dict[str, list[Field]] = {}
    for field in form.fields:
        inside.setdefault(field.path.rpartition("/")[0], []).append(field)
    build = _Builder(form, inside, marks, mixed)
    build.table((), "", form.root_path)
    return Service(form.xml_form_id, tuple(build.tables))


def with_fields_of(form: CompiledForm, earlier: Sequence[CompiledForm]) -> CompiledForm:
    """The form with the fields that only earlier versions had, each after the one it followed there.

    earlier  the newest first
    """
    fields = {field.path: field for field in form.fields}
    order = list(fields)
    for other in earlier:
        before: str | None = None
        for field in other.fields:
            if field.path not in fields:
                fields[field.path] = field
                order.insert(0 if before is None else order.index(before) + 1, field.path)
            before = field.path
    return replace(form, fields=tuple(fields[path] for path in order))


def odata_name(name: str) -> str:
    """A name as an OData identifier, as Central writes it: "d'eau" -> "d_eau", "2nd" -> "_2nd"."""
    plain = name.rpartition(":")[2]
    return re.sub(r"[^A-Za-z0-9_]+", "_", re.sub(r"^([^A-Za-z_])", r"_\1", plain))


class _Builder:
    """Walks the fields of a form into tables, outer before inner."""

    def __init__(
        self,
        form: CompiledForm,
        inside: Mapping[str, list[Field]],
        marks: Mapping[str, str],
        mixed: Collection[str],
    ) -> None:
        self._inside = inside
        self._marks = marks
        self._mixed = mixed
        self._root_path = form.root_path
        self.tables: list[Table] = []

    def table(self, steps: tuple[Step, ...], path: str, around: str) -> None:
        place = len(self.tables)
        name = ".".join([ROOT, *(step.name for step in steps)])
        self.tables.append(Table(name, path, steps, ()))
        self.tables[place] = Table(name, path, steps, tuple(self._members(around, steps)))

    def _members(self, around: str, steps: tuple[Step, ...]) -> Iterator[Node]:
        taken: set[str] = set()
        for field in self._inside.get(around, ()):
            raw = field.name.rpartition(":")[2]
            name = _free(odata_name(field.name), taken)
            if raw == "instanceID" and plain_way(around, self._root_path) == ["meta"]:
                yield InstanceId(name)
            elif raw == "deprecatedID" and plain_way(around, self._root_path) == ["meta"]:
                continue  # it is kept with the submission
            elif field.type == "repeat":
                self.table((*steps, Step(name, raw, field.path, True)), field.path, field.path)
                yield Link(name, field.path)
            elif field.type == "group":
                members = tuple(self._members(field.path, (*steps, Step(name, raw, field.path, False))))
                if members:
                    yield Group(name, field.path, members)
            else:
                mixed = field.path in self._mixed
                yield Question(name, field.path, field.type, self._marks[field.path], mixed)


def _free(name: str, taken: set[str]) -> str:
    """Names that only differ in letters OData has no room for stay apart: the second gets `_2`."""
    number, free = 2, name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    taken.add(free)
    return free


def plain_way(path: str, root_path: str) -> list[str]:
    """The steps from the root to a path, without their prefixes: "/data/orx:meta" -> ["meta"]."""
    steps = path.removeprefix(root_path).split("/")
    return [step.rpartition(":")[2] for step in steps if step]


def _marks(forms: Sequence[CompiledForm]) -> dict[str, str]:
    """The most closed mark of each path. What meta says repeats other answers, in instanceName or the log of
    what was typed: it is as closed as the most closed of them, and identifies where one of them does."""
    marks: dict[str, str] = {}
    meta: set[str] = set()
    for form in forms:
        identifying = identifying_questions(form)
        for field in form.fields:
            mark = "direct_identifier" if field.path in identifying else field.sensitivity
            marks[field.path] = max(marks.get(field.path, "public"), mark, key=CLOSED.index)
            if plain_way(field.path, form.root_path)[:1] == ["meta"]:
                meta.add(field.path)
    most = max((mark for path, mark in marks.items() if path not in meta), key=CLOSED.index, default="public")
    return marks | {path: max(marks[path], most, key=CLOSED.index) for path in meta}


def _mixed(forms: Sequence[CompiledForm]) -> frozenset[str]:
    types: dict[str, set[str]] = {}
    for form in forms:
        for field in form.fields:
            types.setdefault(field.path, set()).add(field.type)
    return frozenset(path for path, found in types.items() if len(found) > 1)


def _seen(members: Sequence[Node], sees: Collection[str], tables: Collection[str]) -> tuple[Node, ...]:
    found: list[Node] = []
    for node in members:
        if isinstance(node, Group):
            inner = _seen(node.members, sees, tables)
            if inner:
                found.append(replace(node, members=inner))
        elif (
            isinstance(node, InstanceId)
            or (isinstance(node, Link) and node.path in tables)
            or (isinstance(node, Question) and node.sensitivity in sees)
        ):
            found.append(node)
    return tuple(found)


def _questions(members: Sequence[Node], prefix: str) -> Iterator[tuple[str, Question]]:
    for node in members:
        if isinstance(node, Question):
            yield prefix + node.name, node
        elif isinstance(node, Group):
            yield from _questions(node.members, f"{prefix}{node.name}/")


def _leaves(members: Sequence[Node]) -> Iterator[Node]:
    for node in members:
        if isinstance(node, Group):
            yield from _leaves(node.members)
        else:
            yield node
