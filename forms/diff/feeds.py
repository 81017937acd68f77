"""Which variables stay comparable: what fed them before and after, row by row, question by question.

Two versions' figures may stand in one series only where the same question, put to the same people, with the
same codes, feeds the same rows.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from forms.diff.changes import Change, Comparable, Verdict
from forms.diff.pairing import Pairs
from forms.grain import feeds
from forms.model import Binding, CompiledForm, Qualifiers

_PATH = re.compile(r"(?:/|(?:\.\./)+)[\w:\-][\w.:\-]*(?:/[\w:\-][\w.:\-]*)*")
"""An absolute path, or one that climbs: what pyxform writes for ${name}, within a repeat `../name`."""


@dataclass
class _Fed:
    """All that feeds one variable in one version."""

    bindings: dict[tuple[str, Qualifiers], Binding] = field(default_factory=dict)
    fixed: set[tuple[str, str]] = field(default_factory=set)  # (level, value)
    levels: set[str] = field(default_factory=set)  # names of the repeats whose instances make its rows


def verdicts(
    old: CompiledForm, new: CompiledForm, pairs: Pairs, changes: Iterable[Change]
) -> Iterator[Verdict]:
    """One verdict per variable that either version feeds, in the order of the new form."""
    before, after = _fed(old), _fed(new)
    effects = _effects(pairs, changes)
    for key in [*after, *(key for key in before if key not in after)]:
        if key not in before:
            yield Verdict(key, "begins", (_sources(after[key], pairs.new),))
        elif key not in after:
            yield Verdict(key, "ends", (f"{_sources(before[key], pairs.old)} before",))
        else:
            yield _verdict(key, before[key], after[key], pairs, effects)


def _fed(form: CompiledForm) -> dict[str, _Fed]:
    names = {one.path: one.name for one in form.fields}
    found: dict[str, _Fed] = defaultdict(_Fed)
    for binding in form.bindings:
        one = found[f"{binding.table}.{binding.variable}"]
        one.bindings[binding.path, binding.qualifiers] = binding
        one.levels |= {names.get(m.repeat or "", "") for m in form.makers if feeds(binding, m)}
    for maker in form.makers:
        for variable, value in maker.qualifiers:
            level = names.get(maker.repeat or "", "")
            found[f"{maker.table}.{variable}"].fixed.add((level, value))
            found[f"{maker.table}.{variable}"].levels.add(level)
    return dict(found)


def _verdict(key: str, old: _Fed, new: _Fed, pairs: Pairs, effects: Mapping[str, list[Change]]) -> Verdict:
    breaks = list(_breaks(old, new, pairs))
    cares: list[str] = []
    for (path, qualifiers), binding in new.bindings.items():
        was = _before(path, qualifiers, old, pairs)
        if was is not None:
            broken, care = _codes(was, binding, pairs)
            breaks += broken
            cares += care
        for change in effects.get(path, ()):
            (breaks if change.effect == "breaks" else cares).append(change.detail.rstrip("."))
    comparable: Comparable = "no" if breaks else "with care" if cares else "yes"
    return Verdict(key, comparable, tuple(dict.fromkeys(breaks or cares)))


def _breaks(old: _Fed, new: _Fed, pairs: Pairs) -> Iterator[str]:
    if old.levels != new.levels:
        yield f"its rows were {_levels(old.levels)}, and are {_levels(new.levels)}"
    if old.fixed != new.fixed:
        fixed = [", ".join(sorted({value for _, value in one.fixed})) or "nothing" for one in (old, new)]
        yield f"it was fixed to {fixed[0]} and is fixed to {fixed[1]}"
    before = {(pairs.same.get(path, ""), qualifiers) for path, qualifiers in old.bindings}
    after = set(new.bindings)
    if before == after:
        return
    if {path for path, _ in before} == {path for path, _ in after}:
        yield "its questions are told apart by other fixed values"
    else:
        yield f"it was fed by {_sources(old, pairs.old)}, and is by {_sources(new, pairs.new)}"


def _before(path: str, qualifiers: Qualifiers, old: _Fed, pairs: Pairs) -> Binding | None:
    origins = (was for was, now in pairs.same.items() if now == path)
    return next((old.bindings[was, qualifiers] for was in origins if (was, qualifiers) in old.bindings), None)


def _codes(old: Binding, new: Binding, pairs: Pairs) -> tuple[list[str], list[str]]:
    """(what breaks, what needs care) in the codes a select feeds."""
    before, after = pairs.old[old.path].node.choices, pairs.new[new.path].node.choices
    if before is None or after is None:
        return [], []
    meant = {one.name: dict(old.codes).get(one.name, one.name) for one in before}
    means = {one.name: dict(new.codes).get(one.name, one.name) for one in after}
    broken = [
        f"code {name!r} now means {_standard(means[name])}, and meant {_standard(code)}"
        for name, code in meant.items()
        if name in means and means[name] != code
    ]
    come = sorted(set(means.values()) - set(meant.values()))
    gone = sorted(set(meant.values()) - set(means.values()))
    care = [f"{_standard(code)} can be given from now on, and was something else before" for code in come]
    care += [f"{_standard(code)} can be given no more" for code in gone]
    return broken, care


def _standard(code: str) -> str:
    return "not known" if code == "-" else code


def _effects(pairs: Pairs, changes: Iterable[Change]) -> dict[str, list[Change]]:
    """The changes that reach each question of the new form: its own, its groups', its calculations'."""
    own: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        if (
            change.effect != "none"
            and not change.kind.startswith("choice-a")
            and change.kind != "choice-removed"
        ):
            own[change.path].append(change)
    reached = {path: list(own.get(path, ())) for path in pairs.new}
    for path in pairs.new:
        for outer, found in own.items():
            if path.startswith(outer + "/"):
                reached[path] += found
    _through_calculations(pairs, reached)
    return reached


def _through_calculations(pairs: Pairs, reached: dict[str, list[Change]]) -> None:
    spoken_of = {
        path: {_resolved(found, path) for found in _PATH.findall(one.text("calculation"))} & pairs.new.keys()
        for path, one in pairs.new.items()
        if one.text("calculation")
    }
    again = True
    while again:
        again = False
        for path, others in spoken_of.items():
            for change in [change for other in others for change in reached[other]]:
                if change not in reached[path]:
                    reached[path].append(change)
                    again = True


def _resolved(reference: str, path: str) -> str:
    """`../men` in the calculation of /data/group/total is /data/group/men."""
    steps = path.split("/")
    while reference.startswith("../"):
        reference, steps = reference[3:], steps[:-1]
    return reference if reference.startswith("/") else "/".join([*steps, reference])


def _sources(fed: _Fed, nodes: Mapping[str, object]) -> str:
    names = [repr(path.rsplit("/", 1)[-1]) for path, _ in fed.bindings if path in nodes]
    return ", ".join(dict.fromkeys(names)) or "a fixed value"


def _levels(levels: set[str]) -> str:
    said = [f"one per {level!r}" if level else "one per submission" for level in sorted(levels)]
    return " and ".join(said)
