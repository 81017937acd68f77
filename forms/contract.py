"""Checks a form's mapping against the vocabulary: every mistake, with the author's cell and what to do.

CompiledForm (or the fields and annotations of sheets that pyxform refuses) -> FormProblems, in the order of
the form. Grain findings come from `forms.grain`; here stand the checks that need the vocabulary.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping

from forms import vocabulary
from forms.code_checks import check_choices, check_qualifier, split_variable
from forms.findings import Finding, form_key, sensitivity_key
from forms.grain import Plan, Source, feeds, is_at_or_below, plan_rows
from forms.mapping import Annotation, MappingItem
from forms.model import Binding, CompiledForm, Field
from forms.problems import Cell, FormProblem
from forms.type_checks import check_type
from forms.vocabulary import Variable
from forms.xform import SENSITIVITIES, annotations_by_path
from forms.xform_document import open_xform

Cells = Callable[[str], Cell | None]
"""Finds the author's cell for a key: a path, or one of `forms.grain`'s keys. None where there is none."""


def check_mapping(form: CompiledForm, cells: Cells) -> list[FormProblem]:
    """All problems of a form's mapping, warnings included.

    cells  the author's cell of a key; for an XForm upload `lambda key: None`: the path is then in the detail.
    """
    document = open_xform(form.xform)
    annotations = annotations_by_path(form.fields, document.annotations(), form.root_path)
    return check_annotations(form.fields, annotations, form.root_path, cells)


def check_annotations(
    fields: Iterable[Field], annotations: Mapping[str, Annotation], root: str, cells: Cells
) -> list[FormProblem]:
    """The same for fields and annotations, wherever they come from."""
    fields = tuple(fields)
    plan = plan_rows(fields, annotations, root)
    named = [*_settings(plan, root), *_marks(plan), *_questions(plan)]
    findings = [
        *_sensitivities(fields, annotations),
        *named,
        *_without_echoes(plan, root, [*plan.findings, *_missing(plan)], named),
        *_fed_twice(plan),
        *_nothing_mapped(plan, root),
    ]
    order = {root: -1} | {one.path: index for index, one in enumerate(fields)}
    findings.sort(key=lambda finding: order.get(finding.path, len(order)))
    return [_problem(finding, cells) for finding in dict.fromkeys(findings)]


def _problem(finding: Finding, cells: Cells) -> FormProblem:
    cell = cells(finding.key)
    placed = cell is not None or finding.key == form_key(finding.path)
    detail = finding.detail if placed else f"{finding.path}: {finding.detail}"
    return FormProblem(finding.code, detail, finding.hint, cell, finding.severity)


def _without_echoes(
    plan: Plan, root: str, findings: Iterable[Finding], named: Iterable[Finding]
) -> Iterator[Finding]:
    """Leaves out what follows from another mistake: an unknown table, a mark that cannot be read."""
    tableless = {finding.path for finding in named if finding.code == "unknown-table"}
    broken = {finding.path for finding in plan.findings if finding.code == "bad-mapping"}
    unmarked = [path for path in broken if path in plan.repeats]
    for finding in findings:
        at = finding.path
        echo = finding.code == "wrong-grain" and (
            at in tableless or root in broken or any(is_at_or_below(at, path) for path in unmarked)
        )
        echo |= finding.code == "missing-variable" and at == root and bool(unmarked)
        if not echo:
            yield finding


def _near(word: str, words: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(words), n=1, cutoff=0.6)
    return f"Did you mean {near[0]}? " if near else ""


def _sensitivities(fields: Iterable[Field], annotations: Mapping[str, Annotation]) -> Iterator[Finding]:
    for one in fields:
        marked = annotations.get(one.path, Annotation()).sensitivity
        if marked and marked not in SENSITIVITIES:
            detail = f"The sensitivity {marked!r} is not known."
            hint = f"{_near(marked, SENSITIVITIES)}It is one of {', '.join(SENSITIVITIES)}."
            yield Finding(sensitivity_key(one.path), "bad-sensitivity", detail, hint)


# -- tables and variables -----------------------------------------------------------------------------------


def _table(key: str, table: str) -> Iterator[Finding]:
    if table in vocabulary.TABLES:
        return
    if table == vocabulary.COMMON:
        hint = (
            "Name the tables whose rows it goes to, each with its name: observation.place_id; flow.place_id."
        )
    else:
        hint = f"{_near(table, vocabulary.TABLES)}The tables are {', '.join(vocabulary.TABLES)}."
    yield Finding(key, "unknown-table", f"There is no harmonised table {table!r}.", hint)


def _variable(key: str, item: MappingItem, name: str) -> Iterator[Finding]:
    """Whether a variable of a known table can be fed from a form."""
    known = vocabulary.variables(item.table)
    variable = known.get(name)
    if variable is None:
        fed = [v.name for v in known.values() if v.source == "form"]
        detail = f"The table {item.table} has no variable {name!r}."
        hint = (
            _near(name, fed) or _elsewhere(name) or "Choose one of the vocabulary, or leave the cell empty."
        )
        yield Finding(key, "unknown-variable", detail, hint.strip())
    elif variable.source == "system":
        detail = f"{item.table}.{name} cannot be fed by a form: the pipeline fills it."
        yield Finding(key, "unknown-variable", detail, "Leave it out of the mapping.")


def _elsewhere(name: str) -> str:
    tables = [t for t in vocabulary.TABLES if (v := vocabulary.variable(t, name)) and v.source == "form"]
    return f"It is a variable of {', '.join(tables)}." if tables else ""


def _fixed_values(key: str, item: MappingItem) -> Iterator[Finding]:
    for name, value in item.qualifiers:
        unknown = list(_variable(key, item, name))
        yield from unknown
        variable = vocabulary.variable(item.table, name)
        if variable and not unknown:
            yield from check_qualifier(key, item, split_variable(variable, dict(item.qualifiers)), value)


def _settings(plan: Plan, root: str) -> Iterator[Finding]:
    for table, fixed in plan.marks.tables.items():
        unknown = list(_table(root, table))
        yield from unknown or _fixed_values(root, MappingItem(table, None, fixed))


def _marks(plan: Plan) -> Iterator[Finding]:
    for path, item in plan.marks.repeats:
        unknown = list(_table(path, item.table))
        yield from unknown or _fixed_values(path, item)


def _questions(plan: Plan) -> Iterator[Finding]:
    """Per question: table, variable, qualifiers, type, codes, and that it identifies nobody."""
    bound: dict[tuple[str, str, str], Binding] = {(b.path, b.table, b.variable): b for b in plan.bindings}
    for one, item in plan.marks.questions:
        name = item.variable or ""
        unknown = list(_table(one.path, item.table)) or [
            *_variable(one.path, item, name),
            *_fixed_values(one.path, item),
        ]
        yield from unknown
        if one.sensitivity == "direct_identifier":
            yield _identifier(one, item)
        variable = vocabulary.variable(item.table, name)
        if variable is None or variable.source == "system":
            continue
        wrong = list(check_type(one, item, variable))
        yield from wrong
        if not wrong and (binding := bound.get((one.path, item.table, name))):
            fixed = dict(binding.qualifiers) or _fixed_around(plan, binding)
            yield from check_choices(one, item, split_variable(variable, fixed), binding.codes)


def _fixed_around(plan: Plan, binding: Binding) -> dict[str, str]:
    """What is fixed in the first row a question without qualifiers feeds."""
    return next((dict(maker.qualifiers) for maker in plan.makers if feeds(binding, maker)), {})


def _identifier(one: Field, item: MappingItem) -> Finding:
    return Finding(
        one.path,
        "identifier-mapped",
        f"{one.name!r} is marked direct_identifier and feeds {item}.",
        "Leave the harmonise cell empty: identifying answers stay sealed. Map a pseudonym if one is needed.",
    )


# -- rows ---------------------------------------------------------------------------------------------------


def _fed_twice(plan: Plan) -> Iterator[Finding]:
    """Per row: each variable has one source, a question or a fixed value."""
    by_table = _by_table(plan)
    told: set[tuple[str, str, str]] = set()
    for source in plan.sources:
        maker = source.maker
        first: dict[str, str] = {name: "" for name, _ in maker.qualifiers}
        for binding in by_table.get(maker.table, ()):
            if not feeds(binding, maker):
                continue
            other = first.setdefault(binding.variable, binding.path)
            clash = (binding.path, other, binding.variable)
            if other != binding.path and clash not in told:
                told.add(clash)
                yield _twice(binding, other, dict(maker.qualifiers).get(binding.variable))
    yield from _overruled(plan)


def _twice(binding: Binding, other: str, fixed: str | None) -> Finding:
    cell = f"{binding.table}.{binding.variable}"
    if not other:
        detail = f"It feeds {cell}, which is fixed to {fixed!r} in the same row."
        return Finding(binding.path, "cell-fed-twice", detail, "Drop the fixed value or this mapping.")
    name, first = binding.path.rsplit("/", 1)[-1], other.rsplit("/", 1)[-1]
    return Finding(
        binding.path,
        "cell-fed-twice",
        f"{first!r} and {name!r} both feed {cell} of the same row.",
        f"Map neither, and feed {cell} from one calculate: coalesce(${{{first}}}, ${{{name}}}). "
        "Or give each its own qualifiers.",
    )


def _overruled(plan: Plan) -> Iterator[Finding]:
    """A value fixed by the settings or a repeat, and fixed otherwise further in."""
    marks = dict(plan.marks.repeats)
    inner = [*plan.marks.repeats, *((one.path, item) for one, item in plan.marks.questions)]
    repeats = {one.path: one.repeat for one, _ in plan.marks.questions}
    for path, item in inner:
        outer = dict(plan.marks.tables.get(item.table, ()))
        mark = marks.get(repeats.get(path) or "")
        if mark and mark.table == item.table:
            outer |= dict(mark.qualifiers)
        for name, value in item.qualifiers:
            if outer.get(name, value) != value:
                detail = (
                    f"{item.table}.{name} is fixed to {outer[name]!r} for these rows, and here to {value!r}."
                )
                yield Finding(path, "cell-fed-twice", detail, "Keep one of the two fixed values.")


def _by_table(plan: Plan) -> dict[str, list[Binding]]:
    by_table: dict[str, list[Binding]] = {}
    for binding in plan.bindings:
        by_table.setdefault(binding.table, []).append(binding)
    return by_table


def _missing(plan: Plan) -> Iterator[Finding]:
    """Required variables of the tables that get rows; once per table and level."""
    by_table = _by_table(plan)
    told: set[tuple[str, str | None, str]] = set()
    for source in plan.sources:
        maker = source.maker
        if maker.table not in vocabulary.TABLES:
            continue
        fed = {name for name, _ in maker.qualifiers}
        fed |= {b.variable for b in by_table.get(maker.table, ()) if feeds(b, maker)}
        for variable in vocabulary.variables(maker.table).values():
            where = (maker.table, maker.repeat, variable.name)
            if variable.required and variable.name not in fed and where not in told:
                told.add(where)
                yield _missing_finding(source, variable)


def _missing_finding(source: Source, variable: Variable) -> Finding:
    maker = source.maker
    rows = f"each instance of {maker.repeat!r}" if maker.repeat else "each submission"
    key = f"{maker.table}.{variable.name}"
    fix = f", or fix it with {maker.table}{{{variable.name}=CODE}} where the rows are made"
    return Finding(
        source.key,
        "missing-variable",
        f"{rows[0].upper()}{rows[1:]} makes a row of {maker.table}, but nothing feeds {key}.",
        f"Map a question or a calculate to {key} ({variable.label}){fix if variable.code_list else ''}.",
    )


def _nothing_mapped(plan: Plan, root: str) -> Iterator[Finding]:
    if not (plan.sources or plan.marks.questions or plan.findings):
        yield Finding(
            form_key(root),
            "not-mapped",
            "The form feeds no harmonised table: it is collected and exported, and appears in no dataset.",
            "Add a harmonise column to the survey sheet if it should.",
            "warning",
        )
