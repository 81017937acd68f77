"""Which rows a form makes, and which question feeds which: the row-maker rules of the mapping contract.

Fields and annotations -> bindings, makers, findings. A *maker* is a level (the submission, or a repeat) with
a table and fixed qualifiers; each submission or instance makes one row of it.

    a repeat marked T{q}                    a row per instance
    questions of T with qualifiers          a row per distinct set, in place of their level's plain row
    a table in settings, neither of both    a row per submission
    a question without qualifiers           feeds every row of its table at its level or below

Qualifiers of settings, repeat and question add up. A `flow_split` row belongs to the flow row of the nearest
level around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from forms.findings import Finding, codes_key
from forms.mapping import Annotation, MappingItem, MappingSyntaxError, merge_qualifiers, parse_codes
from forms.marks import Marks, read_marks
from forms.model import Binding, Field, Qualifiers, RowMaker

SPLIT, SPLIT_OWNER = "flow_split", "flow"
"""The one table whose rows belong to a row of another table."""


@dataclass(frozen=True, slots=True)
class Source:
    """What made a maker: for the place of a problem."""

    maker: RowMaker
    key: str


@dataclass
class Plan:
    """The rows of one form."""

    marks: Marks
    repeats: frozenset[str] = frozenset()
    bindings: list[Binding] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)  # those of the marks first

    @property
    def makers(self) -> tuple[RowMaker, ...]:
        return tuple(source.maker for source in self.sources)


def is_at_or_below(level: str | None, outer: str | None) -> bool:
    """Whether a level (path of a repeat, None for the submission) is `outer` or lies inside it."""
    return outer is None or level == outer or (level is not None and level.startswith(outer + "/"))


def feeds(binding: Binding, maker: RowMaker) -> bool:
    """Whether a question's answer goes into the rows of a maker."""
    if binding.table != maker.table:
        return False
    if binding.qualifiers:
        return binding.repeat == maker.repeat and binding.qualifiers == maker.qualifiers
    return is_at_or_below(maker.repeat, binding.repeat)


def plan_rows(fields: Iterable[Field], annotations: Mapping[str, Annotation], root: str) -> Plan:
    """Read all annotations and lay out the rows. Nothing is raised: what cannot be, is a finding.

    fields in depth-first order; annotations by path, the settings' items under `root`.
    """
    fields = list(fields)
    marks = read_marks(fields, annotations, root)
    repeats = frozenset(one.path for one in fields if one.type == "repeat")
    plan = Plan(marks, repeats, findings=list(marks.findings))
    levels = _Levels(fields, marks.repeats)
    qualified = _make_rows(plan, levels, root)
    _bind(plan, levels, qualified, annotations)
    return plan


# -- rows ---------------------------------------------------------------------------------------------------


class _Levels:
    """The nesting of the form's repeats and what they are marked with."""

    def __init__(self, fields: list[Field], marks: list[tuple[str, MappingItem]]) -> None:
        self.outer = {one.path: one.repeat for one in fields if one.type == "repeat"}
        self.marked: dict[str, set[str]] = {}
        for path, item in marks:
            self.marked.setdefault(item.table, set()).add(path)

    def around(self, level: str | None) -> Iterable[str | None]:
        """The level itself, then each one around it, the submission last."""
        while level is not None:
            yield level
            level = self.outer.get(level)
        yield None

    def home(self, table: str, level: str | None) -> str | None:
        """The nearest level at or around `level` that makes rows of the table by its mark."""
        marked = self.marked.get(table, set())
        if table == SPLIT:
            marked = marked | self.marked.get(SPLIT_OWNER, set())
        return next((at for at in self.around(level) if at in marked), None)


@dataclass(frozen=True, slots=True)
class _Qualified:
    """A question with qualifiers, at the level whose rows it makes."""

    one: Field
    item: MappingItem
    home: str | None


def _make_rows(plan: Plan, levels: _Levels, root: str) -> list[_Qualified]:
    qualified = [
        _Qualified(one, item, levels.home(item.table, one.repeat))
        for one, item in plan.marks.questions
        if item.qualifiers and _is_level(plan, one, item, levels.home(item.table, one.repeat))
    ]
    made: dict[RowMaker, str] = {}
    split_at = {(q.item.table, q.home) for q in qualified}
    for path, mark in plan.marks.repeats:
        if (mark.table, path) not in split_at:
            fixed = merge_qualifiers(plan.marks.tables.get(mark.table, ()), mark.qualifiers)
            made.setdefault(RowMaker(mark.table, path, fixed), path)
    for q in qualified:
        for fixed in _fixed(plan, q.home, q.item):
            made.setdefault(RowMaker(q.item.table, q.home, fixed), q.one.path)
    for table, fixed in plan.marks.tables.items():
        if not any(maker.table == table for maker in made):
            made[RowMaker(table, None, fixed)] = root
    plan.sources = [Source(_with_parent(plan, levels, made, maker, key), key) for maker, key in made.items()]
    return qualified


def _is_level(plan: Plan, one: Field, item: MappingItem, home: str | None) -> bool:
    if one.repeat == home:
        return True
    plan.findings.append(
        Finding(
            one.path,
            "wrong-grain",
            f"{one.name!r} is asked in the repeat {one.repeat!r}, which makes no row of {item.table}; "
            f"all its instances would feed the one row {str(item)!r} names.",
            f"Mark that repeat with {item.table}, or {_outside(one)}.",
        )
    )
    return False


def _fixed(plan: Plan, home: str | None, item: MappingItem) -> list[Qualifiers]:
    """All fixed values of the rows a qualified question makes: one set per mark its level has."""
    general = plan.marks.tables.get(item.table, ())
    marks = [
        mark.qualifiers for path, mark in plan.marks.repeats if path == home and mark.table == item.table
    ]
    return [merge_qualifiers(general, mark, item.qualifiers) for mark in marks or [()]]


def _with_parent(
    plan: Plan, levels: _Levels, made: Mapping[RowMaker, str], maker: RowMaker, key: str
) -> RowMaker:
    """A split's maker with the level of the flow row it belongs to."""
    if maker.table != SPLIT:
        return maker
    owners = [other.repeat for other in made if other.table == SPLIT_OWNER]
    around = [level for level in levels.around(maker.repeat) if level in owners]
    if not around:
        detail = f"Rows of {SPLIT} are made here, but no row of {SPLIT_OWNER} at this level or around it."
        hint = f"Put the split inside the repeat marked {SPLIT_OWNER}, or name {SPLIT_OWNER} in the settings."
        plan.findings.append(Finding(key, "wrong-grain", detail, hint))
        return maker
    count = owners.count(around[0])
    if count > 1:
        detail = f"The split could belong to any of {count} rows of {SPLIT_OWNER}."
        hint = f"Make the rows of {SPLIT_OWNER} by a repeat, and put the split inside it."
        plan.findings.append(Finding(key, "wrong-grain", detail, hint))
    return RowMaker(maker.table, maker.repeat, maker.qualifiers, around[0])


# -- bindings -----------------------------------------------------------------------------------------------


def _bind(
    plan: Plan, levels: _Levels, qualified: list[_Qualified], annotations: Mapping[str, Annotation]
) -> None:
    homes = {(q.one.path, q.item): q.home for q in qualified}
    makers = plan.makers
    for one, item in plan.marks.questions:
        codes = _read_codes(plan, one, annotations[one.path])
        if item.qualifiers:
            if (one.path, item) in homes:
                for fixed in _fixed(plan, homes[one.path, item], item):
                    plan.bindings.append(
                        Binding(one.path, item.table, item.variable or "", fixed, one.repeat, codes)
                    )
            continue
        binding = Binding(one.path, item.table, item.variable or "", (), one.repeat, codes)
        if any(feeds(binding, maker) for maker in makers):
            plan.bindings.append(binding)
        else:
            plan.findings.append(_grain_finding(one, item, makers))


def _read_codes(plan: Plan, one: Field, annotation: Annotation) -> tuple[tuple[str, str], ...]:
    try:
        return parse_codes(annotation.codes)
    except MappingSyntaxError as error:
        hint = "Write wp:codes as formcode=standard pairs separated by blanks."
        finding = Finding(codes_key(one.path), "bad-mapping", str(error), hint)
        if finding not in plan.findings:
            plan.findings.append(finding)
        return ()


def _grain_finding(one: Field, item: MappingItem, makers: tuple[RowMaker, ...]) -> Finding:
    table = item.table
    rows = [maker.repeat for maker in makers if maker.table == table]
    if not rows:
        where = f"mark the repeat {one.repeat!r} with {table}" if one.repeat else "mark a repeat with it"
        return Finding(
            one.path,
            "wrong-grain",
            f"{one.name!r} feeds {item}, but nothing in the form makes rows of {table}.",
            f"Name {table} in the settings' harmonise column for a row per submission, or {where}.",
        )
    level = "one row per submission" if None in rows else f"a row per instance of {rows[0]!r}"
    return Finding(
        one.path,
        "wrong-grain",
        f"{one.name!r} is asked in the repeat {one.repeat!r}, but {table} has {level}.",
        f"Mark the repeat with {table}, or {_outside(one)}.",
    )


def _outside(one: Field) -> str:
    if one.type in ("int", "decimal"):
        return f"map a calculate outside it instead: sum(${{{one.name}}})"
    return "ask it outside the repeat"
